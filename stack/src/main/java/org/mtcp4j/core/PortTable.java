/* SPDX-License-Identifier: Apache-2.0 */
package org.mtcp4j.core;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.atomic.AtomicIntegerArray;
import java.util.concurrent.atomic.AtomicReferenceArray;
import java.util.function.IntPredicate;
import org.mtcp4j.ip.IpAddress;

/**
 * Bound ports and listeners of a stack, for all contexts. Changes are synchronised and off the hot path; {@link #listener} is a
 * lock-free look-up.
 */
public final class PortTable {
    /** Linux's default range for ports that the stack chooses on bind. */
    private static final int FIRST_FREE_CHOICE = 32_768;

    private static final int LAST_FREE_CHOICE = 60_999;

    /**
     * A bind: who holds which address and port, with the reuse options at that time.
     *
     * @param address the any-address for wildcard binds
     * @param port 1 to 65,535
     * @param reuseAddress SO_REUSEADDR
     * @param reusePort SO_REUSEPORT
     */
    public record Binding(IpAddress address, int port, boolean reuseAddress, boolean reusePort) {}

    private static final int MOST_TRIES = 64;

    /** Null where no interface is shared with the kernel. */
    private final PortGate gate;

    private final Map<Integer, List<Binding>> bindings = new HashMap<>();
    /** 1 for ports with a binding: for those who only ask. */
    private final AtomicIntegerArray bound = new AtomicIntegerArray(65_536);

    private final AtomicReferenceArray<Listener[]> listeners = new AtomicReferenceArray<>(65_536);

    PortTable(PortGate gate) {
        this.gate = gate;
    }

    /**
     * The new binding, or null when it is in use by another bind.
     *
     * @param port 0 picks one
     * @param isConnected whether connections have a port, so that it is not picked
     */
    synchronized Binding bind(
            IpAddress address, int port, boolean reuseAddress, boolean reusePort, IntPredicate isConnected) {
        if (gate != null && gate.concerns(address)) {
            return bindInKernel(new Binding(address, port, reuseAddress, reusePort), isConnected);
        }
        if (port != 0) {
            Binding wanted = new Binding(address, port, reuseAddress, reusePort);
            return conflicts(wanted) ? null : add(wanted);
        }
        int range = LAST_FREE_CHOICE - FIRST_FREE_CHOICE + 1;
        int start = ThreadLocalRandom.current().nextInt(range);
        for (int i = 0; i < range; i++) {
            int candidate = FIRST_FREE_CHOICE + (start + i) % range;
            if (!bindings.containsKey(candidate) && !isConnected.test(candidate)) {
                return add(new Binding(address, candidate, reuseAddress, reusePort));
            }
        }
        return null;
    }

    /** On an interface that the kernel has, too: nobody else's there, and reserved there from now on. */
    private Binding bindInKernel(Binding wanted, IntPredicate isConnected) {
        if (wanted.port != 0) {
            boolean free = !conflicts(wanted) && gate.reserve(wanted.address, wanted.port) > 0;
            return free ? add(wanted) : null;
        }
        for (int i = 0; i < MOST_TRIES; i++) {
            int port = gate.reserve(wanted.address, 0);
            if (port <= 0) {
                return null;
            }
            if (!bindings.containsKey(port) && !isConnected.test(port)) {
                return add(new Binding(wanted.address, port, wanted.reuseAddress, wanted.reusePort));
            }
            gate.unreserve(wanted.address, port);
        }
        return null;
    }

    /**
     * Whether a bind to the one takes something away from a bind to the other. The any-address of IPv6 is that of a dual-stack socket:
     * it covers IPv4 too (RFC 3493 §3.7).
     */
    private static boolean overlap(IpAddress one, IpAddress other) {
        return covers(one, other.hi(), other.lo()) || covers(other, one.hi(), one.lo());
    }

    /** Whether a socket bound to the address gets what is for the other. */
    static boolean covers(IpAddress bound, long hi, long lo) {
        if (bound.isAny()) {
            return !bound.isIpv4() || IpAddress.isIpv4(hi, lo);
        }
        return bound.hi() == hi && bound.lo() == lo;
    }

    private Binding add(Binding binding) {
        bindings.computeIfAbsent(binding.port(), p -> new ArrayList<>(1)).add(binding);
        bound.set(binding.port(), 1);
        return binding;
    }

    private boolean conflicts(Binding wanted) {
        List<Binding> held = bindings.get(wanted.port());
        if (held == null) {
            return false;
        }
        for (Binding other : held) {
            boolean overlap = overlap(other.address(), wanted.address());
            boolean shared = (other.reusePort() && wanted.reusePort())
                    || (other.reuseAddress() && wanted.reuseAddress() && listeners.get(wanted.port()) == null);
            if (overlap && !shared) {
                return true;
            }
        }
        return false;
    }

    public synchronized void release(Binding binding) {
        List<Binding> held = bindings.get(binding.port());
        if (held == null) {
            return;
        }
        for (Iterator<Binding> it = held.iterator(); it.hasNext(); ) {
            if (it.next().equals(binding)) {
                it.remove();
                if (gate != null && gate.concerns(binding.address())) {
                    gate.unreserve(binding.address(), binding.port());
                }
                break;
            }
        }
        if (held.isEmpty()) {
            bindings.remove(binding.port());
            bound.set(binding.port(), 0);
        }
    }

    /** False when another listener without SO_REUSEPORT already listens there. */
    synchronized boolean listen(Listener listener) {
        Listener[] present = listeners.get(listener.port);
        int n = present == null ? 0 : present.length;
        for (int i = 0; i < n; i++) {
            boolean overlap = overlap(present[i].address, listener.address);
            if (overlap && !(present[i].reusePort && listener.reusePort)) {
                return false;
            }
        }
        Listener[] grown = n == 0 ? new Listener[1] : java.util.Arrays.copyOf(present, n + 1);
        grown[n] = listener;
        listeners.set(listener.port, grown);
        if (gate != null) {
            gate.listen(listener.address, listener.port);
        }
        return true;
    }

    synchronized void unlisten(Listener listener) {
        Listener[] present = listeners.get(listener.port);
        if (present == null) {
            return;
        }
        List<Listener> rest = new ArrayList<>(List.of(present));
        rest.remove(listener);
        listeners.set(listener.port, rest.isEmpty() ? null : rest.toArray(new Listener[0]));
        if (gate != null) {
            gate.unlisten(listener.address, listener.port);
        }
    }

    /** Any thread: whether a bind or a listener keeps the port from being chosen for an active open. */
    boolean isBound(int port) {
        return bound.get(port) != 0;
    }

    /**
     * Owner: who listens there; exact addresses first. Of several with SO_REUSEPORT those whose thread drives this context (Linux's
     * SO_INCOMING_CPU), else all, by the flow's hash. Null for nobody.
     */
    Listener listener(long localHi, long localLo, int port, int hash, int context) {
        Listener[] present = listeners.get(port);
        if (present == null) {
            return null;
        }
        if (present.length == 1) {
            return present[0].matches(localHi, localLo) ? present[0] : null;
        }
        int best = 0;
        int candidates = 0;
        for (Listener listener : present) {
            int rank = rank(listener, localHi, localLo, context);
            if (rank > best) {
                best = rank;
                candidates = 0;
            }
            candidates += rank > 0 && rank == best ? 1 : 0;
        }
        if (candidates == 0) {
            return null;
        }
        int choice = Integer.remainderUnsigned(Integer.rotateLeft(hash, 13), candidates);
        for (Listener listener : present) {
            if (rank(listener, localHi, localLo, context) == best && choice-- == 0) {
                return listener;
            }
        }
        return null;
    }

    /** 0 for who does not listen there; an exact address weighs more than being at home. */
    private static int rank(Listener listener, long localHi, long localLo, int context) {
        if (!listener.matches(localHi, localLo)) {
            return 0;
        }
        return (listener.address.isAny() ? 1 : 3) + (listener.isAtHomeIn(context) ? 1 : 0);
    }

    /** Every listener now, for {@code stat} and for stopping. */
    public synchronized List<Listener> allListeners() {
        List<Listener> all = new ArrayList<>();
        for (Integer port : bindings.keySet()) {
            Listener[] present = listeners.get(port);
            if (present != null) {
                all.addAll(List.of(present));
            }
        }
        return all;
    }
}
