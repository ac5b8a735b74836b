/* SPDX-License-Identifier: Apache-2.0 */
package org.mtcp4j.it.frameworks;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.util.List;
import org.junit.jupiter.api.Test;

/**
 * A program and the kernel on one interface and one address: {@code nic=xdp:eth0} in a namespace that looks like a pod's, its peer a kernel in
 * another one. Nothing is set at the peer's end, neither by ethtool nor by sysctl.
 */
class SharedInterfaceIT extends SharedInterfaceCases {
    private static final String PERL_ECHO =
            "exec perl -MIO::Socket::INET -e '$s = IO::Socket::INET->new(Proto => \"udp\", LocalPort => 5353) or die $!; $| = 1;"
                    + " print \"ready\\n\"; while ($from = $s->recv($_, 100)) { $s->send(\"echo $_\", 0, $from) }'";

    @Test
    void programAndKernelServeOnTheSameAddress() throws Exception {
        kernelServer(pod);
        closed(pod.start(List.of("bash", "-c", PERL_ECHO))).awaitLine("ready", 10);
        serve("-Dmtcp.nic=xdp:eth0", "-Dmtcp.on-failure=fail");
        long before = acceptedByKernel();
        assertThat(curl(peer, URL)).isEqualTo("got 0");
        assertThat(curl(peer, "http://[2001:db8::2]:8080/")).isEqualTo("got 0");
        String size = " -o /dev/null -w '%{size_download}'";
        assertThat(curl(peer, URL + "big" + size)).isEqualTo("" + SharedServer.BIG_BYTES);
        assertThat(curl(peer, "-T <(head -c 20000000 /dev/zero) " + URL)).isEqualTo("got 20000000");
        assertThat(acceptedByKernel()).as("the stack's own").isEqualTo(before);

        assertThat(curl(peer, "http://198.18.0.2:9090/")).isEqualTo("kernel");
        assertThat(acceptedByKernel()).isEqualTo(before + 1);
        assertThat(refused(8081)).isTrue();
        assertThat(peer.shell(
                        10,
                        "perl -MIO::Socket::INET -e '$s = IO::Socket::INET->new(Proto => \"udp\", PeerAddr => \"198.18.0.2:5353\");"
                                + " $s->send(\"hi\"); alarm 5; $s->recv($_, 100); print'"))
                .isEqualTo("echo hi");
        assertThat(peer.run(10, "busybox", "ping", "-c", "2", "198.18.0.2").text())
                .contains(" 0% packet loss");
        // From inside, over loopback.
        assertThat(curl(pod, "http://127.0.0.1:8080/")).isEqualTo("got 0");
        assertThat(curl(pod, URL)).isEqualTo("got 0");
        assertThat(peer.run(5, "which", "ethtool").exitCode() != 0
                        || peer.shell(10, "ethtool -k v1").contains("tx-checksumming: on"))
                .isTrue();
    }

    /** For each word on its standard input it asks for a page over the one connection that it has. */
    static final String KEEPS_A_CONNECTION =
            "$| = 1; $s = IO::Socket::INET->new(\"198.18.0.2:8080\") or die $!; while ($word = <STDIN>) { chomp $word; print $s"
                    + " \"GET / HTTP/1.1\\r\\nHost: x\\r\\n\\r\\n\"; $got = \"\"; alarm 25; while ($got !~ /got 0/ and sysread $s,"
                    + " $_, 4096) { $got .= $_ } print \"$word: \", $got =~ /got 0/ ? \"got 0\" : $!, \"\\n\" }";

    /** Sends a byte, and ends the connection behind 64 others, or after a tenth of a second: later than a client that is in a hurry. */
    private static final String ANSWERS_WITH_A_BYTE =
            "$| = 1; $s = IO::Socket::INET->new(Listen => 1024, LocalPort => 9090, ReuseAddr => 1) or die $!; print \"ready\\n\";"
                    + " $SIG{ALRM} = sub { @held = () }; ualarm 100000, 100000; while (1) { $c = $s->accept or next; syswrite $c, \"a\";"
                    + " if (++$n % 64 == 0) { @held = () } push @held, $c }";

    /** Connections to it until a line comes. */
    private static final String CONNECTS =
            "$| = 1; $SIG{__WARN__} = sub {}; $bits = \"\"; vec($bits, 0, 1) = 1; until (select($r = $bits, undef, undef, 0)) {"
                    + " $c = IO::Socket::INET->new(\"198.18.0.1:9090\"); if (!$c) { $!{EADDRNOTAVAIL} or $n++; next } $n++; $ok++ if sysread"
                    + " $c, $_, 1; sysread $c, $_, 1 } print \"answered \", $ok || 0, \" of \", $n || 0, \"\\n\"";

    /** Packets that the peer's end has received. */
    private long packetsAtPeer() throws Exception {
        return Long.parseLong(
                peer.shell(10, "awk '$1 == \"v1:\" { print $3 }' /proc/net/dev").trim());
    }

    /** Packets that the peer's end receives while the peer fetches what is checked to the byte. */
    private long packetsOfBig(String host) throws Exception {
        long before = packetsAtPeer();
        String sum = peer.shell(40, "curl -gsS -m 30 http://" + host + ":8080/big | sha256sum");
        assertThat(sum).startsWith(SharedServer.sha256OfBig());
        return packetsAtPeer() - before;
    }

    @Test
    void whatIsLongerThanASegmentLeavesInLargeFramesWhichTheKernelCutsWhereTheInterfaceDoesNot() throws Exception {
        assumeTrue(hasChecksumOffload(), "the kernel makes no checksums for AF_XDP (6.8)");
        serve("-Dmtcp.nic=xdp:eth0", "-Dmtcp.on-failure=fail");
        long segments = SharedServer.BIG_BYTES / 1448;
        for (String host : List.of("198.18.0.2", "[2001:db8::2]")) {
            assertThat(packetsOfBig(host)).as(host).isLessThan(segments / 4);
        }
        // An interface without segmentation, as many are.
        assumeTrue(
                pod.run(10, "ethtool", "-K", "eth0", "tso", "off", "gso", "off").exitCode() == 0, "no ethtool");
        for (String host : List.of("198.18.0.2", "[2001:db8::2]")) {
            assertThat(packetsOfBig(host)).as(host).isGreaterThanOrEqualTo(segments);
        }
    }

    private static boolean hasChecksumOffload() {
        String[] version = System.getProperty("os.version").split("[.-]", 3);
        int major = Integer.parseInt(version[0]);
        return major > 6 || (major == 6 && Integer.parseInt(version[1]) >= 8);
    }

    @Test
    void portsOfTheTwoAreApart() throws Exception {
        kernelServer(pod);
        serve("-Dmtcp.nic=xdp:eth0", "-Dmtcp.on-failure=fail");
        assertThat(pod.run(
                                10,
                                "perl",
                                "-MIO::Socket::INET",
                                "-e",
                                "IO::Socket::INET->new(Listen => 1, LocalPort => 8080," + " ReuseAddr => 1) or die $!")
                        .text())
                .contains("Address already in use");
        assertThat(curl(peer, "'" + URL + "bind?9090'")).contains("BindException: Address already in use");
        assertThat(curl(peer, "'" + URL + "bind?9091'")).isEqualTo("bound");
        assertThat(curl(peer, "http://198.18.0.2:9090/")).isEqualTo("kernel");
        assertThat(curl(peer, URL)).isEqualTo("got 0");
    }

    @Test
    void aSecondProgramOnTheInterfaceRunsOnTheKernelAndTheFirstNoticesNothing() throws Exception {
        kernelServer(peer);
        serve("-Dmtcp.nic=xdp:eth0", "-Dmtcp.on-failure=fail");
        Running client = closed(peer.start(List.of("perl", "-MIO::Socket::INET", "-e", KEEPS_A_CONNECTION)));
        assertThat(client.ask("before", 10)).isEqualTo("got 0");
        String second = "http://198.18.0.2:8090/";
        Running other = serve("8090", List.of(), "-Dmtcp.nic=xdp:eth0");
        assertThat(other.text())
                .contains(
                        "[mtcp] ERROR nic=xdp:eth0: binding to receive queue 0 failed: Device or resource busy; another program, perhaps another"
                                + " JVM with mtcp4j, has the interface: one at a time can; end it, or give this one nic=tap:NAME; the program runs"
                                + " on the kernel");
        long before = acceptedByKernel();
        assertThat(curl(peer, second)).isEqualTo("got 0");
        assertThat(curl(peer, "'" + second + "connect?198.18.0.1,9090'")).contains("200");
        assertThat(acceptedByKernel()).isEqualTo(before + 2);
        assertThat(curl(peer, "'" + second + "bind?8080'"))
                .as("the first one's")
                .contains("Address already in use");
        // From inside they reach each other.
        assertThat(curl(peer, "'" + URL + "connect?198.18.0.2,8090'")).contains("200");
        assertThat(curl(peer, "'" + second + "connect?198.18.0.2,8080'")).contains("200");
        before = acceptedByKernel();
        assertThat(client.ask("after", 10)).isEqualTo("got 0");
        assertThat(curl(peer, URL)).isEqualTo("got 0");
        assertThat(acceptedByKernel()).isEqualTo(before);
        assertThat(pod.run(5, "ip", "link", "show", "eth0").text()).contains("xdp");
    }

    @Test
    void threeTimesAsManyConnectsAsThereArePortsMeetNoneOfTheKernels() throws Exception {
        closed(peer.start(List.of("perl", "-MIO::Socket::INET", "-MTime::HiRes=ualarm", "-e", ANSWERS_WITH_A_BYTE)))
                .awaitLine("ready", 10);
        pod.shell(5, "echo 40000 41999 >/proc/sys/net/ipv4/ip_local_port_range");
        Running server = serveUnderAgent(List.of(), "nic=xdp:eth0");
        // Whose connections the server ends, so that they keep no ports here.
        Running kernels = closed(pod.start(List.of("perl", "-MIO::Socket::INET", "-e", CONNECTS)));
        String answered = curl(peer, "'" + URL + "connects?198.18.0.1,9090,6000'");
        kernels.enter();
        assertThat(answered).isEqualTo("6000");
        assertThat(Stat.asked(server.pid()).counter("TcpActiveOpens")).isEqualTo(6000);
        String[] counts = kernels.awaitLine("answered ", 0, 10).split(" ", -1);
        assertThat(Integer.parseInt(counts[1])).isGreaterThan(50);
        assertThat(counts[1]).as("of those that had a port").isEqualTo(counts[3]);
    }

    @Test
    void connectsOutFromPortsThatTheKernelGives() throws Exception {
        kernelServer(peer);
        kernelServer(pod);
        serve("-Dmtcp.nic=xdp:eth0", "-Dmtcp.on-failure=fail");
        String range =
                pod.shell(5, "cat /proc/sys/net/ipv4/ip_local_port_range").trim();
        int least = Integer.parseInt(range.split("\\s+", -1)[0]);
        int most = Integer.parseInt(range.split("\\s+", -1)[1]);
        for (int i = 0; i < 50; i++) {
            String[] answer = curl(peer, "'" + URL + "connect?198.18.0.1,9090'").split(" ", 2);
            assertThat(answer[1]).isEqualTo("HTTP/1.0 200");
            assertThat(Integer.parseInt(answer[0])).isBetween(least, most);
            assertThat(curl(pod, "http://198.18.0.1:9090/")).isEqualTo("kernel");
        }
        assertThat(curl(peer, "'" + URL + "connect?198.18.0.2,9090'"))
                .as("the kernel's own server")
                .contains("200");
        assertThat(curl(peer, "'" + URL + "connect?127.0.0.1,9090'")).contains("200");
        assertThat(curl(peer, "'" + URL + "connect?198.18.0.2,8080'"))
                .as("itself")
                .contains("200");
        assertThat(curl(peer, "'" + URL + "connect?2001:db8::1,1'")).contains("Connection refused");
    }

    @Test
    void nothingIsLeftOfAProgramThatIsKilled() throws Exception {
        kernelServer(pod);
        Running first = serve("-Dmtcp.nic=xdp:eth0", "-Dmtcp.on-failure=fail");
        assertThat(pod.shell(5, "ip link show eth0")).contains("xdp");
        Running client = closed(peer.start(List.of(
                "perl",
                "-MIO::Socket::INET",
                "-e",
                "for (1 .. 100) { push @all, IO::Socket::INET->new(\"198.18.0.2:8080\") || die $! } $| = 1; print \"connected\\n\";"
                        + " <STDIN>; $SIG{PIPE} = \"IGNORE\"; alarm 10; for $s (@all) { print $s \"GET / HTTP/1.0\\r\\n\\r\\n\";"
                        + " defined sysread($s, $_, 10) or $told{$!}++ } print \"$_: $told{$_}\\n\" for keys %told")));
        client.awaitLine("connected", 10);
        String neighbours = neighbours();
        first.kill();
        client.enter();
        assertThat(client.await(10).text()).endsWith("Connection reset by peer: 100\n");
        assertThat(neighbours()).as("no entry of the program's own").isEqualTo(neighbours);
        assertThat(pod.run(
                                10,
                                "perl",
                                "-MIO::Socket::INET",
                                "-e",
                                "IO::Socket::INET->new(Listen => 1, LocalAddr => \"198.18.0.2\", LocalPort => 8080) or die $!; print 1")
                        .text())
                .as("the port is free at once")
                .isEqualTo("1");
        assertThat(pod.shell(5, "ip link show eth0")).doesNotContain("xdp");
        assertThat(curl(peer, "http://198.18.0.2:9090/")).isEqualTo("kernel");
        assertThat(refused(8080)).isTrue();
        serve("-Dmtcp.nic=xdp:eth0", "-Dmtcp.on-failure=fail");
        assertThat(curl(peer, URL)).isEqualTo("got 0");
    }

    /** Those that would stay by themselves. */
    private String neighbours() throws Exception {
        return pod.shell(5, "ip neigh show dev eth0 nud permanent; ip neigh show proxy dev eth0");
    }

    @Test
    void listenerThatComesAndGoesIsNeverTheKernels() throws Exception {
        long before = acceptedByKernel();
        Running server = serve(PORT + " come-and-go", List.of(), "-Dmtcp.nic=xdp:eth0", "-Dmtcp.on-failure=fail");
        Running client = closed(peer.start(List.of(
                "perl",
                "-MIO::Socket::INET",
                "-e",
                "$| = 1; $SIG{TERM} = sub { print \"answers: \", $n || 0, \"\\n\"; exit }; while (1) { $s = IO::Socket::INET->new(PeerAddr =>"
                        + " \"198.18.0.2:8080\", Timeout => 1) or next; $n++ if sysread $s, $_, 1 }")));
        String turns = server.awaitLine("turns: ", 0, 60);
        client.terminate();
        assertThat(turns).doesNotEndWith(" accepted: 0");
        assertThat(client.awaitLine("answers: ", 0, 10).split(" ", -1)[1])
                .as("as many as were accepted: none of them was reset")
                .isEqualTo(turns.substring(turns.lastIndexOf(' ') + 1));
        assertThat(acceptedByKernel()).isEqualTo(before);
        assertThat(refused(8080)).isTrue();
    }

    @Test
    void manyNeighboursThatTheKernelKnowsAreServedAtOnce() throws Exception {
        serve("-Dmtcp.nic=xdp:eth0", "-Dmtcp.on-failure=fail");
        peer.shell(20, "for i in $(seq 20 119); do ip addr add 198.18.0.$i/24 dev v1; done");
        String mac = peer.shell(5, "ip -o link show v1 2>/dev/null | sed 's/.*link.ether \\([0-9a-f:]*\\).*/\\1/'")
                .trim();
        // As if each had asked for the server, which a host of many addresses does by one of them only.
        pod.shell(
                20,
                "for i in $(seq 20 119); do ip neigh replace 198.18.0.$i lladdr " + mac
                        + " nud stale dev eth0 || exit 1; done");
        String connects =
                "for my $i (20..119) { $t = time; IO::Socket::INET->new(LocalAddr => \"198.18.0.$i\", PeerAddr =>"
                        + " \"198.18.0.2:8080\", Timeout => 5) or die $!; $slow++ if time - $t > 0.8 } print \"slow: \", $slow || 0";
        assertThat(peer.run(60, "perl", "-MIO::Socket::INET", "-MTime::HiRes=time", "-e", connects)
                        .text())
                .isEqualTo("slow: 0");
    }

    @Test
    void addressesAreFollowed() throws Exception {
        serve("-Dmtcp.nic=xdp:eth0", "-Dmtcp.on-failure=fail");
        pod.shell(5, "ip addr add 198.18.0.7/24 dev eth0");
        String url = "http://198.18.0.7:8080/";
        long before = acceptedByKernel();
        boolean stacks = false;
        for (int i = 0; i < 50 && !stacks; i++) {
            // One that the kernel has accepted just before is reset: see limits.md.
            assertThat(peer.run(10, "curl", "-sS", "-m", "5", url).text())
                    .containsAnyOf("got 0", "Connection reset by peer");
            long now = acceptedByKernel();
            stacks = now == before;
            before = now;
        }
        assertThat(stacks).as("the stack answers at the new address").isTrue();
        pod.shell(5, "ip addr del 198.18.0.7/24 dev eth0; ip link set eth0 down; ip link set eth0 up");
        // The stack hears of it 100 ms after what it has heard before at the earliest: see limits.md.
        int answered = 0;
        while (answered < 50 && peer.run(10, "curl", "-sS", "-m", "2", url).exitCode() == 0) {
            answered++;
        }
        assertThat(answered).as("nobody answers at the address that is gone").isLessThan(50);
        pod.shell(5, "ip link set eth0 mtu 1400");
        assertThat(curl(peer, "--retry 3 --retry-all-errors " + URL + "big -o /dev/null -w '%{size_download}'"))
                .isEqualTo("" + SharedServer.BIG_BYTES);
    }

    @Test
    void genericModeTakesWhatAPeerLeavesToItsInterface() throws Exception {
        Running server = serve("-Dmtcp.nic=xdp:eth0/generic", "-Dmtcp.on-failure=fail");
        long startNs = System.nanoTime();
        assertThat(curl(peer, "-T <(head -c 20000000 /dev/zero) " + URL)).isEqualTo("got 20000000");
        assertThat(System.nanoTime() - startNs).isLessThan(15_000_000_000L);
        assertThat(pod.shell(5, "ip link show eth0")).contains("xdpgeneric");
        assertThat(server.isAlive()).isTrue();
    }

    @Test
    void whatIsMissingIsSaidWithItsCureAndTheProgramRunsOnTheKernel() throws Exception {
        Running nowhere = serve("-Dmtcp.nic=xdp:eth7");
        assertThat(nowhere.text()).contains("nic=xdp:eth7: there is no such interface here; there are lo, eth0");
        nowhere.close();
        Running unable = serve(
                PORT,
                List.of("setpriv", "--bounding-set=-bpf,-sys_admin", "--inh-caps=-bpf,-sys_admin"),
                "-Dmtcp.nic=xdp:eth0");
        assertThat(unable.text()).contains("Operation not permitted").contains("--cap-add BPF");
        long before = acceptedByKernel();
        assertThat(curl(peer, URL)).isEqualTo("got 0");
        assertThat(acceptedByKernel()).isEqualTo(before + 1);
    }
}
