/* SPDX-License-Identifier: Apache-2.0 */
package org.mtcp4j.spi.nio;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.AsynchronousCloseException;
import java.nio.channels.ClosedChannelException;
import java.nio.channels.IllegalBlockingModeException;
import org.mtcp4j.core.VirtualThreads;
import org.mtcp4j.socket.Pollable;
import org.mtcp4j.socket.StackSocket;

/** The writing half of a socket on the stack: one thread at a time. */
@SuppressWarnings("serial") // never written out, though a synchronizer could be
final class StackWriter extends HalfLock {
    private final MtcpSocketChannel channel;
    private final StackSocket socket;
    private final SideState state;

    StackWriter(MtcpSocketChannel channel, StackSocket socket, SideState state) {
        this.channel = channel;
        this.socket = socket;
        this.state = state;
    }

    private void beginWrite(boolean blocking) throws ClosedChannelException {
        if (blocking) {
            channel.beginBlocking();
            channel.ensureOpen();
        }
        if (state.outputClosed) {
            throw new AsynchronousCloseException();
        }
    }

    private long tryWrite(ByteBuffer src, ByteBuffer[] srcs, int offset, int length) throws IOException {
        return src != null ? socket.write(src) : socket.write(srcs, offset, length);
    }

    /**
     * In blocking mode everything, unless the connection or the channel ends in between; on a virtual thread, as the JDK has it, what there
     * is room for, and at least one byte.
     */
    private long write(ByteBuffer src, ByteBuffer[] srcs, int offset, int length) throws IOException {
        boolean blocking = channel.isBlocking();
        long written = 0;
        try {
            beginWrite(blocking);
            long total = Buffers.remaining(src, srcs, offset, length);
            long n = tryWrite(src, srcs, offset, length);
            written = Math.max(0, n);
            boolean whole = blocking && written < total && !VirtualThreads.isVirtual();
            while (blocking && written < total && (whole || written == 0) && channel.isOpen() && !state.outputClosed) {
                if (n <= 0) {
                    socket.await(Pollable.WRITE, 0);
                    // Closed meanwhile: that is told, not that there is nobody to write to.
                    if (!channel.isOpen() || state.outputClosed) {
                        break;
                    }
                }
                n = tryWriteMore(src, srcs, offset, length, written);
                if (n == StackSocket.EOF) {
                    break;
                }
                written += Math.max(0, n);
            }
        } finally {
            channel.endBlocking(blocking, written > 0);
        }
        if (written == 0 && state.outputClosed) {
            throw new AsynchronousCloseException();
        }
        return written;
    }

    /** An error after a part was taken is left to the next write. EOF stands for it. */
    private long tryWriteMore(ByteBuffer src, ByteBuffer[] srcs, int offset, int length, long written)
            throws IOException {
        if (written == 0) {
            return tryWrite(src, srcs, offset, length);
        }
        return src != null ? socket.writeMore(src) : socket.writeMore(srcs, offset, length);
    }

    int write(ByteBuffer src) throws IOException {
        lock();
        try {
            state.ensureOpenAndConnected();
            return (int) write(src, null, 0, 0);
        } finally {
            unlock();
        }
    }

    long write(ByteBuffer[] srcs, int offset, int length) throws IOException {
        lock();
        try {
            state.ensureOpenAndConnected();
            return write(null, srcs, offset, length);
        } finally {
            unlock();
        }
    }

    void writeFully(byte[] src, int offset, int length) throws IOException {
        lock();
        try {
            state.ensureOpenAndConnected();
            if (!channel.isBlocking()) {
                throw new IllegalBlockingModeException();
            }
            ByteBuffer buffer = ByteBuffer.wrap(src, offset, length);
            while (buffer.hasRemaining()) {
                write(buffer, null, 0, 0);
                if (!channel.isOpen()) {
                    throw new AsynchronousCloseException();
                }
            }
        } finally {
            unlock();
        }
    }

    void sendUrgentData(int data) throws IOException {
        lock();
        try {
            state.ensureOpenAndConnected();
            boolean blocking = channel.isBlocking();
            boolean sent = false;
            try {
                beginWrite(blocking);
                sent = socket.writeUrgent(data);
                while (blocking && !sent && channel.isOpen()) {
                    socket.await(Pollable.WRITE, 0);
                    sent = socket.writeUrgent(data);
                }
            } finally {
                channel.endBlocking(blocking, sent);
            }
            if (!sent) {
                throw new IOException("Socket buffer full");
            }
        } finally {
            unlock();
        }
    }
}
