/* SPDX-License-Identifier: Apache-2.0 */
package org.mtcp4j.spi.nio;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.nio.channels.Channel;
import java.nio.channels.ClosedByInterruptException;
import java.nio.channels.ClosedChannelException;
import java.nio.channels.FileChannel;
import java.nio.channels.NonWritableChannelException;
import java.nio.channels.ReadableByteChannel;
import java.nio.channels.WritableByteChannel;
import java.util.concurrent.ArrayBlockingQueue;

/**
 * What the JDK does for its own channels only: transfers between a file and a channel in large pieces of direct memory, instead of 8 KiB of
 * heap at a time; and streams over a channel, from which one thread reads while another writes.
 */
public final class ChannelTransfers {
    private static final int PIECE_BYTES = 256 << 10;
    private static final int KEPT = 8;

    /** Buffers that nobody uses; a few, as transfers are short. */
    private static final ArrayBlockingQueue<ByteBuffer> FREE = new ArrayBlockingQueue<>(KEPT);

    private ChannelTransfers() {}

    /** Whether the other methods are for this channel. */
    public static boolean isOurs(Object channel) {
        return channel instanceof MtcpSocketChannel;
    }

    /** As {@link FileChannel#transferTo}: ends at the file's end, or where the target takes no more. */
    public static long to(FileChannel file, long position, long count, WritableByteChannel target) throws IOException {
        check(file, target.isOpen());
        ByteBuffer piece = take();
        long moved = 0;
        try {
            // Says whether the file is readable at all.
            file.read(ByteBuffer.allocate(0), 0);
            checkRange(position, count);
            while (moved < count) {
                piece.clear().limit((int) Math.min(PIECE_BYTES, count - moved));
                if (file.read(piece, position + moved) <= 0) {
                    break;
                }
                int written = target.write(piece.flip());
                moved += written;
                if (piece.hasRemaining()) {
                    break;
                }
            }
            return moved;
        } catch (ClosedByInterruptException e) {
            throw closing(file, target, e);
        } catch (IOException e) {
            return orMoved(moved, e);
        } finally {
            FREE.offer(piece);
        }
    }

    /** An interrupt closes both, whichever of the two the thread was in. */
    private static ClosedByInterruptException closing(FileChannel file, Channel other, ClosedByInterruptException e)
            throws IOException {
        file.close();
        other.close();
        return e;
    }

    /** As {@link FileChannel#transferFrom}: ends at the stream's end, or where the source has no more now. */
    public static long from(FileChannel file, ReadableByteChannel source, long position, long count)
            throws IOException {
        check(file, source.isOpen());
        ByteBuffer piece = take();
        long moved = 0;
        try {
            if (!isWritable(file)) {
                throw new NonWritableChannelException();
            }
            checkRange(position, count);
            if (position > file.size()) {
                return 0;
            }
            while (moved < count) {
                piece.clear().limit((int) Math.min(PIECE_BYTES, count - moved));
                if (source.read(piece) <= 0) {
                    break;
                }
                piece.flip();
                while (piece.hasRemaining()) {
                    moved += file.write(piece, position + moved);
                }
            }
            return moved;
        } catch (ClosedByInterruptException e) {
            throw closing(file, source, e);
        } catch (IOException e) {
            return orMoved(moved, e);
        } finally {
            FREE.offer(piece);
        }
    }

    private static boolean isWritable(FileChannel file) throws IOException {
        try {
            file.write(ByteBuffer.allocate(0), 0);
            return true;
        } catch (NonWritableChannelException e) {
            return false;
        }
    }

    private static void check(FileChannel file, boolean open) throws ClosedChannelException {
        if (!file.isOpen() || !open) {
            throw new ClosedChannelException();
        }
    }

    private static void checkRange(long position, long count) {
        if (position < 0 || count < 0) {
            throw new IllegalArgumentException();
        }
    }

    private static long orMoved(long moved, IOException failure) throws IOException {
        if (moved > 0 && !(failure instanceof ClosedChannelException)) {
            return moved;
        }
        throw failure;
    }

    private static ByteBuffer take() {
        ByteBuffer kept = FREE.poll();
        return kept == null ? ByteBuffer.allocateDirect(PIECE_BYTES) : kept;
    }

    /** As {@link java.nio.channels.Channels#newInputStream(ReadableByteChannel)}: without a timeout. */
    public static InputStream input(ReadableByteChannel channel) {
        return new ChannelStreams.Input((MtcpSocketChannel) channel, () -> 0);
    }

    /** As {@link java.nio.channels.Channels#newOutputStream(WritableByteChannel)}. */
    public static OutputStream output(WritableByteChannel channel) {
        return new ChannelStreams.Output((MtcpSocketChannel) channel);
    }
}
