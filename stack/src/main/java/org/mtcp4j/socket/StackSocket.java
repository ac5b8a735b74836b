/* SPDX-License-Identifier: Apache-2.0 */
package org.mtcp4j.socket;

import java.io.IOException;
import java.net.InetSocketAddress;
import java.nio.ByteBuffer;

/**
 * The application's end of one connection. At most one thread reads and one thread writes at a time (the channel's locks see to
 * that); {@link #close()}, {@link #shutdownInput()}, {@link #wakeWaiters()}, options and readiness may be used from any thread. Nothing here
 * blocks but {@link #await} and {@link #awaitClosed}. Closed-channel and not-yet-connected checks are the caller's.
 */
public final class StackSocket extends Pollable {
    /** Returned by reads at the end of the stream. */
    public static final int EOF = -1;
    /** Returned by reads and writes that would have to wait. */
    public static final int UNAVAILABLE = -2;

    StackSocket() {}

    /**
     * @param local port 0 picks one; the any-address is allowed
     * @throws java.net.BindException "Address already in use", "Cannot assign requested address", "Permission denied"
     */
    public void bind(InetSocketAddress local) throws IOException {
        throw new UnsupportedOperationException();
    }

    /**
     * Starts the active open; does not wait for the answer. The local address is known when this returns.
     *
     * @throws java.net.ConnectException,java.net.NoRouteToHostException as the JDK's channels throw them
     */
    public void startConnect(InetSocketAddress remote) throws IOException {
        throw new UnsupportedOperationException();
    }

    /**
     * @return false while the open is pending
     * @throws IOException why it failed: ConnectException "Connection refused", "Connection timed out", NoRouteToHostException …
     */
    public boolean finishConnect() throws IOException {
        throw new UnsupportedOperationException();
    }

    /** Bound or connected address; the any-address became real on connect. Null while unbound. */
    public InetSocketAddress localAddress() {
        throw new UnsupportedOperationException();
    }

    /** Null before {@link #startConnect}. */
    public InetSocketAddress remoteAddress() {
        throw new UnsupportedOperationException();
    }

    /**
     * @return bytes read (0 if the buffer has no room), {@link #EOF} or {@link #UNAVAILABLE}
     * @throws java.net.SocketException "Connection reset", each time from then on
     */
    public int read(ByteBuffer dst) throws IOException {
        throw new UnsupportedOperationException();
    }

    /** Scattering read, one unit: see {@link #read(ByteBuffer)}. */
    public long read(ByteBuffer[] dsts, int offset, int length) throws IOException {
        throw new UnsupportedOperationException();
    }

    /**
     * @return bytes taken (0 if the buffer is empty), or {@link #UNAVAILABLE} when the send buffer is full
     * @throws java.io.IOException "Broken pipe" or SocketException "Connection reset"
     */
    public int write(ByteBuffer src) throws IOException {
        throw new UnsupportedOperationException();
    }

    /** Gathering write, one unit: see {@link #write(ByteBuffer)}. */
    public long write(ByteBuffer[] srcs, int offset, int length) throws IOException {
        throw new UnsupportedOperationException();
    }

    /** Bytes a read would return now without waiting. */
    public int available() {
        throw new UnsupportedOperationException();
    }

    /** Reads return EOF from now on (after what is buffered is dropped, as Linux: buffered data is still readable). */
    public void shutdownInput() {
        throw new UnsupportedOperationException();
    }

    /** FIN after what was written. */
    public void shutdownOutput() {
        throw new UnsupportedOperationException();
    }

    /** Graceful close, or RST where linger is 0 or unread data waits. Wakes all waiters. Idempotent, never blocks. */
    public void close() {
        throw new UnsupportedOperationException();
    }

    /** After {@link #close()}: waits until everything was acknowledged (SO_LINGER > 0). False when the time ended first. */
    public boolean awaitClosed(long timeoutNs) {
        throw new UnsupportedOperationException();
    }

    /** Value as granted; booleans are 0 or 1; LINGER is -1 when off. */
    public int option(StackOption option) {
        throw new UnsupportedOperationException();
    }

    /** Values are range-checked by the caller; sizes are clamped here. */
    public void option(StackOption option, int value) {
        throw new UnsupportedOperationException();
    }

    @Override
    public int readyOps() {
        throw new UnsupportedOperationException();
    }

    @Override
    public void await(int ops, long timeoutNs) {
        throw new UnsupportedOperationException();
    }

    @Override
    public void wakeWaiters() {
        throw new UnsupportedOperationException();
    }
}
