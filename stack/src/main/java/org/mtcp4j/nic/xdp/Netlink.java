/* SPDX-License-Identifier: Apache-2.0 */
package org.mtcp4j.nic.xdp;

import java.nio.ByteBuffer;
import org.mtcp4j.nic.NicUnavailableException;
import org.mtcp4j.nic.linux.LinuxCalls;

/**
 * A socket of rtnetlink(7). One thread at a time receives; others may send meanwhile.
 *
 * <pre>
 * struct nlmsghdr, and an attribute, both padded to a multiple of 4:
 * +--------------+-----------+-----------+----------+----------+
 * |  length (4)  | type (2)  | flags (2) | seq (4)  | port (4) |  message, attributes
 * +--------------+-----------+-----------+----------+----------+
 * | length (2) | type (2) | value
 * +------------+----------+
 * </pre>
 */
final class Netlink {
    static final int ROUTE = 0;
    static final int NETFILTER = 12;
    static final int HEADER_BYTES = 16;
    static final int REQUEST = 1;
    static final int DUMP = 0x300;
    static final int CREATE = 0x400;
    static final int REPLACE = 0x100;
    static final int ERROR = 2;
    static final int DONE = 3;

    /** What {@link #receive} found. */
    enum Received {
        SOME,
        NOTHING,
        /** The kernel had more news than there was room for. */
        LOST
    }

    /** Takes a message. */
    interface Handler {
        /**
         * @param at where the header begins
         * @param end where the message ends
         */
        void message(ByteBuffer in, int at, int type, int end);
    }

    private static final int AF_NETLINK = 16;
    private static final int SO_RCVBUF = 8;
    private static final int SOL_NETLINK = 270;
    private static final int NETLINK_GET_STRICT_CHK = 12;
    private static final int BUFFER_BYTES = 1 << 16;
    private static final int RECEIVE_BUFFER_BYTES = 1 << 20;
    private static final int ANSWER_S = 2;
    private static final int INTERRUPTED = 0x10;
    /** Datagrams of one answer. */
    private static final int MOST_DATAGRAMS = 16_384;

    private static final int TRIES = 4;
    private static final Handler NOBODY = (in, at, type, end) -> {};

    private final LinuxCalls calls;
    final int fd;
    private final ByteBuffer in = LinuxCalls.memory(BUFFER_BYTES);
    private final ByteBuffer out = LinuxCalls.memory(256);
    private int sequence;
    /** Of the message that came last. */
    private int answered;

    private volatile boolean closed;

    /**
     * @param groups bits of what is to be heard of; 0 for a socket that asks and waits for answers
     */
    Netlink(LinuxCalls calls, XdpFailures failures, int groups) throws NicUnavailableException {
        this(calls, failures, ROUTE, groups);
    }

    /** @param protocol {@link #ROUTE} or {@link #NETFILTER} */
    Netlink(LinuxCalls calls, XdpFailures failures, int protocol, int groups) throws NicUnavailableException {
        this.calls = calls;
        String doing = "opening a netlink socket";
        int type = LinuxCalls.SOCK_RAW | LinuxCalls.SOCK_CLOEXEC | (groups != 0 ? LinuxCalls.SOCK_NONBLOCK : 0);
        fd = (int) failures.must(calls.socket(AF_NETLINK, type, protocol), doing, "see dmesg");
        ByteBuffer options = LinuxCalls.memory(16);
        long at = calls.address(options);
        options.putLong(0, ANSWER_S);
        calls.setsockopt(fd, LinuxCalls.SOL_SOCKET, LinuxCalls.SO_RCVTIMEO, at, 16);
        options.putInt(0, RECEIVE_BUFFER_BYTES);
        calls.setsockopt(fd, LinuxCalls.SOL_SOCKET, SO_RCVBUF, at, 4);
        options.putInt(0, 1);
        calls.setsockopt(fd, SOL_NETLINK, NETLINK_GET_STRICT_CHK, at, 4);
        options.putLong(0, AF_NETLINK).putInt(8, groups);
        long bound = calls.bind(fd, at, 12);
        if (bound < 0) {
            calls.close(fd);
            throw failures.of(doing, bound, "see dmesg");
        }
    }

    /**
     * @param message what stands behind the header
     * @return the number that the answer has
     */
    synchronized int send(int type, int flags, byte[] message) {
        int length = HEADER_BYTES + message.length;
        out.putInt(0, length).putShort(4, (short) type).putShort(6, (short) flags);
        out.putInt(8, ++sequence).putInt(12, 0).put(HEADER_BYTES, message);
        if (!closed) {
            calls.send(fd, calls.address(out), length, 0);
        }
        return sequence;
    }

    /** Takes a datagram, if one is there. */
    Received receive(Handler handler) {
        return receive(handler, 0);
    }

    private Received receive(Handler handler, int flags) {
        long got = closed ? -LinuxCalls.ENODEV : calls.recv(fd, calls.address(in), BUFFER_BYTES, flags);
        if (got < 0) {
            return got == -LinuxCalls.ENOBUFS ? Received.LOST : Received.NOTHING;
        }
        for (int at = 0; at + HEADER_BYTES <= got; at += aligned(in.getInt(at))) {
            int length = in.getInt(at);
            if (length < HEADER_BYTES || at + length > got) {
                break;
            }
            answered = in.getInt(at + 8);
            handler.message(in, at, in.getShort(at + 4) & 0xffff, at + length);
        }
        return Received.SOME;
    }

    /** Asks for all objects of a kind and waits for the answer; false if the kernel does not give it. */
    boolean dump(int type, byte[] message, Runnable begin, Handler handler) {
        for (int i = 0; i < TRIES; i++) {
            begin.run();
            drain();
            Dump dump = new Dump(handler, send(type, REQUEST | DUMP, message));
            for (int n = 0; n < MOST_DATAGRAMS && !dump.done; n++) {
                if (receive(dump) != Received.SOME) {
                    return false;
                }
            }
            if (!dump.again || dump.failed) {
                return dump.done && !dump.failed;
            }
        }
        return true;
    }

    /** Asks for one object. The kernel has answered when it returns from the question, so nobody waits. */
    void get(int type, byte[] message, Handler handler) {
        int asked = send(type, REQUEST, message);
        for (int i = 0; i < TRIES && receive(handler, LinuxCalls.MSG_DONTWAIT) != Received.NOTHING; i++) {
            if (answered == asked) {
                return;
            }
        }
    }

    /** Takes what is left of an answer that was given up: as long as it goes on the kernel answers nothing else. */
    void drain() {
        for (int n = 0; n < MOST_DATAGRAMS && receive(NOBODY, LinuxCalls.MSG_DONTWAIT) != Received.NOTHING; n++) {
            // Nobody waits for it any more.
        }
    }

    private static final class Dump implements Handler {
        private final Handler handler;
        private final int sequence;
        boolean done;
        boolean failed;
        /** What it tells of changed meanwhile. */
        boolean again;

        Dump(Handler handler, int sequence) {
            this.handler = handler;
            this.sequence = sequence;
        }

        @Override
        public void message(ByteBuffer in, int at, int type, int end) {
            if (in.getInt(at + 8) != sequence) {
                return;
            }
            again |= (in.getShort(at + 6) & INTERRUPTED) != 0;
            if (type == DONE || type == ERROR) {
                done = true;
                int error = end - at >= HEADER_BYTES + 4 ? in.getInt(at + HEADER_BYTES) : 0;
                // ENOENT: of a table that has never had an entry.
                failed = type == ERROR || (error < 0 && error != -LinuxCalls.ENOENT);
            } else {
                handler.message(in, at, type, end);
            }
        }
    }

    private static int aligned(int bytes) {
        return (bytes + 3) & ~3;
    }

    /** Where the value of the attribute stands, or -1; attributes begin at {@code at}. */
    static int attribute(ByteBuffer in, int at, int end, int wanted) {
        int next = at;
        while (next + 4 <= end) {
            int length = in.getShort(next) & 0xffff;
            if (length < 4 || next + length > end) {
                return -1;
            }
            if ((in.getShort(next + 2) & 0x3fff) == wanted) {
                return next + 4;
            }
            next += aligned(length);
        }
        return -1;
    }

    /** Of the attribute whose value stands there. */
    static int valueBytes(ByteBuffer in, int value) {
        return (in.getShort(value - 4) & 0xffff) - 4;
    }

    static byte[] value(ByteBuffer in, int value) {
        byte[] bytes = new byte[valueBytes(in, value)];
        in.get(value, bytes);
        return bytes;
    }

    /** Once: the number may be another's then. */
    synchronized void close() {
        if (!closed) {
            closed = true;
            calls.close(fd);
        }
    }
}
