/* SPDX-License-Identifier: Apache-2.0 */
package org.mtcp4j.spi.net;

import java.io.IOException;
import java.io.InputStream;
import java.io.InterruptedIOException;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.SocketException;
import java.net.SocketTimeoutException;
import java.nio.ByteBuffer;
import java.util.Objects;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.ReentrantLock;
import org.mtcp4j.socket.Pollable;
import org.mtcp4j.socket.Stack;
import org.mtcp4j.socket.StackOption;
import org.mtcp4j.socket.StackSocket;

/** A connection on the stack. One thread reads and one writes at a time; a connect counts as a read. */
final class StackClient extends StackSide {
    // States, in the order in which they are passed.
    private static final int UNCONNECTED = 0;
    private static final int CONNECTING = 1;
    private static final int CONNECTED = 2;
    private static final int CLOSED = 3;

    private final StackSocket socket;
    private final ReentrantLock readLock = new ReentrantLock();
    private final ReentrantLock writeLock = new ReentrantLock();

    private volatile int state = UNCONNECTED;
    private volatile boolean inputShut;
    private volatile InetSocketAddress remote;

    // Guarded by readLock.
    private boolean connectionReset;
    /** After an end of stream reads return it, even when the socket is closed. */
    private boolean endOfStream;

    StackClient(Stack stack) {
        super(stack);
        socket = stack.newSocket();
        closeWhenUnreferenced(socket::close);
    }

    /** An accepted connection. */
    StackClient(Stack stack, StackSocket accepted) {
        super(stack);
        socket = accepted;
        remote = accepted.remoteAddress();
        address = remote.getAddress();
        local = accepted.localAddress();
        state = CONNECTED;
        closeWhenUnreferenced(socket::close);
    }

    @Override
    int option(StackOption option) {
        return socket.option(option);
    }

    @Override
    void option(StackOption option, int value) {
        socket.option(option, value);
    }

    private boolean isOpen() {
        return state < CLOSED;
    }

    @Override
    void ensureOpen() throws SocketException {
        if (!isOpen()) {
            throw new SocketException("Socket closed");
        }
    }

    private void ensureConnected() throws SocketException {
        int now = state;
        if (now < CONNECTED) {
            throw new SocketException("Not connected");
        }
        if (now == CLOSED) {
            throw new SocketException("Socket closed");
        }
    }

    // Bind and connect.

    @Override
    public void bind(InetAddress host, int port) throws IOException {
        synchronized (stateLock) {
            ensureOpen();
            if (local != null) {
                throw new SocketException("Already bound");
            }
            InetSocketAddress asked = new InetSocketAddress(host, port);
            socket.bind(toBind(asked));
            local = toApplication(socket.localAddress(), asked);
            address = host;
        }
    }

    /** As before a bind. */
    void unbind() {
        synchronized (stateLock) {
            socket.unbind();
            local = null;
            address = null;
        }
    }

    @Override
    public void listen(int backlog) throws IOException {
        throw new SocketException("Not a server socket");
    }

    @Override
    public NetSide accept(int timeout) throws IOException {
        throw new SocketException("Not a server socket");
    }

    @Override
    public void connect(InetSocketAddress to, int timeout) throws IOException {
        readLock.lock();
        try {
            beginConnect(to);
            socket.startConnect(to);
            awaitConnected(TimeUnit.MILLISECONDS.toNanos(timeout));
            endConnect(to);
        } finally {
            readLock.unlock();
        }
    }

    private void beginConnect(InetSocketAddress to) throws SocketException {
        synchronized (stateLock) {
            switch (state) {
                case CONNECTING -> throw new SocketException("Connection in progress");
                case CONNECTED -> throw new SocketException("Already connected");
                case CLOSED -> throw new SocketException("Socket closed");
                default -> state = CONNECTING;
            }
            remote = to;
            address = to.getAddress();
        }
    }

    private void awaitConnected(long timeoutNs) throws IOException {
        Waiting waiting = new Waiting(timeoutNs);
        try {
            while (!socket.finishConnect()) {
                boolean inTime = waiting.await(socket, Pollable.CONNECT);
                ensureOpen();
                if (!inTime) {
                    throw new SocketTimeoutException("Connect timed out");
                }
            }
        } catch (SocketTimeoutException e) {
            throw e;
        } catch (InterruptedIOException e) {
            throw (SocketException) new SocketException("Closed by interrupt").initCause(e);
        } finally {
            waiting.end();
        }
    }

    private void endConnect(InetSocketAddress to) throws SocketException {
        synchronized (stateLock) {
            ensureOpen();
            local = toApplication(socket.localAddress(), to);
            state = CONNECTED;
        }
    }

    // Reading.

    @Override
    public InputStream inputStream() {
        return new Input();
    }

    private int read(byte[] dst, int offset, int length) throws IOException {
        Objects.checkFromIndexSize(offset, length, dst.length);
        if (length == 0) {
            return 0;
        }
        long timeoutNs = Waiting.lock(readLock, timeoutMs);
        if (timeoutNs < 0) {
            throw new SocketTimeoutException("Read timed out");
        }
        try {
            if (endOfStream) {
                return -1;
            }
            int n = readLocked(ByteBuffer.wrap(dst, offset, length), timeoutNs);
            endOfStream = n < 0;
            return n;
        } finally {
            readLock.unlock();
        }
    }

    private int readLocked(ByteBuffer dst, long timeoutNs) throws IOException {
        ensureConnected();
        int n = tryRead(dst);
        if (n == StackSocket.UNAVAILABLE) {
            Waiting waiting = new Waiting(timeoutNs);
            try {
                while (n == StackSocket.UNAVAILABLE) {
                    if (!waiting.await(socket, Pollable.READ)) {
                        ensureOpen();
                        throw new SocketTimeoutException("Read timed out");
                    }
                    ensureOpen();
                    n = tryRead(dst);
                }
            } finally {
                waiting.end();
            }
        }
        if (n <= 0) {
            // What ended the stream may have been our own close.
            ensureOpen();
        }
        return n;
    }

    private int tryRead(ByteBuffer dst) throws SocketException {
        if (connectionReset) {
            throw new SocketException("Connection reset");
        }
        if (inputShut) {
            return StackSocket.EOF;
        }
        try {
            return socket.read(dst);
        } catch (IOException e) {
            ensureOpen();
            connectionReset = e instanceof SocketException;
            throw asSocketException(e);
        }
    }

    @Override
    public int available() throws IOException {
        synchronized (stateLock) {
            ensureConnected();
            return inputShut ? 0 : socket.available();
        }
    }

    // Writing.

    @Override
    public OutputStream outputStream() {
        return new Output();
    }

    private void write(byte[] src, int offset, int length) throws IOException {
        Objects.checkFromIndexSize(offset, length, src.length);
        if (length == 0) {
            return;
        }
        writeLock.lock();
        try {
            ByteBuffer buffer = ByteBuffer.wrap(src, offset, length);
            ensureConnected();
            tryWrite(buffer);
            if (buffer.hasRemaining()) {
                writeRest(buffer);
            }
        } finally {
            writeLock.unlock();
        }
    }

    private void writeRest(ByteBuffer buffer) throws IOException {
        Waiting waiting = new Waiting(0);
        try {
            while (buffer.hasRemaining()) {
                waiting.await(socket, Pollable.WRITE);
                ensureOpen();
                tryWrite(buffer);
            }
        } finally {
            waiting.end();
        }
    }

    private void tryWrite(ByteBuffer src) throws SocketException {
        try {
            socket.write(src);
        } catch (IOException e) {
            ensureOpen();
            throw asSocketException(e);
        }
    }

    @Override
    public boolean supportsUrgentData() {
        return true;
    }

    @Override
    public void sendUrgentData(int data) throws IOException {
        writeLock.lock();
        try {
            ensureConnected();
            if (!socket.writeUrgent(data)) {
                throw new SocketException("No buffer space available");
            }
        } catch (SocketException e) {
            throw e;
        } catch (IOException e) {
            ensureOpen();
            throw asSocketException(e);
        } finally {
            writeLock.unlock();
        }
    }

    // Ending.

    @Override
    public void shutdownInput() throws IOException {
        synchronized (stateLock) {
            ensureConnected();
            if (!inputShut) {
                inputShut = true;
                socket.shutdownInput();
                socket.wakeWaiters();
            }
        }
    }

    @Override
    public void shutdownOutput() throws IOException {
        synchronized (stateLock) {
            ensureConnected();
            socket.shutdownOutput();
            socket.wakeWaiters();
        }
    }

    @Override
    public void close() {
        boolean connected;
        synchronized (stateLock) {
            if (state == CLOSED) {
                return;
            }
            connected = state == CONNECTED;
            state = CLOSED;
        }
        boolean lingers = connected && !readLock.isLocked() && !writeLock.isLocked();
        int lingerSeconds = socket.option(StackOption.LINGER);
        try {
            if (connected && lingerSeconds != 0) {
                // As the JDK: what was written ends with FIN also where unread data makes the close a reset, so that
                // the peer reads an answer to its end.
                socket.shutdownOutput();
            }
        } finally {
            // Whatever happens: there is no second close.
            clean();
        }
        socket.wakeWaiters();
        if (lingers && lingerSeconds > 0) {
            socket.awaitClosed(TimeUnit.SECONDS.toNanos(lingerSeconds));
        }
    }

    @Override
    public int port() {
        InetSocketAddress to = remote;
        return to == null ? 0 : to.getPort();
    }

    private final class Input extends InputStream {
        @Override
        public int read() throws IOException {
            byte[] one = new byte[1];
            return read(one, 0, 1) > 0 ? one[0] & 0xff : -1;
        }

        @Override
        public int read(byte[] dst, int offset, int length) throws IOException {
            return StackClient.this.read(dst, offset, length);
        }

        @Override
        public int available() throws IOException {
            return StackClient.this.available();
        }

        @Override
        public void close() {
            StackClient.this.close();
        }
    }

    private final class Output extends OutputStream {
        @Override
        public void write(int b) throws IOException {
            write(new byte[] {(byte) b}, 0, 1);
        }

        @Override
        public void write(byte[] src, int offset, int length) throws IOException {
            StackClient.this.write(src, offset, length);
        }

        @Override
        public void close() {
            StackClient.this.close();
        }
    }
}
