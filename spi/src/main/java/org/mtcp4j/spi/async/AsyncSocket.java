/* SPDX-License-Identifier: Apache-2.0 */
package org.mtcp4j.spi.async;

import java.io.IOException;
import java.net.SocketAddress;
import java.net.SocketException;
import java.net.SocketOption;
import java.nio.ByteBuffer;
import java.nio.channels.AlreadyConnectedException;
import java.nio.channels.AsynchronousSocketChannel;
import java.nio.channels.CompletionHandler;
import java.nio.channels.ConnectionPendingException;
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
import org.mtcp4j.spi.nio.Buffers;

/** A connection. */
final class AsyncSocket extends AsynchronousSocketChannel {
    private final SocketChannel channel;
    private final Member member;
    private final Slot connects;
    private final Transfers reads;
    private final Transfers writes;
    /** Known to be connected, which a channel with a failed connection was not. */
    private volatile boolean connected;

    AsyncSocket(AsynchronousChannelProvider provider, ChannelGroup group, SocketChannel channel) throws IOException {
        super(provider);
        this.channel = channel;
        member = new Member(group, channel, SelectionKey.OP_CONNECT, SelectionKey.OP_READ, SelectionKey.OP_WRITE);
        connects = member.slot(SelectionKey.OP_CONNECT);
        reads = transfers(SelectionKey.OP_READ, "Reading", ReadPendingException::new, new Reads(channel));
        writes = transfers(SelectionKey.OP_WRITE, "Writing", WritePendingException::new, new Writes(channel));
    }

    private Transfers transfers(int operation, String name, Supplier<RuntimeException> busy, Transfers.Mover mover) {
        return new Transfers(member, member.slot(operation), name, busy, () -> connected, mover);
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
        Options.set(channel, name, value);
        return this;
    }

    @Override
    public <T> T getOption(SocketOption<T> name) throws IOException {
        return Options.get(channel, name);
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
            return pending.refuse();
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
        connects.start(pending, () -> Transfers.refusal("Connect"), ConnectionPendingException::new, 0);
        return pending;
    }

    private boolean tryFinish(Pending<Void> outcome) throws IOException {
        return channel.finishConnect() && outcome.succeed(null);
    }

    // Reading and writing.

    @Override
    public <A> void read(
            ByteBuffer dst, long timeout, TimeUnit unit, A attachment, CompletionHandler<Integer, ? super A> handler) {
        reads.start(dst, timeout, unit, attachment, handler);
    }

    @Override
    public Future<Integer> read(ByteBuffer dst) {
        return reads.start(dst);
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
        reads.start(dsts, offset, length, timeout, unit, attachment, handler);
    }

    @Override
    public <A> void write(
            ByteBuffer src, long timeout, TimeUnit unit, A attachment, CompletionHandler<Integer, ? super A> handler) {
        writes.start(src, timeout, unit, attachment, handler);
    }

    @Override
    public Future<Integer> write(ByteBuffer src) {
        return writes.start(src);
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
        writes.start(srcs, offset, length, timeout, unit, attachment, handler);
    }

    /** A reset is the failure of one read, an IOException, and the end of the stream from then on: so the JDK's channels have it. */
    private static final class Reads implements Transfers.Mover {
        private final SocketChannel channel;
        /** Guarded by the slot's lock: one operation at a time. */
        private boolean resetTold;

        Reads(SocketChannel channel) {
            this.channel = channel;
        }

        @Override
        public void check(ByteBuffer buffer) {
            Buffers.ensureWritable(buffer);
        }

        @Override
        public void check(ByteBuffer[] buffers) {
            for (ByteBuffer buffer : buffers) {
                Buffers.ensureWritable(buffer);
            }
        }

        @Override
        public int move(ByteBuffer buffer) throws IOException {
            try {
                return channel.read(buffer);
            } catch (SocketException e) {
                return afterReset(e);
            }
        }

        @Override
        public long move(ByteBuffer[] buffers) throws IOException {
            try {
                return channel.read(buffers);
            } catch (SocketException e) {
                return afterReset(e);
            }
        }

        private int afterReset(SocketException reset) throws IOException {
            if (resetTold) {
                return -1;
            }
            resetTold = true;
            throw new IOException(reset.getMessage());
        }
    }

    private static final class Writes implements Transfers.Mover {
        private final SocketChannel channel;

        Writes(SocketChannel channel) {
            this.channel = channel;
        }

        @Override
        public void check(ByteBuffer buffer) {
            Objects.requireNonNull(buffer);
        }

        @Override
        public void check(ByteBuffer[] buffers) {
            // The channel looks at each when it writes it.
        }

        @Override
        public int move(ByteBuffer buffer) throws IOException {
            return channel.write(buffer);
        }

        @Override
        public long move(ByteBuffer[] buffers) throws IOException {
            return channel.write(buffers);
        }
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
        return member.describe(AsynchronousSocketChannel.class);
    }
}
