/* SPDX-License-Identifier: Apache-2.0 */
package org.mtcp4j.examples.bench;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Collectors;

/** What {@link Attack} found: JSON lines on standard output, a CSV, and a page for {@code docs/benchmarks}, the rows that lose first. */
final class AttackReport {
    /** The attacks, and what each is made of. */
    static final Map<String, String> NAMES = new LinkedHashMap<>();

    static {
        NAMES.put("syn-again", "one SYN of 50 neighbours again and again, 10,000/s");
        NAMES.put("syn", "SYNs of strangers behind the gateway, 50,000/s");
        NAMES.put("syn-silent", "SYNs of neighbours that answer no ARP or solicitation, 50,000/s");
        NAMES.put("ack", "ACKs of no connection, 50,000/s");
        NAMES.put("rst", "RSTs in the clients' name, ports and numbers at random, 50,000/s");
        NAMES.put("fin", "FINs in the clients' name, likewise, 50,000/s");
        NAMES.put("echo", "echo requests, 50,000/s");
        NAMES.put("udp", "datagrams to 1,000 shut ports, 50,000/s");
        NAMES.put("fragments", "first fragments of 1,248 bytes whose second never comes, 50,000/s");
        NAMES.put(
                "sources",
                "SYNs and echo requests from 127.0.0.1, the server's own address, groups, broadcast, `::`, `::1`, 20,000/s");
        NAMES.put(
                "hardware",
                "SYNs and echo requests to everybody's, groups' and another's hardware address, and from a group's, 20,000/s");
        NAMES.put(
                "extensions",
                "IPv6: routing headers with a way to go, hop-by-hop options not first, options to be discarded, 20,000/s");
        NAMES.put(
                "neighbours",
                "ARP and neighbour advertisements: the clients, or the server, are where nobody is, 200/s");
        NAMES.put(
                "too-big",
                "Packet Too Big with MTUs of 0, 68, 552, 1,279, 2^31, quoting ports at random and connections of the attacker's, 10,000/s");
        NAMES.put(
                "sack",
                "32 connections with SACK blocks that are empty, reversed, or of what was never sent, 20,000/s");
        NAMES.put("ack-beyond", "100 connections acknowledge what was never sent, with timestamps far ahead, 10,000/s");
        NAMES.put(
                "bare",
                "100 connections send data without ACK and with timestamps far ahead, and ACKs without timestamps, 10,000/s");
        NAMES.put("probes", "3,000 quiet connections send a keep-alive probe each second");
        NAMES.put(
                "challenges",
                "1,500 bad packets a second on 480 connections, beside 20 whose keep-alive probes want an answer");
        NAMES.put("tuples", "10,000 connections, 2,000/s, from addresses and ports in a grid, which then say nothing");
        NAMES.put("far-byte", "1,500 connections send a byte at the far end of the window, 1,000/s");
        NAMES.put("slow-readers", "100 connections that are sent data without end shut their windows");
        NAMES.put(
                "tiny-windows",
                "100 connections that are sent data without end have windows of one byte, 20,000 acknowledgements a second at most");
        NAMES.put("tiny-segments", "100 connections send segments of one byte, 30,000/s");
        NAMES.put("gaps", "50 connections send every second byte, 30,000/s");
    }

    private static final List<String> SIDES = List.of("kernel", "stack");
    private static final Path OUT = Path.of(System.getProperty("bench.out", "target/bench"));

    /** By name and side. */
    private final Map<String, Map<String, Double>> found = new TreeMap<>();

    AttackReport() throws IOException {
        Path file = OUT.resolve("attack.csv");
        if (Boolean.getBoolean("bench.add") && Files.exists(file)) {
            for (String line : Files.readAllLines(file, StandardCharsets.UTF_8)) {
                String[] words = line.split(",", -1);
                Map<String, Double> figures = new LinkedHashMap<>();
                for (int i = 2; i < words.length; i++) {
                    int is = words[i].indexOf('=');
                    figures.put(words[i].substring(0, is), Double.valueOf(words[i].substring(is + 1)));
                }
                found.put(words[0] + " " + words[1], figures);
            }
        }
    }

    void add(String name, String side, Map<String, Double> figures) {
        found.put(name + " " + side, figures);
    }

    /** The figures in a line. */
    static String brief(Map<String, Double> figures) {
        return figures.entrySet().stream()
                .map(each -> String.format(Locale.ROOT, "%s %.3g", each.getKey(), each.getValue()))
                .collect(Collectors.joining(", "));
    }

    void write() throws IOException {
        List<String> csv = new ArrayList<>();
        for (Map.Entry<String, Map<String, Double>> each : found.entrySet()) {
            String[] key = each.getKey().split(" ", -1);
            csv.add(key[0] + "," + key[1]
                    + each.getValue().entrySet().stream()
                            .map(figure -> String.format(Locale.ROOT, ",%s=%.4f", figure.getKey(), figure.getValue()))
                            .collect(Collectors.joining()));
            System.out.println("{\"bench\":\"attack\",\"case\":\"" + key[0] + "\",\"path\":\"" + key[1] + "\""
                    + each.getValue().entrySet().stream()
                            .map(figure ->
                                    String.format(Locale.ROOT, ",\"%s\":%.4f", figure.getKey(), figure.getValue()))
                            .collect(Collectors.joining())
                    + "}");
        }
        Files.createDirectories(OUT);
        Files.write(OUT.resolve("attack.csv"), csv);
        String docs = System.getProperty("bench.docs", "");
        if (!docs.isEmpty()) {
            Files.createDirectories(Path.of(docs));
            Files.write(Path.of(docs, "attacks.md"), page());
        }
    }

    // ---- the page
    // --------------------------------------------------------------------------------------------------------
    private double figure(String name, String side, String key) {
        return found.get(name + " " + side).getOrDefault(key, 0.0);
    }

    /** Where the stack does worse than the kernel by more than a tolerance, the worst first; empty for nowhere. */
    private List<String> losses(String name) {
        List<String> all = new ArrayList<>();
        loss(all, "answered", figure(name, "kernel", "share") - figure(name, "stack", "share") > 0.005);
        loss(all, "recovery", figure(name, "stack", "recovery") > figure(name, "kernel", "recovery") + 1);
        loss(all, "own", ratio(name, "kernel", "ownanswered", "own") > ratio(name, "stack", "ownanswered", "own"));
        loss(
                all,
                "probes",
                ratio(name, "kernel", "answered", "asked") - ratio(name, "stack", "answered", "asked") > 0.01);
        loss(all, "left", figure(name, "stack", "left") > figure(name, "kernel", "left") + 2);
        loss(all, "p99", isWorse(name, "p99", 2, 5) || isWorse(name, "p99new", 2, 5));
        loss(all, "sent back", isWorse(name, "back", 1.5, 500));
        loss(all, "memory", isWorse(name, "memory", 1.5, 16));
        loss(all, "processor", isWorse(name, "processor", 1.3, 0.05));
        return all;
    }

    private static void loss(List<String> all, String what, boolean isOne) {
        if (isOne) {
            all.add(what);
        }
    }

    private boolean isWorse(String name, String key, double times, double more) {
        double kernel = figure(name, "kernel", key);
        double stack = figure(name, "stack", key);
        return stack > kernel * times && stack > kernel + more;
    }

    private double ratio(String name, String side, String part, String of) {
        return figure(name, side, of) == 0 ? 1 : figure(name, side, part) / figure(name, side, of);
    }

    private static final List<String> ORDER =
            List.of("answered", "recovery", "own", "probes", "left", "p99", "sent back", "memory", "processor");

    private int rank(String name) {
        List<String> losses = losses(name);
        return losses.isEmpty() ? ORDER.size() : ORDER.indexOf(losses.get(0));
    }

    private List<String> page() throws IOException {
        List<String> lines = new ArrayList<>();
        lines.add("# attacks: honest clients beside a raw sender, the kernel and the stack");
        lines.add("");
        lines.add(
                "Made by `bin/bench attack`. A small NIO server on processor 0: on the kernel behind a veth, and the same program with the agent behind a TAP. On");
        lines.add(
                "processor 1, on the kernel at the other end, honest clients, IPv4 and IPv6 in turn: 500 requests a second of 64 bytes over 16 connections that are");
        lines.add(
                "kept, and 100 a second over a new connection each; and beside them a sender of raw frames (`bin/bench.d/attack.c`) with hosts and a TCP of its own. Each");
        lines.add(
                "attack is one window; half of its packets are IPv6 unless it says otherwise. Receive steering has the kernel handle its packets on the processor of");
        lines.add("their receiver, as the stack does. First value kernel, second stack.");
        lines.add("");
        lines.add(
                "*answered*: requests answered within a second of when they were due. *p99*, ms: over kept connections, and over new ones; what was not answered counts");
        lines.add(
                "as 1,000. *processor*: the server program's share of it, and the kernel's for packets on processor 0 (a tick that met both counts twice). *sent back*: frames a second, the honest answers (some 1,000) among them. *memory*, MB: growth of");
        lines.add(
                "what is resident and of the kernel's socket memory while the attack's state is held. *after*: answered in the second after the attack, and the seconds until all");
        lines.add(
                "were, if more. *left*: connections more than before, half-open ones too, 1 to 2 s after the attacker reset its own (the kernel's half-open ones last 63 s, and so do the stack's);");
        lines.add(
                "for the stack also chunks and frames in use. *own*: of 20 connections that misbehaved, those that still work; *probes*: those answered.");
        lines.add(
                "Rows where the stack does worse than the kernel by more than a tolerance (`AttackReport.losses`) come first, and say in what. One window a row: a");
        lines.add(
                "hundredth of the answers and a factor of two in p99 may be chance. The session of the benchmark comes before others of the machine.");
        lines.add("");
        lines.add(Report.machine().replaceFirst("; both sides .*", "; server -Xmx1g -Xmn64m -XX:+UseSerialGC."));
        lines.add("");
        lines.add(
                "| attack | worse | offered/s | answered, % | p99 kept | p99 new | processor, % | sent back/s | memory | after, % | left | own, probes |");
        lines.add("|---|---|---|---|---|---|---|---|---|---|---|---|");
        NAMES.keySet().stream()
                .filter(name -> SIDES.stream().allMatch(side -> found.containsKey(name + " " + side)))
                .sorted(Comparator.comparingInt(this::rank))
                .forEach(name -> lines.add(row(name)));
        lines.add("");
        NAMES.forEach((name, what) -> lines.add("* **" + name + "**: " + what + "."));
        return lines;
    }

    private String row(String name) {
        return "| " + name + " | " + String.join(", ", losses(name)) + " | " + both(name, "rate", 1, "%,.0f") + " | "
                + both(name, "share", 100, "%.1f") + " | " + both(name, "p99", 1, "%.1f") + " | "
                + both(name, "p99new", 1, "%.1f") + " | " + both(name, "processor", 100, "%.0f") + " | "
                + both(name, "back", 1, "%,.0f") + " | " + both(name, "memory", 1, "%.0f") + " | " + after(name) + " | "
                + left(name) + " | " + own(name) + " |";
    }

    private String both(String name, String key, double factor, String format) {
        return SIDES.stream()
                .map(side -> String.format(Locale.ROOT, format, figure(name, side, key) * factor + 0.0))
                .collect(Collectors.joining(" · "));
    }

    private String after(String name) {
        return SIDES.stream()
                .map(side -> String.format(Locale.ROOT, "%.1f", 100 * figure(name, side, "after"))
                        + (figure(name, side, "recovery") > 0
                                ? String.format(Locale.ROOT, " (%.0f s)", 1 + figure(name, side, "recovery"))
                                : ""))
                .collect(Collectors.joining(" · "));
    }

    private String left(String name) {
        return both(name, "left", 1, "%.0f")
                + String.format(
                        Locale.ROOT,
                        ", %.0f, %.0f",
                        figure(name, "stack", "chunksLeft"),
                        figure(name, "stack", "framesLeft"));
    }

    private String own(String name) {
        List<String> all = new ArrayList<>();
        if (figure(name, "kernel", "own") > 0) {
            all.add(both(name, "ownanswered", 1, "%.0f") + " of " + (int) figure(name, "kernel", "own"));
        }
        if (figure(name, "kernel", "asked") > 0) {
            all.add(SIDES.stream()
                            .map(side ->
                                    String.format(Locale.ROOT, "%.1f", 100 * ratio(name, side, "answered", "asked")))
                            .collect(Collectors.joining(" · "))
                    + " % of probes");
        }
        return String.join(", ", all);
    }
}
