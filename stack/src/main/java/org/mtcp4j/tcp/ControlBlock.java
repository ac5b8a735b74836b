/* SPDX-License-Identifier: Apache-2.0 */
package org.mtcp4j.tcp;

/**
 * The variables of one connection (RFC 9293 §3.3.1), grouped by the concern that writes them. The concerns are the package's
 * stateless classes; what has state of its own and is testable alone ({@link RttEstimator}, {@link CongestionControl}, {@link
 * LossRecovery}, {@link Reassembly}) is an object.
 *
 * <p>Stream positions are 64-bit and start with 0 at the first byte of payload; sequence numbers are 32-bit and wrap.
 */
abstract class ControlBlock {
    /** A deadline that is not set. */
    static final long NEVER = Long.MAX_VALUE;

    // What output() has to do: bits of `due`.
    static final int DUE_RESET = 1;
    static final int DUE_RESET_REPLY = 1 << 1;
    static final int DUE_SYN = 1 << 2;
    static final int DUE_DATA = 1 << 3;
    static final int DUE_PROBE = 1 << 4;
    static final int DUE_KEEP_ALIVE = 1 << 5;
    static final int DUE_ACK = 1 << 6;
    static final int DUE_DUPLICATE_ACKS = 1 << 7;

    // What `retransmitDeadlineNs` stands for, unless persisting.
    static final byte TIMER_TIMEOUT = 0;
    static final byte TIMER_PROBE = 1;
    static final byte TIMER_REORDER = 2;

    /** Changed through {@link Connection#ownSettings} only. */
    TcpSettings settings;

    int timestampOffset;
    final SegmentSink sink;
    final ReceiveSink store;
    final TcpCounters stats;

    // ---- life (Connection)
    // --------------------------------------------------------------------------------------------
    TcpState state = TcpState.CLOSED;
    CloseReason closeReason = CloseReason.NONE;
    /** What ICMP last reported; told when the connection times out. */
    CloseReason softError = CloseReason.NONE;

    int due;
    /** The application holds no handle any more. */
    boolean orphan;

    boolean passive;
    /** Sequence number of the RST in answer to an unacceptable ACK before we are synchronized. */
    int resetReplySeq;

    // ---- deadlines
    // ----------------------------------------------------------------------------------------------------
    /** Least of the three below, as of the end of the last call. */
    long nextDeadlineNs = NEVER;
    /** Retransmission, or zero-window probe while {@link #persisting}: never both. */
    long retransmitDeadlineNs = NEVER;

    long ackDeadlineNs = NEVER;
    /** Keep-alive, end of TIME-WAIT, or end of an orphan's FIN-WAIT-2, by state. */
    long slowDeadlineNs = NEVER;

    // ---- options agreed on (Handshake)
    // --------------------------------------------------------------------------------
    boolean timestamps;

    boolean sack;
    /** Shift of the windows that the peer announces. */
    byte sendScale;
    /** Shift of the windows that we announce. */
    byte receiveScale;
    /** Payload of a full segment: peer's MSS, ours, less the options in every segment. */
    int sendMss = Handshake.DEFAULT_MSS;

    // ---- send stream (Sender, Acknowledgement)
    // ------------------------------------------------------------------------
    int iss;
    int sndUna;
    /** Next to send; goes back to {@link #sndUna} after a timeout. */
    int sndNxt;
    /** Highest ever sent, plus one. */
    int sndMax;
    /** Send window in bytes, scaled. */
    int sndWnd;
    /** SEG.SEQ and SEG.ACK of the last window update. */
    int sndWl1;

    int sndWl2;
    int maxSndWnd;
    /** In flight when output last ended: so much of the window was used, however many acknowledgements one round brings. */
    int flightAtOutput;
    /** Most in flight at the end of an output in the current window of data, which ends at {@link #peakUntil} (RFC 7661 §4.2, pipeACK). */
    int peakFlight;

    int peakUntil;

    /** End of the last segment sent that was not full (Minshall's variant of Nagle). */
    int sndSml;

    /** Position up to which the application has written. */
    long sendLimit;

    long ackedPosition;
    /** A FIN follows the byte at {@link #sendLimit}. */
    boolean finQueued;

    boolean finAcked;
    long lastSentNs = Long.MIN_VALUE;

    // ---- loss (Retransmission, Persist)
    // -------------------------------------------------------------------------------
    final RttEstimator rtt = new RttEstimator();
    final CongestionControl congestion;
    /** Null until the first sign of loss. */
    LossRecovery recovery;
    /** An acknowledgement of this or more ends the measurement begun at {@link #timedAtNs}, if that is not NEVER. */
    int timedSeq;

    long timedAtNs = NEVER;
    byte retransmitTimer;
    /** Segments have been seen to arrive out of order: loss is told by time, not by count (RFC 8985 §6.2, step 3). */
    boolean reorderingSeen;
    /** RACK.reo_wnd_mult, less one. */
    byte reorderMultiplier;
    /** RACK.reo_wnd_persist. */
    byte reorderPersist;
    /** TSval at the last timeout: an echo of less answers what was sent before. */
    int timeoutTs;
    /** Expiries, probes included, since the peer last answered. */
    byte unanswered;

    boolean persisting;
    byte persistBackoff;
    byte keepAliveUnanswered;
    /** When what is {@link #unanswered} was sent first; counts for the user timeout. */
    long unansweredSinceNs;
    /** Explicit congestion notification; null unless both ends agreed on it. */
    Ecn ecn;

    // ---- receive stream (Receiver, DelayedAck, Timestamps)
    // ------------------------------------------------------------
    int irs;
    int rcvNxt;
    /** Right edge of the window as last announced. */
    int rcvAdv;
    /** Last.ACK.sent of RFC 7323. */
    int lastAckSent;

    long receivedPosition;
    long readPosition;
    boolean finReceived;
    /** A FIN is known to stand at {@link #pendingFinSeq}, beyond a gap. */
    boolean finPending;

    int pendingFinSeq;
    /** Null while nothing stands beyond a gap. */
    Reassembly reassembly;

    /** What came twice, for the next acknowledgement to tell; none while both are equal (RFC 2883). */
    int duplicateFrom;

    int duplicateTo;

    int tsRecent;
    /** Seconds on the caller's clock: what ages does so in days. */
    int tsRecentAtSeconds;

    long lastReceivedNs;
    /** Largest payload seen in a segment: what "full-sized" means for delayed acknowledgements. */
    int receiveSegmentBytes = Handshake.DEFAULT_MSS;

    int dupAcksDue;
    /** Segments still to be acknowledged at once (slow start of the peer). */
    byte quickAcksLeft = DelayedAck.QUICK_ACKS;
    /** The application answers what it receives: acknowledgements ride on the answers. */
    boolean pingPong;

    boolean receivedSinceSent;
    /** Segments that were not full, or pushed, since the last acknowledgement; more than two are two. */
    byte pushedSinceAck;
    /** When data last came in order, of each minute of {@code 2^16} ms: what is taken for recent wrongly is so once in a thousand times. */
    short dataReceivedMs;
    /** Null until enough has been received for the window to matter. */
    WindowTuning windowTuning;
    /** Null until either side speaks of urgent data. */
    Urgent urgent;

    // ---- challenge acknowledgements (ChallengeAck, OutOfWindow)
    // --------------------------------------------------------------------
    int outOfWindowAnsweredMs = -OutOfWindow.INTERVAL_MS;

    /** The last second with a challenge, of the 18 hours that the number distinguishes. */
    short challengeSecond;

    byte challengesInSecond;

    ControlBlock(TcpSettings settings, SegmentSink sink, ReceiveSink store, TcpCounters stats) {
        this.settings = settings;
        timestampOffset = settings.timestampOffset;
        this.sink = sink;
        this.store = store;
        this.stats = stats;
        congestion = CongestionControl.of(settings);
    }

    /** Sequence number of our FIN, once it is queued. */
    final int finSeq() {
        return iss + 1 + (int) sendLimit;
    }

    /** Whether our FIN has been sent at least once. */
    final boolean finSent() {
        return finQueued && sndMax == finSeq() + 1;
    }

    /** Send-stream position of a sequence number between SND.UNA and SND.MAX. */
    final long sendPosition(int seq) {
        return ackedPosition + (seq - sndUna);
    }

    /** Bytes of the window last announced that are still open. */
    final int receiveWindow() {
        return Math.max(0, rcvAdv - rcvNxt);
    }
}
