/* SPDX-License-Identifier: Apache-2.0 */
package org.mtcp4j.tcp;

/** What a connection is set up with; plain mutable fields, owned by the connection's context once it is opened. */
public final class TcpSettings {
    /** Congestion control: RFC 5681, RFC 9438, or version 1 of BBR. */
    public enum Algorithm {
        NEW_RENO,
        CUBIC,
        BBR
    }

    /** Largest payload of a segment we can receive, announced as MSS: MTU less IP and TCP header. */
    public int receiveMssBytes = 1460;
    /** Most payload bytes one {@link SegmentSink#emit} may carry where the sink cuts; below the MSS: it never has to. */
    public int maxEmitBytes = 1460;
    /** Receive buffer: upper limit of the advertised window. At least 2,048, since windows are told in steps of 128 or more. */
    public int receiveBufferBytes = 512 * 1024;
    /** Up to here the receive buffer grows as the path turns out to need it; no more than {@link #receiveBufferBytes}: never. */
    public int receiveBufferMostBytes;

    /** Payload of a full segment to a peer that names none: 536, or 1,220 over IPv6 (RFC 9293 §3.7.1). */
    public int defaultMssBytes = Handshake.DEFAULT_MSS;

    /** RFC 3168: whether an active open asks for it, whether a passive open agrees to it. */
    public boolean ecnAsked;

    public boolean ecnAnswered;
    public boolean windowScaling = true;
    public boolean timestamps = true;
    /** RFC 2018, both ways, with RFC 2883's duplicates. */
    public boolean sack = true;
    /** Added to TSval (RFC 7323 §7.1): should differ by peer, and be the same for the same addresses and ports. */
    public int timestampOffset;

    /** Congestion control of connections made with these settings. */
    public Algorithm congestion = Algorithm.CUBIC;

    public boolean noDelay;
    public boolean quickAck;
    public boolean keepAlive;
    public long keepIdleNs = 7_200_000_000_000L;
    public long keepIntervalNs = 75_000_000_000L;
    public int keepCount = 9;
    /** Lower bound of the RTO; 200 ms as Linux has it, where RFC 6298 says 1 s. */
    public long minRtoNs = 200_000_000L;

    public long maxRtoNs = 120_000_000_000L;
    public int synRetries = 6;
    /** Linux's tcp_synack_retries. */
    public int synAckRetries = 5;

    public int retries = 15;
    /** How long what was sent may go unanswered (RFC 5482, Linux's TCP_USER_TIMEOUT); 0: only {@link #retries} count. */
    public long userTimeoutNs;
    /** 2 MSL (RFC 9293 §3.4.2); Linux's 60 s. */
    public long timeWaitNs = 60_000_000_000L;
    /** How long an orphan (closed by the application) may stay in FIN-WAIT-2; Linux's tcp_fin_timeout. */
    public long orphanFinWait2Ns = 60_000_000_000L;

    /** Several connections have these: whoever changes them for one takes a {@link #copy()} first. */
    public boolean shared;

    /** The same values, not shared. */
    public TcpSettings copy() {
        TcpSettings copy = new TcpSettings();
        copy.receiveMssBytes = receiveMssBytes;
        copy.maxEmitBytes = maxEmitBytes;
        copy.receiveBufferBytes = receiveBufferBytes;
        copy.receiveBufferMostBytes = receiveBufferMostBytes;
        copy.defaultMssBytes = defaultMssBytes;
        copy.ecnAsked = ecnAsked;
        copy.ecnAnswered = ecnAnswered;
        copy.windowScaling = windowScaling;
        copy.timestamps = timestamps;
        copy.sack = sack;
        copy.timestampOffset = timestampOffset;
        copy.congestion = congestion;
        copy.noDelay = noDelay;
        copy.quickAck = quickAck;
        copy.keepAlive = keepAlive;
        copy.keepIdleNs = keepIdleNs;
        copy.keepIntervalNs = keepIntervalNs;
        copy.keepCount = keepCount;
        copy.minRtoNs = minRtoNs;
        copy.maxRtoNs = maxRtoNs;
        copy.synRetries = synRetries;
        copy.synAckRetries = synAckRetries;
        copy.retries = retries;
        copy.userTimeoutNs = userTimeoutNs;
        copy.timeWaitNs = timeWaitNs;
        copy.orphanFinWait2Ns = orphanFinWait2Ns;
        return copy;
    }

    /** Whether all values are the same, but for the timestamp offset, which is each connection's own. */
    public boolean isAlike(TcpSettings other) {
        return receiveMssBytes == other.receiveMssBytes
                && maxEmitBytes == other.maxEmitBytes
                && receiveBufferBytes == other.receiveBufferBytes
                && receiveBufferMostBytes == other.receiveBufferMostBytes
                && defaultMssBytes == other.defaultMssBytes
                && ecnAsked == other.ecnAsked
                && ecnAnswered == other.ecnAnswered
                && windowScaling == other.windowScaling
                && timestamps == other.timestamps
                && sack == other.sack
                && congestion == other.congestion
                && noDelay == other.noDelay
                && quickAck == other.quickAck
                && keepAlive == other.keepAlive
                && hasTimesOf(other);
    }

    private boolean hasTimesOf(TcpSettings other) {
        return keepIdleNs == other.keepIdleNs
                && keepIntervalNs == other.keepIntervalNs
                && keepCount == other.keepCount
                && minRtoNs == other.minRtoNs
                && maxRtoNs == other.maxRtoNs
                && synRetries == other.synRetries
                && synAckRetries == other.synAckRetries
                && retries == other.retries
                && userTimeoutNs == other.userTimeoutNs
                && timeWaitNs == other.timeWaitNs
                && orphanFinWait2Ns == other.orphanFinWait2Ns;
    }
}
