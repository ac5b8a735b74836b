/* SPDX-License-Identifier: Apache-2.0 */
package org.mtcp4j.core;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.BitSet;
import java.util.HashMap;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicIntegerArray;
import java.util.function.IntConsumer;
import java.util.function.ObjIntConsumer;
import org.mtcp4j.ip.IpAddress;
import org.mtcp4j.nic.KernelShare;

/**
 * Whose a port is, on interfaces that the kernel has, too. The stack gets what is sent to an address and port as long as a listener, a
 * connection or a TIME-WAIT has them, and reserves them in the kernel before. Any thread; none waits for another but for a system call or two,
 * and only where connections begin and end.
 */
final class PortGate {
    /** Ports of active opens that are kept reserved while nobody uses them. */
    static final int MOST_IDLE = 64;

    static final int PORTS = 65_536;
    /** A kernel that had no port is asked for none for so long: it looks at each of thousands, and a context waits for it. */
    static final long PAUSE_NS = 100_000_000L;

    /** An address that the stack shares, and who uses which of its ports. */
    static final class Place {
        final KernelShare share;
        final int index;
        final IpAddress address;
        /** By port: listeners, connections and those in TIME-WAIT. */
        private final AtomicIntegerArray uses;
        /** Guarded by the gate: ports that the kernel's program leaves to the stack. */
        private final BitSet open = new BitSet();
        /** Guarded by the gate: ports reserved for active opens. */
        private final LeasedPorts leased = new LeasedPorts();
        /** Guarded by the gate: of those, in use by nobody. */
        private int idle;
        /** Guarded by the gate: when the kernel had no port. */
        private long refusedNs;

        private boolean isRefused;
        /** Guarded by the gate: the stack has the address. */
        private boolean isCurrent;
        /** Guarded by the gate: the kernel's program looks for the address, for as long as connections have it. */
        private boolean isEntered;

        Place(KernelShare share, int index, IpAddress address, int ports) {
            this.share = share;
            this.index = index;
            this.address = address;
            uses = new AtomicIntegerArray(ports);
        }
    }

    /** A port that is reserved in the kernel. */
    private static final class Lease {
        final KernelShare share;
        final IpAddress address;
        final int handle;
        /** Binds that want it. */
        int binds;

        Lease(KernelShare share, IpAddress address, int handle) {
            this.share = share;
            this.address = address;
            this.handle = handle;
        }
    }

    /** Of the machine: any of them takes any-addresses. */
    private final List<KernelShare> shares;
    /** Replaced when it changes: one for each address that there has been, and whose place is not another's by now. */
    private volatile Place[] places = {};
    /** By port. */
    private final Map<Integer, List<Lease>> leases = new HashMap<>();
    /** Addresses listened at, by port; the any-address as well. */
    private final Map<Integer, List<IpAddress>> listening = new HashMap<>();

    private final int ports;
    private boolean closed;

    /** @param shares not empty */
    PortGate(List<KernelShare> shares) {
        this(shares, PORTS);
    }

    /** @param ports ports from there on are never used */
    PortGate(List<KernelShare> shares, int ports) {
        this.shares = List.copyOf(shares);
        this.ports = ports;
    }

    // ---- addresses --------------------------------------------------------------------------------------------------

    /** An address that the stack is about to have; false when there is no place for another. */
    synchronized boolean enter(KernelShare share, IpAddress address) {
        Place place = placeOf(address.hi(), address.lo());
        if (place == null) {
            place = newPlace(share, address);
        }
        if (place == null) {
            return false;
        }
        if (!place.isCurrent) {
            place.isCurrent = true;
            forEachListener(place, this::use);
        }
        if (!place.isEntered) {
            place.isEntered = true;
            share.enter(place.index, address.toInetAddress());
        }
        return true;
    }

    /**
     * An address that the stack has no more. What is sent to its connections is the stack's as before, which drops it: the kernel, which may have the
     * address back sooner than the stack hears of it, would reset them.
     */
    synchronized void leave(KernelShare share, IpAddress address) {
        Place place = placeOf(address.hi(), address.lo());
        if (place != null && place.share == share && place.isCurrent) {
            place.isCurrent = false;
            // Connections keep the place, who listens does not: at any-addresses somebody always does.
            forEachListener(place, this::unuse);
            leaveUnused(place);
        }
    }

    private static void leaveUnused(Place place) {
        if (place.isEntered && !place.isCurrent && place.open.isEmpty()) {
            place.isEntered = false;
            place.share.leave(place.address.toInetAddress());
        }
    }

    /** The port of each listener that the address is one of, as often as it is listened at. */
    private void forEachListener(Place place, ObjIntConsumer<Place> action) {
        listening.forEach((port, addresses) -> addresses.forEach(each -> {
            if (covers(each, place)) {
                action.accept(place, port);
            }
        }));
    }

    private static boolean covers(IpAddress listener, Place place) {
        return PortTable.covers(listener, place.address.hi(), place.address.lo());
    }

    private Place newPlace(KernelShare share, IpAddress address) {
        boolean[] taken = new boolean[KernelShare.MOST_ADDRESSES];
        List<Place> rest = new ArrayList<>();
        for (Place each : places) {
            boolean keeps = each.isCurrent || each.share != share || isUsed(each);
            if (keeps && each.share == share) {
                taken[each.index] = true;
            }
            if (keeps) {
                rest.add(each);
            } else {
                each.leased.clear(port -> release(each.address, port));
            }
        }
        for (int index = 0; index < taken.length; index++) {
            if (!taken[index]) {
                Place place = new Place(share, index, address, ports);
                rest.add(place);
                places = rest.toArray(Place[]::new);
                return place;
            }
        }
        return null;
    }

    private boolean isUsed(Place place) {
        for (int port = 0; port < ports; port++) {
            if (place.uses.get(port) != 0) {
                return true;
            }
        }
        return false;
    }

    /** Null for an address that is not shared. */
    Place placeOf(long hi, long lo) {
        for (Place place : places) {
            if (place.address.lo() == lo && place.address.hi() == hi) {
                return place;
            }
        }
        return null;
    }

    /** Whether a bind to the address concerns the kernel: it is shared, or any. */
    boolean concerns(IpAddress address) {
        return address.isAny() || placeOf(address.hi(), address.lo()) != null;
    }

    // ---- who uses a port --------------------------------------------------------------------------------------------

    /** A connection, or its TIME-WAIT, begins. */
    void add(long hi, long lo, int port) {
        Place place = placeOf(hi, lo);
        if (place != null) {
            use(place, port);
        }
    }

    /** It ends. */
    void remove(long hi, long lo, int port) {
        Place place = placeOf(hi, lo);
        if (place != null) {
            unuse(place, port);
        }
    }

    private void use(Place place, int port) {
        if (place.uses.getAndIncrement(port) == 0) {
            settle(place, port);
        }
    }

    private void unuse(Place place, int port) {
        // What began before the address was shared was not counted.
        if (place.uses.get(port) > 0 && place.uses.decrementAndGet(port) == 0) {
            settle(place, port);
        }
    }

    /** The first use of a port has begun, or the last has ended; perhaps the other way round by now. */
    private synchronized void settle(Place place, int port) {
        boolean isUsed = place.uses.get(port) > 0;
        if (closed || isUsed == place.open.get(port) || (isUsed && !isReserved(place, port))) {
            return;
        }
        place.open.set(port, isUsed);
        place.share.open(place.index, port, isUsed);
        boolean leased = place.leased.contains(port);
        if (isUsed) {
            place.idle -= leased ? 1 : 0;
            return;
        }
        place.idle += leased ? 1 : 0;
        if (leased && place.idle > MOST_IDLE) {
            forget(place, port);
        }
        releaseUnwanted(port);
        leaveUnused(place);
    }

    /**
     * Whether the port is reserved in the kernel. Of a listener that was closed, with its reservation, while a round was about to open a connection of
     * its it is reserved once more; where somebody has it by now it stays the kernel's.
     */
    private boolean isReserved(Place place, int port) {
        for (Lease lease : leases.getOrDefault(port, List.of())) {
            if (covers(lease.address, place)) {
                return true;
            }
        }
        int handle = place.share.reserve(place.address.toInetAddress(), port, /* reuse= */ true);
        if (handle >= 0) {
            leases.computeIfAbsent(port, p -> new ArrayList<>(1)).add(new Lease(place.share, place.address, handle));
        }
        return handle >= 0;
    }

    /** A port that was reserved for active opens, and that nobody uses, is not reserved any more. */
    private void forget(Place place, int port) {
        place.idle--;
        place.leased.remove(port);
        release(place.address, port);
    }

    synchronized void listen(IpAddress address, int port) {
        listening.computeIfAbsent(port, p -> new ArrayList<>(1)).add(address);
        for (Place place : places) {
            if (place.isCurrent && covers(address, place)) {
                use(place, port);
            }
        }
    }

    synchronized void unlisten(IpAddress address, int port) {
        List<IpAddress> there = listening.get(port);
        if (there == null || !there.remove(address)) {
            return;
        }
        if (there.isEmpty()) {
            listening.remove(port);
        }
        for (Place place : places) {
            if (place.isCurrent && covers(address, place)) {
                unuse(place, port);
            }
        }
    }

    // ---- reservations -----------------------------------------------------------------------------------------------

    /**
     * Reserves a port for a bind.
     *
     * @param port 0: one of the kernel's choosing
     * @return the port, or -1 if somebody else has it
     */
    synchronized int reserve(IpAddress address, int port) {
        for (Place place : places) {
            if (place.leased.contains(port) && !place.open.get(port)) {
                forget(place, port);
            }
        }
        Lease lease = port == 0 ? null : find(address, port);
        if (lease == null) {
            KernelShare share = shareOf(address);
            int handle = closed ? -1 : share.reserve(address.toInetAddress(), port, /* reuse= */ true);
            if (handle < 0) {
                return -1;
            }
            lease = new Lease(share, address, handle);
            leases.computeIfAbsent(share.reservedPort(handle), p -> new ArrayList<>(1))
                    .add(lease);
        }
        lease.binds++;
        return lease.share.reservedPort(lease.handle);
    }

    /** The bind is over; connections that came by it keep the port. */
    synchronized void unreserve(IpAddress address, int port) {
        Lease lease = find(address, port);
        if (lease != null) {
            lease.binds--;
            releaseUnwanted(port);
        }
    }

    private KernelShare shareOf(IpAddress address) {
        Place place = placeOf(address.hi(), address.lo());
        return place == null ? shares.get(0) : place.share;
    }

    private Lease find(IpAddress address, int port) {
        for (Lease lease : leases.getOrDefault(port, List.of())) {
            if (lease.address.equals(address)) {
                return lease;
            }
        }
        return null;
    }

    /** Gives back what no bind and no connection needs. */
    private void releaseUnwanted(int port) {
        List<Lease> there = leases.get(port);
        if (there == null) {
            return;
        }
        for (Iterator<Lease> it = there.iterator(); it.hasNext(); ) {
            Lease lease = it.next();
            if (lease.binds == 0 && !isWanted(lease, port)) {
                lease.share.release(lease.handle);
                it.remove();
            }
        }
        if (there.isEmpty()) {
            leases.remove(port);
        }
    }

    private boolean isWanted(Lease lease, int port) {
        for (Place place : places) {
            if (covers(lease.address, place) && place.uses.get(port) > 0) {
                return true;
            }
            if (lease.address.equals(place.address) && place.leased.contains(port)) {
                return true;
            }
        }
        return false;
    }

    private void release(IpAddress address, int port) {
        Lease lease = find(address, port);
        if (lease != null && lease.binds == 0) {
            lease.share.release(lease.handle);
            leases.get(port).remove(lease);
        }
    }

    // ---- active opens -----------------------------------------------------------------------------------------------

    /**
     * A port for an active open, reserved and counted as in use until {@link #remove} is called for it, once the connection is counted itself.
     *
     * @param insists although the kernel had none a moment ago
     * @return -1 if the kernel has none
     */
    synchronized int lease(Place place, boolean insists, long nowNs) {
        if (closed || (place.isRefused && !insists && nowNs - place.refusedNs < PAUSE_NS)) {
            return -1;
        }
        int handle = place.share.reserve(place.address.toInetAddress(), 0, /* reuse= */ false);
        place.isRefused = handle < 0;
        if (handle < 0) {
            place.refusedNs = nowNs;
            return -1;
        }
        int port = place.share.reservedPort(handle);
        leases.computeIfAbsent(port, p -> new ArrayList<>(1)).add(new Lease(place.share, place.address, handle));
        place.leased.add(port);
        place.idle++;
        use(place, port);
        return port;
    }

    /** The next of the ports that are leased already, in use from now on as by {@link #lease}; -1 if there is none. */
    synchronized int leaseAgain(Place place) {
        int port = place.leased.next();
        if (port > 0) {
            use(place, port);
        }
        return port;
    }

    synchronized int leasedPorts(Place place) {
        return place.leased.size();
    }

    /** Nothing is the stack's any more. */
    synchronized void close() {
        closed = true;
        for (Map.Entry<Integer, List<Lease>> entry : leases.entrySet()) {
            entry.getValue().forEach(lease -> lease.share.release(lease.handle));
        }
        leases.clear();
    }

    /** Ports in the order in which they are to be tried. */
    private static final class LeasedPorts {
        private int[] ports = new int[16];
        /** By port: its index in {@code ports}. */
        private final Map<Integer, Integer> places = new HashMap<>();

        private int size;
        private int cursor;

        int size() {
            return size;
        }

        boolean contains(int port) {
            return size > 0 && places.containsKey(port);
        }

        void add(int port) {
            if (size == ports.length) {
                ports = Arrays.copyOf(ports, 2 * size);
            }
            ports[size] = port;
            places.put(port, size);
            size++;
        }

        void remove(int port) {
            Integer at = places.remove(port);
            if (at != null) {
                size--;
                int last = ports[size];
                if (last != port) {
                    ports[at] = last;
                    places.put(last, at);
                }
            }
        }

        int next() {
            if (size == 0) {
                return -1;
            }
            cursor = cursor + 1 < size ? cursor + 1 : 0;
            return ports[cursor];
        }

        void clear(IntConsumer each) {
            for (int i = 0; i < size; i++) {
                each.accept(ports[i]);
            }
            size = 0;
            places.clear();
        }
    }
}
