/* SPDX-License-Identifier: Apache-2.0 */
package org.mtcp4j.tcp;

/**
 * Counts of one context's connections; plain longs of the owner, named as Linux {@code nstat} has them where it has them.
 * Connections count the segments that reach them ({@link #inSegs}) or leave them; the context adds those that belong to none, the SYN that opens one included.
 */
public final class TcpCounters {
    /** Connections opened towards a peer. */
    public long activeOpens;
    /** Connections that peers opened. */
    public long passiveOpens;
    /** Connections that ended before they were established. */
    public long attemptFails;
    /** Established connections that ended at once: by a reset of either end, or given up. */
    public long estabResets;
    /** Segments received. */
    public long inSegs;
    /** Segments sent, those sent again included. */
    public long outSegs;
    /** Segments sent again. */
    public long retransSegs;
    /** Resets sent. */
    public long outRsts;

    /** Retransmission timer expiries. */
    public long timeouts;
    /** SYN or SYN-ACK sent again. */
    public long synRetrans;
    /** Losses found by duplicate acknowledgements. */
    public long fastRetransmits;
    /** Fast recoveries of peers with SACK. */
    public long sackRecovery;
    /** Fast recoveries of peers without SACK. */
    public long renoRecovery;
    /** Slow starts that were slowed down since round trips grew (RFC 9406). */
    public long hyStartDelayDetect;
    /** SACKed data taken back by the peer (RFC 2018 §8). */
    public long sackReneging;
    /** Reordering seen by SACK: something sent once arrived after what was sent later. */
    public long sackReorder;
    /** SACK blocks that make no sense, or for which the scoreboard has no room. */
    public long sackDiscard;
    /** Recoveries given up since they asked for what was never sent: a fault of this stack. */
    public long recoveryBroken;
    /** Turns of a connection cut off at the most segments that one may send; the rest follows in the next round. */
    public long outputCut;
    /** Retransmissions found lost. */
    public long lostRetransmit;
    /** Duplicates that the peer reported (RFC 2883). */
    public long dsackRecv;
    /** Duplicates reported to the peer that lay before what was expected next (RFC 2883). */
    public long dsackOldSent;
    /** Duplicates reported to the peer that lay beyond a gap (RFC 2883). */
    public long dsackOfoSent;
    /** Recoveries undone since every retransmission proved superfluous. */
    public long dsackUndo;
    /** Recoveries undone since the original was acknowledged (RFC 3522). */
    public long timestampUndo;
    /** Timeouts that were called for nothing. */
    public long spuriousRtos;
    /** Tail loss probes sent (RFC 8985). */
    public long lossProbes;
    /** Losses that a probe repaired. */
    public long lossProbeRecovery;
    /** Duplicate acknowledgements received (RFC 5681 §2). */
    public long dupAcksIn;
    /** Connections given up since the peer no longer answered. */
    public long abortOnTimeout;
    /** Closed by the application with received data unread. */
    public long abortOnClose;
    /** Closed by the application and reset, since too many such connections were still busy (Linux's tcp_max_orphans). */
    public long abortOnMemory;
    /** Data received after the application closed. */
    public long abortOnData;

    /** Delayed acknowledgements sent since the timer expired. */
    public long delayedAcks;
    /** Payload bytes received that had been received before. */
    public long duplicateBytesIn;
    /** Segments stored ahead of a gap. */
    public long ofoQueue;
    /** Segments ahead of a gap dropped: too many gaps. */
    public long ofoDrop;
    /** Segments ahead of a gap dropped: storage runs short, and what can be read at once has precedence. */
    public long ofoPruned;
    /** Segments dropped for want of storage. */
    public long noStorageDrop;
    /** Segments dropped since they lie outside the receive window. */
    public long outOfWindow;
    /** Segments dropped for an old timestamp (RFC 7323 §5). */
    public long pawsDrop;
    /** Segments taken although they lack the negotiated timestamp. */
    public long missingTimestamps;

    /** Answers to bare segments outside the window, too old, or SYNs that are repeated, not sent: a connection sends two a second. */
    public long outOfWindowAcksLimited;

    /** Challenge acknowledgements sent (RFC 5961). */
    public long challengeAcks;
    /** Challenge acknowledgements due but over the limit. */
    public long challengeAcksLimited;

    /** Connections whose ends agreed on ECN (RFC 3168). */
    public long ecnConnections;
    /** Packets received with the mark of congestion. */
    public long inCePackets;
    /** Congestion windows cut since the peer saw packets marked. */
    public long ecnCuts;
    /** Urgent pointers received. */
    public long urgentIn;
    /** Urgent pointers sent. */
    public long urgentOut;
    /** Segments made smaller, since full ones went unanswered (RFC 4821). */
    public long mtuProbeFail;

    /** Receive buffers made larger since the path turned out to carry more. */
    public long rcvBufGrown;
    /** Receive buffers made smaller since storage ran short. */
    public long rcvBufShrunk;

    /** Probes sent into a window that the peer has shut. */
    public long zeroWindowProbes;
    /** Probes sent to see whether a quiet peer is there (SO_KEEPALIVE). */
    public long keepAliveProbes;

    /**
     * What a connection fills in for {@link SegmentSink#emit}. It, and the spares, live here since this is the object that all
     * connections of a context, and nobody else, share.
     */
    final SegmentOut scratch = new SegmentOut();

    /** Of the turn at hand; see {@link Output#MAX_EMISSIONS}. */
    int emissionsLeft;

    final Spares spares = new Spares();

    final ChallengeAck.Budget challenges;

    /** @return the name by which {@code stat} prints the field of that name */
    public static String label(String field) {
        return "Tcp" + Character.toUpperCase(field.charAt(0)) + field.substring(1);
    }

    /** For one context alone, or a test. */
    public TcpCounters() {
        this(1);
    }

    /** @param secret a random number: how many challenge acknowledgements a second has for all connections follows from it */
    public TcpCounters(long secret) {
        challenges = new ChallengeAck.Budget(secret);
    }
}
