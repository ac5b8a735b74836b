/* SPDX-License-Identifier: Apache-2.0 */
package org.mtcp4j.it.contract;

import java.io.IOException;
import java.net.Socket;
import java.net.SocketAddress;
import java.net.SocketOption;
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
    /** Met behind bytes that were taken: the next write's. */
    private volatile IOException putOff;

    FarSocketChannel(FarProvider provider, FarEnd end, int channel) {
        super(provider);
        this.end = end;
        this.channel = channel;
    }

    @Override
    public SocketChannel bind(SocketAddress local) throws IOException {
        end.bind(channel, FarProvider.internet(local), 0);
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
        throw FarProvider.leftOut("all options");
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

    private interface Call<T> {
        T run() throws IOException;
    }

    /** Only where it may block does an interrupt close the channel. */
    private <T> T run(Call<T> call) throws IOException {
        ensureOpen();
        if (!isBlocking()) {
            return call.run();
        }
        boolean done = false;
        begin();
        try {
            T result = call.run();
            done = true;
            return result;
        } finally {
            end(done);
        }
    }

    private static boolean is(Call<Boolean> question) {
        try {
            return question.run();
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
        return orClosed(() -> end.connect(channel, FarProvider.internet(remote)));
    }

    @Override
    public boolean finishConnect() throws IOException {
        return orClosed(() -> end.finishConnect(channel));
    }

    /** A channel whose connect failed is closed. */
    private boolean orClosed(Call<Boolean> connect) throws IOException {
        try {
            return run(connect);
        } catch (IOException e) {
            close();
            throw e;
        }
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
        if (dst.isReadOnly()) {
            throw new IllegalArgumentException("Read-only buffer");
        }
        int most = Math.min(dst.remaining(), MOST_BYTES);
        byte[] got = run(() -> end.read(channel, most));
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

    /**
     * As much as was asked for where the channel blocks, as is its way. It is several writes at the far end: an error behind the first of them ends
     * this one early, and is the next one's, as that of a single write would be.
     */
    @Override
    public int write(ByteBuffer src) throws IOException {
        if (putOff != null) {
            IOException error = putOff;
            putOff = null;
            throw error;
        }
        int total = 0;
        do {
            byte[] bytes = new byte[Math.min(src.remaining(), MOST_BYTES)];
            src.duplicate().get(bytes);
            int n;
            try {
                n = run(() -> end.write(channel, bytes));
            } catch (ClosedChannelException e) {
                throw e;
            } catch (IOException e) {
                if (total == 0) {
                    throw e;
                }
                putOff = e;
                break;
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
