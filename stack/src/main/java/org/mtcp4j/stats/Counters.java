/* SPDX-License-Identifier: Apache-2.0 */
package org.mtcp4j.stats;

/** One context's values of {@link Counter}: written by its owner, read racily by anyone. */
@SuppressWarnings("EnumOrdinal") // The enum is the table's index, and nothing of it outlives the process.
public final class Counters {
    private final long[] values = new long[Counter.values().length];

    public void add(Counter counter, long n) {
        values[counter.ordinal()] += n;
    }

    public void increment(Counter counter) {
        values[counter.ordinal()]++;
    }

    public long get(Counter counter) {
        return values[counter.ordinal()];
    }
}
