/* SPDX-License-Identifier: Apache-2.0 */
package org.mtcp4j.tcp;

/** States of RFC 9293 §3.3.2. LISTEN belongs to the context's listener table, not to a connection. */
public enum TcpState {
    CLOSED,
    LISTEN,
    SYN_SENT,
    SYN_RECEIVED,
    ESTABLISHED,
    FIN_WAIT_1,
    FIN_WAIT_2,
    CLOSE_WAIT,
    CLOSING,
    LAST_ACK,
    TIME_WAIT;

    /** Both sides know each other's sequence numbers (RFC 9293 §3.3.2: ESTABLISHED and all after it). */
    public boolean isSynchronized() {
        return compareTo(ESTABLISHED) >= 0;
    }

    /** The peer has not sent its FIN: data may still come. */
    boolean receives() {
        return this == ESTABLISHED || this == FIN_WAIT_1 || this == FIN_WAIT_2;
    }

    /** Data or a FIN may still have to be sent, or sent again. */
    boolean sends() {
        return this == ESTABLISHED || this == CLOSE_WAIT || this == FIN_WAIT_1 || this == CLOSING || this == LAST_ACK;
    }

    /** Whether RFC 9293's figure 5 (or an abort, a reset, a timeout) leads from here to there. */
    boolean leadsTo(TcpState next) {
        return switch (this) {
            case CLOSED -> next == SYN_SENT || next == SYN_RECEIVED;
            case LISTEN -> next == SYN_RECEIVED;
            case SYN_SENT -> next == SYN_RECEIVED || next == ESTABLISHED || next == CLOSED;
            case SYN_RECEIVED -> next == ESTABLISHED || next == CLOSED;
            case ESTABLISHED -> next == FIN_WAIT_1 || next == CLOSE_WAIT || next == CLOSED;
            case FIN_WAIT_1 -> next == FIN_WAIT_2 || next == CLOSING || next == CLOSED;
            case FIN_WAIT_2 -> next == TIME_WAIT || next == CLOSED;
            case CLOSE_WAIT -> next == LAST_ACK || next == CLOSED;
            case CLOSING -> next == TIME_WAIT || next == CLOSED;
            case LAST_ACK, TIME_WAIT -> next == CLOSED;
        };
    }
}
