/* SPDX-License-Identifier: Apache-2.0 */
package org.mtcp4j.spi.nio;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.util.Objects;
import java.util.concurrent.TimeUnit;
import java.util.function.IntSupplier;

/** The streams of a channel in blocking mode: of its adaptor, and of {@code Channels}. One thread reads while another writes. */
final class ChannelStreams {
    private ChannelStreams() {}

    /** Reads. */
    static final class Input extends InputStream {
        private final MtcpSocketChannel channel;
        private final IntSupplier timeoutMs;

        /** @param timeoutMs asked at each read; 0 is none */
        Input(MtcpSocketChannel channel, IntSupplier timeoutMs) {
            this.channel = channel;
            this.timeoutMs = timeoutMs;
        }

        @Override
        public int read() throws IOException {
            byte[] one = new byte[1];
            return read(one, 0, 1) > 0 ? one[0] & 0xff : -1;
        }

        @Override
        public int read(byte[] dst, int offset, int length) throws IOException {
            Objects.checkFromIndexSize(offset, length, dst.length);
            if (length == 0) {
                return 0;
            }
            return channel.side().timedRead(dst, offset, length, TimeUnit.MILLISECONDS.toNanos(timeoutMs.getAsInt()));
        }

        @Override
        public int available() throws IOException {
            return channel.side().available();
        }

        @Override
        public void close() throws IOException {
            channel.close();
        }
    }

    /** Writes all of what it is given. */
    static final class Output extends OutputStream {
        private final MtcpSocketChannel channel;

        Output(MtcpSocketChannel channel) {
            this.channel = channel;
        }

        @Override
        public void write(int b) throws IOException {
            write(new byte[] {(byte) b}, 0, 1);
        }

        @Override
        public void write(byte[] src, int offset, int length) throws IOException {
            Objects.checkFromIndexSize(offset, length, src.length);
            if (length > 0) {
                channel.side().writeFully(src, offset, length);
            }
        }

        @Override
        public void close() throws IOException {
            channel.close();
        }
    }
}
