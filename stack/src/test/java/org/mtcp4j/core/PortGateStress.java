/* SPDX-License-Identifier: Apache-2.0 */
package org.mtcp4j.core;

import java.net.InetAddress;
import java.util.List;
import org.mtcp4j.ip.IpAddress;
import org.openjdk.jcstress.annotations.Actor;
import org.openjdk.jcstress.annotations.Arbiter;
import org.openjdk.jcstress.annotations.Expect;
import org.openjdk.jcstress.annotations.JCStressTest;
import org.openjdk.jcstress.annotations.Outcome;
import org.openjdk.jcstress.annotations.State;
import org.openjdk.jcstress.infra.results.III_Result;
import org.openjdk.jcstress.infra.results.II_Result;

/** The bit of a shared port and its reservation against connections and listeners that begin and end meanwhile. */
public final class PortGateStress {
    private static final int PORTS = 64;
    private static final int PORT = 8;
    private static final int OTHER = 9;
    private static final IpAddress OURS = IpAddress.parse("198.18.0.2");

    private PortGateStress() {}

    /** The word of the map and the kernel's bound sockets, touched as the gate promises: by one thread at a time. */
    static class Kernel extends StillShare {
        private long word;
        private int reserved;
        private final InetAddress[] addresses = new InetAddress[PORTS];
        private int leasedPort = PORT;

        @Override
        public void enter(int place, InetAddress address) {}

        @Override
        public void leave(InetAddress address) {}

        @Override
        public void open(int place, int port, boolean ours) {
            word = ours ? word | 1L << port : word & ~(1L << port);
        }

        @Override
        public int reserve(InetAddress address, int port, boolean reuse) {
            int wanted = port == 0 ? leasedPort++ : port;
            if (addresses[wanted] != null) {
                return -98;
            }
            addresses[wanted] = address;
            reserved++;
            return wanted;
        }

        @Override
        public int reservedPort(int handle) {
            return handle;
        }

        @Override
        public void release(int handle) {
            addresses[handle] = null;
            reserved--;
        }
    }

    /** A gate with one address. */
    abstract static class Gate {
        final Kernel kernel = new Kernel();
        final PortGate gate = new PortGate(List.of(kernel), PORTS);

        Gate() {
            gate.enter(kernel, OURS);
        }

        void add(int port) {
            gate.add(OURS.hi(), OURS.lo(), port);
        }

        void remove(int port) {
            gate.remove(OURS.hi(), OURS.lo(), port);
        }

        void listen() {
            gate.reserve(IpAddress.ANY_V6, PORT);
            gate.listen(IpAddress.ANY_V6, PORT);
        }

        void unlisten() {
            gate.unlisten(IpAddress.ANY_V6, PORT);
            gate.unreserve(IpAddress.ANY_V6, PORT);
        }

        int bit(int port) {
            return (int) (kernel.word >>> port) & 1;
        }
    }

    /** The last connection of a port ends while another begins: the port stays the stack's. */
    @JCStressTest
    @Outcome(id = "1, 1", expect = Expect.ACCEPTABLE, desc = "open and reserved")
    @Outcome(expect = Expect.FORBIDDEN, desc = "a connection whose port is the kernel's")
    @State
    public static class EndAgainstBegin extends Gate {
        public EndAgainstBegin() {
            gate.lease(gate.placeOf(OURS.hi(), OURS.lo()), false, 0);
        }

        @Actor
        public void ends() {
            remove(PORT);
        }

        @Actor
        public void begins() {
            add(PORT);
        }

        @Arbiter
        public void arbiter(II_Result result) {
            result.r1 = bit(PORT);
            result.r2 = kernel.reserved;
        }
    }

    /** Connections of two ports in one word of the map come and go at once. */
    @JCStressTest
    @Outcome(id = "1, 0", expect = Expect.ACCEPTABLE, desc = "each as its last owner left it")
    @Outcome(expect = Expect.FORBIDDEN, desc = "a lost update")
    @State
    public static class TwoPortsOfAWord extends Gate {
        @Actor
        public void stays() {
            add(PORT);
            remove(PORT);
            add(PORT);
        }

        @Actor
        public void goes() {
            add(OTHER);
            remove(OTHER);
        }

        @Arbiter
        public void arbiter(II_Result result) {
            result.r1 = bit(PORT);
            result.r2 = bit(OTHER);
        }
    }

    /** A listener closes while its last connection begins: the port is kept until that ends, and no longer. */
    @JCStressTest
    @Outcome(id = "1, 1, 0", expect = Expect.ACCEPTABLE, desc = "kept for the connection, given back behind it")
    @Outcome(expect = Expect.FORBIDDEN, desc = "lost while it was used, or never given back")
    @State
    public static class CloseAgainstAccept extends Gate {
        public CloseAgainstAccept() {
            listen();
        }

        @Actor
        public void closes() {
            unlisten();
        }

        @Actor
        public void accepts() {
            add(PORT);
        }

        @Arbiter
        public void arbiter(III_Result result) {
            result.r1 = bit(PORT);
            result.r2 = kernel.reserved;
            remove(PORT);
            result.r3 = bit(PORT) + kernel.reserved;
        }
    }

    /** A listener comes while the last connection of the one before ends. */
    @JCStressTest
    @Outcome(id = "1, 1", expect = Expect.ACCEPTABLE, desc = "the new one's")
    @Outcome(expect = Expect.FORBIDDEN, desc = "a listener whose port is the kernel's")
    @State
    public static class ListenAgainstLastEnd extends Gate {
        public ListenAgainstLastEnd() {
            listen();
            add(PORT);
            unlisten();
        }

        @Actor
        public void ends() {
            remove(PORT);
        }

        @Actor
        public void listens() {
            listen();
        }

        @Arbiter
        public void arbiter(II_Result result) {
            result.r1 = bit(PORT);
            result.r2 = kernel.reserved;
        }
    }

    /** An active open takes an idle port again while a server binds it: one of them has it. */
    @JCStressTest
    @Outcome(id = "1, 0, 1", expect = Expect.ACCEPTABLE, desc = "the connection's")
    @Outcome(id = "0, 1, 1", expect = Expect.ACCEPTABLE, desc = "the server's")
    @Outcome(expect = Expect.FORBIDDEN, desc = "both have it, or neither")
    @State
    public static class ConnectAgainstBind extends Gate {
        private final PortGate.Place place = gate.placeOf(OURS.hi(), OURS.lo());

        public ConnectAgainstBind() {
            gate.lease(place, false, 0);
            remove(PORT);
        }

        @Actor
        public void connects(III_Result result) {
            result.r1 = gate.leaseAgain(place) == PORT ? 1 : 0;
        }

        @Actor
        public void binds(III_Result result) {
            result.r2 = gate.reserve(IpAddress.ANY_V6, PORT) == PORT ? 1 : 0;
        }

        @Arbiter
        public void arbiter(III_Result result) {
            result.r3 = kernel.reserved;
        }
    }

    /** The address goes and comes back while a connection of its listener ends and another begins. */
    @JCStressTest
    @Outcome(id = "1, 0", expect = Expect.ACCEPTABLE, desc = "the listener's again, and closed behind it")
    @Outcome(expect = Expect.FORBIDDEN, desc = "a count that is wrong")
    @State
    public static class AddressGoesAndComes extends Gate {
        public AddressGoesAndComes() {
            listen();
            add(PORT);
        }

        @Actor
        public void address() {
            gate.leave(kernel, OURS);
            gate.enter(kernel, OURS);
        }

        @Actor
        public void connections() {
            remove(PORT);
            add(PORT);
            remove(PORT);
        }

        @Arbiter
        public void arbiter(II_Result result) {
            result.r1 = bit(PORT);
            unlisten();
            result.r2 = bit(PORT) + kernel.reserved;
        }
    }
}
