/* SPDX-License-Identifier: Apache-2.0 */
package org.mtcp4j.examples.bench;

import java.util.ArrayList;
import java.util.List;

/** What a benchmark runs: its cases, each over some paths. */
record Plan(String name, String sentence, List<Case> cases) {
    /** In a load's arguments: where warm-up, window and number of windows go; behind the others if it does not stand there. */
    static final String WINDOWS = "WINDOWS";

    private static final String PORT = "9000";
    /** As long as those of the kernel's loopback. */
    private static final String LARGE_FRAMES = "; mtu=65000, trusted";

    private static final String TRUSTED_AGENT = ",dpdk.checksums=trusted";
    private static final String LARGE_FRAMES_AGENT = ",mtu=65000,frames=2048" + TRUSTED_AGENT;
    private static final List<String> KERNEL_AND_OURS = List.of("lo", "veth", "memif");

    /**
     * One server and one load.
     *
     * @param isBulk what counts is Mbit/s, and a veth sends frames of 1,500 bytes
     * @param agent further arguments of the agent at both ends
     * @param server program and arguments; {@code HOST} and {@code PORT} stand for the server's address
     * @param client likewise; see {@link #WINDOWS}
     */
    record Case(
            String name, List<String> paths, boolean isBulk, String agent, List<String> server, List<String> client) {
        Case on(String... others) {
            return new Case(name, List.of(others), isBulk, agent, server, client);
        }

        Case with(String more) {
            return new Case(name, paths, isBulk, agent + more, server, client);
        }

        /** Cases of one group, in which all but the first have something after a semicolon, are compared with the first. */
        String group() {
            int end = name.indexOf(';');
            return end < 0 ? name : name.substring(0, end);
        }

        Case named(String other) {
            return new Case(other, paths, isBulk, agent, server, client);
        }
    }

    static Case ping(String messages, int bytes, int connections) {
        String kind = messages.equals("0") ? "persistent" : messages.equals("1") ? "short" : messages;
        return new Case(
                kind + " " + bytes + " B, " + connections,
                KERNEL_AND_OURS,
                messages.equals("bulk"),
                "",
                List.of("PingServer", "HOST", PORT, messages, Integer.toString(bytes)),
                List.of("PingClient", "HOST", PORT, messages, Integer.toString(bytes), Integer.toString(connections)));
    }

    private static Case web(String server, String how, String sizes) {
        String main = server.contains(".") ? server : "org.mtcp4j.examples." + server;
        boolean own = server.equals("WebServer");
        return new Case(
                server.replace("Example", "") + " " + how + " " + sizes,
                KERNEL_AND_OURS,
                false,
                "",
                own ? List.of(server, "HOST", PORT) : List.of(main, PORT, "HOST"),
                List.of("WebClient", "HOST", PORT, how, sizes, "64"));
    }

    static Plan nic() {
        return new Plan(
                "nic",
                "short and persistent connections and bulk, two NIO programs",
                List.of(
                        ping("1", 64, 64),
                        ping("1", 64, 1024),
                        ping("0", 64, 64),
                        ping("0", 64, 1024),
                        ping("0", 64, 1).named("ping-pong 64 B, 1"),
                        ping("bulk", 64, 1)));
    }

    static Plan fig4() {
        List<Case> cases = new ArrayList<>();
        for (int bytes : new int[] {64, 256, 1024, 4096, 8192}) {
            cases.add(ping("1", bytes, 256).on("lo", "memif", "memif-dedicated"));
        }
        for (String messages : List.of("2", "8", "32", "128")) {
            cases.add(ping(messages, 64, 256)
                    .named(messages + " messages of 64 B, 256")
                    .on("lo", "memif"));
        }
        return new Plan("fig4", "message sizes, and messages a connection (the seed's figure 4)", cases);
    }

    static Plan bulk() {
        return new Plan(
                "bulk",
                "one way, 64 KiB writes",
                List.of(
                        ping("bulk", 64, 1),
                        ping("bulk", 64, 8),
                        ping("bulk", 64, 1)
                                .named("bulk 64 B, 1; trusted")
                                .with(TRUSTED_AGENT)
                                .on("memif"),
                        ping("bulk", 64, 1)
                                .named("bulk 64 B, 1; mtu=9000, trusted")
                                .with(",mtu=9000" + TRUSTED_AGENT)
                                .on("memif"),
                        ping("bulk", 64, 1)
                                .named("bulk 64 B, 1" + LARGE_FRAMES)
                                .with(LARGE_FRAMES_AGENT)
                                .on("memif"),
                        ping("bulk", 64, 8)
                                .named("bulk 64 B, 8" + LARGE_FRAMES)
                                .with(LARGE_FRAMES_AGENT)
                                .on("memif")));
    }

    /** A kernel client, whose cost bounds what a server can gain; the server on the kernel, and on one interface with it, first. */
    static Plan xdp() {
        String[] paths = {"veth", "shared", "xdp", "tap"};
        List<Case> cases = new ArrayList<>();
        cases.add(ping("0", 64, 1).named("ping-pong 64 B, 1").on(paths));
        for (String messages : List.of("0", "1")) {
            for (int connections : new int[] {64, 1024}) {
                cases.add(ping(messages, 64, connections).on(paths));
            }
        }
        cases.add(ping("bulk", 64, 1).named("bulk to the server, 1").on(paths));
        cases.add(ping("0", 8_192, 64).named("8 KiB both ways, 64").on(paths));
        return new Plan(
                "xdp",
                "a client on the kernel; a server on the kernel behind a veth, on nic=xdp: on that veth, on DPDK's af_xdp, on a TAP",
                cases);
    }

    /** Many threads that wait at once, kernel clients; the default driver, and {@code driver=inline} over TAP. */
    static Plan threads() {
        List<Case> cases = new ArrayList<>();
        for (int connections : new int[] {10, 100, 600, 2_000}) {
            addThreads(cases, connections + " platform threads", connections, "platform");
        }
        if (Runtime.version().feature() >= 21) {
            addThreads(cases, "10000 virtual threads", 10_000, "virtual");
        }
        for (String selectors : List.of("1", "8", "64", "200")) {
            addThreads(cases, selectors + " selectors", 400, "selectors", selectors);
            addThreads(cases, selectors + " selectors with a pipe", 400, "pipes", selectors);
        }
        return new Plan("threads", "threads and selectors that wait at once, clients on the kernel", cases);
    }

    private static void addThreads(List<Case> cases, String name, int connections, String... kind) {
        List<String> server = new ArrayList<>(List.of("ThreadsServer", "HOST", PORT, "64"));
        server.addAll(List.of(kind));
        List<String> client = List.of("PingClient", "HOST", PORT, "0", "64", Integer.toString(connections));
        Case plain = new Case(name, List.of("veth", "tap", "shared"), false, "", server, client);
        cases.add(plain);
        cases.add(plain.with(",driver=inline").named(name + "; driver=inline").on("tap"));
    }

    static Plan batching() {
        List<Case> cases = new ArrayList<>();
        for (String messages : List.of("0", "1")) {
            Case on = ping(messages, 64, 64).on("memif");
            cases.add(on);
            cases.add(on.with(",receive-burst=1").named(on.name + "; receive-burst=1"));
            cases.add(on.with(",transmit-burst=1").named(on.name + "; transmit-burst=1"));
            cases.add(on.with(",receive-burst=1,transmit-burst=1").named(on.name + "; both 1"));
        }
        return new Plan("batching", "frames received and transmitted by the burst, and one by one", cases);
    }

    static Plan fig5() {
        return new Plan(
                "fig5",
                "web servers: 64 bytes, and a mix of file sizes",
                List.of(
                        web("WebServer", "keepalive", "64"),
                        web("WebServer", "close", "64"),
                        web("WebServer", "keepalive", "mix"),
                        web("WebServer", "keepalive", "mix")
                                .named("WebServer keepalive mix" + LARGE_FRAMES)
                                .with(LARGE_FRAMES_AGENT)
                                .on("memif"),
                        web("JettyExample", "keepalive", "64"),
                        web("JettyExample", "close", "64"),
                        web("JettyExample", "keepalive", "mix"),
                        web("NettyExample", "keepalive", "64"),
                        web("NettyExample", "close", "64")));
    }

    static Plan churn() {
        List<Case> cases = new ArrayList<>();
        // The kernel's ends stop at 20,000 descriptors a process.
        for (String idle : List.of("0", "15000", "60000")) {
            Case plain = ping("1", 64, 64);
            List<String> client = new ArrayList<>(plain.client);
            client.add(WINDOWS);
            client.add(idle);
            cases.add(new Case(
                    "short 64 B, 64 beside " + idle + " idle",
                    idle.equals("60000") ? List.of("memif") : List.of("lo", "memif"),
                    false,
                    "",
                    plain.server,
                    client));
        }
        return new Plan("churn", "connections a second beside idle ones", cases);
    }

    static Plan tls(String keystore, String password) {
        List<Case> cases = new ArrayList<>();
        for (String how : List.of("keepalive", "handshake")) {
            cases.add(new Case(
                    "Jetty HTTPS " + how + ", 16",
                    KERNEL_AND_OURS,
                    false,
                    "",
                    List.of("TlsServer", "HOST", PORT, keystore, password),
                    List.of("TlsClient", "HOST", PORT, how, "16")));
        }
        return new Plan("tls", "HTTPS: requests of kept connections, and full handshakes", cases);
    }

    /** At shares of what the kernel can do: {@code capacity} requests a second over loopback. */
    static Plan latency(double capacity) {
        List<Case> cases = new ArrayList<>();
        for (int percent : new int[] {20, 50, 80}) {
            String rate = Long.toString((long) (capacity * percent / 100));
            cases.add(new Case(
                    percent + " % of loopback's capacity, " + rate + "/s, 64",
                    KERNEL_AND_OURS,
                    false,
                    "",
                    List.of("PingServer", "HOST", PORT, "0", "64"),
                    List.of("RateClient", "HOST", PORT, rate, "64", "64")));
        }
        return new Plan("latency", "requests at a constant rate, counted from when they were due", cases);
    }
}
