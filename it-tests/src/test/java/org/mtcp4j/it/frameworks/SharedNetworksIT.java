/* SPDX-License-Identifier: Apache-2.0 */
package org.mtcp4j.it.frameworks;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** A shared interface in the networks that pods and machines have: routers, translated addresses, narrow links, several queues. */
class SharedNetworksIT extends SharedInterfaceCases {
    private static final String SIZE = " -o /dev/null -w '%{size_download}'";
    private static final String OUTSIDE = "198.19.0.2";
    private static final String OUTSIDE_6 = "2001:db8:1::2";

    private Namespace outside;

    /** The peer becomes a router to a namespace further away. */
    private void makeOutside() throws Exception {
        outside = closed(pod.beside());
        peer.shell(
                20,
                "ip link add o1 type veth peer name o0 netns " + outside.pid()
                        + "; echo 0 >/proc/sys/net/ipv6/conf/o1/disable_ipv6; echo 1 >/proc/sys/net/ipv4/ip_forward;"
                        + " echo 1 >/proc/sys/net/ipv6/conf/all/forwarding; ip addr add 198.19.0.1/24 dev o1;"
                        + " ip addr add 2001:db8:1::1/64 dev o1 nodad; ip link set o1 up");
        outside.shell(
                20,
                "echo 0 >/proc/sys/net/ipv6/conf/o0/disable_ipv6; ip addr add " + OUTSIDE
                        + "/24 dev o0; ip addr add " + OUTSIDE_6
                        + "/64 dev o0 nodad; ip link set o0 up; ip route add default via 198.19.0.1;"
                        + " ip -6 route add default via 2001:db8:1::1");
        // By the link-local address, as a router's advertisement has it.
        pod.shell(
                20,
                "ip -6 route add default via "
                        + peer.shell(5, "ip -6 -o addr show dev v1 scope link | sed 's/.*inet6 //; s,/.*,,'")
                                .trim()
                        + " dev eth0");
    }

    private Running serveShared() throws Exception {
        return serveUnderAgent(List.of(), "nic=xdp:eth0,time-wait=100ms");
    }

    private void transfersBothWays(Namespace from, String url) throws Exception {
        assertThat(curl(from, url + "big" + SIZE)).isEqualTo("" + SharedServer.BIG_BYTES);
        assertThat(curl(from, "-T <(head -c 20000000 /dev/zero) " + url)).isEqualTo("got 20000000");
    }

    @Test
    void narrowLinksBehindARouterAreFoundByItsErrors() throws Exception {
        makeOutside();
        Running server = serveShared();
        peer.shell(5, "ip link set o1 mtu 1300");
        long before = acceptedByKernel();
        assertThat(curl(outside, URL + "big" + SIZE)).isEqualTo("" + SharedServer.BIG_BYTES);
        assertThat(curl(outside, "http://[2001:db8::2]:8080/big" + SIZE)).isEqualTo("" + SharedServer.BIG_BYTES);
        assertThat(acceptedByKernel()).isEqualTo(before);
        assertThat(Stat.asked(server.pid()).counter("IcmpInDestUnreachs")).isPositive();
    }

    @Test
    void segmentsThatARouterCutsArePutTogether() throws Exception {
        makeOutside();
        Running server = serveShared();
        outside.shell(5, "echo 1 >/proc/sys/net/ipv4/ip_no_pmtu_disc");
        peer.shell(5, "ip link set v1 mtu 600");
        assertThat(curl(outside, "-T <(head -c 2000000 /dev/zero) " + URL)).isEqualTo("got 2000000");
        assertThat(Stat.asked(server.pid()).counter("IpReasmOKs")).isGreaterThan(100);
    }

    @Test
    void aTranslatedServiceAddressReachesTheProgram() throws Exception {
        assumeTrue(
                pod.run(5, "sh", "-c", "PATH=$PATH:/usr/sbin iptables -t nat -S")
                                .exitCode()
                        == 0,
                "no iptables");
        makeOutside();
        String to = " -d 198.19.0.100 -p tcp --dport 80 -j DNAT --to-destination 198.18.0.2:8080";
        peer.shell(
                10,
                "export PATH=$PATH:/usr/sbin; iptables -t nat -A PREROUTING" + to + "; iptables -t nat -A OUTPUT" + to
                        + "; iptables -t nat -A POSTROUTING -o v1 -j MASQUERADE; ip route add 198.19.0.100 dev v1");
        outside.shell(5, "ip route add 198.19.0.100 via 198.19.0.1");
        Running server = serveShared();
        long before = acceptedByKernel();
        transfersBothWays(outside, "http://198.19.0.100/");
        transfersBothWays(peer, "http://198.19.0.100/");
        assertThat(acceptedByKernel()).isEqualTo(before);
        assertThat(Stat.asked(server.pid()).counter("TcpInCsumErrors")).isZero();
    }

    @Test
    void neighboursAreFollowedWhileTheyChange() throws Exception {
        kernelServer(peer);
        serveShared();
        assertThat(curl(peer, URL)).isEqualTo("got 0");
        peer.shell(5, "ip link set v1 address 02:00:5e:00:53:07");
        assertThat(curl(peer, "--retry 3 --retry-all-errors " + URL)).isEqualTo("got 0");
        String ask = "'" + URL + "connect?198.18.0.77,9090'";
        assertThat(curl(peer, ask)).as("nobody there").contains("NoRouteToHostException");
        peer.shell(5, "ip addr add 198.18.0.77/24 dev v1");
        assertThat(curl(peer, ask)).contains("200");
        pod.shell(5, "ip neigh replace 198.18.0.77 lladdr 02:00:5e:00:53:07 nud permanent dev eth0");
        assertThat(curl(peer, ask)).contains("200");
    }

    @Test
    void anAddressWithoutANetworkHasItsGatewayOutside() throws Exception {
        makeOutside();
        pod.shell(
                5,
                "ip addr flush dev eth0; ip addr add 198.18.0.2/32 dev eth0; ip route add 169.254.1.1 dev eth0 scope link;"
                        + " ip route add default via 169.254.1.1");
        peer.shell(5, "ip addr add 169.254.1.1/32 dev v1");
        serveShared();
        long before = acceptedByKernel();
        assertThat(curl(outside, URL + "big" + SIZE)).isEqualTo("" + SharedServer.BIG_BYTES);
        assertThat(acceptedByKernel()).isEqualTo(before);
    }

    /** An interface eth1 beside, of so many queues at each end. */
    private void makeQueues(int receive, int peersTransmit) throws Exception {
        pod.shell(
                10,
                "ip link add eth1 numrxqueues " + receive + " numtxqueues " + receive
                        + " type veth peer name v2 numtxqueues " + peersTransmit + " numrxqueues " + peersTransmit
                        + " netns " + peer.pid() + " && ip addr add 198.18.2.2/24 dev eth1 && ip link set eth1 up");
        peer.shell(10, "ip addr add 198.18.2.1/24 dev v2 && ip link set v2 up");
    }

    private void everyConnectionIsTheStacks() throws Exception {
        long before = acceptedByKernel();
        assertThat(peer.shell(
                                60,
                                "for i in $(seq 40); do curl -sS -m 20 http://198.18.2.2:8080/ & done | grep -o 'got 0' | wc -l; wait")
                        .trim())
                .isEqualTo("40");
        assertThat(acceptedByKernel()).isEqualTo(before);
    }

    @Test
    void everyReceiveQueueIsTheStacksWithMoreAndWithFewerContexts() throws Exception {
        makeQueues(4, 4);
        for (int contexts : new int[] {2, 1}) {
            Running server = serveUnderAgent(List.of(), "nic=xdp:eth1,contexts=" + contexts);
            everyConnectionIsTheStacks();
            server.close();
        }
        pod.shell(5, "ip link del eth1");
        makeQueues(2, 2);
        serveUnderAgent(List.of(), "nic=xdp:eth1,contexts=4");
        everyConnectionIsTheStacks();
    }

    @Test
    void aPeerWithMoreQueuesIsServedBehindTheDriver() throws Exception {
        makeQueues(1, 4);
        Running server = serveUnderAgent(List.of(), "nic=xdp:eth1");
        assertThat(server.text()).contains("xdp:eth1/generic");
        assertThat(pod.shell(5, "ip link show eth1")).contains("xdpgeneric");
        everyConnectionIsTheStacks();
    }

    private static long descriptors(Running server) throws Exception {
        try (Stream<Path> all = Files.list(Path.of("/proc/" + server.pid() + "/fd"))) {
            return all.count();
        }
    }

    /** The lines about pools, once there is neither a connection nor a TIME-WAIT. */
    private static List<String> poolsAtRest(Running server) throws Exception {
        long endNs = System.nanoTime() + 20_000_000_000L;
        Stat stat = Stat.asked(server.pid());
        while (stat.text().contains("198.18.0.1:") && System.nanoTime() < endNs) {
            Thread.sleep(50);
            stat = Stat.asked(server.pid());
        }
        return stat.pools();
    }

    @Test
    void tenThousandConnectionsLeaveNothingBehind() throws Exception {
        Running server = serveShared();
        String connect = "for (1 .. shift) { $s = IO::Socket::INET->new(\"198.18.0.2:8080\") or die $!;"
                + " print $s \"GET / HTTP/1.0\\r\\n\\r\\n\"; $ok++ if join(\"\", <$s>) =~ /got 0/ } print $ok";
        assertThat(peer.run(60, "perl", "-MIO::Socket::INET", "-e", connect, "1000")
                        .text())
                .isEqualTo("1000");
        List<String> pools = poolsAtRest(server);
        long descriptors = descriptors(server);
        assertThat(peer.run(60, "perl", "-MIO::Socket::INET", "-e", connect, "10000")
                        .text())
                .isEqualTo("10000");
        assertThat(poolsAtRest(server)).isEqualTo(pools);
        assertThat(descriptors(server)).isLessThanOrEqualTo(descriptors);
    }

    @Test
    void doctorWarnsOfRulesInTheNamespaceThatRedirect() throws Exception {
        assumeTrue(
                pod.run(5, "sh", "-c", "PATH=$PATH:/usr/sbin iptables -t nat -S")
                                .exitCode()
                        == 0,
                "no iptables");
        String[] doctor = {Build.java().toString(), "-jar", Build.agentJar().toString(), "doctor", "nic=xdp:eth0"};
        assertThat(pod.run(60, doctor).text())
                .contains("a stack starts with these arguments")
                .doesNotContain("redirect");
        pod.shell(
                5,
                "PATH=$PATH:/usr/sbin iptables -t nat -A PREROUTING -p tcp --dport 8080 -j REDIRECT --to-ports 15006");
        Running.Ended warned = pod.run(60, doctor);
        assertThat(warned.text())
                .contains(
                        "WARN  nic=xdp:eth0: rules of this network namespace redirect packets that arrive (nftables chain ip/nat/PREROUTING)");
        assertThat(warned.exitCode()).isEqualTo(1);
    }
}
