/* SPDX-License-Identifier: Apache-2.0 */
package org.mtcp4j.tcp;

/** Where received payload goes. The connection decides positions and trims to its window; the sink only moves bytes. */
public interface ReceiveSink {
    /**
     * Stores payload, in order or ahead of a gap.
     *
     * @param streamPosition position in the receive stream: 0 is the peer's first byte
     * @param payloadOffset where the bytes stand, in the buffer the segment was parsed from
     * @return false when there is no storage: the connection then treats the bytes as not received
     */
    boolean place(Connection connection, long streamPosition, int payloadOffset, int lengthBytes);

    /**
     * How much of a window there is storage for, whatever else is promised to others: at most so many bytes. A peer that fills more of it meets
     * drops, and waits for timeouts.
     */
    default long backed(long windowBytes) {
        return windowBytes;
    }

    /** The same for a connection that begins, when as many may begin before the first of them has sent anything. */
    default long backedAtFirst(long windowBytes, int connections) {
        return windowBytes;
    }

    /** Whether a buffer may grow by so many bytes; for 0, whether those that have grown may stay as they are. */
    default boolean mayGrow(int bytes) {
        return true;
    }
}
