/* SPDX-License-Identifier: Apache-2.0 */
package org.mtcp4j.it.contract;

import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.SocketAddress;
import java.net.SocketOption;
import java.net.StandardSocketOptions;
import java.nio.ByteBuffer;
import java.nio.channels.ClosedChannelException;
import java.nio.channels.SocketChannel;
import java.util.Set;

/** A channel that lives in another JVM. */
final class FarSocketChannel extends SocketChannel {
    /** Bytes that one call carries at most. */
    private static final int MOST_BYTES = 1 << 20;

    private final FarEnd end;
    private final int channel;

    FarSocketChannel(FarProvider provider, FarEnd end, int channel) {
        super(provider);
        this.end = end;
        this.channel = channel;
    }

    @Override
    public SocketChannel bind(SocketAddress local) throws IOException {
        end.bind(channel, (InetSocketAddress) local, 0);
        return this;
    }

    @Override
    public <T> SocketChannel setOption(SocketOption<T> name, T value) throws IOException {
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
        return Set.of(StandardSocketOptions.SO_LINGER, StandardSocketOptions.TCP_NODELAY);
    }

    @Override
    public SocketChannel shutdownInput() throws IOException {
        end.shutdown(channel, true);
        return this;
    }

    @Override
    public SocketChannel shutdownOutput() throws IOException {
        end.shutdown(channel, false);
        return this;
    }

    @Override
    public Socket socket() {
        throw FarProvider.leftOut("an adaptor");
    }

    private void ensureOpen() throws ClosedChannelException {
        if (!isOpen()) {
            throw new ClosedChannelException();
        }
    }

    private interface Question {
        boolean ask() throws IOException;
    }

    private static boolean is(Question question) {
        try {
            return question.ask();
        } catch (IOException e) {
            throw new AssertionError(e);
        }
    }

    @Override
    public boolean isConnected() {
        return is(() -> end.isConnected(channel));
    }

    @Override
    public boolean isConnectionPending() {
        return is(() -> end.isConnectionPending(channel));
    }

    @Override
    public boolean connect(SocketAddress remote) throws IOException {
        boolean connected = false;
        ensureOpen();
        begin();
        try {
            connected = end.connect(channel, (InetSocketAddress) remote);
        } finally {
            end(connected);
        }
        return connected;
    }

    @Override
    public boolean finishConnect() throws IOException {
        boolean connected = false;
        ensureOpen();
        begin();
        try {
            connected = end.finishConnect(channel);
        } finally {
            end(connected);
        }
        return connected;
    }

    @Override
    public SocketAddress getRemoteAddress() throws IOException {
        return end.remoteAddress(channel);
    }

    @Override
    public SocketAddress getLocalAddress() throws IOException {
        return end.localAddress(channel);
    }

    @Override
    public int read(ByteBuffer dst) throws IOException {
        byte[] got = null;
        ensureOpen();
        begin();
        try {
            got = end.read(channel, Math.min(dst.remaining(), MOST_BYTES));
        } finally {
            end(got != null);
        }
        if (got == null) {
            return -1;
        }
        dst.put(got);
        return got.length;
    }

    @Override
    public long read(ByteBuffer[] dsts, int offset, int length) {
        throw FarProvider.leftOut("a scattering read");
    }

    /** As much as was asked for where the channel blocks, as is its way. */
    @Override
    public int write(ByteBuffer src) throws IOException {
        int total = 0;
        ensureOpen();
        do {
            byte[] bytes = new byte[Math.min(src.remaining(), MOST_BYTES)];
            src.duplicate().get(bytes);
            int n = 0;
            begin();
            try {
                n = end.write(channel, bytes);
            } finally {
                end(n > 0);
            }
            src.position(src.position() + n);
            total += n;
            if (n < bytes.length) {
                break;
            }
        } while (src.hasRemaining());
        return total;
    }

    @Override
    public long write(ByteBuffer[] srcs, int offset, int length) throws IOException {
        long total = 0;
        for (int i = offset; i < offset + length; i++) {
            total += write(srcs[i]);
            if (srcs[i].hasRemaining()) {
                break;
            }
        }
        return total;
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
