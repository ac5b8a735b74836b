/* SPDX-License-Identifier: Apache-2.0 */
package org.mtcp4j.socket;

import java.io.IOException;
import java.net.BindException;
import java.net.InetSocketAddress;
import java.net.SocketException;
import java.nio.ByteBuffer;
import org.mtcp4j.core.Engine;
import org.mtcp4j.core.Flow;
import org.mtcp4j.core.PortTable;
import org.mtcp4j.core.SocketDefaults;
import org.mtcp4j.core.StuckContextException;
import org.mtcp4j.ip.IpAddress;
import org.mtcp4j.tcp.CloseReason;

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

    private final Engine engine;
    private final OptionSet options;
    private volatile Flow flow;
    private volatile PortTable.Binding binding;
    // Made when asked for, once there is a flow.
    private volatile InetSocketAddress local;
    private volatile InetSocketAddress remote;
    private volatile boolean connected;
    private volatile boolean inputShut;
    private volatile boolean outputShut;
    private volatile boolean closed;
    private volatile boolean errorTaken;

    StackSocket(Engine engine) {
        this.engine = engine;
        options = new OptionSet(engine.defaults());
    }

    /** An accepted connection. */
    StackSocket(Engine engine, Flow accepted) {
        this.engine = engine;
        SocketDefaults inherited = accepted.options().share();
        options = new OptionSet(inherited);
        flow = accepted;
        connected = true;
        accepted.attach(this, inherited);
    }

    private static InetSocketAddress address(IpAddress ip, int port) {
        return new InetSocketAddress(ip.toInetAddress(), port);
    }

    /**
     * @param address port 0 picks one; the any-address is allowed
     * @throws java.net.BindException "Address already in use", "Cannot assign requested address"
     */
    public void bind(InetSocketAddress address) throws IOException {
        PortTable.Binding bound = Binds.bind(engine, address, options);
        boolean done = false;
        try {
            InetSocketAddress name = new InetSocketAddress(address.getAddress(), bound.port());
            synchronized (this) {
                if (closed) {
                    // By another thread, which found nothing to give back.
                    throw new SocketException("Socket closed");
                }
                binding = bound;
                done = true;
            }
            local = name;
        } finally {
            if (!done) {
                engine.ports().release(bound);
            }
        }
    }

    /** As before {@link #bind}; unless it is closed. */
    public void unbind() {
        PortTable.Binding bound;
        synchronized (this) {
            bound = closed ? null : binding;
            binding = closed ? binding : null;
        }
        if (bound != null) {
            local = null;
            engine.ports().release(bound);
        }
    }

    /**
     * Starts the active open; does not wait for the answer. The local address is known when this returns.
     *
     * @throws java.net.SocketException,java.net.BindException as the JDK's channels throw them
     */
    public void startConnect(InetSocketAddress to) throws IOException {
        IpAddress target = Binds.wireAddress(to.getAddress());
        if (!engine.isReachable(target)) {
            throw Failures.networkUnreachable();
        }
        PortTable.Binding bound = binding;
        IpAddress source = bound == null || bound.address().isAny() ? engine.sourceFor(target) : bound.address();
        if (source == null || source.isIpv4() != target.isIpv4()) {
            throw Failures.networkUnreachable();
        }
        int port = bound == null ? 0 : bound.port();
        Flow opened;
        try {
            opened = engine.connect(source, port, target, to.getPort(), options.values(), this);
        } catch (StuckContextException e) {
            throw (SocketException) new SocketException(e.getMessage()).initCause(e);
        }
        if (opened == null) {
            throw new BindException("Cannot assign requested address");
        }
        remote = to;
        flow = opened;
        if (opened.options() != options.values()) {
            // Set meanwhile.
            opened.optionsChanged(options.values());
        }
        // That of the bind, which may have been the any-address.
        local = null;
        // The answer may have come before the flow was ours to look at.
        publishNow();
        if (closed) {
            opened.askAndKick(Flow.ABORT, false);
        }
    }

    /**
     * @return false while the open is pending
     * @throws IOException why it failed: ConnectException "Connection refused", "Connection timed out", NoRouteToHostException …
     */
    public boolean finishConnect() throws IOException {
        Flow present = flow;
        int status = present.status();
        if (connected || (status & Flow.CONNECTED) != 0) {
            connected = true;
            return true;
        }
        if ((status & Flow.CLOSED) == 0) {
            return false;
        }
        throw Failures.connect(present.reason());
    }

    /** Bound or connected address; the any-address became real on connect. Null while unbound. */
    public InetSocketAddress localAddress() {
        InetSocketAddress known = local;
        Flow present = flow;
        if (known == null && present != null) {
            known = address(present.localAddress(), present.localPort());
            local = known;
        }
        return known;
    }

    /** Null before {@link #startConnect}. */
    public InetSocketAddress remoteAddress() {
        InetSocketAddress known = remote;
        Flow present = flow;
        if (known == null && present != null) {
            known = address(present.remoteAddress(), present.remotePort());
            remote = known;
        }
        return known;
    }

    /**
     * @return bytes read (0 if the buffer has no room), {@link #EOF} or {@link #UNAVAILABLE}
     * @throws java.net.SocketException "Connection reset": once, by a read or a write; reading ends with EOF from then on
     */
    public int read(ByteBuffer dst) throws IOException {
        if (!dst.hasRemaining()) {
            return 0;
        }
        Flow present = flow;
        // Before the look at the data: what was published before the end is still read.
        int status = present.status();
        int n = present.read(dst);
        return n > 0 ? n : (int) nothingRead(present, status);
    }

    /** Scattering read, one unit: see {@link #read(ByteBuffer)}. */
    public long read(ByteBuffer[] dsts, int offset, int length) throws IOException {
        Flow present = flow;
        int status = present.status();
        long n = present.read(dsts, offset, length);
        if (n > 0) {
            return n;
        }
        for (int i = offset; i < offset + length; i++) {
            if (dsts[i].hasRemaining()) {
                return nothingRead(present, status);
            }
        }
        return 0;
    }

    private long nothingRead(Flow present, int status) throws IOException {
        if ((status & (Flow.FIN_RECEIVED | Flow.CLOSED)) == 0) {
            return inputShut ? EOF : UNAVAILABLE;
        }
        IOException failure = (status & Flow.CLOSED) == 0 || errorTaken ? null : Failures.read(present);
        if (failure != null) {
            errorTaken = true;
            throw failure;
        }
        return EOF;
    }

    /**
     * @return bytes taken (0 if the buffer is empty), or {@link #UNAVAILABLE} when the send buffer is full
     * @throws java.io.IOException "Broken pipe" or "Connection reset by peer"
     */
    public int write(ByteBuffer src) throws IOException {
        return write(writable(), src);
    }

    private static int write(Flow present, ByteBuffer src) {
        if (!src.hasRemaining()) {
            return 0;
        }
        int n = present.write(src);
        return n > 0 ? n : UNAVAILABLE;
    }

    /** As {@link #write(ByteBuffer)} after a part was taken: an end is {@link #EOF}, and its error is left to the next read or write. */
    public int writeMore(ByteBuffer src) {
        return isOutputOver() ? EOF : write(flow, src);
    }

    /** Gathering write, one unit: see {@link #write(ByteBuffer)}. */
    public long write(ByteBuffer[] srcs, int offset, int length) throws IOException {
        return write(writable(), srcs, offset, length);
    }

    /** See {@link #writeMore(ByteBuffer)}. */
    public long writeMore(ByteBuffer[] srcs, int offset, int length) {
        return isOutputOver() ? EOF : write(flow, srcs, offset, length);
    }

    private static long write(Flow present, ByteBuffer[] srcs, int offset, int length) {
        long n = present.write(srcs, offset, length);
        if (n > 0) {
            return n;
        }
        for (int i = offset; i < offset + length; i++) {
            if (srcs[i].hasRemaining()) {
                return UNAVAILABLE;
            }
        }
        return 0;
    }

    /**
     * Sends one byte as urgent data.
     *
     * @return false when the send buffer is full
     */
    public boolean writeUrgent(int data) throws IOException {
        return writable().writeUrgent(ByteBuffer.wrap(new byte[] {(byte) data}));
    }

    private boolean isOutputOver() {
        return outputShut || (flow.status() & Flow.CLOSED) != 0;
    }

    private Flow writable() throws IOException {
        Flow present = flow;
        if (isOutputOver()) {
            boolean pending = !errorTaken && !outputShut;
            errorTaken = true;
            throw Failures.write(present, pending);
        }
        return present;
    }

    /** Bytes a read would return now without waiting. */
    public int available() {
        return flow.available();
    }

    /** Reads return EOF from now on, after what is buffered. */
    public void shutdownInput() {
        inputShut = true;
        publishNow();
    }

    /** FIN after what was written. */
    public void shutdownOutput() {
        outputShut = true;
        Flow present = flow;
        if (present != null) {
            present.askAndKick(Flow.SHUTDOWN, true);
        }
        publishNow();
    }

    /** Graceful close, or RST where linger is 0 or unread data waits. Wakes all waiters. Idempotent, never blocks. */
    public void close() {
        synchronized (this) {
            if (closed) {
                return;
            }
            closed = true;
        }
        Flow present = flow;
        if (present != null) {
            boolean abort = options.get(StackOption.LINGER) == 0 || !wasConnected(present);
            present.askAndKick(abort ? Flow.ABORT : Flow.CLOSE, true);
        }
        PortTable.Binding bound = binding;
        if (bound != null) {
            engine.ports().release(bound);
        }
        wakeWaiters();
    }

    private boolean wasConnected(Flow present) {
        return connected || (present.status() & Flow.CONNECTED) != 0;
    }

    /** After {@link #close()}: waits until everything was acknowledged (SO_LINGER > 0). False when the time ended first. */
    public boolean awaitClosed(long timeoutNs) {
        Flow present = flow;
        if (present == null) {
            return true;
        }
        long endNs = System.nanoTime() + timeoutNs;
        var waiter = outputWaiter();
        while ((present.status() & (Flow.FIN_ACKED | Flow.CLOSED)) == 0) {
            long leftNs = endNs - System.nanoTime();
            if (leftNs <= 0 || Thread.currentThread().isInterrupted()) {
                return false;
            }
            present.await(waiter, leftNs);
            waiter.consume();
        }
        return true;
    }

    /** Value as granted; booleans are 0 or 1; LINGER is -1 when off. */
    public int option(StackOption option) {
        return options.get(option);
    }

    /** Values are range-checked by the caller; sizes are clamped here. */
    public void option(StackOption option, int value) {
        options.set(option, value);
        Flow present = flow;
        if (present != null && OptionSet.concernsFlow(option)) {
            present.optionsChanged(options.values());
        }
    }

    @Override
    public int readyOps(int wanted) {
        Flow present = flow;
        if (present == null) {
            // As Linux reports a socket that was never connected: writable and hung up.
            return ERROR;
        }
        int status = present.status();
        int ready = 0;
        if ((status & Flow.CLOSED) != 0) {
            ready |= READ | WRITE | CONNECT;
            if (present.reason() != CloseReason.NONE) {
                ready |= ERROR;
            }
        }
        if ((status & Flow.CONNECTED) != 0) {
            ready |= CONNECT;
            if (outputShut || ((wanted & WRITE) != 0 && present.isWritable())) {
                ready |= WRITE;
            }
        }
        if (present.available() > 0 || (status & Flow.FIN_RECEIVED) != 0 || inputShut) {
            ready |= READ;
        }
        return ready;
    }

    @Override
    public void await(int ops, long timeoutNs) {
        Flow present = flow;
        if (present == null) {
            return;
        }
        var waiter = (ops & (READ | CONNECT | ACCEPT)) != 0 ? inputWaiter() : outputWaiter();
        if ((readyOps(ops) & (ops | ERROR)) != 0) {
            return;
        }
        present.await(waiter, timeoutNs == 0 ? -1 : timeoutNs);
        waiter.consume();
    }
}
