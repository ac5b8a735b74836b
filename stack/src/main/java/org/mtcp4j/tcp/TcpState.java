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
    TIME_WAIT
}
