/* SPDX-License-Identifier: Apache-2.0 */
package org.mtcp4j.core;

import java.util.Arrays;

/** The flows of a context by their tuple: open addressing, linear probing, removal by shifting back. Owner only. */
final class FlowTable {
    private final LocalPorts ports;
    private final TupleHash hashes;
    private Flow[] slots = new Flow[64];
    private int size;

    /** @param ports where each flow's local port is counted */
    FlowTable(LocalPorts ports, TupleHash hashes) {
        this.ports = ports;
        this.hashes = hashes;
    }

    /** The flow of that tuple, or null. */
    Flow find(FlowKey key) {
        int hash = hashes.of(key.localHi, key.localLo, key.remoteHi, key.remoteLo, key.ports);
        Flow[] table = slots;
        int mask = table.length - 1;
        for (int i = hash & mask; ; i = (i + 1) & mask) {
            Flow flow = table[i];
            if (flow == null
                    || (flow.tableHash == hash
                            && flow.matches(key.localHi, key.localLo, key.remoteHi, key.remoteLo, key.ports))) {
                return flow;
            }
        }
    }

    /** Slots that a look for the flow passes. */
    int probes(Flow flow) {
        int mask = slots.length - 1;
        int i = flow.tableHash & mask;
        int probes = 1;
        for (; slots[i] != flow; i = (i + 1) & mask) {
            probes++;
        }
        return probes;
    }

    void add(Flow flow) {
        if (2 * (size + 1) > slots.length) {
            grow();
        }
        flow.tableHash = hashes.of(flow.localHi, flow.localLo, flow.remoteHi, flow.remoteLo, flow.ports);
        insert(flow);
        size++;
        ports.add(flow.localHi, flow.localLo, flow.localPort());
    }

    private void insert(Flow flow) {
        int mask = slots.length - 1;
        int i = flow.tableHash & mask;
        while (slots[i] != null) {
            i = (i + 1) & mask;
        }
        slots[i] = flow;
    }

    private void grow() {
        Flow[] old = slots;
        slots = new Flow[2 * old.length];
        for (Flow flow : old) {
            if (flow != null) {
                insert(flow);
            }
        }
    }

    boolean remove(Flow flow) {
        int mask = slots.length - 1;
        int i = flow.tableHash & mask;
        while (slots[i] != flow) {
            if (slots[i] == null) {
                return false;
            }
            i = (i + 1) & mask;
        }
        int hole = i;
        slots[hole] = null;
        for (int j = (hole + 1) & mask; slots[j] != null; j = (j + 1) & mask) {
            int home = slots[j].tableHash & mask;
            if (((j - home) & mask) >= ((j - hole) & mask)) {
                slots[hole] = slots[j];
                slots[j] = null;
                hole = j;
            }
        }
        size--;
        ports.remove(flow.localHi, flow.localLo, flow.localPort());
        return true;
    }

    int slots() {
        return slots.length;
    }

    /** What is in a slot, or null. */
    Flow at(int slot) {
        return slots[slot];
    }

    /** After a fault: empties a slot, whatever is there. */
    void forget(int slot) {
        Flow flow = slots[slot];
        ports.remove(flow.localHi, flow.localLo, flow.localPort());
        slots[slot] = null;
    }

    /** After a fault: nothing is in the table. */
    void clear() {
        for (Flow flow : slots) {
            if (flow != null) {
                ports.remove(flow.localHi, flow.localLo, flow.localPort());
            }
        }
        Arrays.fill(slots, null);
        size = 0;
    }

    int size() {
        return size;
    }

    /** Whether a flow is in the way of the bind; one that is still half open is not, as on Linux. */
    boolean conflicts(BindCall bind) {
        for (Flow flow : slots) {
            if (flow != null && flow.listener == null) {
                SocketDefaults options = flow.options();
                if (bind.conflictsWith(
                        flow.localHi, flow.localLo, flow.localPort(), options.reuseAddress, options.reusePort)) {
                    return true;
                }
            }
        }
        return false;
    }

    /** All flows now in the table. */
    Flow[] snapshot() {
        Flow[] all = new Flow[size];
        int n = 0;
        for (Flow flow : slots) {
            if (flow != null) {
                all[n++] = flow;
            }
        }
        return all;
    }
}
