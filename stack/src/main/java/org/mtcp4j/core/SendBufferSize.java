/* SPDX-License-Identifier: Apache-2.0 */
package org.mtcp4j.core;

/** How a flow's send buffer follows its path and its peer. The owner's. */
final class SendBufferSize {
    /** Linux's default for the most of {@code tcp_wmem}. */
    private static final int SHUT_WINDOW_SEND_BYTES = 4 << 20;

    private SendBufferSize() {}

    /** The options have changed. */
    static void set(Flow flow) {
        int bytes = flow.options().sendLimitBytes();
        flow.send.limitBytes = grows(flow) ? Math.max(flow.send.limitBytes, bytes) : bytes;
    }

    private static boolean grows(Flow flow) {
        SocketDefaults options = flow.options();
        return flow.growsBuffers() && options.sendBufferMostBytes > options.sendBufferBytes;
    }

    /** An acknowledgement came; a window that has grown wants more behind it. */
    static void tune(Flow flow) {
        if (!grows(flow)) {
            return;
        }
        SocketDefaults options = flow.options();
        ChunkPool chunks = flow.context.engine.chunks;
        int limitBytes = flow.send.limitBytes;
        int wanted = Math.min(flow.wantedSendBufferBytes(), options.sendBufferMostBytes);
        if (limitBytes > options.sendBufferBytes && !chunks.mayGrow(0)) {
            flow.send.limitBytes = Math.max(options.sendBufferBytes, limitBytes / 2);
        } else if (wanted > limitBytes && chunks.mayGrow(wanted - limitBytes)) {
            flow.send.limitBytes = wanted;
        }
    }

    /**
     * Who writes before it reads waits for ever once both ends' buffers are full, so a buffer that the peer's shut window keeps full grows to
     * what Linux would take. Only then: between neighbours that read, small buffers stay in the processor's cache.
     */
    static boolean growBehindShutWindow(Flow flow) {
        int limitBytes = flow.send.limitBytes;
        int mostBytes = Math.min(flow.options().sendBufferMostBytes, SHUT_WINDOW_SEND_BYTES);
        int wanted = (int) Math.min(2L * limitBytes, mostBytes);
        if (wanted <= limitBytes || flow.hasRoom() || !flow.context.engine.chunks.mayGrow(wanted - limitBytes)) {
            return false;
        }
        flow.send.limitBytes = wanted;
        return true;
    }

    /** Everything written has been acknowledged; what the buffer grew by is not needed any more. */
    static void shrink(Flow flow) {
        SocketDefaults options = flow.options();
        int bytes = options.sendLimitBytes();
        if (flow.send.limitBytes > bytes) {
            int path = grows(flow) ? Math.min(flow.wantedSendBufferBytes(), options.sendBufferMostBytes) : 0;
            flow.send.limitBytes = Math.min(flow.send.limitBytes, Math.max(bytes, path));
        }
    }
}
