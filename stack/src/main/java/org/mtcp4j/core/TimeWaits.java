/* SPDX-License-Identifier: Apache-2.0 */
package org.mtcp4j.core;

import java.util.Arrays;
import org.mtcp4j.tcp.TimeWaitRecord;

/**
 * Connections in TIME-WAIT that no application holds any more, as rows of one plain array: 80 bytes each, which are one or two cache lines
 * and nothing for the collector to walk. All wait equally long, so the order of arrival is the order of expiry. Owner only.
 */
final class TimeWaits {
    private static final int NONE = -1;
    private static final int FIRST_ROWS = 64;
    /** As {@link org.mtcp4j.tcp.Connection}s have it for bare segments. */
    private static final int ANSWER_INTERVAL_MS = 500;

    // The words of a row.
    private static final int LOCAL_HI = 0;
    private static final int LOCAL_LO = 1;
    private static final int REMOTE_HI = 2;
    private static final int REMOTE_LO = 3;
    /** Two halves each, the upper first: hash, ports; rows before and after, of which a free one has the latter; and so on. */
    private static final int HASH_PORTS = 4;

    private static final int BEFORE_AFTER = 5;
    private static final int UNTIL_NS = 6;
    private static final int SND_NXT_RCV_NXT = 7;
    private static final int TS_RECENT_OFFSET = 8;
    /** Upper half: millisecond of the last limited answer; lower: {@link #TIMESTAMPS}, {@link #REUSE_ADDRESS}, {@link #REUSE_PORT}. */
    private static final int ANSWERED_FLAGS = 9;

    private static final int WORDS = 10;

    private static final int TIMESTAMPS = 1;
    private static final int REUSE_ADDRESS = 1 << 1;
    private static final int REUSE_PORT = 1 << 2;

    private final long durationNs;
    private final LocalPorts ports;
    private final TupleHash hashes;
    private final TimeWaitRecord record = new TimeWaitRecord();

    private long[] rows = new long[0];

    /** Open addressing, linear probing: row + 1, or 0. */
    private int[] slots = new int[2 * FIRST_ROWS];

    private int size;
    private int freeRow = NONE;
    private int oldest = NONE;
    private int newest = NONE;

    /** @param ports where each row's local port is counted */
    TimeWaits(long durationNs, LocalPorts ports, TupleHash hashes) {
        this.durationNs = durationNs;
        this.ports = ports;
        this.hashes = hashes;
    }

    int size() {
        return size;
    }

    /** Of the oldest row, or {@code Long.MAX_VALUE}. */
    long nextDeadlineNs() {
        return oldest == NONE ? Long.MAX_VALUE : rows[oldest * WORDS + UNTIL_NS];
    }

    void add(Flow flow, long nowNs) {
        if (freeRow == NONE) {
            grow();
        }
        int row = freeRow;
        freeRow = after(row);
        record.of(flow);
        int at = row * WORDS;
        rows[at + LOCAL_HI] = flow.localHi;
        rows[at + LOCAL_LO] = flow.localLo;
        rows[at + REMOTE_HI] = flow.remoteHi;
        rows[at + REMOTE_LO] = flow.remoteLo;
        rows[at + HASH_PORTS] =
                pair(hashes.of(flow.localHi, flow.localLo, flow.remoteHi, flow.remoteLo, flow.ports), flow.ports);
        rows[at + SND_NXT_RCV_NXT] = pair(record.sndNxt, record.rcvNxt);
        rows[at + TS_RECENT_OFFSET] = pair(record.tsRecent, record.timestampOffset);
        int flags = flags(record.timestamps, flow.options());
        rows[at + ANSWERED_FLAGS] = pair(milliseconds(nowNs) - ANSWER_INTERVAL_MS, flags);
        ports.add(flow.localHi, flow.localLo, flow.localPort());
        insert(row);
        append(row, nowNs);
        size++;
    }

    /** The row of that tuple, or -1. */
    int find(FlowKey key) {
        if (size == 0) {
            return NONE;
        }
        int hash = hashes.of(key.localHi, key.localLo, key.remoteHi, key.remoteLo, key.ports);
        long hashAndPorts = pair(hash, key.ports);
        int mask = slots.length - 1;
        for (int i = hash & mask; ; i = (i + 1) & mask) {
            int row = slots[i] - 1;
            if (row < 0 || matches(row, hashAndPorts, key)) {
                return row;
            }
        }
    }

    private boolean matches(int row, long hashAndPorts, FlowKey key) {
        int at = row * WORDS;
        return rows[at + HASH_PORTS] == hashAndPorts
                && rows[at + REMOTE_LO] == key.remoteLo
                && rows[at + LOCAL_LO] == key.localLo
                && rows[at + REMOTE_HI] == key.remoteHi
                && rows[at + LOCAL_HI] == key.localHi;
    }

    /** The row's numbers, valid until the next call. */
    TimeWaitRecord record(int row) {
        int at = row * WORDS;
        record.sndNxt = upper(rows[at + SND_NXT_RCV_NXT]);
        record.rcvNxt = (int) rows[at + SND_NXT_RCV_NXT];
        record.tsRecent = upper(rows[at + TS_RECENT_OFFSET]);
        record.timestampOffset = (int) rows[at + TS_RECENT_OFFSET];
        record.timestamps = (rows[at + ANSWERED_FLAGS] & TIMESTAMPS) != 0;
        return record;
    }

    private static int milliseconds(long nowNs) {
        return (int) (nowNs / 1_000_000L);
    }

    /** Whether the row has not been answered of late; it is now. */
    boolean tryAnswer(int row, long nowNs) {
        int at = row * WORDS + ANSWERED_FLAGS;
        int nowMs = milliseconds(nowNs);
        if (Integer.compareUnsigned(nowMs - upper(rows[at]), ANSWER_INTERVAL_MS) < 0) {
            return false;
        }
        rows[at] = pair(nowMs, (int) rows[at]);
        return true;
    }

    void restart(int row, long nowNs) {
        unlink(row);
        append(row, nowNs);
    }

    void remove(int row) {
        ports.remove(rows[row * WORDS + LOCAL_HI], rows[row * WORDS + LOCAL_LO], localPort(row));
        unslot(row);
        unlink(row);
        link(row, NONE, freeRow);
        freeRow = row;
        size--;
    }

    /** Drops what is over; returns how many. */
    int expire(long nowNs) {
        int dropped = 0;
        while (nextDeadlineNs() <= nowNs) {
            remove(oldest);
            dropped++;
        }
        return dropped;
    }

    private static int flags(boolean timestamps, SocketDefaults options) {
        return (timestamps ? TIMESTAMPS : 0)
                | (options.reuseAddress ? REUSE_ADDRESS : 0)
                | (options.reusePort ? REUSE_PORT : 0);
    }

    private int localPort(int row) {
        return (int) rows[row * WORDS + HASH_PORTS] >>> 16;
    }

    /** Whether a row is in the way of the bind. */
    boolean conflicts(BindCall bind) {
        for (int row = oldest; row != NONE; row = after(row)) {
            int at = row * WORDS;
            boolean reuseAddress = (rows[at + ANSWERED_FLAGS] & REUSE_ADDRESS) != 0;
            boolean reusePort = (rows[at + ANSWERED_FLAGS] & REUSE_PORT) != 0;
            if (bind.conflictsWith(rows[at + LOCAL_HI], rows[at + LOCAL_LO], localPort(row), reuseAddress, reusePort)) {
                return true;
            }
        }
        return false;
    }

    /** Tuples now in the table, oldest first, for {@code stat}. */
    FlowKey[] snapshot() {
        FlowKey[] all = new FlowKey[size];
        int n = 0;
        for (int row = oldest; row != NONE; row = after(row)) {
            int at = row * WORDS;
            FlowKey key = new FlowKey();
            key.set(rows[at + LOCAL_HI], rows[at + LOCAL_LO], rows[at + REMOTE_HI], rows[at + REMOTE_LO]);
            int ports = (int) rows[at + HASH_PORTS];
            key.ports(ports >>> 16, ports & 0xffff);
            all[n++] = key;
        }
        return all;
    }

    private static long pair(int upper, int lower) {
        return ((long) upper << 32) | (lower & 0xffff_ffffL);
    }

    private static int upper(long pair) {
        return (int) (pair >> 32);
    }

    private int before(int row) {
        return upper(rows[row * WORDS + BEFORE_AFTER]);
    }

    private int after(int row) {
        return (int) rows[row * WORDS + BEFORE_AFTER];
    }

    private void link(int row, int before, int after) {
        rows[row * WORDS + BEFORE_AFTER] = pair(before, after);
    }

    private void append(int row, long nowNs) {
        rows[row * WORDS + UNTIL_NS] = nowNs + durationNs;
        link(row, newest, NONE);
        if (newest == NONE) {
            oldest = row;
        } else {
            link(newest, before(newest), row);
        }
        newest = row;
    }

    private void unlink(int row) {
        int before = before(row);
        int after = after(row);
        if (before == NONE) {
            oldest = after;
        } else {
            link(before, before(before), after);
        }
        if (after == NONE) {
            newest = before;
        } else {
            link(after, before, after(after));
        }
    }

    private int home(int row) {
        return upper(rows[row * WORDS + HASH_PORTS]) & (slots.length - 1);
    }

    private void insert(int row) {
        int mask = slots.length - 1;
        int i = home(row);
        while (slots[i] != 0) {
            i = (i + 1) & mask;
        }
        slots[i] = row + 1;
    }

    private void unslot(int row) {
        int mask = slots.length - 1;
        int hole = home(row);
        while (slots[hole] != row + 1) {
            hole = (hole + 1) & mask;
        }
        slots[hole] = 0;
        for (int j = (hole + 1) & mask; slots[j] != 0; j = (j + 1) & mask) {
            if (((j - home(slots[j] - 1)) & mask) >= ((j - hole) & mask)) {
                slots[hole] = slots[j];
                slots[j] = 0;
                hole = j;
            }
        }
    }

    private void grow() {
        int old = rows.length / WORDS;
        int now = Math.max(FIRST_ROWS, 2 * old);
        rows = Arrays.copyOf(rows, now * WORDS);
        for (int row = now - 1; row >= old; row--) {
            link(row, NONE, freeRow);
            freeRow = row;
        }
        slots = new int[2 * now];
        for (int row = oldest; row != NONE; row = after(row)) {
            insert(row);
        }
    }
}
