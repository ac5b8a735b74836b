/* SPDX-License-Identifier: Apache-2.0 */
package org.mtcp4j.nic.capture;

import java.io.Closeable;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.LinkOption;
import java.nio.file.OpenOption;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Set;
import org.mtcp4j.nic.linux.OwnFiles;

/**
 * A pcapng file with one Ethernet interface and times in nanoseconds (draft-ietf-opsawg-pcapng). One thread. Every {@link #flush}
 * leaves a file that readers accept.
 */
final class PcapngWriter implements Closeable {
    static final int INBOUND = 1;
    static final int OUTBOUND = 2;

    private static final int SECTION_HEADER = 0x0a0d_0d0a;
    private static final int BYTE_ORDER_MAGIC = 0x1a2b_3c4d;
    private static final int INTERFACE_DESCRIPTION = 1;
    private static final int INTERFACE_STATISTICS = 5;
    private static final int ENHANCED_PACKET = 6;
    private static final int LINKTYPE_ETHERNET = 1;

    private static final int OPTION_END = 0;
    private static final int SHB_USER_APPLICATION = 4;
    private static final int IF_NAME = 2;
    private static final int IF_TSRESOL = 9;
    private static final int EPB_FLAGS = 2;
    private static final int ISB_IFRECV = 4;
    private static final int ISB_IFDROP = 5;
    private static final int NANOSECONDS = 9;

    private final FileChannel file;
    private final ByteBuffer out = ByteBuffer.allocateDirect(1 << 20).order(ByteOrder.LITTLE_ENDIAN);

    PcapngWriter(Path path, String application, String interfaceName, int snapBytes) throws IOException {
        file = open(path);
        try {
            checkOwner(path);
            file.truncate(0);
            int section = begin(SECTION_HEADER);
            out.putInt(BYTE_ORDER_MAGIC).putShort((short) 1).putShort((short) 0).putLong(-1);
            option(SHB_USER_APPLICATION, application.getBytes(StandardCharsets.UTF_8));
            endOptions();
            end(section);
            int description = begin(INTERFACE_DESCRIPTION);
            out.putShort((short) LINKTYPE_ETHERNET).putShort((short) 0).putInt(snapBytes);
            option(IF_NAME, interfaceName.getBytes(StandardCharsets.UTF_8));
            option(IF_TSRESOL, new byte[] {NANOSECONDS});
            endOptions();
            end(description);
            flush();
        } catch (IOException e) {
            file.close();
            throw e;
        }
    }

    /** Nobody else may read what is captured, unless the file was there. Where links are followed, another user could have any file overwritten. */
    private static FileChannel open(Path path) throws IOException {
        Set<OpenOption> options =
                Set.of(StandardOpenOption.CREATE, StandardOpenOption.WRITE, LinkOption.NOFOLLOW_LINKS);
        try {
            return FileChannel.open(
                    path, options, PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-------")));
        } catch (UnsupportedOperationException e) {
            return FileChannel.open(path, StandardOpenOption.CREATE, StandardOpenOption.WRITE);
        }
    }

    /** In a directory like /tmp another user may have made the file first, to read it. */
    private static void checkOwner(Path path) throws IOException {
        String reason = OwnFiles.isShared(path) ? OwnFiles.distrust(path) : null;
        if (reason != null) {
            throw new IOException(reason);
        }
    }

    /**
     * Appends a packet.
     *
     * @param source where the packet's bytes stand, from {@code at} on; its position is not used
     * @param epochNs when, in nanoseconds since 1970
     * @param direction {@link #INBOUND} or {@link #OUTBOUND}
     */
    void packet(ByteBuffer source, int at, int capturedBytes, int originalBytes, long epochNs, int direction)
            throws IOException {
        if (out.remaining() < capturedBytes + 64) {
            flush();
        }
        int block = begin(ENHANCED_PACKET);
        out.putInt(0).putInt((int) (epochNs >>> 32)).putInt((int) epochNs);
        out.putInt(capturedBytes).putInt(originalBytes);
        out.put(out.position(), source, at, capturedBytes).position(out.position() + capturedBytes);
        pad();
        out.putShort((short) EPB_FLAGS).putShort((short) 4).putInt(direction);
        endOptions();
        end(block);
    }

    /** Appends the counts that end a capture. */
    void statistics(long epochNs, long received, long dropped) throws IOException {
        if (out.remaining() < 64) {
            flush();
        }
        int block = begin(INTERFACE_STATISTICS);
        out.putInt(0).putInt((int) (epochNs >>> 32)).putInt((int) epochNs);
        out.putShort((short) ISB_IFRECV).putShort((short) 8).putLong(received);
        out.putShort((short) ISB_IFDROP).putShort((short) 8).putLong(dropped);
        endOptions();
        end(block);
    }

    void flush() throws IOException {
        out.flip();
        while (out.hasRemaining()) {
            file.write(out);
        }
        out.clear();
    }

    @Override
    public void close() throws IOException {
        try (file) {
            flush();
        }
    }

    /** Starts a block; its total length, before and behind, is filled in by {@link #end}. */
    private int begin(int type) {
        int start = out.position();
        out.putInt(type).putInt(0);
        return start;
    }

    private void end(int start) {
        int totalBytes = out.position() + 4 - start;
        out.putInt(totalBytes);
        out.putInt(start + 4, totalBytes);
    }

    private void option(int code, byte[] value) {
        out.putShort((short) code).putShort((short) value.length).put(value);
        pad();
    }

    private void endOptions() {
        out.putShort((short) OPTION_END).putShort((short) 0);
    }

    /** Every block starts on a multiple of four, so the position in the buffer tells. */
    private void pad() {
        while ((out.position() & 3) != 0) {
            out.put((byte) 0);
        }
    }
}
