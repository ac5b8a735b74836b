/* SPDX-License-Identifier: Apache-2.0 */
package org.mtcp4j.nic;

import java.nio.file.Path;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;

/** The contract on each kind of port that needs no card; {@link DpdkPortsTest} runs these. */
final class DpdkContracts {
    private DpdkContracts() {}

    /** What a queue sends it receives. */
    static class Ring extends DpdkContract {
        @Override
        String device() {
            return "net_ring0";
        }
    }

    /** Two ports of one process. */
    static class Memif extends DpdkContract {
        @Override
        String device() {
            return "net_memif0,role=server,socket-abstract=no,socket=" + socket("memif");
        }

        @Override
        Nic receiver(Nic sender) {
            try {
                Nic client = port("net_memif1,role=client,socket-abstract=no,socket=" + socket("memif"), settings());
                awaitPeer(sender, client);
                awaitPeer(client, sender);
                return client;
            } catch (NicUnavailableException e) {
                throw new IllegalStateException(e);
            }
        }
    }

    static class Vhost extends DpdkContract {
        /** Of a queue's sent frames, those since its last transmission. */
        @Override
        int mostInDevice() {
            return 2;
        }

        @Override
        String device() {
            return "net_vhost0,queues=2,iface=" + socket("vhost");
        }

        @Override
        Nic receiver(Nic sender) {
            try {
                Nic user = port("net_virtio_user0,queues=2,path=" + socket("vhost"), settings());
                awaitPeer(sender, user);
                awaitPeer(user, sender);
                return user;
            } catch (NicUnavailableException e) {
                throw new IllegalStateException(e);
            }
        }
    }

    static class Tap extends DpdkContract {
        @Override
        String device() {
            return "net_tap0,iface=dtap0";
        }

        @Override
        Nic open(NicSettings settings) throws Exception {
            Nic nic = super.open(settings);
            shell("ip address add 198.18.0.1/24 dev dtap0 && ip link set dtap0 up");
            return nic;
        }
    }

    /** A veth whose other end is the kernel's, with as many queues as the port has. */
    abstract static class Veth extends DpdkContract {
        private final int queues;

        Veth(int queues) {
            this.queues = queues;
        }

        @BeforeEach
        @Override
        void open() throws Exception {
            String each = " numtxqueues " + queues + " numrxqueues " + queues;
            shell("ip link add v0" + each + " type veth peer name v1" + each
                    + " && ip address add 198.18.0.1/24 dev v1 && ip link set v0 up && ip link set v1 up");
            super.open();
        }

        @AfterEach
        void noVeth() throws Exception {
            shell("ip link del v0");
        }
    }

    static class AfPacket extends Veth {
        AfPacket() {
            super(2);
        }

        @Override
        String device() {
            return "net_af_packet0,iface=v0,qpairs=2,blocksz=4096,framesz=2048,framecnt=1024,qdisc_bypass=1";
        }
    }

    /** The driver knows of one queue of a veth: the second context's has none to receive with, and shares the one to send with. */
    static class AfXdp extends Veth {
        AfXdp() {
            super(1);
        }

        @Override
        String device() {
            return "net_af_xdp0,iface=v0,start_queue=0,queue_count=1";
        }

        /** Sent frames come back with a later transmission, when half of the ring is full. */
        @Override
        int mostInDevice() {
            return 1024;
        }
    }

    /** An interface by libpcap, which copies. It has one queue. */
    static class Pcap extends Veth {
        Pcap() {
            super(1);
        }

        @Override
        String device() {
            return "net_pcap0,iface=v0";
        }
    }

    static String socket(String name) {
        return Path.of(
                        System.getProperty("java.io.tmpdir"),
                        name + ProcessHandle.current().pid() + ".sock")
                .toString();
    }
}
