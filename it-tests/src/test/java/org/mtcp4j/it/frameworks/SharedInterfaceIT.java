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
        Running second = closed(pod.start(List.of(
                Build.java().toString(),
                "--add-exports=java.base/sun.nio.ch=ALL-UNNAMED",
                "-Djava.nio.channels.spi.SelectorProvider=org.mtcp4j.spi.nio.MtcpSelectorProvider",
                "-Dmtcp.nic=xdp:eth0",
                "-cp",
                System.getProperty("java.class.path"),
                SharedServer.class.getName(),
                "9090")));
        assertThat(second.await(60).text())
                .contains("another program, perhaps another JVM with mtcp4j, has the interface")
                .contains("Address already in use");
        assertThat(curl(peer, "http://198.18.0.2:9090/")).isEqualTo("kernel");
        assertThat(curl(peer, URL)).isEqualTo("got 0");
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
                "$s = IO::Socket::INET->new(\"198.18.0.2:8080\") or die $!; $| = 1; print \"connected\\n\"; <STDIN>;"
                        + " $SIG{PIPE} = \"IGNORE\"; print $s \"GET / HTTP/1.0\\r\\n\\r\\n\"; alarm 5;"
                        + " defined sysread($s, $_, 10) or print \"it is: $!\\n\"")));
        client.awaitLine("connected", 10);
        first.kill();
        client.enter();
        assertThat(client.await(10).text()).contains("it is: Connection reset by peer");
        assertThat(pod.shell(5, "ip link show eth0")).doesNotContain("xdp");
        assertThat(curl(peer, "http://198.18.0.2:9090/")).isEqualTo("kernel");
        assertThat(refused(8080)).isTrue();
        serve("-Dmtcp.nic=xdp:eth0", "-Dmtcp.on-failure=fail");
        assertThat(curl(peer, URL)).isEqualTo("got 0");
    }

    @Test
    void listenerThatComesAndGoesIsNeverTheKernels() throws Exception {
        long before = acceptedByKernel();
        Running server = serve(PORT + " come-and-go", List.of(), "-Dmtcp.nic=xdp:eth0", "-Dmtcp.on-failure=fail");
        Running client = closed(peer.start(List.of(
                "perl",
                "-MIO::Socket::INET",
                "-e",
                "while (1) { IO::Socket::INET->new(PeerAddr => \"198.18.0.2:8080\", Timeout => 1) }")));
        String turns = server.awaitLine("turns: ", 0, 60);
        client.close();
        assertThat(turns).doesNotEndWith(" accepted: 0");
        assertThat(acceptedByKernel()).isEqualTo(before);
        assertThat(refused(8080)).isTrue();
    }

    @Test
    void manyNeighboursThatTheKernelKnowsAreServedAtOnce() throws Exception {
        serve("-Dmtcp.nic=xdp:eth0", "-Dmtcp.on-failure=fail");
        peer.shell(20, "for i in $(seq 20 119); do ip addr add 198.18.0.$i/24 dev v1; done");
        String mac = peer.shell(5, "ip -o link show v1 | sed 's/.*link.ether \\([0-9a-f:]*\\).*/\\1/'")
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
        assertThat(peer.run(10, "curl", "-sS", "-m", "2", url).exitCode()).isNotZero();
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
