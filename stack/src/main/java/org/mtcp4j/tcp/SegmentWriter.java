/* SPDX-License-Identifier: Apache-2.0 */
package org.mtcp4j.tcp;

import java.nio.ByteBuffer;
import org.mtcp4j.wire.TcpHeader;

/** Puts a {@link SegmentOut}'s header where the NIC reads it; the checksum field is left 0 for the caller. */
public final class SegmentWriter {
    private SegmentWriter() {}

    /** Length of the header that {@link #write} makes: 20 to 60, a multiple of 4. */
    public static int headerBytes(SegmentOut s) {
        return TcpHeader.headerBytes(s);
    }

    /**
     * @param bytes big-endian
     * @return {@link #headerBytes}
     */
    public static int write(ByteBuffer bytes, int offset, int sourcePort, int destinationPort, SegmentOut s) {
        return TcpHeader.write(bytes, offset, sourcePort, destinationPort, s);
    }
}
