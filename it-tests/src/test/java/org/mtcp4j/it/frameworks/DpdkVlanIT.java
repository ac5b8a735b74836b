/* SPDX-License-Identifier: Apache-2.0 */
package org.mtcp4j.it.frameworks;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * {@code mtcp.vlan} over packet sockets on a veth: the kernel carries the tags, takes each off before the driver sees the frame and tells the
 * driver of it, and tshark says what was on the wire.
 */
class DpdkVlanIT {
    private static final int SECONDS = 20;
    private static final int MESSAGES = 50;
    private static final String VETH = "ip link add v0 type veth peer name v1 && ethtool -K v1 tx off >/dev/null"
            + " && ip link set v0 up && ip link set v1 up";
    private static final String PEER = Server.AF_PACKET
            .replace("net_af_packet0+iface=v0", "net_af_packet0+iface=v1")
            .replace(Server.STACK_IP, Server.HOST_IP);

    @TempDir
    private Path directory;

    @BeforeAll
    static void needsDpdkAndRoot() {
        Dpdk.assumeAvailableToRoot();
    }

    private Running serve(Namespace namespace) throws Exception {
        Running server =
                namespace.start(Talker.java(directory, Server.AF_PACKET + ",vlan=5", "serve", "" + Server.PORT));
        server.awaitLine("ready", SECONDS);
        return server;
    }

    private static void talk(Running client) throws Exception {
        client.awaitLine("ready", SECONDS);
        assertThat(client.ask("open", SECONDS)).isEqualTo("opened 0");
        assertThat(client.ask("echo 0", SECONDS)).startsWith("came back");
        assertThat(client.ask("stream 0", SECONDS)).isEqualTo("started");
        // Frames of full length, tag and all.
        long endNs = System.nanoTime() + TimeUnit.SECONDS.toNanos(SECONDS);
        while (Long.parseLong(client.ask("count 0", SECONDS)) < MESSAGES) {
            assertThat(System.nanoTime()).as("no progress").isLessThan(endNs);
        }
    }

    /** Tag, or nothing, and length of frames of TCP that pass. */
    private static List<String> onTheWire(Namespace namespace) throws Exception {
        return namespace
                .shell(
                        SECONDS,
                        "timeout 15 tshark -i v1 -c 200 -f 'vlan or tcp' -T fields -e vlan.id -e frame.len 2>/dev/null")
                .lines()
                .toList();
    }

    @Test
    void twoStacksInAVlanTalkInTaggedFramesAndWhoIsNotInItIsNotHeard() throws Exception {
        try (Namespace namespace = Namespace.create()) {
            namespace.shell(SECONDS, VETH + " && ip addr add 198.18.0.9/24 dev v1");
            try (Running server = serve(namespace)) {
                try (Running client = namespace.start(
                        Talker.java(directory, PEER + ",vlan=5", "talk", Server.STACK_IP, "" + Server.PORT))) {
                    talk(client);
                    List<String> wire = onTheWire(namespace);
                    assertThat(wire).hasSize(200).allSatisfy(frame -> assertThat(frame)
                            .startsWith("5\t"));
                    assertThat(wire).as("a full frame with its tag").contains("5\t1518");
                }
                // The kernel at the other end sends without a tag, the stack beside it with another.
                assertThat(namespace
                                .run(SECONDS, "curl", "-m", "1", "http://" + Server.STACK_IP + ":" + Server.PORT)
                                .exitCode())
                        .isNotZero();
                long untagged = Stat.asked(server.pid()).counter("InOtherVlan");
                assertThat(untagged).isPositive();
                try (Running stranger = namespace.start(
                        Talker.java(directory, PEER + ",vlan=6", "talk", Server.STACK_IP, "" + Server.PORT))) {
                    stranger.awaitLine("ready", SECONDS);
                    assertThat(stranger.ask("open", SECONDS)).startsWith("failed");
                }
                assertThat(Stat.asked(server.pid()).counter("InOtherVlan")).isGreaterThan(untagged);
                assertThat(server.text()).doesNotContain("[mtcp] ERROR");
            }
        }
    }

    @Test
    void theKernelsVlanIsAPeer() throws Exception {
        try (Namespace namespace = Namespace.create()) {
            Dpdk.assumeVlans(namespace);
            namespace.shell(
                    SECONDS,
                    VETH
                            + " && ip link add link v1 name v1.5 type vlan id 5 && ethtool -K v1.5 tx off >/dev/null && ip addr add "
                            + Server.HOST_IP + "/24 dev v1.5 && ip link set v1.5 up");
            try (Running server = serve(namespace);
                    Running client =
                            namespace.start(Talker.onKernel(directory, "talk", Server.STACK_IP, "" + Server.PORT))) {
                talk(client);
                assertThat(onTheWire(namespace))
                        .allSatisfy(frame -> assertThat(frame).startsWith("5\t"));
                assertThat(server.text()).doesNotContain("[mtcp] ERROR");
            }
        }
    }
}
