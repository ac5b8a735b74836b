/* SPDX-License-Identifier: Apache-2.0 */
package org.mtcp4j.spi.nio;

import java.io.IOException;
import java.net.SocketException;
import java.net.SocketTimeoutException;
import java.nio.ByteBuffer;
import java.nio.channels.ClosedChannelException;
import java.nio.channels.IllegalBlockingModeException;
import org.mtcp4j.socket.Pollable;
import org.mtcp4j.socket.StackSocket;

/** The reading half of a socket on the stack: one thread at a time. */
@SuppressWarnings("serial") // never written out, though a synchronizer could be
final class StackReader extends HalfLock {
    private final MtcpSocketChannel channel;
    private final StackSocket socket;
    private final SideState state;
    /** Guarded by the lock: a reset is reported by every read from then on. */
    private boolean connectionReset;

    StackReader(MtcpSocketChannel channel, StackSocket socket, SideState state) {
        this.channel = channel;
        this.socket = socket;
        this.state = state;
    }

    /**
     * Waits for readiness; an interrupted thread does not, but its channel is about to be closed by whoever interrupted it: so the
     * callers go on until it is, and not until they see the interrupt.
     *
     * @return false when {@code timeoutNs}, counted from {@code startNs}, is over; 0 is no limit
     */
    static boolean await(StackSocket socket, int ops, long startNs, long timeoutNs) {
        if (timeoutNs == 0) {
            socket.await(ops, 0);
            return true;
        }
        long remainingNs = timeoutNs - (System.nanoTime() - startNs);
        if (remainingNs <= 0) {
            return false;
        }
        socket.await(ops, remainingNs);
        return true;
    }

    private void beginRead(boolean blocking) throws IOException {
        if (blocking) {
            channel.beginBlocking();
            channel.ensureOpen();
        }
        if (connectionReset) {
            throw new SocketException("Connection reset");
        }
    }

    /** One of dst and dsts is there. Returns bytes, EOF or UNAVAILABLE. */
    private long tryRead(ByteBuffer dst, ByteBuffer[] dsts, int offset, int length) throws IOException {
        if (state.inputClosed) {
            return StackSocket.EOF;
        }
        try {
            return dst != null ? socket.read(dst) : socket.read(dsts, offset, length);
        } catch (SocketException e) {
            connectionReset = true;
            throw e;
        }
    }

    private long read(ByteBuffer dst, ByteBuffer[] dsts, int offset, int length, long timeoutNs) throws IOException {
        boolean blocking = channel.isBlocking();
        long n = 0;
        try {
            beginRead(blocking);
            n = tryRead(dst, dsts, offset, length);
            long startNs = n == StackSocket.UNAVAILABLE && timeoutNs != 0 ? System.nanoTime() : 0;
            while (blocking && n == StackSocket.UNAVAILABLE && channel.isOpen()) {
                if (!await(socket, Pollable.READ, startNs, timeoutNs)) {
                    throw new SocketTimeoutException("Read timed out");
                }
                n = tryRead(dst, dsts, offset, length);
            }
        } finally {
            channel.endBlocking(blocking, n > 0);
        }
        return n == StackSocket.UNAVAILABLE ? 0 : n;
    }

    int read(ByteBuffer dst) throws IOException {
        lock();
        try {
            state.ensureOpenAndConnected();
            if (!state.inputClosed) {
                Buffers.ensureWritable(dst);
            }
            return (int) read(dst, null, 0, 0, 0);
        } finally {
            unlock();
        }
    }

    long read(ByteBuffer[] dsts, int offset, int length) throws IOException {
        lock();
        try {
            state.ensureOpenAndConnected();
            for (int i = offset; !state.inputClosed && i < offset + length; i++) {
                Buffers.ensureWritable(dsts[i]);
            }
            return read(null, dsts, offset, length, 0);
        } finally {
            unlock();
        }
    }

    int timedRead(byte[] dst, int offset, int length, long timeoutNs) throws IOException {
        lock();
        try {
            state.ensureOpenAndConnected();
            if (!channel.isBlocking()) {
                throw new IllegalBlockingModeException();
            }
            return (int) read(ByteBuffer.wrap(dst, offset, length), null, 0, 0, timeoutNs);
        } finally {
            unlock();
        }
    }

    int available() throws ClosedChannelException {
        state.ensureOpenAndConnected();
        return state.inputClosed ? 0 : socket.available();
    }
}
