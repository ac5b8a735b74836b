/* SPDX-License-Identifier: Apache-2.0 */
package org.mtcp4j.it.frameworks;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Ports that configuration alone puts together: several as one, and a tagged one; the kernel at the other end. */
class DpdkBondingIT {
    private static final int SECONDS = 20;
    private static final String PACKETS = "+blocksz=4096+framesz=2048+framecnt=1024+qdisc_bypass=1";
    private static final String COMMON = ",dpdk.no-huge=true,ip=" + Server.STACK_IP + "/24,on-failure=fail,log=warn";

    @TempDir
    private Path directory;

    @BeforeAll
    static void needsDpdkAndRoot() {
        Dpdk.assumeAvailableToRoot();
    }

    /** Starts a server with these agent arguments and a kernel's client, with a connection. */
    private interface Body {
        void run(Running server, Running client) throws Exception;
    }

    private void connected(Namespace namespace, String arguments, Body body) throws Exception {
        try (Running server = namespace.start(Talker.java(directory, arguments, "serve", "" + Server.PORT));
                Running client =
                        namespace.start(Talker.onKernel(directory, "talk", Server.STACK_IP, "" + Server.PORT))) {
            server.awaitLine("ready", SECONDS);
            client.awaitLine("ready", SECONDS);
            assertThat(client.ask("open", SECONDS)).isEqualTo("opened 0");
            assertThat(client.ask("echo 0", SECONDS)).startsWith("came back");
            assertThat(client.ask("stream 0", SECONDS)).isEqualTo("started");
            awaitProgress(client);
            body.run(server, client);
            assertThat(server.text()).doesNotContain("[mtcp] ERROR");
        }
    }

    private static long awaitProgress(Running client) throws Exception {
        long before = Long.parseLong(client.ask("count 0", SECONDS));
        long endNs = System.nanoTime() + TimeUnit.SECONDS.toNanos(SECONDS);
        long now = before;
        while (now < before + 100) {
            assertThat(System.nanoTime()).as("no progress").isLessThan(endNs);
            now = Long.parseLong(client.ask("count 0", SECONDS));
        }
        return now;
    }

    /** The kernel's ends are ports of a bridge, as those of a switch. */
    @Test
    void twoBondedPortsCarryAConnection() throws Exception {
        try (Namespace namespace = Namespace.create()) {
            namespace.shell(
                    20,
                    "ip link add br0 type bridge && ip addr add " + Server.HOST_IP + "/24 dev br0 && ip link set br0 up"
                            + " && for i in 0 1; do ip link add v$i type veth peer name p$i && ethtool -K p$i tx off >/dev/null"
                            + " && ip link set p$i master br0 && ip link set v$i up && ip link set p$i up; done"
                            + " && ethtool -K br0 tx off >/dev/null");
            String members = "";
            String ports = "";
            for (int i = 0; i < 2; i++) {
                members += " --vdev=net_af_packet" + i + "+iface=v" + i + PACKETS;
                ports += "+slave=net_af_packet" + i;
            }
            String arguments = "nic=dpdk:net_bonding0+mode=1" + ports + ",dpdk.eal-args=" + members.strip() + COMMON;
            connected(namespace, arguments, (server, client) -> awaitProgress(client));
        }
    }

    @Test
    void aTaggedPortIsMadeByTheKernelsVlanUnderIt() throws Exception {
        try (Namespace namespace = Namespace.create()) {
            Dpdk.assumeVlans(namespace);
            namespace.shell(
                    20,
                    "ip link add v0 type veth peer name v1 && ethtool -K v1 tx off >/dev/null && ip link set v0 up && ip link set"
                            + " v1 up && ip link add link v0 name v0.5 type vlan id 5 && ip link add link v1 name v1.5 type vlan"
                            + " id 5 && ethtool -K v1.5 tx off >/dev/null && ip addr add " + Server.HOST_IP
                            + "/24 dev v1.5 && ip link set v0.5 up && ip link set v1.5 up");
            connected(namespace, Server.AF_PACKET.replace("iface=v0", "iface=v0.5"), (server, client) -> {
                assertThat(namespace
                                .shell(20, "timeout 15 tshark -i v1 -c 3 -T fields -e vlan.id 2>/dev/null")
                                .strip())
                        .isEqualTo("5\n5\n5");
            });
        }
    }
}
