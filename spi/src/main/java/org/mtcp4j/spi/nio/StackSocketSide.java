/* SPDX-License-Identifier: Apache-2.0 */
package org.mtcp4j.spi.nio;

import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.ProtocolFamily;
import java.net.SocketException;
import java.net.SocketOption;
import java.net.SocketTimeoutException;
import java.nio.ByteBuffer;
import java.nio.channels.AlreadyBoundException;
import java.nio.channels.AlreadyConnectedException;
import java.nio.channels.AsynchronousCloseException;
import java.nio.channels.ClosedChannelException;
import java.nio.channels.ConnectionPendingException;
import java.nio.channels.IllegalBlockingModeException;
import java.nio.channels.NoConnectionPendingException;
import java.nio.channels.NotYetConnectedException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.ReentrantLock;
import org.mtcp4j.socket.Pollable;
import org.mtcp4j.socket.StackOption;
import org.mtcp4j.socket.StackSocket;

/** A socket on the stack. One thread reads and one writes at a time; a connect takes both locks. */
final class StackSocketSide implements SocketSide {
    // States, in the order in which they are passed.
    private static final int UNCONNECTED = 0;
    private static final int CONNECTION_PENDING = 1;
    private static final int CONNECTED = 2;
    private static final int CLOSING = 3;
    private static final int CLOSED = 4;

    private final MtcpSocketChannel channel;
    private final StackSocket socket;
    private final ProtocolFamily family;
    private final ReentrantLock readLock = new ReentrantLock();
    private final ReentrantLock writeLock = new ReentrantLock();
    /** Held for changes of the fields below; never while waiting. */
    private final Object stateLock = new Object();

    private volatile int state;
    private volatile boolean inputClosed;
    private volatile boolean outputClosed;
    private volatile InetSocketAddress local;
    private volatile InetSocketAddress remote;
    /** Its addresses are the socket's. */
    private final boolean accepted;
    /** Guarded by readLock: a reset is reported by every read from then on. */
    private boolean connectionReset;

    /** @param accepted it is connected already */
    StackSocketSide(MtcpSocketChannel channel, StackSocket socket, ProtocolFamily family, boolean accepted) {
        this.channel = channel;
        this.socket = socket;
        this.family = family;
        this.accepted = accepted;
        state = accepted ? CONNECTED : UNCONNECTED;
    }

    private void ensureOpen() throws ClosedChannelException {
        if (!channel.isOpen()) {
            throw new ClosedChannelException();
        }
    }

    private void ensureOpenAndConnected() throws ClosedChannelException {
        int now = state;
        if (now < CONNECTED) {
            throw new NotYetConnectedException();
        }
        if (now > CONNECTED) {
            throw new ClosedChannelException();
        }
    }

    /**
     * Waits for readiness; an interrupted thread does not, but its channel is about to be closed by whoever interrupted it: so the
     * callers go on until it is, and not until they see the interrupt.
     *
     * @return false when {@code timeoutNs}, counted from {@code startNs}, is over; 0 is no limit
     */
    private boolean await(int ops, long startNs, long timeoutNs) {
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

    // Bind and connect.

    @Override
    public void ensureBindable() {
        if (state == CONNECTION_PENDING) {
            throw new ConnectionPendingException();
        }
        if (localAddress() != null) {
            throw new AlreadyBoundException();
        }
    }

    @Override
    public void bind(InetSocketAddress address) throws IOException {
        lockBoth();
        try {
            synchronized (stateLock) {
                ensureOpen();
                ensureBindable();
                socket.bind(StackAddresses.toBind(address, family));
                local = StackAddresses.toApplication(socket.localAddress(), address, family);
            }
        } finally {
            unlockBoth();
        }
    }

    @Override
    public boolean connect(InetSocketAddress address) throws IOException {
        return connect(address, 0, false);
    }

    @Override
    public void timedConnect(InetSocketAddress address, long timeoutNs) throws IOException {
        connect(address, timeoutNs, true);
    }

    private boolean connect(InetSocketAddress address, long timeoutNs, boolean onlyBlocking) throws IOException {
        lockBoth();
        try {
            boolean blocking = channel.isBlocking();
            if (onlyBlocking && !blocking) {
                throw new IllegalBlockingModeException();
            }
            boolean connected = false;
            long startNs = timeoutNs == 0 ? 0 : System.nanoTime();
            try {
                beginConnect(address, blocking);
                socket.startConnect(address);
                // Without waiting it never succeeds at once, as over Linux's loopback: programs wait for OP_CONNECT.
                connected = blocking && pollConnect(true, startNs, timeoutNs);
            } finally {
                endConnect(blocking, connected);
            }
            return connected;
        } catch (IOException e) {
            channel.close();
            throw e;
        } finally {
            unlockBoth();
        }
    }

    @Override
    public boolean finishConnect() throws IOException {
        lockBoth();
        try {
            if (state == CONNECTED) {
                return true;
            }
            boolean blocking = channel.isBlocking();
            boolean connected = false;
            try {
                beginFinishConnect(blocking);
                connected = pollConnect(blocking, 0, 0);
            } finally {
                endConnect(blocking, connected);
            }
            return connected;
        } catch (IOException e) {
            channel.close();
            throw e;
        } finally {
            unlockBoth();
        }
    }

    private void beginConnect(InetSocketAddress address, boolean blocking) throws ClosedChannelException {
        if (blocking) {
            channel.beginBlocking();
        }
        synchronized (stateLock) {
            ensureOpen();
            if (state == CONNECTED) {
                throw new AlreadyConnectedException();
            }
            if (state == CONNECTION_PENDING) {
                throw new ConnectionPendingException();
            }
            state = CONNECTION_PENDING;
            remote = address;
        }
    }

    private void beginFinishConnect(boolean blocking) throws ClosedChannelException {
        if (blocking) {
            channel.beginBlocking();
        }
        synchronized (stateLock) {
            ensureOpen();
            if (state != CONNECTION_PENDING) {
                throw new NoConnectionPendingException();
            }
        }
    }

    private boolean pollConnect(boolean blocking, long startNs, long timeoutNs) throws IOException {
        boolean ended = socket.finishConnect();
        while (blocking && !ended && channel.isOpen()) {
            if (!await(Pollable.CONNECT, startNs, timeoutNs)) {
                throw new SocketTimeoutException("Connect timed out");
            }
            ended = socket.finishConnect();
        }
        return ended && channel.isOpen();
    }

    private void endConnect(boolean blocking, boolean connected) throws AsynchronousCloseException {
        endBlocking(blocking, connected);
        if (!connected) {
            return;
        }
        synchronized (stateLock) {
            if (state == CONNECTION_PENDING) {
                local = StackAddresses.toApplication(socket.localAddress(), remote, family);
                state = CONNECTED;
            }
        }
        channel.registrations().enqueue();
    }

    private void endBlocking(boolean blocking, boolean completed) throws AsynchronousCloseException {
        if (blocking) {
            channel.endBlocking(completed);
        }
    }

    private void lockBoth() {
        readLock.lock();
        writeLock.lock();
    }

    private void unlockBoth() {
        writeLock.unlock();
        readLock.unlock();
    }

    // Reading.

    private void beginRead(boolean blocking) throws IOException {
        if (blocking) {
            channel.beginBlocking();
            ensureOpen();
        }
        if (connectionReset) {
            throw new SocketException("Connection reset");
        }
    }

    /** One of dst and dsts is there. Returns bytes, EOF or UNAVAILABLE. */
    private long tryRead(ByteBuffer dst, ByteBuffer[] dsts, int offset, int length) throws IOException {
        if (inputClosed) {
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
                if (!await(Pollable.READ, startNs, timeoutNs)) {
                    throw new SocketTimeoutException("Read timed out");
                }
                n = tryRead(dst, dsts, offset, length);
            }
        } finally {
            endBlocking(blocking, n > 0);
        }
        return n == StackSocket.UNAVAILABLE ? 0 : n;
    }

    @Override
    public int read(ByteBuffer dst) throws IOException {
        readLock.lock();
        try {
            ensureOpenAndConnected();
            if (!inputClosed) {
                Buffers.ensureWritable(dst);
            }
            return (int) read(dst, null, 0, 0, 0);
        } finally {
            readLock.unlock();
        }
    }

    @Override
    public long read(ByteBuffer[] dsts, int offset, int length) throws IOException {
        readLock.lock();
        try {
            ensureOpenAndConnected();
            for (int i = offset; !inputClosed && i < offset + length; i++) {
                Buffers.ensureWritable(dsts[i]);
            }
            return read(null, dsts, offset, length, 0);
        } finally {
            readLock.unlock();
        }
    }

    @Override
    public int timedRead(byte[] dst, int offset, int length, long timeoutNs) throws IOException {
        readLock.lock();
        try {
            ensureOpenAndConnected();
            if (!channel.isBlocking()) {
                throw new IllegalBlockingModeException();
            }
            return (int) read(ByteBuffer.wrap(dst, offset, length), null, 0, 0, timeoutNs);
        } finally {
            readLock.unlock();
        }
    }

    @Override
    public int available() throws ClosedChannelException {
        ensureOpenAndConnected();
        return inputClosed ? 0 : socket.available();
    }

    // Writing.

    private void beginWrite(boolean blocking) throws ClosedChannelException {
        if (blocking) {
            channel.beginBlocking();
            ensureOpen();
        }
        if (outputClosed) {
            throw new AsynchronousCloseException();
        }
    }

    private long tryWrite(ByteBuffer src, ByteBuffer[] srcs, int offset, int length) throws IOException {
        return src != null ? socket.write(src) : socket.write(srcs, offset, length);
    }

    /** In blocking mode everything, unless the connection or the channel ends in between. */
    private long write(ByteBuffer src, ByteBuffer[] srcs, int offset, int length) throws IOException {
        boolean blocking = channel.isBlocking();
        long written = 0;
        try {
            beginWrite(blocking);
            long total = Buffers.remaining(src, srcs, offset, length);
            long n = tryWrite(src, srcs, offset, length);
            written = Math.max(0, n);
            while (blocking && written < total && channel.isOpen() && !outputClosed) {
                if (n <= 0) {
                    socket.await(Pollable.WRITE, 0);
                }
                n = tryWriteMore(src, srcs, offset, length, written);
                if (n == StackSocket.EOF) {
                    break;
                }
                written += Math.max(0, n);
            }
        } finally {
            endBlocking(blocking, written > 0);
        }
        if (written == 0 && outputClosed) {
            throw new AsynchronousCloseException();
        }
        return written;
    }

    /** An error after a part was taken is left to the next write. EOF stands for it. */
    private long tryWriteMore(ByteBuffer src, ByteBuffer[] srcs, int offset, int length, long written)
            throws IOException {
        try {
            return tryWrite(src, srcs, offset, length);
        } catch (IOException e) {
            if (written == 0) {
                throw e;
            }
            return StackSocket.EOF;
        }
    }

    @Override
    public int write(ByteBuffer src) throws IOException {
        writeLock.lock();
        try {
            ensureOpenAndConnected();
            return (int) write(src, null, 0, 0);
        } finally {
            writeLock.unlock();
        }
    }

    @Override
    public long write(ByteBuffer[] srcs, int offset, int length) throws IOException {
        writeLock.lock();
        try {
            ensureOpenAndConnected();
            return write(null, srcs, offset, length);
        } finally {
            writeLock.unlock();
        }
    }

    @Override
    public void writeFully(byte[] src, int offset, int length) throws IOException {
        writeLock.lock();
        try {
            ensureOpenAndConnected();
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
            writeLock.unlock();
        }
    }

    @Override
    public void sendUrgentData(int data) throws IOException {
        writeLock.lock();
        try {
            ensureOpenAndConnected();
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
                endBlocking(blocking, sent);
            }
            if (!sent) {
                throw new IOException("Socket buffer full");
            }
        } finally {
            writeLock.unlock();
        }
    }

    // Half close.

    @Override
    public void shutdownInput() throws ClosedChannelException {
        synchronized (stateLock) {
            ensureOpenAndConnected();
            if (!inputClosed) {
                inputClosed = true;
                socket.shutdownInput();
                socket.wakeWaiters();
            }
        }
        channel.registrations().enqueue();
    }

    @Override
    public void shutdownOutput() throws ClosedChannelException {
        synchronized (stateLock) {
            ensureOpenAndConnected();
            if (!outputClosed) {
                outputClosed = true;
                socket.shutdownOutput();
                socket.wakeWaiters();
            }
        }
        channel.registrations().enqueue();
    }

    @Override
    public boolean isInputOpen() {
        return !inputClosed;
    }

    @Override
    public boolean isOutputOpen() {
        return !outputClosed;
    }

    // State and options.

    @Override
    public boolean isConnected() {
        return state == CONNECTED;
    }

    @Override
    public boolean isConnectionPending() {
        return state == CONNECTION_PENDING;
    }

    @Override
    public InetSocketAddress localAddress() {
        InetSocketAddress known = local;
        return known != null || !accepted ? known : socket.localAddress();
    }

    @Override
    public InetSocketAddress remoteAddress() {
        InetSocketAddress known = remote;
        return known != null || !accepted ? known : socket.remoteAddress();
    }

    @Override
    public <T> void setOption(SocketOption<T> name, T value) throws IOException {
        StackOption option = SocketOptionTable.client().stackOption(name);
        socket.option(option, SocketOptionTable.toStack(option, value));
    }

    @Override
    public <T> T getOption(SocketOption<T> name) {
        return SocketOptionTable.fromStack(
                name, socket.option(SocketOptionTable.client().stackOption(name)));
    }

    @Override
    public void configureBlocking(boolean block) throws ClosedChannelException {
        // A thread inside a blocking operation finishes it in the mode in which it began.
        lockBoth();
        try {
            ensureOpen();
        } finally {
            unlockBoth();
        }
    }

    // Closing.

    @Override
    public void close() {
        boolean connected;
        synchronized (stateLock) {
            connected = state == CONNECTED;
            state = CLOSING;
        }
        if (channel.isBlocking()) {
            // With somebody inside the JDK leaves the rest, lingering too, to the last one out.
            closeSocket(connected && !readLock.isLocked() && !writeLock.isLocked());
            return;
        }
        lockBoth();
        unlockBoth();
        if (connected && channel.isRegistered()) {
            int lingerSeconds = socket.option(StackOption.LINGER);
            if (lingerSeconds != 0) {
                if (lingerSeconds > 0) {
                    socket.option(StackOption.LINGER, -1);
                }
                socket.shutdownOutput();
            }
        } else {
            closeSocket(connected);
        }
    }

    private void closeSocket(boolean mayLinger) {
        int lingerSeconds = mayLinger ? socket.option(StackOption.LINGER) : -1;
        state = CLOSED;
        socket.close();
        if (lingerSeconds > 0) {
            socket.awaitClosed(TimeUnit.SECONDS.toNanos(lingerSeconds));
        }
    }

    @Override
    public void finishClose() {
        if (state == CLOSING) {
            closeSocket(false);
        }
    }
}
