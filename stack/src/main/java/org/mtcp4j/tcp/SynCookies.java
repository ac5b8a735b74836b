/* SPDX-License-Identifier: Apache-2.0 */
package org.mtcp4j.tcp;

import org.mtcp4j.wire.Seq;
import org.mtcp4j.wire.TcpSegment;

/**
 * SYN cookies (RFC 4987 §3.6): a passive open that keeps nothing until the handshake is done. The initial sequence number is a keyed
 * hash of tuple, peer's number and a clock of 64 s, with the peer's MSS, rounded down, in three bits of it; the other options travel
 * in the low six bits of the timestamp, as Linux has them, and come back as its echo. A peer without timestamps loses window scale and
 * SACK for the connection.
 *
 * <p>What the peer may forge by an echo of its own making are its own options. A cookie is guessed with a chance of 2 in 16 million,
 * and holds for one to two minutes. Single-threaded.
 */
public final class SynCookies {
    private static final long PERIOD_NS = 64_000_000_000L;
    /** Periods that a cookie lives after its own. */
    private static final int MOST_AGE = 1;
    /** How long after the last cookie one may still come back. */
    public static final long LIFE_NS = (MOST_AGE + 1) * PERIOD_NS;

    private static final int[] MSS = {64, 536, 1_220, 1_360, 1_400, 1_440, 1_460, 8_940};

    private static final int HASH_BITS = 24;
    private static final int HASH_MASK = (1 << HASH_BITS) - 1;
    private static final int MSS_MASK = 7;
    private static final int PERIOD_SHIFT = HASH_BITS + 3;
    private static final int PERIOD_MASK = 0x1F;

    // The low bits of TSval.
    private static final int OPTION_BITS = 0x3F;
    private static final int SCALE = 0xF;
    private static final int NO_SCALE = 0xF;
    private static final int SACK = 0x10;
    private static final int ECN = 0x20;

    private final InitialSequence keyed;
    private final TcpSegment syn = new TcpSegment();

    public SynCookies(InitialSequence keyed) {
        this.keyed = keyed;
    }

    /**
     * The SYN-ACK of a connection that is not kept.
     *
     * @param tuple {@link InitialSequence#tuple} of the connection
     * @param settings what the listener would give the connection; its timestamp offset set
     */
    public void answer(TcpSegment in, TcpSettings settings, long tuple, SegmentOut out, long nowNs) {
        boolean timestamps = settings.timestamps && in.timestamps;
        boolean scales = timestamps && settings.windowScaling && in.windowScale >= 0;
        boolean sack = timestamps && settings.sack && in.sackPermitted;
        boolean ecn = timestamps && Ecn.isAgreeable(in, settings);
        int mssIndex = indexOf(in.mss == 0 ? settings.defaultMssBytes : in.mss);
        int period = (int) (nowNs / PERIOD_NS);
        int flags = TcpSegment.SYN | TcpSegment.ACK | (ecn ? TcpSegment.ECE : 0);
        out.reset(cookie(tuple, in.seq, mssIndex, period), in.seq + 1, flags, Handshake.synWindow(settings));
        out.mss = settings.receiveMssBytes;
        out.sackPermitted = sack;
        out.windowScale = scales ? Handshake.ownScale(settings) : -1;
        if (timestamps) {
            int options = (scales ? in.windowScale : NO_SCALE) | (sack ? SACK : 0) | (ecn ? ECN : 0);
            int now = Timestamps.value(settings.timestampOffset, nowNs);
            int value = (now & ~OPTION_BITS) | options;
            out.timestamps = true;
            // Never ahead of the clock: what follows must not look older.
            out.tsVal = Seq.gt(value, now) ? value - OPTION_BITS - 1 : value;
            out.tsEcr = in.tsVal;
        }
    }

    /** Whether the segment acknowledges a cookie of ours that is not too old. */
    public boolean isAnswer(TcpSegment ack, long tuple, long nowNs) {
        int cookie = ack.ack - 1;
        int period = (int) (nowNs / PERIOD_NS);
        int age = (period - (cookie >>> PERIOD_SHIFT)) & PERIOD_MASK;
        return age <= MOST_AGE && cookie == cookie(tuple, ack.seq - 1, mssIndex(cookie), period - age);
    }

    /**
     * Opens the connection as it would stand had it been kept since the SYN, for the acknowledgement to arrive next: LISTEN to
     * SYN-RECEIVED.
     */
    public void open(Connection c, TcpSegment ack, long nowNs) {
        int cookie = ack.ack - 1;
        int options = ack.timestamps ? ack.tsEcr & OPTION_BITS : NO_SCALE;
        syn.clearOptions();
        syn.seq = ack.seq - 1;
        syn.flags = TcpSegment.SYN | ((options & ECN) != 0 ? TcpSegment.ECE | TcpSegment.CWR : 0);
        syn.window = ack.window;
        syn.mss = MSS[mssIndex(cookie)];
        syn.windowScale = (options & SCALE) == NO_SCALE ? -1 : options & SCALE;
        syn.sackPermitted = (options & SACK) != 0;
        syn.timestamps = ack.timestamps;
        syn.tsVal = ack.tsVal;
        Handshake.openFromCookie(c, syn, cookie, nowNs);
    }

    private int cookie(long tuple, int peerIsn, int mssIndex, int period) {
        long numbers = (long) peerIsn << 32 | Integer.toUnsignedLong(period);
        int hash = (int) keyed.hash(tuple, numbers, mssIndex, 0, 0) & HASH_MASK;
        return (period & PERIOD_MASK) << PERIOD_SHIFT | mssIndex << HASH_BITS | hash;
    }

    private static int mssIndex(int cookie) {
        return (cookie >>> HASH_BITS) & MSS_MASK;
    }

    private static int indexOf(int mss) {
        int index = MSS.length - 1;
        while (index > 0 && MSS[index] > mss) {
            index--;
        }
        return index;
    }
}
