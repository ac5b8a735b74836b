/* SPDX-License-Identifier: Apache-2.0 */
package org.mtcp4j.core;

/**
 * How many connections have brought input lately and have not written since: whether whoever writes now is the only one at work. Owners write;
 * others read it as a hint.
 */
final class AnswerCount {
    /** Who has not written after so long is not counted any more: most of those never will, as an upload. */
    private static final long FORGET_NS = 10_000_000;

    private int open;
    private int epoch = 1;
    private long epochEndsNs;

    /** The beginning of a round. */
    void round(long nowNs) {
        if (nowNs - epochEndsNs >= 0) {
            epochEndsNs = nowNs + FORGET_NS;
            open = 0;
            epoch = Math.max(1, epoch + 1);
        }
    }

    /**
     * The application is told of a connection's input.
     *
     * @param mark what this class keeps for the connection, 0 at first
     * @return what to keep from now on
     */
    int told(int mark) {
        if (mark != epoch) {
            open++;
        }
        return epoch;
    }

    /** The application has written; parameter and result as those of {@link #told}. */
    int answered(int mark) {
        if (mark != epoch) {
            return mark;
        }
        open--;
        return 0;
    }

    /** Any thread: no other connection is to be answered. */
    boolean isLast() {
        return open <= 1;
    }
}
