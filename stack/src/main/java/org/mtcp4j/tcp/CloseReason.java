/* SPDX-License-Identifier: Apache-2.0 */
package org.mtcp4j.tcp;

/** Why a connection went to CLOSED; the socket layer turns it into the JDK's exception. */
public enum CloseReason {
    /** Not closed, or closed in good order. */
    NONE,
    /** RST in answer to our SYN. */
    REFUSED,
    /** RST from the peer of an established connection. */
    RESET,
    /** Retransmissions, probes or keep-alives went unanswered. */
    TIMED_OUT,
    HOST_UNREACHABLE,
    NETWORK_UNREACHABLE,
    /** The host has no TCP, or said so (RFC 792). */
    PROTOCOL_UNREACHABLE,
    /** Somebody on the way could not read our packets' headers (ICMP parameter problem). */
    PROTOCOL_ERROR,
    /** A router's or host's policy forbids it (RFC 4443 §3.1). */
    PROHIBITED,
    /** The application aborted it. */
    ABORTED
}
