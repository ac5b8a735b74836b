/* SPDX-License-Identifier: Apache-2.0 */
package org.mtcp4j.spi.async;

import java.io.IOException;
import java.net.SocketAddress;
import java.net.SocketOption;
import java.nio.channels.AcceptPendingException;
import java.nio.channels.AsynchronousServerSocketChannel;
import java.nio.channels.AsynchronousSocketChannel;
import java.nio.channels.CompletionHandler;
import java.nio.channels.NotYetBoundException;
import java.nio.channels.SelectionKey;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.ShutdownChannelGroupException;
import java.nio.channels.SocketChannel;
import java.nio.channels.spi.AsynchronousChannelProvider;
import java.util.Set;
import java.util.concurrent.Future;

/** A listener. */
final class AsyncServer extends AsynchronousServerSocketChannel {
    private final ServerSocketChannel channel;
    private final Member member;
    private final Slot accepts;

    AsyncServer(AsynchronousChannelProvider provider, ChannelGroup group, ServerSocketChannel channel)
            throws IOException {
        super(provider);
        this.channel = channel;
        member = new Member(group, channel, SelectionKey.OP_ACCEPT);
        accepts = member.slot(SelectionKey.OP_ACCEPT);
    }

    @Override
    public AsynchronousServerSocketChannel bind(SocketAddress local, int backlog) throws IOException {
        channel.bind(local, backlog);
        return this;
    }

    @Override
    public <T> AsynchronousServerSocketChannel setOption(SocketOption<T> name, T value) throws IOException {
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
    public <A> void accept(A attachment, CompletionHandler<AsynchronousSocketChannel, ? super A> handler) {
        start(Outcome.to(member.group(), handler, attachment));
    }

    @Override
    public Future<AsynchronousSocketChannel> accept() {
        Promise<AsynchronousSocketChannel> promise = new Promise<>(member);
        Pending<AsynchronousSocketChannel> pending = start(promise);
        promise.onCancel(() -> accepts.withdraw(pending));
        return promise;
    }

    private Pending<AsynchronousSocketChannel> start(Outcome<AsynchronousSocketChannel> outcome) {
        Pending<AsynchronousSocketChannel> pending = new Pending<>(this::tryAccept, outcome);
        if (!isOpen()) {
            return pending.refuse();
        }
        if (!isBound()) {
            throw new NotYetBoundException();
        }
        accepts.start(
                pending,
                () -> new RuntimeException("Accept not allowed due cancellation"),
                AcceptPendingException::new,
                0);
        return pending;
    }

    private boolean isBound() {
        try {
            return channel.getLocalAddress() != null;
        } catch (IOException e) {
            // Closed in between: the accept will say so.
            return true;
        }
    }

    private boolean tryAccept(Pending<AsynchronousSocketChannel> outcome) throws IOException {
        SocketChannel accepted = channel.accept();
        if (accepted == null) {
            return false;
        }
        try {
            return outcome.succeed(AsyncSocket.accepted(provider(), member.group(), accepted));
        } catch (ShutdownChannelGroupException e) {
            throw new IOException(e);
        } catch (RuntimeException | Error e) {
            // Nobody else has the connection.
            accepted.close();
            throw e;
        }
    }

    @Override
    public SocketAddress getLocalAddress() throws IOException {
        return channel.getLocalAddress();
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
        return member.describe(AsynchronousServerSocketChannel.class);
    }
}
