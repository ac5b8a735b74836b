/* SPDX-License-Identifier: Apache-2.0 */
package org.mtcp4j.spi.async;

import java.io.IOException;
import java.net.SocketAddress;
import java.net.SocketOption;
import java.nio.ByteBuffer;
import java.nio.channels.AlreadyConnectedException;
import java.nio.channels.AsynchronousSocketChannel;
import java.nio.channels.ClosedChannelException;
import java.nio.channels.CompletionHandler;
import java.nio.channels.ConnectionPendingException;
import java.nio.channels.NotYetConnectedException;
import java.nio.channels.ReadPendingException;
import java.nio.channels.SelectionKey;
import java.nio.channels.SocketChannel;
import java.nio.channels.WritePendingException;
import java.nio.channels.spi.AsynchronousChannelProvider;
import java.util.Objects;
import java.util.Set;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;

/** A connection. */
final class AsyncSocket extends AsynchronousSocketChannel {
    private final SocketChannel channel;
    private final Member member;
    private final Slot connects;
    private final Slot reads;
    private final Slot writes;
    /** Known to be connected, which a channel with a failed connection was not. */
    private volatile boolean connected;

    AsyncSocket(AsynchronousChannelProvider provider, ChannelGroup group, SocketChannel channel) throws IOException {
        super(provider);
        this.channel = channel;
        member = new Member(group, channel, SelectionKey.OP_CONNECT, SelectionKey.OP_READ, SelectionKey.OP_WRITE);
        connects = member.slot(SelectionKey.OP_CONNECT);
        reads = member.slot(SelectionKey.OP_READ);
        writes = member.slot(SelectionKey.OP_WRITE);
    }

    static AsyncSocket accepted(AsynchronousChannelProvider provider, ChannelGroup group, SocketChannel accepted)
            throws IOException {
        AsyncSocket socket = new AsyncSocket(provider, group, accepted);
        socket.connected = true;
        return socket;
    }

    @Override
    public AsynchronousSocketChannel bind(SocketAddress local) throws IOException {
        channel.bind(local);
        return this;
    }

    @Override
    public <T> AsynchronousSocketChannel setOption(SocketOption<T> name, T value) throws IOException {
        Options.check(name, supportedOptions());
        channel.setOption(name, value);
        return this;
    }

    @Override
    public <T> T getOption(SocketOption<T> name) throws IOException {
        Options.check(name, supportedOptions());
        return channel.getOption(name);
    }

    @Override
    public Set<SocketOption<?>> supportedOptions() {
        return Options.of(channel);
    }

    @Override
    public AsynchronousSocketChannel shutdownInput() throws IOException {
        channel.shutdownInput();
        return this;
    }

    @Override
    public AsynchronousSocketChannel shutdownOutput() throws IOException {
        channel.shutdownOutput();
        return this;
    }

    @Override
    public SocketAddress getRemoteAddress() throws IOException {
        return channel.getRemoteAddress();
    }

    @Override
    public SocketAddress getLocalAddress() throws IOException {
        return channel.getLocalAddress();
    }

    // Connecting.

    @Override
    public <A> void connect(SocketAddress remote, A attachment, CompletionHandler<Void, ? super A> handler) {
        connect(remote, Outcome.to(member.group(), handler, attachment));
    }

    @Override
    public Future<Void> connect(SocketAddress remote) {
        Promise<Void> promise = new Promise<>(member);
        Pending<Void> pending = connect(remote, promise);
        promise.onCancel(() -> {
            if (connects.withdraw(pending)) {
                reads.kill();
                writes.kill();
            }
        });
        return promise;
    }

    private Pending<Void> connect(SocketAddress remote, Outcome<Void> outcome) {
        Pending<Void> pending = new Pending<>(this::tryFinish, (nothing, failure) -> {
            if (failure == null) {
                connected = true;
            } else {
                member.closeQuietly();
            }
            outcome.deliver(null, failure);
        });
        if (!isOpen()) {
            return fail(pending);
        }
        try {
            channel.connect(remote);
        } catch (AlreadyConnectedException | ConnectionPendingException e) {
            throw e;
        } catch (IOException | SecurityException e) {
            pending.fail(e);
            pending.deliver();
            return pending;
        }
        connects.start(pending, () -> refusal("Connect"), ConnectionPendingException::new, 0);
        return pending;
    }

    private boolean tryFinish(Pending<Void> outcome) throws IOException {
        return channel.finishConnect() && outcome.succeed(null);
    }

    private static <V> Pending<V> fail(Pending<V> pending) {
        pending.fail(new ClosedChannelException());
        pending.deliver();
        return pending;
    }

    // Reading.

    @Override
    public <A> void read(
            ByteBuffer dst, long timeout, TimeUnit unit, A attachment, CompletionHandler<Integer, ? super A> handler) {
        Outcome<Integer> outcome = Outcome.to(member.group(), handler, attachment);
        ensureWritable(dst);
        read(new Pending<>(to -> tryRead(dst, to), outcome), unit.toNanos(timeout));
    }

    @Override
    public Future<Integer> read(ByteBuffer dst) {
        ensureWritable(dst);
        Promise<Integer> promise = new Promise<>(member);
        Pending<Integer> pending = read(new Pending<>(to -> tryRead(dst, to), promise), 0);
        promise.onCancel(() -> reads.withdraw(pending));
        return promise;
    }

    @Override
    public <A> void read(
            ByteBuffer[] dsts,
            int offset,
            int length,
            long timeout,
            TimeUnit unit,
            A attachment,
            CompletionHandler<Long, ? super A> handler) {
        Outcome<Long> outcome = Outcome.to(member.group(), handler, attachment);
        Objects.checkFromIndexSize(offset, length, dsts.length);
        ByteBuffer[] range = copy(dsts, offset, length);
        for (ByteBuffer dst : range) {
            ensureWritable(dst);
        }
        read(new Pending<>(to -> tryRead(range, to), outcome), unit.toNanos(timeout));
    }

    private <V> Pending<V> read(Pending<V> pending, long timeoutNs) {
        return start(reads, pending, "Reading", ReadPendingException::new, timeoutNs);
    }

    private <V> Pending<V> start(
            Slot slot, Pending<V> pending, String name, Supplier<RuntimeException> busy, long timeoutNs) {
        if (!isOpen()) {
            return fail(pending);
        }
        if (!connected) {
            throw new NotYetConnectedException();
        }
        slot.start(pending, () -> refusal(name), busy, timeoutNs);
        return pending;
    }

    private static IllegalStateException refusal(String name) {
        return new IllegalStateException(name + " not allowed due to timeout or cancellation");
    }

    private boolean tryRead(ByteBuffer dst, Pending<Integer> outcome) throws IOException {
        boolean room = dst.hasRemaining();
        int n = channel.read(dst);
        return (n != 0 || !room) && outcome.succeed(n);
    }

    private boolean tryRead(ByteBuffer[] dsts, Pending<Long> outcome) throws IOException {
        boolean room = hasRemaining(dsts);
        long n = channel.read(dsts);
        return (n != 0 || !room) && outcome.succeed(n);
    }

    // Writing.

    @Override
    public <A> void write(
            ByteBuffer src, long timeout, TimeUnit unit, A attachment, CompletionHandler<Integer, ? super A> handler) {
        Outcome<Integer> outcome = Outcome.to(member.group(), handler, attachment);
        Objects.requireNonNull(src);
        write(new Pending<>(to -> tryWrite(src, to), outcome), unit.toNanos(timeout));
    }

    @Override
    public Future<Integer> write(ByteBuffer src) {
        Objects.requireNonNull(src);
        Promise<Integer> promise = new Promise<>(member);
        Pending<Integer> pending = write(new Pending<>(to -> tryWrite(src, to), promise), 0);
        promise.onCancel(() -> writes.withdraw(pending));
        return promise;
    }

    @Override
    public <A> void write(
            ByteBuffer[] srcs,
            int offset,
            int length,
            long timeout,
            TimeUnit unit,
            A attachment,
            CompletionHandler<Long, ? super A> handler) {
        Outcome<Long> outcome = Outcome.to(member.group(), handler, attachment);
        Objects.checkFromIndexSize(offset, length, srcs.length);
        ByteBuffer[] range = copy(srcs, offset, length);
        write(new Pending<>(to -> tryWrite(range, to), outcome), unit.toNanos(timeout));
    }

    private <V> Pending<V> write(Pending<V> pending, long timeoutNs) {
        return start(writes, pending, "Writing", WritePendingException::new, timeoutNs);
    }

    private boolean tryWrite(ByteBuffer src, Pending<Integer> outcome) throws IOException {
        boolean some = src.hasRemaining();
        int n = channel.write(src);
        return (n > 0 || !some) && outcome.succeed(n);
    }

    private boolean tryWrite(ByteBuffer[] srcs, Pending<Long> outcome) throws IOException {
        boolean some = hasRemaining(srcs);
        long n = channel.write(srcs);
        return (n > 0 || !some) && outcome.succeed(n);
    }

    // Buffers.

    private static void ensureWritable(ByteBuffer dst) {
        if (dst.isReadOnly()) {
            throw new IllegalArgumentException("Read-only buffer");
        }
    }

    /** The application may change its array while the operation is pending. */
    private static ByteBuffer[] copy(ByteBuffer[] buffers, int offset, int length) {
        return java.util.Arrays.copyOfRange(buffers, offset, offset + length);
    }

    private static boolean hasRemaining(ByteBuffer[] buffers) {
        for (ByteBuffer buffer : buffers) {
            if (buffer.hasRemaining()) {
                return true;
            }
        }
        return false;
    }

    @Override
    public boolean isOpen() {
        return member.isOpen();
    }

    @Override
    public void close() throws IOException {
        member.close();
    }

    @Override
    public String toString() {
        String text = channel.toString();
        return AsynchronousSocketChannel.class.getName() + text.substring(text.indexOf('['));
    }
}
