/* SPDX-License-Identifier: Apache-2.0 */
package org.mtcp4j.it.frameworks;

import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;

/** A namespace that looks like a pod's, with an interface {@code eth0} that a program shares with the kernel, and the kernel at its other end. */
abstract class SharedInterfaceCases {
    static final String PORT = "8080";
    static final String URL = "http://198.18.0.2:8080/";
    /** An HTTP server of the kernel's, of nothing but perl. */
    static final String PERL_SERVER =
            "exec perl -MIO::Socket::INET -e '$s = IO::Socket::INET->new(Listen => 64, LocalPort => 9090, ReuseAddr => 1) or die $!;"
                    + " $| = 1; print \"ready\\n\"; while ($c = $s->accept) { sysread $c, $_, 4096;"
                    + " print $c \"HTTP/1.0 200 OK\\r\\nContent-Length: 7\\r\\n\\r\\nkernel\\n\"; close $c }'";

    private final List<AutoCloseable> toClose = new ArrayList<>();
    Namespace pod;
    Namespace peer;

    @BeforeEach
    void makePod() throws Exception {
        assumeTrue(System.getProperty("user.name").equals("root"), "XDP programs need root here");
        pod = closed(Namespace.create());
        peer = closed(pod.beside());
        pod.shell(
                20,
                "ip link add eth0 type veth peer name v1 netns " + peer.pid()
                        + " && echo 0 >/proc/sys/net/ipv6/conf/eth0/disable_ipv6; ip addr add 198.18.0.2/24 dev eth0"
                        + " && ip addr add 2001:db8::2/64 dev eth0 nodad && ip link set eth0 up");
        peer.shell(
                20,
                "echo 0 >/proc/sys/net/ipv6/conf/v1/disable_ipv6; ip addr add 198.18.0.1/24 dev v1 && ip addr add 2001:db8::1/64 dev"
                        + " v1 nodad && ip link set v1 up");
        pod.shell(20, "ip route add default via 198.18.0.1");
    }

    @AfterEach
    void close() throws Exception {
        for (int i = toClose.size() - 1; i >= 0; i--) {
            toClose.get(i).close();
        }
    }

    final <T extends AutoCloseable> T closed(T closeable) {
        toClose.add(closeable);
        return closeable;
    }

    final Running serve(String... options) throws Exception {
        return serve(PORT, List.of(), options);
    }

    final Running serve(String port, List<String> before, String... options) throws Exception {
        List<String> command = new ArrayList<>(before);
        command.add(Build.java().toString());
        command.addAll(List.of(
                "-Xmx300m",
                "-XX:+UseSerialGC",
                "--add-exports=java.base/sun.nio.ch=ALL-UNNAMED",
                "-Djava.nio.channels.spi.SelectorProvider=org.mtcp4j.spi.nio.MtcpSelectorProvider"));
        command.addAll(List.of(options));
        command.addAll(List.of("-cp", System.getProperty("java.class.path"), SharedServer.class.getName()));
        command.addAll(List.of(port.split(" ", -1)));
        Running running = closed(pod.start(command));
        running.awaitLine("ready", 60);
        return running;
    }

    /** The same program under the agent, so that {@link Stat#asked} tells of it. */
    final Running serveUnderAgent(List<String> before, String arguments) throws Exception {
        List<String> command = new ArrayList<>(before);
        command.addAll(List.of(
                Build.java().toString(),
                "-Xmx300m",
                "-XX:+UseSerialGC",
                Server.agent(arguments + ",on-failure=fail"),
                "-cp",
                Build.testClasses().toString(),
                SharedServer.class.getName(),
                PORT));
        Running running = closed(pod.start(command));
        running.awaitLine("ready", 60);
        return running;
    }

    final void kernelServer(Namespace where) throws Exception {
        closed(where.start(List.of("bash", "-c", PERL_SERVER))).awaitLine("ready", 10);
    }

    final String curl(Namespace from, String arguments) throws Exception {
        return from.shell(40, "curl -gsS -m 30 " + arguments).trim();
    }

    /** At once, not by silence. */
    final boolean refused(int port) throws Exception {
        return peer.run(10, "bash", "-c", "exec 3<>/dev/tcp/198.18.0.2/" + port)
                .text()
                .contains("Connection refused");
    }

    /** Connections that the pod's kernel has accepted. */
    final long acceptedByKernel() throws Exception {
        return passiveOpens(pod.shell(10, "cat /proc/net/snmp"));
    }

    /** Connections that a kernel has accepted, by its {@code /proc/net/snmp}. */
    static long passiveOpens(String snmp) {
        String[][] lines = snmp.lines()
                .filter(line -> line.startsWith("Tcp: "))
                .map(line -> line.split(" ", -1))
                .toArray(String[][]::new);
        return Long.parseLong(lines[1][List.of(lines[0]).indexOf("PassiveOpens")]);
    }
}
