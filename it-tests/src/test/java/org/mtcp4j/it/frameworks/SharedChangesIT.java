/* SPDX-License-Identifier: Apache-2.0 */
package org.mtcp4j.it.frameworks;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/**
 * What changes on a shared interface while connections stand. The pod's bridge has two routers, the peer and another one, and both lead to the same
 * host outside.
 */
class SharedChangesIT extends SharedInterfaceCases {
    private static final String OUTSIDE = "198.19.0.2";
    private static final String SECOND = "198.18.0.254";
    /** Echoes lines. */
    private static final String PERL_ECHO =
            "$| = 1; $s = IO::Socket::INET->new(Listen => 8, LocalPort => 7, ReuseAddr => 1) or die $!; print \"ready\\n\"; while ($c ="
                    + " $s->accept) { next if fork; while (sysread $c, $_, 100) { syswrite $c, $_ } exit }";

    private Namespace router;
    private Namespace outside;

    @BeforeEach
    void makeRouters() throws Exception {
        router = closed(pod.beside());
        outside = closed(pod.beside());
        String routes = "echo 1 >/proc/sys/net/ipv4/ip_forward; for i in all default; do echo 0"
                + " >/proc/sys/net/ipv4/conf/$i/rp_filter; done; ";
        peer.shell(
                20,
                routes
                        + "ip addr flush dev v1; ip link add br0 type bridge; ip link set v1 master br0; ip link set br0 up;"
                        + " ip addr add 198.18.0.1/24 dev br0; ip link add w1 type veth peer name w0 netns "
                        + router.pid()
                        + "; ip link set w1 master br0 up; ip link add o1 type veth peer name o0 netns " + outside.pid()
                        + "; ip addr add 198.19.0.1/24 dev o1; ip link set o1 up");
        router.shell(
                20,
                routes + "echo 0 >/proc/sys/net/ipv6/conf/w0/disable_ipv6; ip addr add " + SECOND
                        + "/24 dev w0; ip -6 addr add fe80::254/64 dev w0 nodad; ip link set w0 up; ip link add p1 type veth peer"
                        + " name p0 netns " + outside.pid()
                        + "; ip addr add 198.19.1.1/24 dev p1; ip link set p1 up; ip route add " + OUTSIDE
                        + " via 198.19.1.2");
        outside.shell(
                20,
                routes + "ip addr add " + OUTSIDE + "/24 dev o0; ip link set o0 up; ip addr add 198.19.1.2/24 dev p0;"
                        + " ip link set p0 up; ip route add default via 198.19.0.1");
        closed(outside.start(List.of("perl", "-MIO::Socket::INET", "-e", PERL_ECHO)))
                .awaitLine("ready", 10);
    }

    /** From here on nothing passes the first router. */
    private void closeFirstRouter() throws Exception {
        outside.shell(5, "ip route replace default via 198.19.1.1");
        peer.shell(5, "echo 0 >/proc/sys/net/ipv4/ip_forward");
    }

    private Running connectionFromOutside() throws Exception {
        Running client = closed(
                outside.start(List.of("perl", "-MIO::Socket::INET", "-e", SharedInterfaceIT.KEEPS_A_CONNECTION)));
        assertThat(client.ask("at first", 10)).isEqualTo("got 0");
        return client;
    }

    /** Over the program's own connection to the outside; it is told so over loopback, which nothing here changes. */
    private String echo() throws Exception {
        return curl(pod, "'http://127.0.0.1:8080/echo?" + OUTSIDE + ",7'");
    }

    /** The connection's port is in it: the same answer is by the same connection. */
    private String firstEcho() throws Exception {
        String first = echo();
        assertThat(first).endsWith(" hello");
        return first;
    }

    @Test
    void connectionsFollowTheDefaultRouteToAnotherRouter() throws Exception {
        Running server = serveUnderAgent(List.of(), "nic=xdp:eth0");
        Running client = connectionFromOutside();
        String first = firstEcho();
        pod.shell(5, "ip route replace default via " + SECOND);
        closeFirstRouter();
        assertThat(echo()).isEqualTo(first);
        assertThat(client.ask("by the second router", 25)).isEqualTo("got 0");
        assertThat(Stat.asked(server.pid()).counter("RouterChanges")).isPositive();
        // Without one in between.
        pod.shell(5, "ip route del default; ip route add 198.19.0.0/24 via " + SECOND);
        assertThat(echo()).isEqualTo(first);
        assertThat(client.ask("by a static route", 25)).isEqualTo("got 0");
    }

    @Test
    void connectionsFollowTheirRouterToAnotherHardwareAddress() throws Exception {
        pod.shell(5, "ip route replace default via " + SECOND);
        closeFirstRouter();
        serveUnderAgent(List.of(), "nic=xdp:eth0");
        Running client = connectionFromOutside();
        String first = firstEcho();
        // It asks for the pod when it has something for it, and is known by that.
        router.shell(5, "ip link set w0 address 02:00:5e:00:53:08");
        assertThat(client.ask("after the first change", 25)).isEqualTo("got 0");
        assertThat(echo()).isEqualTo(first);
        // It says so, as a router does that takes over.
        router.shell(
                10,
                "ip link set w0 address 02:00:5e:00:53:09; busybox arping -U -c 2 -w 2 -I w0 " + SECOND + " || true");
        assertThat(echo()).isEqualTo(first);
        assertThat(client.ask("after the second change", 25)).isEqualTo("got 0");
    }

    @Test
    void connectionsOutliveAnAddressThatGoesAndComesBack() throws Exception {
        Running server = serveUnderAgent(List.of(), "nic=xdp:eth0");
        Running client = connectionFromOutside();
        String first = firstEcho();
        pod.shell(5, "ip addr del 198.18.0.2/24 dev eth0");
        long endNs = System.nanoTime() + 10_000_000_000L;
        // The stack has it no more.
        while (!curl(pod, "'http://127.0.0.1:8080/connect?198.18.0.1,1'").contains("unreachable")
                && System.nanoTime() < endNs) {
            Thread.sleep(20);
        }
        assertThat(server.isAlive()).isTrue();
        pod.shell(5, "ip addr add 198.18.0.2/24 dev eth0; ip route add default via 198.18.0.1");
        assertThat(client.ask("with the address", 25)).isEqualTo("got 0");
        assertThat(echo()).isEqualTo(first);
        // Who comes now comes to the stack again.
        long before = acceptedByKernel();
        assertThat(curl(peer, URL)).isEqualTo("got 0");
        assertThat(acceptedByKernel()).isEqualTo(before);
    }

    @Test
    void anIpv4RouterMayHaveIpv6AddressesAlone() throws Exception {
        pod.shell(5, "ip -4 route replace default via inet6 fe80::254 dev eth0");
        closeFirstRouter();
        serveUnderAgent(List.of(), "nic=xdp:eth0");
        long before = acceptedByKernel();
        assertThat(curl(outside, URL)).isEqualTo("got 0");
        assertThat(acceptedByKernel()).isEqualTo(before);
        assertThat(echo()).endsWith(" hello");
    }

    @Test
    void ipAndGatewayAreInThePlaceOfTheInterfaces() throws Exception {
        closeFirstRouter();
        pod.shell(5, "ip addr add 198.18.0.7/24 dev eth0");
        serve("-Dmtcp.nic=xdp:eth0", "-Dmtcp.on-failure=fail", "-Dmtcp.ip=198.18.0.2/24", "-Dmtcp.gateway=" + SECOND);
        long before = acceptedByKernel();
        // The kernel's own default route leads nowhere.
        assertThat(curl(outside, URL)).isEqualTo("got 0");
        assertThat(curl(peer, URL)).isEqualTo("got 0");
        assertThat(acceptedByKernel()).isEqualTo(before);
        assertThat(curl(peer, "http://198.18.0.7:8080/")).isEqualTo("got 0");
        assertThat(acceptedByKernel()).as("an address that is not the stack's").isEqualTo(before + 1);
    }

    @Test
    void anInterfaceThatIsDeletedIsToldAndTheKernelsHalfServes() throws Exception {
        Running server = serve("-Dmtcp.nic=xdp:eth0", "-Dmtcp.on-failure=fail");
        connectionFromOutside();
        pod.shell(5, "ip link del eth0");
        server.awaitLine("[mtcp] WARN nic=xdp:eth0: the interface is gone", 10);
        assertThat(curl(pod, "http://127.0.0.1:8080/")).isEqualTo("got 0");
    }
}
