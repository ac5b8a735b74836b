/* SPDX-License-Identifier: Apache-2.0 */
package org.mtcp4j.nic.xdp;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import org.mtcp4j.nic.linux.LinuxCalls;

/**
 * Messages and descriptors over a Unix socket that keeps messages apart, between {@link XdpHelper} and {@link HelperLink}. One thread at a time
 * sends, and one receives. The first byte says what a message is:
 *
 * <pre>
 * program to helper                              helper to program
 * M  the interface, see interfaceOf              m  with the descriptors of the maps
 * T  mode, ':', 'scattered' or nothing           t  'generic' or nothing, with the descriptor of the link
 * N  4 or 16 bytes of a neighbour's address      f  why not, a sentence
 * </pre>
 */
final class HelperChannel implements AutoCloseable {
    static final char MAPS = 'M';
    static final char ATTACH = 'T';
    static final char NEIGHBOUR = 'N';
    static final char MAPS_MADE = 'm';
    static final char ATTACHED = 't';
    static final char FAILED = 'f';
    static final int MOST_BYTES = 2_048;
    private static final int MOST_DESCRIPTORS = 4;

    private static final int AF_UNIX = 1;
    private static final int SOCK_SEQPACKET = 5;
    private static final int SCM_RIGHTS = 1;
    private static final int SO_SNDTIMEO = 21;
    private static final int MSG_NOSIGNAL = 0x4000;
    private static final int MSG_CMSG_CLOEXEC = 0x4000_0000;
    private static final int MOST_PATH_BYTES = 107;
    private static final int MESSAGE_HEADER_BYTES = 56;
    private static final int CONTROL_HEADER_BYTES = 16;
    private static final int CONTROL_BYTES = CONTROL_HEADER_BYTES + 4 * MOST_DESCRIPTORS;
    private static final int BACKLOG = 16;

    private final LinuxCalls calls;
    private final int fd;
    private final Message out;
    private final Message in;
    private int[] descriptors = {};
    private boolean closed;

    /** A {@code struct msghdr} with room for bytes and descriptors. */
    private record Message(ByteBuffer header, ByteBuffer vector, ByteBuffer bytes, ByteBuffer control) {
        static Message create(LinuxCalls calls) {
            Message message = new Message(
                    LinuxCalls.memory(MESSAGE_HEADER_BYTES),
                    LinuxCalls.memory(16),
                    LinuxCalls.memory(MOST_BYTES),
                    LinuxCalls.memory(CONTROL_BYTES));
            message.header.putLong(16, calls.address(message.vector)).putLong(24, 1);
            message.header.putLong(32, calls.address(message.control));
            message.vector.putLong(0, calls.address(message.bytes));
            return message;
        }
    }

    private HelperChannel(LinuxCalls calls, int fd) {
        this.calls = calls;
        this.fd = fd;
        out = Message.create(calls);
        in = Message.create(calls);
    }

    /** Names an interface for the other side: name, index and network namespace, as name and index are the same in most containers. */
    static String interfaceOf(InterfaceTable.Link link) {
        String namespace = "";
        try {
            namespace = Files.readSymbolicLink(Path.of("/proc/self/ns/net")).toString();
        } catch (IOException e) {
            // Without /proc here and there, name and index have to do.
        }
        return link.name() + ":" + link.index() + ":" + namespace;
    }

    private static ByteBuffer address(byte[] path) {
        return LinuxCalls.memory(2 + MOST_PATH_BYTES + 1)
                .putShort(0, (short) AF_UNIX)
                .put(2, path);
    }

    /** Null if the path is too long for a socket. */
    private static byte[] bytesOf(String path) {
        byte[] bytes = path.getBytes(StandardCharsets.UTF_8);
        return bytes.length == 0 || bytes.length > MOST_PATH_BYTES ? null : bytes;
    }

    /**
     * A socket that is bound and does not listen yet.
     *
     * @return its descriptor, or {@code -errno}
     */
    static int bound(LinuxCalls calls, String path) {
        byte[] bytes = bytesOf(path);
        int fd =
                bytes == null ? -LinuxCalls.EINVAL : calls.socket(AF_UNIX, SOCK_SEQPACKET | LinuxCalls.SOCK_CLOEXEC, 0);
        if (fd < 0) {
            return fd;
        }
        int result = calls.bind(fd, calls.address(address(bytes)), 2 + MOST_PATH_BYTES + 1);
        if (result < 0) {
            calls.close(fd);
        }
        return result < 0 ? result : fd;
    }

    static int listen(LinuxCalls calls, int fd) {
        return calls.listen(fd, BACKLOG);
    }

    /**
     * Waits for a program.
     *
     * @return a descriptor for {@link #of}, or {@code -errno}
     */
    static int accept(LinuxCalls calls, int fd) {
        return calls.accept4(fd, LinuxCalls.SOCK_CLOEXEC);
    }

    static HelperChannel of(LinuxCalls calls, int fd, int patienceS) {
        limit(calls, fd, LinuxCalls.SO_RCVTIMEO, patienceS);
        limit(calls, fd, SO_SNDTIMEO, patienceS);
        return new HelperChannel(calls, fd);
    }

    private static void limit(LinuxCalls calls, int fd, int option, int patienceS) {
        calls.setsockopt(
                fd,
                LinuxCalls.SOL_SOCKET,
                option,
                calls.address(LinuxCalls.memory(16).putLong(0, patienceS)),
                16);
    }

    /**
     * Connects to a helper, which may accept nobody because it hangs.
     *
     * @param patienceS how long to wait for it; 0 for a socket that never waits, neither here nor later
     * @return a descriptor for {@link #of}, or {@code -errno}, {@code -EAGAIN} where it hangs
     */
    static int connect(LinuxCalls calls, String path, int patienceS) {
        byte[] bytes = bytesOf(path);
        int type = SOCK_SEQPACKET | LinuxCalls.SOCK_CLOEXEC | (patienceS == 0 ? LinuxCalls.SOCK_NONBLOCK : 0);
        int fd = bytes == null ? -LinuxCalls.EINVAL : calls.socket(AF_UNIX, type, 0);
        if (fd < 0) {
            return fd;
        }
        limit(calls, fd, SO_SNDTIMEO, patienceS);
        int result = calls.connect(fd, calls.address(address(bytes)), 2 + MOST_PATH_BYTES + 1);
        if (result < 0) {
            calls.close(fd);
        }
        return result < 0 ? result : fd;
    }

    /**
     * Sends a message; what does not fit is left out.
     *
     * @return {@code -errno}, or else 0
     */
    int send(char kind, byte[] message, int... withDescriptors) {
        return send(MSG_NOSIGNAL, kind, message, withDescriptors);
    }

    /**
     * The same for who may not wait.
     *
     * @return {@code -EAGAIN} also where there is no room
     */
    int sendNow(char kind, byte[] message) {
        return send(MSG_NOSIGNAL | LinuxCalls.MSG_DONTWAIT, kind, message);
    }

    private int send(int flags, char kind, byte[] message, int... withDescriptors) {
        int bytes = Math.min(message.length, MOST_BYTES - 1);
        out.bytes.put(0, (byte) kind).put(1, message, 0, bytes);
        out.vector.putLong(8, 1 + bytes);
        int length = CONTROL_HEADER_BYTES + 4 * withDescriptors.length;
        out.control.putLong(0, length).putInt(8, LinuxCalls.SOL_SOCKET).putInt(12, SCM_RIGHTS);
        for (int i = 0; i < withDescriptors.length; i++) {
            out.control.putInt(CONTROL_HEADER_BYTES + 4 * i, withDescriptors[i]);
        }
        out.header.putLong(40, withDescriptors.length == 0 ? 0 : length);
        long sent = closed ? -LinuxCalls.EIO : calls.sendmsg(fd, calls.address(out.header), flags);
        return sent < 0 ? (int) sent : 0;
    }

    /**
     * Waits for a message and its descriptors, which are the caller's; those of the message before that nobody has taken are closed.
     *
     * @return its kind; 0 at the end; {@code -errno}, {@code -EAGAIN} where none has come in time
     */
    int receive() {
        closeDescriptors();
        in.vector.putLong(8, MOST_BYTES);
        in.header.putLong(40, CONTROL_BYTES);
        long got = closed ? -LinuxCalls.EIO : calls.recvmsg(fd, calls.address(in.header), MSG_CMSG_CLOEXEC);
        if (got <= 0) {
            return (int) got;
        }
        in.bytes.limit((int) got).position(1);
        long control = in.header.getLong(40);
        if (control >= CONTROL_HEADER_BYTES && in.control.getInt(12) == SCM_RIGHTS) {
            int number = (int) (in.control.getLong(0) - CONTROL_HEADER_BYTES) / 4;
            descriptors = new int[Math.min(number, MOST_DESCRIPTORS)];
            for (int i = 0; i < descriptors.length; i++) {
                descriptors[i] = in.control.getInt(CONTROL_HEADER_BYTES + 4 * i);
            }
        }
        return in.bytes.get(0) & 0xff;
    }

    /** Of the message received last, behind its kind. */
    byte[] message() {
        byte[] message = new byte[in.bytes.limit() - 1];
        in.bytes.get(1, message);
        return message;
    }

    String text() {
        return new String(message(), StandardCharsets.UTF_8);
    }

    /** How many came with the message received last, as long as nobody has taken them. */
    int descriptors() {
        return descriptors.length;
    }

    /** Gives the descriptors of the message received last away. */
    int[] takeDescriptors() {
        int[] taken = descriptors;
        descriptors = new int[0];
        return taken;
    }

    private void closeDescriptors() {
        Arrays.stream(takeDescriptors()).forEach(calls::close);
    }

    @Override
    public void close() {
        if (!closed) {
            closed = true;
            closeDescriptors();
            calls.close(fd);
        }
    }
}
