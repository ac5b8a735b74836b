/* SPDX-License-Identifier: Apache-2.0 */
package org.mtcp4j.tcp;

/** Where a connection's segments go. The context is the one implementation; tests collect. */
public interface SegmentSink {
    /**
     * Sends a segment. The payload is fetched by the sink from the send stream at {@link SegmentOut#payloadPosition}.
     *
     * @return false when there is no frame for it now: nothing was sent, the connection stays as if it had not tried and
     *     {@link Connection#wantsOutput()} stays true
     */
    boolean emit(Connection connection, SegmentOut segment);
}
