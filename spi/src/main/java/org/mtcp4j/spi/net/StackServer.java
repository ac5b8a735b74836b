/* SPDX-License-Identifier: Apache-2.0 */
package org.mtcp4j.spi.net;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.SocketException;
import java.net.SocketTimeoutException;
import java.util.concurrent.locks.ReentrantLock;
import org.mtcp4j.socket.Pollable;
import org.mtcp4j.socket.Stack;
import org.mtcp4j.socket.StackListener;
import org.mtcp4j.socket.StackOption;
import org.mtcp4j.socket.StackSocket;

/** A listener on the stack. It is bound when it begins to listen, which {@code ServerSocket} asks for right after the bind. */
final class StackServer extends StackSide {
    private final StackListener listener;
    private final ReentrantLock acceptLock = new ReentrantLock();
    private volatile boolean closed;
    /** Guarded by stateLock. */
    private InetSocketAddress asked;

    StackServer(Stack stack) {
        super(stack);
        listener = stack.newListener();
        closeWhenUnreferenced(listener::close);
    }

    @Override
    int option(StackOption option) {
        return listener.option(option);
    }

    @Override
    void option(StackOption option, int value) {
        listener.option(option, value);
    }

    @Override
    void ensureOpen() throws SocketException {
        if (closed) {
            throw new SocketException("Socket closed");
        }
    }

    @Override
    public void bind(InetAddress host, int port) throws IOException {
        synchronized (stateLock) {
            ensureOpen();
            if (asked != null) {
                throw new SocketException("Already bound");
            }
            asked = new InetSocketAddress(host, port);
            address = host;
        }
    }

    @Override
    public void listen(int backlog) throws IOException {
        synchronized (stateLock) {
            ensureOpen();
            if (asked == null) {
                throw new SocketException("Not bound");
            }
            if (local == null) {
                listener.bind(toBind(asked), backlog);
                local = toApplication(listener.localAddress(), asked);
            }
        }
    }

    @Override
    public NetSide accept(int timeout) throws IOException {
        long timeoutNs = Waiting.lock(acceptLock, timeout);
        if (timeoutNs < 0) {
            throw new SocketTimeoutException("Accept timed out");
        }
        try {
            ensureOpen();
            if (local == null) {
                throw new SocketException("Not bound");
            }
            return new StackClient(stack, acceptNext(timeoutNs));
        } finally {
            acceptLock.unlock();
        }
    }

    private StackSocket acceptNext(long timeoutNs) throws IOException {
        StackSocket accepted = listener.accept();
        if (accepted != null) {
            return accepted;
        }
        Waiting waiting = new Waiting(timeoutNs);
        try {
            while (accepted == null) {
                if (!waiting.await(listener, Pollable.ACCEPT)) {
                    throw new SocketTimeoutException("Accept timed out");
                }
                ensureOpen();
                accepted = listener.accept();
            }
        } finally {
            waiting.end();
        }
        return accepted;
    }

    @Override
    public void close() {
        synchronized (stateLock) {
            closed = true;
        }
        clean();
        listener.wakeWaiters();
    }

    @Override
    public int port() {
        return 0;
    }

    // What a listener does not do: the JDK's words for a socket that is not connected.

    private static SocketException notConnected() {
        return new SocketException("Not connected");
    }

    @Override
    public void connect(InetSocketAddress remote, int timeout) throws IOException {
        throw new SocketException("Connection refused");
    }

    @Override
    public InputStream inputStream() {
        return InputStream.nullInputStream();
    }

    @Override
    public OutputStream outputStream() {
        return OutputStream.nullOutputStream();
    }

    @Override
    public int available() throws IOException {
        ensureOpen();
        throw notConnected();
    }

    @Override
    public void shutdownInput() throws IOException {
        ensureOpen();
        throw notConnected();
    }

    @Override
    public void shutdownOutput() throws IOException {
        ensureOpen();
        throw notConnected();
    }

    @Override
    public boolean supportsUrgentData() {
        return false;
    }

    @Override
    public void sendUrgentData(int data) throws IOException {
        ensureOpen();
        throw notConnected();
    }
}
