/* SPDX-License-Identifier: Apache-2.0 */
package org.mtcp4j.examples.bench;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.InterruptedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.concurrent.TimeUnit;

/**
 * Two ends for a measurement, the server's on processor 0 and the client's on processor 1: a network namespace that the process is in and
 * fills, a second one behind a veth, and a memif between two stacks. Must run in a network namespace of its own.
 */
final class Lab implements AutoCloseable {
    /**
     * Both sides'. With conditional card marks, threads that store into objects near each other do not write the same cache line, as they do
     * without; G1, the JVM's default, checks of itself.
     */
    static final List<String> JVM_FLAGS =
            List.of("-Xms1g", "-Xmx1g", "-XX:+UseSerialGC", "-XX:+UseCondCardMark", "-XX:MaxDirectMemorySize=1g");

    /** Behind a veth or a TAP that is attacked. */
    static final String SERVER_MAC = "02:00:5e:00:53:02";

    static final String TAP = "mtcpbench";

    private static final String CONGESTION = "reno";
    /** Paths whose server is in the namespace behind a veth. */
    private static final Set<String> IN_PEER = Set.of("veth", "shared", "xdp");
    /** Paths with a server of ours and a client on the kernel. */
    private static final Set<String> BEHIND_KERNEL = Set.of("shared", "xdp", "tap", "attack");

    final String agentJar;
    private final String peerNamespace = "mtcpbench" + ProcessHandle.current().pid();
    private final Path directory = Files.createTempDirectory("mtcpbench");

    Lab(String agentJar) throws IOException {
        this.agentJar = agentJar;
        run("ip", "link", "set", "lo", "up");
        run("ip", "netns", "add", peerNamespace);
        run("ip", "link", "add", "v0", "type", "veth", "peer", "name", "v1", "netns", peerNamespace);
        run("ip", "link", "add", "x0", "type", "veth", "peer", "name", "x1", "netns", peerNamespace);
        run("ip", "addr", "add", "198.18.2.1/24", "dev", "x0");
        run("ip", "link", "set", "x0", "up");
        inPeer("ip", "link", "set", "x1", "up");
        run("ip", "addr", "add", "198.18.1.1/24", "dev", "v0");
        run("ip", "link", "set", "v0", "up");
        inPeer("ip", "addr", "add", "198.18.1.2/24", "dev", "v1");
        inPeer("ip", "link", "set", "v1", "up");
        for (String setting : List.of(
                "net.ipv4.ip_local_port_range=1024 65535",
                "net.ipv4.tcp_tw_reuse=1",
                "net.ipv4.tcp_congestion_control=" + CONGESTION)) {
            run("sysctl", "-qw", setting);
            inPeer("sysctl", "-qw", setting);
        }
    }

    /** The kernel's; ours is told the same. */
    static String congestion() {
        return CONGESTION;
    }

    private void inPeer(String... command) throws IOException {
        List<String> all = new ArrayList<>(List.of("ip", "netns", "exec", peerNamespace));
        all.addAll(List.of(command));
        run(all.toArray(String[]::new));
    }

    static void run(String... command) throws IOException {
        Process process = new ProcessBuilder(command)
                .inheritIO()
                .redirectOutput(ProcessBuilder.Redirect.DISCARD)
                .start();
        try {
            if (process.waitFor() != 0) {
                throw new IOException(String.join(" ", command) + " failed with status " + process.exitValue());
            }
        } catch (InterruptedException e) {
            throw interrupted(e);
        }
    }

    static IOException interrupted(InterruptedException e) {
        Thread.currentThread().interrupt();
        return new InterruptedIOException(e.getMessage());
    }

    /** The sum of these counters of a process under the agent, over its contexts, by {@code stat}. */
    static long counters(String agentJar, long pid, Set<String> names) throws IOException {
        Process stat = new ProcessBuilder(
                        Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                        "-jar",
                        agentJar,
                        "stat",
                        Long.toString(pid))
                .redirectError(ProcessBuilder.Redirect.INHERIT)
                .start();
        return new String(stat.getInputStream().readAllBytes(), StandardCharsets.UTF_8)
                .lines()
                .map(line -> line.strip().split("\\s+", -1))
                .filter(words -> words.length == 3 && names.contains(words[1]))
                .mapToLong(words -> Long.parseLong(words[2]))
                .sum();
    }

    Path file(String name) {
        return directory.resolve(name);
    }

    /**
     * For attacks over the veth: IPv6, a way back to strangers, the server's hardware address, and what a kernel does with packets on the
     * processor of their receiver, as the stack does.
     */
    void prepareForAttacks() throws IOException {
        run("mount", "-t", "sysfs", "sysfs", "/sys");
        run("ip", "addr", "add", "2001:db8:1::1/64", "dev", "v0", "nodad");
        inPeer("ip", "link", "set", "v1", "address", SERVER_MAC);
        inPeer("ip", "addr", "add", "2001:db8:1::2/64", "dev", "v1", "nodad");
        inPeer("ip", "route", "add", "default", "via", "198.18.1.1");
        inPeer("ip", "route", "add", "default", "via", "2001:db8:1::1");
        run("sh", "-c", "echo 2 >/sys/class/net/v0/queues/rx-0/rps_cpus");
        inPeer("sh", "-c", "echo 1 >/sys/class/net/v1/queues/rx-0/rps_cpus");
    }

    /** The same for the clients' end of the TAP, once it is there. */
    void prepareTapForAttacks() throws IOException {
        run("ip", "addr", "add", "2001:db8:3::1/64", "dev", TAP, "nodad");
        run("sh", "-c", "echo 2 >/sys/class/net/" + TAP + "/queues/rx-0/rps_cpus");
    }

    /** What a command prints where the kernel's server is. */
    List<String> peerSays(String... command) throws IOException {
        List<String> all = new ArrayList<>(List.of("ip", "netns", "exec", peerNamespace));
        all.addAll(List.of(command));
        return says(all);
    }

    static List<String> says(List<String> command) throws IOException {
        Process process = new ProcessBuilder(command)
                .redirectError(ProcessBuilder.Redirect.INHERIT)
                .start();
        return new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8)
                .lines()
                .toList();
    }

    /** Segmentation and receive offload of both ends of the veth: bulk is compared at 1,500-byte frames. */
    void vethOffload(boolean on) throws IOException {
        String value = on ? "on" : "off";
        run("ethtool", "-K", "v0", "tso", value, "gso", value, "gro", "off");
        inPeer("ethtool", "-K", "v1", "tso", value, "gso", value, "gro", "off");
    }

    /** Where the server listens. */
    static String host(String path) {
        return switch (path) {
            case "lo" -> "127.0.0.1";
            case "veth", "shared" -> "198.18.1.2";
            case "xdp" -> "198.18.2.2";
            case "tap", "attack" -> "198.18.3.2";
            default -> "198.18.9.1";
        };
    }

    /**
     * Starts one end.
     *
     * @param path {@code lo}, {@code veth}, {@code memif}, {@code memif-dedicated}; with a server of ours and a client on the kernel {@code shared}, on
     *     veth's own interface by {@code nic=xdp:}, {@code xdp}, behind another veth by DPDK, {@code tap}, behind a TAP, and {@code attack} with IPv6 and a gateway
     *     besides
     * @param more further arguments of the agent, as {@code ,key=value}
     * @param program class of this package, or with its package, and its arguments
     */
    Running start(String path, boolean isServer, List<String> jvm, String more, List<String> program)
            throws IOException {
        List<String> command = new ArrayList<>();
        if (IN_PEER.contains(path) && isServer) {
            command.addAll(List.of("ip", "netns", "exec", peerNamespace));
        }
        command.addAll(List.of("taskset", "-c", isServer ? "0" : "1"));
        command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
        command.addAll(jvm);
        if (path.startsWith("memif") || (isBehindKernel(path) && isServer)) {
            command.add("-javaagent:" + agentJar + "=" + agentArguments(path, isServer) + more);
        }
        command.addAll(List.of("-cp", System.getProperty("java.class.path")));
        String main = program.get(0);
        command.add(main.contains(".") ? main : "org.mtcp4j.examples.bench." + main);
        command.addAll(program.subList(1, program.size()));
        return new Running(command);
    }

    static boolean isBehindKernel(String path) {
        return BEHIND_KERNEL.contains(path);
    }

    private String agentArguments(String path, boolean isServer) {
        String role = isServer ? "server" : "client";
        String nic =
                switch (path) {
                    case "shared" -> "xdp:v1,ip=198.18.1.2";
                    case "xdp" -> "dpdk:net_af_xdp0+iface=x1+start_queue=0+queue_count=1,ip=198.18.2.2";
                    case "tap", "attack" -> "tap:" + TAP + ",tap.host-ip=198.18.3.1/24,ip=198.18.3.2";
                    default ->
                        "dpdk:net_memif0+role=" + role + "+socket=" + file("memif.sock")
                                + "+socket-abstract=no,ip=198.18.9." + (isServer ? 1 : 2);
                };
        String more =
                path.equals("attack") ? "+2001:db8:3::2/64,gateway=198.18.3.1+2001:db8:3::1,mac=" + SERVER_MAC : "";
        return "nic=" + nic + "/24" + more
                + ",on-failure=fail,log=error,wildcard=stack,congestion=newreno,linger-on-exit=0s"
                + (path.endsWith("dedicated") ? ",driver=dedicated" : "");
    }

    @Override
    public void close() throws IOException {
        run("ip", "netns", "del", peerNamespace);
        try (var files = Files.list(directory)) {
            for (Path file : files.toList()) {
                Files.delete(file);
            }
        }
        Files.delete(directory);
    }

    /** A started program. Its standard error is ours. */
    static final class Running implements AutoCloseable {
        final Process process;
        private final BufferedReader out;

        Running(List<String> command) throws IOException {
            process = new ProcessBuilder(command)
                    .redirectError(ProcessBuilder.Redirect.INHERIT)
                    .start();
            out = new BufferedReader(new InputStreamReader(process.getInputStream(), StandardCharsets.UTF_8));
        }

        void expect(String wanted) throws IOException {
            String line = line();
            if (!wanted.equals(line)) {
                throw new IOException("expected '" + wanted + "' but got '" + line + "'; see the lines above");
            }
        }

        void tell(String line) throws IOException {
            process.getOutputStream().write((line + "\n").getBytes(StandardCharsets.UTF_8));
            process.getOutputStream().flush();
        }

        String line() throws IOException {
            return out.readLine();
        }

        /**
         * User and system time so far, in ticks of 10 ms. The pinned JVM is the process itself: taskset and ip make room for it.
         */
        long ticks() throws IOException {
            String stat = Files.readString(Path.of("/proc", Long.toString(process.pid()), "stat"));
            String[] fields = stat.substring(stat.lastIndexOf(')') + 2).split(" ", -1);
            return Long.parseLong(fields[11]) + Long.parseLong(fields[12]);
        }

        /** As {@link #ticks()}, to the nanosecond, and of the threads that are alive. */
        long cpuNs() throws IOException {
            long sum = 0;
            try (var tasks = Files.list(Path.of("/proc", Long.toString(process.pid()), "task"))) {
                for (Path task : tasks.toList()) {
                    sum += Long.parseLong(
                            Files.readString(task.resolve("schedstat")).split(" ", -1)[0]);
                }
            }
            return sum;
        }

        @Override
        public void close() throws IOException {
            process.destroy();
            try {
                if (!process.waitFor(5, TimeUnit.SECONDS)) {
                    process.destroyForcibly().waitFor();
                }
            } catch (InterruptedException e) {
                throw interrupted(e);
            }
        }
    }
}
