/* SPDX-License-Identifier: Apache-2.0 */
package org.mtcp4j.wire;

/** A received TCP segment, parsed: a mutable scratch object that its context reuses for every segment. */
public final class TcpSegment extends TcpFields {
    public int sourcePort;
    public int destinationPort;
    /** Where the payload starts, in the buffer the segment was parsed from. */
    public int payloadOffset;

    public int payloadBytes;
    /** The IP header says so (RFC 3168 §5); whoever takes that apart sets it. */
    public boolean congestionExperienced;

    /** Sequence space the segment occupies: payload, SYN and FIN (RFC 9293 §3.4, SEG.LEN). */
    public int segLen() {
        return payloadBytes + ((flags & SYN) != 0 ? 1 : 0) + ((flags & FIN) != 0 ? 1 : 0);
    }
}
