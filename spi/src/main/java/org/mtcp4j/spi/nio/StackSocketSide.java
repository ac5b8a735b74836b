/* SPDX-License-Identifier: Apache-2.0 */
package org.mtcp4j.spi.nio;

import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.ProtocolFamily;
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
import java.util.concurrent.TimeUnit;
import org.mtcp4j.socket.Pollable;
import org.mtcp4j.socket.StackOption;
import org.mtcp4j.socket.StackSocket;

/** A socket on the stack. One thread reads and one writes at a time; a connect takes both locks. */
final class StackSocketSide implements SocketSide {
    private final MtcpSocketChannel channel;
    private final StackSocket socket;
    private final ProtocolFamily family;
    private final SideState state;
    private final StackReader reader;
    private final StackWriter writer;
    private volatile InetSocketAddress local;
    private volatile InetSocketAddress remote;
    /** Addresses not known yet are the socket's, and made when asked for. */
    private volatile boolean addressed;

    /** @param accepted it is connected already */
    StackSocketSide(MtcpSocketChannel channel, StackSocket socket, ProtocolFamily family, boolean accepted) {
        this.channel = channel;
        this.socket = socket;
        this.family = family;
        addressed = accepted;
        state = new SideState(accepted ? SideState.CONNECTED : SideState.UNCONNECTED);
        reader = new StackReader(channel, socket, state);
        writer = new StackWriter(channel, socket, state);
    }

    // Bind and connect.

    @Override
    public void ensureBindable() {
        if (state.now == SideState.CONNECTION_PENDING) {
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
            synchronized (state) {
                channel.ensureOpen();
                ensureBindable();
                socket.bind(StackAddresses.toBind(address, family));
                local = StackAddresses.toApplication(socket.localAddress(), address, family);
            }
        } finally {
            unlockBoth();
        }
    }

    /** As before a bind. */
    void unbind() {
        synchronized (state) {
            socket.unbind();
            local = null;
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
        try {
            return connectLocked(address, timeoutNs, onlyBlocking);
        } catch (IOException e) {
            // With no lock held: another thread's close waits for both while it holds the channel's own.
            channel.close();
            throw e;
        }
    }

    private boolean connectLocked(InetSocketAddress address, long timeoutNs, boolean onlyBlocking) throws IOException {
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
        } finally {
            unlockBoth();
        }
    }

    @Override
    public boolean finishConnect() throws IOException {
        try {
            return finishConnectLocked();
        } catch (IOException e) {
            channel.close();
            throw e;
        }
    }

    private boolean finishConnectLocked() throws IOException {
        lockBoth();
        try {
            if (state.now == SideState.CONNECTED) {
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
        } finally {
            unlockBoth();
        }
    }

    private void beginConnect(InetSocketAddress address, boolean blocking) throws ClosedChannelException {
        if (blocking) {
            channel.beginBlocking();
        }
        synchronized (state) {
            channel.ensureOpen();
            if (state.now == SideState.CONNECTED) {
                throw new AlreadyConnectedException();
            }
            if (state.now == SideState.CONNECTION_PENDING) {
                throw new ConnectionPendingException();
            }
            state.now = SideState.CONNECTION_PENDING;
            remote = address;
        }
    }

    private void beginFinishConnect(boolean blocking) throws ClosedChannelException {
        if (blocking) {
            channel.beginBlocking();
        }
        synchronized (state) {
            channel.ensureOpen();
            if (state.now != SideState.CONNECTION_PENDING) {
                throw new NoConnectionPendingException();
            }
        }
    }

    private boolean pollConnect(boolean blocking, long startNs, long timeoutNs) throws IOException {
        boolean ended = socket.finishConnect();
        while (blocking && !ended && channel.isOpen()) {
            if (!StackReader.await(socket, Pollable.CONNECT, startNs, timeoutNs)) {
                throw new SocketTimeoutException("Connect timed out");
            }
            ended = socket.finishConnect();
        }
        return ended && channel.isOpen();
    }

    private void endConnect(boolean blocking, boolean connected) throws AsynchronousCloseException {
        channel.endBlocking(blocking, connected);
        if (!connected) {
            return;
        }
        synchronized (state) {
            if (state.now == SideState.CONNECTION_PENDING) {
                addressed = true;
                // That of the bind, which may have been the any-address.
                local = null;
                state.now = SideState.CONNECTED;
            }
        }
        channel.registrations().enqueue();
    }

    private void lockBoth() {
        reader.lock();
        writer.lock();
    }

    private void unlockBoth() {
        writer.unlock();
        reader.unlock();
    }

    // Reading and writing.

    @Override
    public int read(ByteBuffer dst) throws IOException {
        return reader.read(dst);
    }

    @Override
    public long read(ByteBuffer[] dsts, int offset, int length) throws IOException {
        return reader.read(dsts, offset, length);
    }

    @Override
    public int timedRead(byte[] dst, int offset, int length, long timeoutNs) throws IOException {
        return reader.timedRead(dst, offset, length, timeoutNs);
    }

    @Override
    public int available() throws ClosedChannelException {
        return reader.available();
    }

    @Override
    public int write(ByteBuffer src) throws IOException {
        return writer.write(src);
    }

    @Override
    public long write(ByteBuffer[] srcs, int offset, int length) throws IOException {
        return writer.write(srcs, offset, length);
    }

    @Override
    public void writeFully(byte[] src, int offset, int length) throws IOException {
        writer.writeFully(src, offset, length);
    }

    @Override
    public void sendUrgentData(int data) throws IOException {
        writer.sendUrgentData(data);
    }

    // Half close.

    @Override
    public void shutdownInput() throws ClosedChannelException {
        synchronized (state) {
            state.ensureOpenAndConnected();
            if (!state.inputClosed) {
                state.inputClosed = true;
                socket.shutdownInput();
                socket.wakeWaiters();
            }
        }
        channel.registrations().enqueue();
    }

    @Override
    public void shutdownOutput() throws ClosedChannelException {
        synchronized (state) {
            state.ensureOpenAndConnected();
            if (!state.outputClosed) {
                state.outputClosed = true;
                socket.shutdownOutput();
                socket.wakeWaiters();
            }
        }
        channel.registrations().enqueue();
    }

    @Override
    public boolean isInputOpen() {
        return !state.inputClosed;
    }

    @Override
    public boolean isOutputOpen() {
        return !state.outputClosed;
    }

    // State and options.

    @Override
    public boolean isConnected() {
        return state.now == SideState.CONNECTED;
    }

    @Override
    public boolean isConnectionPending() {
        return state.now == SideState.CONNECTION_PENDING;
    }

    @Override
    public InetSocketAddress localAddress() {
        InetSocketAddress known = local;
        if (known == null && addressed) {
            InetSocketAddress asked = remote;
            known = asked == null
                    ? socket.localAddress()
                    : StackAddresses.toApplication(socket.localAddress(), asked, family);
            local = known;
        }
        return known;
    }

    @Override
    public InetSocketAddress remoteAddress() {
        InetSocketAddress known = remote;
        return known != null || !addressed ? known : socket.remoteAddress();
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
            channel.ensureOpen();
        } finally {
            unlockBoth();
        }
    }

    // Closing.

    @Override
    public void close() {
        boolean connected;
        synchronized (state) {
            connected = state.now == SideState.CONNECTED;
            state.now = SideState.CLOSING;
        }
        if (channel.isBlocking()) {
            // With somebody inside the JDK leaves the rest, lingering too, to the last one out.
            closeSocket(connected && !reader.isLocked() && !writer.isLocked());
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
        state.now = SideState.CLOSED;
        socket.close();
        if (lingerSeconds > 0) {
            socket.awaitClosed(TimeUnit.SECONDS.toNanos(lingerSeconds));
        }
    }

    @Override
    public void finishClose() {
        if (state.now == SideState.CLOSING) {
            closeSocket(false);
        }
    }
}
