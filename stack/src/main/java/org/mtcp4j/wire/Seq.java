/* SPDX-License-Identifier: Apache-2.0 */
package org.mtcp4j.wire;

/** Sequence-number arithmetic modulo 2^32 (RFC 9293 §3.4). Sequence numbers are never compared with a bare {@code <}. */
public final class Seq {
    private Seq() {}

    public static boolean lt(int a, int b) {
        return a - b < 0;
    }

    public static boolean leq(int a, int b) {
        return a - b <= 0;
    }

    public static boolean gt(int a, int b) {
        return a - b > 0;
    }

    public static boolean geq(int a, int b) {
        return a - b >= 0;
    }

    /** Whether {@code start <= seq < start + lengthBytes}. */
    public static boolean inWindow(int seq, int start, int lengthBytes) {
        return Integer.compareUnsigned(seq - start, lengthBytes) < 0;
    }

    public static int max(int a, int b) {
        return geq(a, b) ? a : b;
    }

    public static int min(int a, int b) {
        return leq(a, b) ? a : b;
    }
}
