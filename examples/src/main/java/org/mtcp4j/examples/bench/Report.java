/* SPDX-License-Identifier: Apache-2.0 */
package org.mtcp4j.examples.bench;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.function.ToDoubleFunction;
import org.knowm.xchart.CategoryChart;
import org.knowm.xchart.CategoryChartBuilder;
import org.knowm.xchart.VectorGraphicsEncoder;
import org.knowm.xchart.VectorGraphicsEncoder.VectorGraphicsFormat;
import org.mtcp4j.examples.bench.Bench.Figure;
import org.mtcp4j.examples.bench.Plan.Case;

/** What a benchmark found: JSON lines on standard output, a CSV, a chart, and a page for {@code docs/benchmarks}. */
final class Report {
    private static final List<String> PATHS = List.of("lo", "veth", "memif", "memif-dedicated", "shared", "xdp", "tap");

    private final Plan plan;
    private final Map<String, List<Figure>> figures;
    private final List<Row> rows = new ArrayList<>();

    private record Row(
            Case of,
            String path,
            double median,
            double least,
            double most,
            double ratio,
            double p50Us,
            double p99Us,
            double p9999Us,
            double serverUs,
            double clientUs,
            long errors,
            int rounds) {}

    Report(Plan plan, Map<String, List<Figure>> figures) {
        this.plan = plan;
        this.figures = figures;
        Map<String, Double> bases = new HashMap<>();
        for (Case each : plan.cases()) {
            for (String path : PATHS) {
                List<Figure> found = figures.get(Bench.key(each, path));
                if (found != null) {
                    String group = each.group();
                    Row row = row(each, path, found, bases.getOrDefault(group, 0.0));
                    bases.putIfAbsent(group, row.median);
                    rows.add(row);
                }
            }
        }
    }

    private static Row row(Case of, String path, List<Figure> found, double base) {
        ToDoubleFunction<Figure> value = of.isBulk() ? Figure::mbit : Figure::rate;
        double[] all = found.stream().mapToDouble(value).sorted().toArray();
        double median = (all[(all.length - 1) / 2] + all[all.length / 2]) / 2;
        return new Row(
                of,
                path,
                median,
                all[0],
                all[all.length - 1],
                base == 0 ? 1 : median / base,
                middle(found, Figure::p50Us),
                middle(found, Figure::p99Us),
                middle(found, Figure::p9999Us),
                middle(found, figure -> figure.serverTicks() * 1e4 / (figure.rate() * figure.seconds())),
                middle(found, figure -> figure.clientTicks() * 1e4 / (figure.rate() * figure.seconds())),
                found.stream().mapToLong(Figure::errors).sum(),
                found.size());
    }

    private static double middle(List<Figure> found, ToDoubleFunction<Figure> of) {
        double[] sorted = found.stream().mapToDouble(of).sorted().toArray();
        return sorted[sorted.length / 2];
    }

    private static Path out() {
        return Path.of(System.getProperty("bench.out", "target/bench"));
    }

    /** What the CSV of earlier rounds holds, by {@link Bench#key}. */
    static Map<String, List<Figure>> earlier(Plan plan, long windowMs) throws IOException {
        Map<String, List<Figure>> all = new LinkedHashMap<>();
        Path csv = out().resolve(plan.name() + ".csv");
        if (!Files.exists(csv)) {
            return all;
        }
        for (String line : Files.readAllLines(csv)) {
            int end = line.lastIndexOf('"');
            if (end > 0) {
                String[] words = line.substring(end + 2).split(",", -1);
                Figure figure = new Figure(
                        Double.parseDouble(words[2]),
                        Double.parseDouble(words[3]),
                        Double.parseDouble(words[4]),
                        Double.parseDouble(words[5]),
                        Double.parseDouble(words[6]),
                        Long.parseLong(words[7]),
                        Long.parseLong(words[8]),
                        Long.parseLong(words[9]),
                        windowMs / 1e3);
                all.computeIfAbsent(line.substring(1, end) + " | " + words[0], key -> new ArrayList<>())
                        .add(figure);
            }
        }
        return all;
    }

    void write() throws IOException {
        if (rows.isEmpty()) {
            throw new IOException("no case of " + plan.name() + " was chosen by bench.only and bench.paths");
        }
        for (Row row : rows) {
            System.out.println(json(row));
        }
        Path out = out();
        Files.createDirectories(out);
        Files.write(out.resolve(plan.name() + ".csv"), csv());
        chart(out.resolve(plan.name() + ".svg"));
        String docs = System.getProperty("bench.docs", "");
        if (!docs.isEmpty()) {
            Files.createDirectories(Path.of(docs));
            Files.write(Path.of(docs, plan.name() + ".md"), page());
            chart(Path.of(docs, plan.name() + ".svg"));
        }
    }

    private String unit(Row row) {
        return row.of.isBulk() ? "Mbit/s" : "1/s";
    }

    private String json(Row row) {
        return String.format(
                Locale.ROOT,
                "{\"bench\":\"%s\",\"case\":\"%s\",\"path\":\"%s\",\"unit\":\"%s\",\"median\":%.1f,\"min\":%.1f,\"max\":%.1f,"
                        + "\"ratio\":%.2f,\"p50Us\":%.1f,\"p99Us\":%.1f,\"p9999Us\":%.1f,\"serverCpuUs\":%.2f,"
                        + "\"clientCpuUs\":%.2f,\"errors\":%d,\"rounds\":%d}",
                plan.name(),
                row.of.name(),
                row.path,
                unit(row),
                row.median,
                row.least,
                row.most,
                row.ratio,
                row.p50Us,
                row.p99Us,
                row.p9999Us,
                row.serverUs,
                row.clientUs,
                row.errors,
                row.rounds);
    }

    private List<String> csv() {
        List<String> lines = new ArrayList<>();
        lines.add("case,path,unit,rate,mbit,p50_us,p99_us,p9999_us,errors,server_ticks,client_ticks");
        for (Row row : rows) {
            for (Figure figure : figures.get(Bench.key(row.of, row.path))) {
                lines.add(String.format(
                        Locale.ROOT,
                        "\"%s\",%s,%s,%.0f,%.1f,%.1f,%.1f,%.1f,%d,%d,%d",
                        row.of.name(),
                        row.path,
                        unit(row),
                        figure.rate(),
                        figure.mbit(),
                        figure.p50Us(),
                        figure.p99Us(),
                        figure.p9999Us(),
                        figure.errors(),
                        figure.serverTicks(),
                        figure.clientTicks()));
            }
        }
        return lines;
    }

    private List<String> page() throws IOException {
        List<String> lines = new ArrayList<>();
        lines.add("# " + plan.name() + ": " + plan.sentence());
        lines.add("");
        lines.add("Made by `bin/bench " + plan.name() + "`: in each round every case over every path in turn; "
                + "server and client on one processor each. Absolute figures mean nothing elsewhere, ratios do.");
        lines.add("");
        lines.add(machine());
        lines.add("");
        lines.add("![chart](" + plan.name() + ".svg)");
        lines.add("");
        lines.add(
                "| case | path | median | spread | ratio | p50 us | p99 us | p99.99 us | server CPU us | client CPU us | errors | rounds |");
        lines.add("|---|---|---|---|---|---|---|---|---|---|---|---|");
        for (Row row : rows) {
            lines.add(String.format(
                    Locale.ROOT,
                    "| %s | %s | %,.0f %s | %,.0f to %,.0f | %.2f | %.1f | %.1f | %.1f | %.2f | %.2f | %d | %d |",
                    row.of.name(),
                    row.path,
                    row.median,
                    unit(row),
                    row.least,
                    row.most,
                    row.ratio,
                    row.p50Us,
                    row.p99Us,
                    row.p9999Us,
                    row.serverUs,
                    row.clientUs,
                    row.errors,
                    row.rounds));
        }
        return lines;
    }

    static String machine() throws IOException {
        String model = Files.readAllLines(Path.of("/proc/cpuinfo"), StandardCharsets.UTF_8).stream()
                .filter(line -> line.startsWith("model name"))
                .map(line -> line.substring(line.indexOf(':') + 1).strip())
                .findFirst()
                .orElse("processor unknown");
        return model + ", " + Runtime.getRuntime().availableProcessors() + " processors, Linux "
                + System.getProperty("os.version") + ", JDK " + Runtime.version() + "; both sides "
                + String.join(" ", Lab.JVM_FLAGS) + "; tcp_congestion_control=" + Lab.congestion()
                + " on the kernel, newreno on ours; warm-up " + Bench.KERNEL_WARM_MS + " ms on the kernel, "
                + Bench.STACK_WARM_MS + " ms on ours.";
    }

    private void chart(Path file) throws IOException {
        CategoryChart chart = new CategoryChartBuilder()
                .width(1000)
                .height(500)
                .title(plan.name() + ": " + plan.sentence())
                .yAxisTitle("ratio to the first")
                .build();
        chart.getStyler().setXAxisLabelRotation(30);
        List<String> names = plan.cases().stream().map(Case::name).toList();
        for (String path : PATHS) {
            Double[] ratios = new Double[names.size()];
            Arrays.fill(ratios, 0.0);
            for (Row row : rows) {
                if (row.path.equals(path)) {
                    ratios[names.indexOf(row.of.name())] = row.ratio;
                }
            }
            if (Arrays.stream(ratios).anyMatch(ratio -> ratio > 0)) {
                chart.addSeries(path, names, Arrays.asList(ratios));
            }
        }
        VectorGraphicsEncoder.saveVectorGraphic(chart, file.toString(), VectorGraphicsFormat.SVG);
    }
}
