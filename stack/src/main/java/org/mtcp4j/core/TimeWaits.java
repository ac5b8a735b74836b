/* SPDX-License-Identifier: Apache-2.0 */
package org.mtcp4j.core;

import java.util.Arrays;
import org.mtcp4j.tcp.TimeWaitRecord;

/**
 * Connections in TIME-WAIT that no application holds any more, as rows of plain arrays: 76 bytes each, nothing for the collector to
 * walk. All wait equally long, so the order of arrival is the order of expiry. Owner only.
 */
final class TimeWaits {
    private static final int NONE = -1;
    private static final int FIRST_ROWS = 64;

    private final long durationNs;
    private final TimeWaitRecord record = new TimeWaitRecord();

    // Columns. A free row is linked by `after`.
    private long[] localHi = new long[0];
    private long[] localLo = new long[0];
    private long[] remoteHi = new long[0];
    private long[] remoteLo = new long[0];
    private long[] untilNs = new long[0];
    private int[] ports = new int[0];
    private int[] hash = new int[0];
    private int[] sndNxt = new int[0];
    private int[] rcvNxt = new int[0];
    private int[] tsRecent = new int[0];
    private int[] timestampOffset = new int[0];
    private boolean[] timestamps = new boolean[0];
    private int[] before = new int[0];
    private int[] after = new int[0];

    /** Open addressing, linear probing: row + 1, or 0. */
    private int[] slots = new int[2 * FIRST_ROWS];

    private int size;
    private int freeRow = NONE;
    private int oldest = NONE;
    private int newest = NONE;

    TimeWaits(long durationNs) {
        this.durationNs = durationNs;
    }

    int size() {
        return size;
    }

    /** Of the oldest row, or {@code Long.MAX_VALUE}. */
    long nextDeadlineNs() {
        return oldest == NONE ? Long.MAX_VALUE : untilNs[oldest];
    }

    void add(Flow flow, long nowNs) {
        if (freeRow == NONE) {
            grow();
        }
        int row = freeRow;
        freeRow = after[row];
        record.of(flow);
        localHi[row] = flow.localHi;
        localLo[row] = flow.localLo;
        remoteHi[row] = flow.remoteHi;
        remoteLo[row] = flow.remoteLo;
        ports[row] = flow.ports;
        hash[row] = flow.hash;
        sndNxt[row] = record.sndNxt;
        rcvNxt[row] = record.rcvNxt;
        tsRecent[row] = record.tsRecent;
        timestampOffset[row] = record.timestampOffset;
        timestamps[row] = record.timestamps;
        insert(row);
        append(row, nowNs);
        size++;
    }

    /** The row of that tuple, or -1. */
    int find(FlowKey key) {
        if (size == 0) {
            return NONE;
        }
        int mask = slots.length - 1;
        for (int i = FlowTable.spread(key.hash) & mask; ; i = (i + 1) & mask) {
            int row = slots[i] - 1;
            if (row < 0 || matches(row, key)) {
                return row;
            }
        }
    }

    private boolean matches(int row, FlowKey key) {
        return hash[row] == key.hash
                && ports[row] == key.ports
                && remoteLo[row] == key.remoteLo
                && localLo[row] == key.localLo
                && remoteHi[row] == key.remoteHi
                && localHi[row] == key.localHi;
    }

    /** The row's numbers, valid until the next call. */
    TimeWaitRecord record(int row) {
        record.sndNxt = sndNxt[row];
        record.rcvNxt = rcvNxt[row];
        record.tsRecent = tsRecent[row];
        record.timestampOffset = timestampOffset[row];
        record.timestamps = timestamps[row];
        return record;
    }

    void restart(int row, long nowNs) {
        unlink(row);
        append(row, nowNs);
    }

    void remove(int row) {
        unslot(row);
        unlink(row);
        after[row] = freeRow;
        freeRow = row;
        size--;
    }

    /** Drops what is over; returns how many. */
    int expire(long nowNs) {
        int dropped = 0;
        while (oldest != NONE && untilNs[oldest] <= nowNs) {
            remove(oldest);
            dropped++;
        }
        return dropped;
    }

    /** Tuples now in the table, oldest first, for {@code stat}. */
    FlowKey[] snapshot() {
        FlowKey[] all = new FlowKey[size];
        int n = 0;
        for (int row = oldest; row != NONE; row = after[row]) {
            FlowKey key = new FlowKey();
            key.set(localHi[row], localLo[row], remoteHi[row], remoteLo[row]);
            key.ports(ports[row] >>> 16, ports[row] & 0xffff);
            all[n++] = key;
        }
        return all;
    }

    private void append(int row, long nowNs) {
        untilNs[row] = nowNs + durationNs;
        before[row] = newest;
        after[row] = NONE;
        if (newest == NONE) {
            oldest = row;
        } else {
            after[newest] = row;
        }
        newest = row;
    }

    private void unlink(int row) {
        if (before[row] == NONE) {
            oldest = after[row];
        } else {
            after[before[row]] = after[row];
        }
        if (after[row] == NONE) {
            newest = before[row];
        } else {
            before[after[row]] = before[row];
        }
    }

    private void insert(int row) {
        int mask = slots.length - 1;
        int i = FlowTable.spread(hash[row]) & mask;
        while (slots[i] != 0) {
            i = (i + 1) & mask;
        }
        slots[i] = row + 1;
    }

    private void unslot(int row) {
        int mask = slots.length - 1;
        int hole = FlowTable.spread(hash[row]) & mask;
        while (slots[hole] != row + 1) {
            hole = (hole + 1) & mask;
        }
        slots[hole] = 0;
        for (int j = (hole + 1) & mask; slots[j] != 0; j = (j + 1) & mask) {
            int home = FlowTable.spread(hash[slots[j] - 1]) & mask;
            if (((j - home) & mask) >= ((j - hole) & mask)) {
                slots[hole] = slots[j];
                slots[j] = 0;
                hole = j;
            }
        }
    }

    private void grow() {
        int old = ports.length;
        int rows = Math.max(FIRST_ROWS, 2 * old);
        localHi = Arrays.copyOf(localHi, rows);
        localLo = Arrays.copyOf(localLo, rows);
        remoteHi = Arrays.copyOf(remoteHi, rows);
        remoteLo = Arrays.copyOf(remoteLo, rows);
        untilNs = Arrays.copyOf(untilNs, rows);
        ports = Arrays.copyOf(ports, rows);
        hash = Arrays.copyOf(hash, rows);
        sndNxt = Arrays.copyOf(sndNxt, rows);
        rcvNxt = Arrays.copyOf(rcvNxt, rows);
        tsRecent = Arrays.copyOf(tsRecent, rows);
        timestampOffset = Arrays.copyOf(timestampOffset, rows);
        timestamps = Arrays.copyOf(timestamps, rows);
        before = Arrays.copyOf(before, rows);
        after = Arrays.copyOf(after, rows);
        for (int row = rows - 1; row >= old; row--) {
            after[row] = freeRow;
            freeRow = row;
        }
        slots = new int[2 * rows];
        for (int row = oldest; row != NONE; row = after[row]) {
            insert(row);
        }
    }
}
