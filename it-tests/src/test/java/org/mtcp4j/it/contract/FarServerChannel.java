/* SPDX-License-Identifier: Apache-2.0 */
package org.mtcp4j.it.contract;

import java.io.IOException;
import java.net.ServerSocket;
import java.net.SocketAddress;
import java.net.SocketOption;
import java.nio.channels.ClosedChannelException;
import java.nio.channels.ServerSocketChannel;
import java.util.Set;

/** A server channel that lives in another JVM. */
final class FarServerChannel extends ServerSocketChannel {
    private final FarEnd end;
    private final int channel;

    FarServerChannel(FarProvider provider, FarEnd end, int channel) {
        super(provider);
        this.end = end;
        this.channel = channel;
    }

    @Override
    public ServerSocketChannel bind(SocketAddress local, int backlog) throws IOException {
        end.bind(channel, FarProvider.internet(local), backlog);
        return this;
    }

    @Override
    public <T> ServerSocketChannel setOption(SocketOption<T> name, T value) throws IOException {
        end.setOption(channel, name.name(), value);
        return this;
    }

    @Override
    @SuppressWarnings("unchecked")
    public <T> T getOption(SocketOption<T> name) throws IOException {
        return (T) end.getOption(channel, name.name());
    }

    @Override
    public Set<SocketOption<?>> supportedOptions() {
        throw FarProvider.leftOut("all options");
    }

    @Override
    public ServerSocket socket() {
        throw FarProvider.leftOut("an adaptor");
    }

    @Override
    public FarSocketChannel accept() throws IOException {
        int accepted = FarEnd.NONE;
        if (!isOpen()) {
            throw new ClosedChannelException();
        }
        if (isBlocking()) {
            begin();
            try {
                accepted = end.accept(channel);
            } finally {
                end(accepted != FarEnd.NONE);
            }
        } else {
            accepted = end.accept(channel);
        }
        return accepted == FarEnd.NONE ? null : new FarSocketChannel((FarProvider) provider(), end, accepted);
    }

    @Override
    public SocketAddress getLocalAddress() throws IOException {
        return end.localAddress(channel);
    }

    @Override
    public String toString() {
        try {
            return end.describe(channel);
        } catch (IOException e) {
            throw new AssertionError(e);
        }
    }

    @Override
    protected void implCloseSelectableChannel() throws IOException {
        end.close(channel);
    }

    @Override
    protected void implConfigureBlocking(boolean block) throws IOException {
        end.configureBlocking(channel, block);
    }
}
