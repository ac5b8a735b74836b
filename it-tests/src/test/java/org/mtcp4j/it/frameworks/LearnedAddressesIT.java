/* SPDX-License-Identifier: Apache-2.0 */
package org.mtcp4j.it.frameworks;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.abort;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A server whose stack learns its addresses on a TAP: from BusyBox's udhcpd, and from advertisements that the kernel's end sends. */
class LearnedAddressesIT {
    private static final String ON_MT0 = "until ip link show mt0 >/dev/null 2>&1; do sleep 0.05; done; ";
    private static final String PAGE = "x".repeat(63) + "\n";

    /** Sends a router advertisement of 2001:db8:7::/64 through the interface of that index each half second; perl-base is enough. */
    private static final String ROUTER = """
            use Socket qw(:all);
            my ($index) = @ARGV;
            socket(my $raw, AF_INET6, SOCK_RAW, 58) or die $!;
            setsockopt($raw, 41, 18, pack('i', 255)) or die $!;
            setsockopt($raw, 41, 17, pack('i', $index)) or die $!;
            my $prefix = pack('CCCCNNN', 3, 4, 64, 0xc0, 7200, 3600, 0) . inet_pton(AF_INET6, '2001:db8:7::');
            my $advert = pack('CCnCCnNN', 134, 0, 0, 64, 0, 1800, 0, 0) . $prefix;
            my $to = pack_sockaddr_in6(0, inet_pton(AF_INET6, 'ff02::1'), $index);
            while (1) { send($raw, $advert, 0, $to); select(undef, undef, undef, 0.5); }
            """;

    @TempDir
    private Path directory;

    private static String agent(String ip) {
        return Server.agent(Server.tap("mt0") + ",ip=" + ip + ",address-wait=60s");
    }

    private static String learned(Server server, String pattern) throws Exception {
        Matcher addresses = Pattern.compile("addresses (.*)")
                .matcher(Stat.asked(server.pid()).text());
        assertThat(addresses.find()).isTrue();
        Matcher address = Pattern.compile(pattern).matcher(addresses.group(1));
        assertThat(address.find()).as(addresses.group(1)).isTrue();
        return address.group(1);
    }

    @Test
    void servesOnTheAddressOfALease() throws Exception {
        try (Namespace made = Namespace.create()) {
            if (made.run(10, "bash", "-c", "busybox --list | grep -qx udhcpd").exitCode() != 0) {
                System.out.println("[it] skipped: no udhcpd; install busybox");
                abort("no udhcpd");
            }
            Path configuration = directory.resolve("udhcpd.conf");
            Files.writeString(
                    configuration,
                    "start 198.18.0.77\nend 198.18.0.77\ninterface mt0\nmin_lease 60\nlease_file "
                            + directory.resolve("leases") + "\npidfile " + directory.resolve("pid")
                            + "\noption subnet 255.255.255.0\noption router 198.18.0.1\noption lease 600\n");
            try (Running dhcp = made.start(List.of(
                            "bash",
                            "-c",
                            ON_MT0 + "touch " + directory + "/leases; exec busybox udhcpd -f " + configuration));
                    Server server =
                            Server.start(made, List.of(), Build.java(), Program.JETTY, List.of(agent("dhcp")))) {
                assertThat(learned(server, "(198\\.18\\.0\\.77/24), via 198\\.18\\.0\\.1"))
                        .isNotEmpty();
                assertThat(made.shell(30, "curl -sSf -m 20 http://198.18.0.77:" + Server.PORT + "/"))
                        .isEqualTo(PAGE);
                System.out.println("[it] udhcpd gave " + learned(server, "(.*)") + "; it said: " + dhcp.text());
            }
        }
    }

    @Test
    void servesOnTheAddressOfAnAdvertisedPrefixAndOnTheLinkLocalOne() throws Exception {
        Path router = directory.resolve("router.pl");
        Files.writeString(router, ROUTER);
        String up = ON_MT0
                + "echo 0 >/proc/sys/net/ipv6/conf/mt0/disable_ipv6; ip -6 addr add 2001:db8:7::1/64 dev mt0 nodad;"
                + " until ip -6 addr show dev mt0 scope link | grep -v tentative | grep -q fe80; do sleep 0.05; done;"
                + " exec perl " + router + " $(ip -o link show mt0 | cut -d: -f1)";
        try (Namespace made = Namespace.create();
                Running advertising = made.start(List.of("bash", "-c", up));
                Server server = Server.start(made, List.of(), Build.java(), Program.JETTY, List.of(agent("slaac")))) {
            String global = learned(server, "(2001:db8:7:[0-9a-f:]+)/64");
            String linkLocal = learned(server, "(fe80:[0-9a-f:]+)%1/64");
            assertThat(made.shell(30, "curl -gsSf -m 20 http://[" + global + "]:" + Server.PORT + "/"))
                    .isEqualTo(PAGE);
            assertThat(made.shell(30, "curl -gsSf -m 20 'http://[" + linkLocal + "%25mt0]:" + Server.PORT + "/'"))
                    .isEqualTo(PAGE);
            assertThat(server.stat().counter("Icmp6InRouterAdvertisements")).isPositive();
            assertThat(server.stat().counter("Icmp6InRouterAdvertErrors")).isZero();
            System.out.println("[it] the advertisements gave " + learned(server, "(.*)") + advertising.text());
        }
    }
}
