/* SPDX-License-Identifier: Apache-2.0 */
package org.mtcp4j.it.frameworks;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Which of the two gets a packet, by the kernel's own count. */
class SharedPacketsIT extends SharedInterfaceCases {
    /** Sends frames that it is told in hexadecimal digits, each with the marker behind it. */
    private static final String SENDER =
            "$| = 1; $marker = pack(\"H*\", shift); $index = shift; socket(S, 17, 3, 0) or die $!; bind(S, pack(\"S n i x12\", 17, 0, $index)) or"
                    + " die $!; print \"ready\\n\"; while (<STDIN>) { chomp; syswrite(S, pack(\"H*\", $_)) or die $!; syswrite(S, $marker) or"
                    + " die $!; print \"$_: sent\\n\" }";

    private String mac(Namespace where, String name) throws Exception {
        return where.shell(5, "ip -o link show " + name + " 2>/dev/null | sed 's/.*link.ether //; s/ .*//'")
                .trim();
    }

    /** Of the table of names and values in /proc/net that the line is in. */
    private long count(String protocol, String name) throws Exception {
        String[] lines = Files.readString(Path.of("/proc/" + pod.pid() + "/net/snmp"))
                .lines()
                .filter(line -> line.startsWith(protocol + ": "))
                .toArray(String[]::new);
        int place = List.of(lines[0].split(" ", -1)).indexOf(name);
        return Long.parseLong(lines[1].split(" ", -1)[place]);
    }

    /** Of IPv6, but for what neighbours and routers say to each other. */
    private long receivedByIpv6() throws Exception {
        long sum = 0;
        for (String line : Files.readAllLines(Path.of("/proc/" + pod.pid() + "/net/snmp6"))) {
            String[] parts = line.split("\\s+", -1);
            sum += switch (parts[0]) {
                case "Ip6InReceives" -> Long.parseLong(parts[1]);
                case "Icmp6InNeighborSolicits",
                        "Icmp6InNeighborAdvertisements",
                        "Icmp6InRouterSolicits",
                        "Icmp6InMLDv2Reports" -> -Long.parseLong(parts[1]);
                default -> 0;
            };
        }
        return sum;
    }

    @ParameterizedTest
    @ValueSource(strings = {"native", "generic"})
    void everyPacketGoesToTheSideWhosePortItIs(String mode) throws Exception {
        Running server = serveUnderAgent(List.of(), "nic=xdp:eth0/" + mode);
        // So that the kernels know each other, and nothing but what is sent here is on its way.
        curl(peer, URL);
        curl(peer, "http://[2001:db8::2]:8080/");
        String here = mac(pod, "eth0");
        String there = mac(peer, "v1");
        Running sender = closed(peer.start(List.of(
                "perl",
                "-e",
                SENDER,
                SharedPackets.marker(here, there),
                peer.shell(5, "ip -o link show v1 2>/dev/null").split(":", 2)[0])));
        sender.awaitLine("ready", 10);
        long framesBefore = Stat.asked(server.pid()).counter("InFrames");
        List<SharedPackets.Packet> packets = SharedPackets.all(here, there);
        assertThat(packets).hasSize(21);
        int stacks = 0;
        for (SharedPackets.Packet packet : packets) {
            long before = packet.isIpv6() ? receivedByIpv6() : count("Ip", "InReceives") + 1;
            long resets = count("Tcp", "OutRsts");
            long markers = count("Udp", "NoPorts");
            sender.ask(packet.frame(), 10);
            long endNs = System.nanoTime() + TimeUnit.SECONDS.toNanos(10);
            while (count("Udp", "NoPorts") == markers && System.nanoTime() < endNs) {
                Thread.onSpinWait();
            }
            long wanted = before + (packet.isStacks() ? 0 : 1);
            long after = packet.isIpv6() ? receivedByIpv6() : count("Ip", "InReceives");
            // What neighbours say is counted as a packet first, and a moment later as what it is.
            while (after > wanted && packet.isIpv6() && System.nanoTime() < endNs) {
                after = receivedByIpv6();
            }
            assertThat(after).as(packet.what()).isEqualTo(wanted);
            if (packet.isStacks()) {
                stacks++;
                assertThat(count("Tcp", "OutRsts")).as(packet.what()).isEqualTo(resets);
            }
        }
        long endNs = System.nanoTime() + TimeUnit.SECONDS.toNanos(10);
        while (Stat.asked(server.pid()).counter("InFrames") < framesBefore + stacks && System.nanoTime() < endNs) {
            Thread.sleep(20);
        }
        assertThat(Stat.asked(server.pid()).counter("InFrames")).isGreaterThanOrEqualTo(framesBefore + stacks);
        assertThat(Stat.asked(server.pid()).counter("TcpInCsumErrors")).isZero();
    }
}
