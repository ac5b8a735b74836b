/* SPDX-License-Identifier: Apache-2.0 */
package org.mtcp4j.nic.xdp;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.Map;
import org.mtcp4j.nic.KernelShare;
import org.mtcp4j.nic.NicUnavailableException;
import org.mtcp4j.nic.linux.LinuxCalls;

/**
 * The program that leaves the stack's ports to its sockets, with its maps, by bpf(2). Everything is held by descriptors of this process
 * alone, the link to the interface as well, so it ends with the process, however that ends.
 */
final class XdpProgram implements AutoCloseable {
    /** Attached in the interface's driver, or for every driver's frames behind it. */
    static final int NATIVE = 1 << 2;

    static final int GENERIC = 1 << 1;

    private static final int MAP_CREATE = 0;
    private static final int MAP_UPDATE = 2;
    private static final int MAP_DELETE = 3;
    private static final int PROGRAM_LOAD = 5;
    private static final int LINK_CREATE = 28;
    private static final int TYPE_HASH = 1;
    private static final int TYPE_ARRAY = 2;
    private static final int TYPE_LRU_HASH = 9;
    private static final int TYPE_XSKMAP = 17;
    private static final int PROGRAM_XDP = 6;
    private static final int ATTACH_XDP = 37;
    private static final int MMAPABLE = 1 << 10;
    /** The program can have frames in pieces, which big MTUs make. */
    private static final int HAS_FRAGMENTS = 1 << 5;

    static final int MOST_QUEUES = 64;
    private static final int MOST_FRAGMENTS = 1_024;
    private static final int PORT_WORDS = 1_024;
    private static final int ADDRESS_BYTES = 16;
    private static final int FRAGMENT_BYTES = 24;
    private static final int ATTRIBUTE_BYTES = 128;
    private static final int PSEUDO_MAP_FD = 0x10;
    private static final int READ_WRITE = 3;
    private static final int SHARED = 1;
    private static final String LICENSE = "Apache-2.0";
    private static final String OLD = "the kernel must be 5.9 or later; use nic=tap:NAME on older ones";

    private static final VarHandle LONG = MethodHandles.byteBufferViewVarHandle(long[].class, ByteOrder.nativeOrder());

    private final LinuxCalls calls;
    private final XdpFailures failures;
    private final ByteBuffer attributes = LinuxCalls.memory(ATTRIBUTE_BYTES);
    private final ByteBuffer pair = LinuxCalls.memory(2 * ADDRESS_BYTES);
    private final int sockets;
    private final int ports;
    private final int own;
    private final int fragments;
    private final ByteBuffer portBits;
    private final long portBitsAddress;
    private int program = -1;
    private int link = -1;
    private boolean closed;

    /** Makes the maps. */
    XdpProgram(LinuxCalls calls, XdpFailures failures) throws NicUnavailableException {
        this(calls, failures, null);
    }

    /** @param handed descriptors as {@link #maps} gives them, of maps that another process has made; null to make them */
    XdpProgram(LinuxCalls calls, XdpFailures failures, int[] handed) throws NicUnavailableException {
        this.calls = calls;
        this.failures = failures;
        int[] made = handed == null ? new int[] {-1, -1, -1, -1} : handed.clone();
        try {
            if (handed == null) {
                made[0] = map(TYPE_XSKMAP, 4, 4, MOST_QUEUES, 0, "xsks_map");
                made[1] = map(TYPE_ARRAY, 4, 8, KernelShare.MOST_ADDRESSES * PORT_WORDS, MMAPABLE, "ports");
                made[2] = map(TYPE_HASH, ADDRESS_BYTES, 4, KernelShare.MOST_ADDRESSES, 0, "own");
                made[3] = map(TYPE_LRU_HASH, FRAGMENT_BYTES, Long.BYTES, MOST_FRAGMENTS, 0, "frags");
            }
            portBitsAddress =
                    failures.must(calls.mmap(portBytes(), READ_WRITE, SHARED, made[1], 0), "mapping the ports", OLD);
        } catch (NicUnavailableException | RuntimeException | Error e) {
            for (int fd : made) {
                closeFd(fd);
            }
            throw e;
        }
        sockets = made[0];
        ports = made[1];
        own = made[2];
        fragments = made[3];
        portBits = calls.view(portBitsAddress, portBytes());
    }

    /** Descriptors of the maps: sockets, ports, addresses, fragments. */
    int[] maps() {
        return new int[] {sockets, ports, own, fragments};
    }

    /** Of what holds the program at the interface; -1 where it is not attached. */
    int link() {
        return link;
    }

    /** The program is attached by another process, which has given us what holds it. */
    void attached(int linkFd) {
        link = linkFd;
    }

    private static int portBytes() {
        return KernelShare.MOST_ADDRESSES * PORT_WORDS * Long.BYTES;
    }

    private void clear() {
        for (int i = 0; i < ATTRIBUTE_BYTES; i += Long.BYTES) {
            attributes.putLong(i, 0);
        }
    }

    private long bpf(int command, int bytes) {
        return calls.bpf(command, calls.address(attributes), bytes);
    }

    private int map(int type, int keyBytes, int valueBytes, int entries, int flags, String name)
            throws NicUnavailableException {
        clear();
        attributes.putInt(0, type).putInt(4, keyBytes).putInt(8, valueBytes).putInt(12, entries);
        attributes.putInt(16, flags).put(28, name.getBytes(StandardCharsets.US_ASCII));
        return (int) failures.must(bpf(MAP_CREATE, ATTRIBUTE_BYTES), "bpf(BPF_MAP_CREATE) of " + name, OLD);
    }

    /** Loads the program, in place of one loaded before. */
    void load(boolean bigMtu) throws NicUnavailableException {
        closeFd(program);
        program = -1;
        ShareCode share = ShareCode.load();
        ByteBuffer code = LinuxCalls.memory(Long.BYTES * share.count());
        for (int i = 0; i < share.count(); i++) {
            code.putLong(Long.BYTES * i, share.instruction(i));
        }
        for (Map.Entry<Integer, String> place : share.maps().entrySet()) {
            int at = Long.BYTES * place.getKey();
            code.put(at + 1, (byte) ((code.get(at + 1) & 0x0f) | PSEUDO_MAP_FD));
            code.putInt(at + 4, descriptor(place.getValue()));
        }
        ByteBuffer license = LinuxCalls.memory(16).put(0, LICENSE.getBytes(StandardCharsets.US_ASCII));
        clear();
        attributes.putInt(0, PROGRAM_XDP).putInt(4, share.count()).putLong(8, calls.address(code));
        attributes.putLong(16, calls.address(license)).putInt(44, bigMtu ? HAS_FRAGMENTS : 0);
        attributes.put(48, "mtcp4j".getBytes(StandardCharsets.US_ASCII)).putInt(68, ATTACH_XDP);
        program = (int) failures.must(bpf(PROGRAM_LOAD, ATTRIBUTE_BYTES), "bpf(BPF_PROG_LOAD)", OLD);
    }

    private int descriptor(String map) {
        return switch (map) {
            case "xsks_map" -> sockets;
            case "ports" -> ports;
            case "own" -> own;
            default -> fragments;
        };
    }

    /**
     * From here on frames come.
     *
     * @return 0, or {@code -errno}
     */
    int attach(int interfaceIndex, int mode) {
        clear();
        attributes
                .putInt(0, program)
                .putInt(4, interfaceIndex)
                .putInt(8, ATTACH_XDP)
                .putInt(12, mode);
        long result = bpf(LINK_CREATE, 64);
        link = (int) result;
        return result < 0 ? (int) result : 0;
    }

    private long update(int map) {
        clear();
        attributes.putInt(0, map).putLong(8, calls.address(pair)).putLong(16, calls.address(pair) + ADDRESS_BYTES);
        return bpf(MAP_UPDATE, 32);
    }

    synchronized void socket(int queue, int fd) throws NicUnavailableException {
        pair.putInt(0, queue).putInt(ADDRESS_BYTES, fd);
        failures.must(update(sockets), "entering the socket of queue " + queue, OLD);
    }

    /** @param address 16 bytes, IPv4 mapped */
    synchronized void enter(byte[] address, int place) {
        if (!closed) {
            pair.put(0, address).putInt(ADDRESS_BYTES, place);
            update(own);
        }
    }

    synchronized void leave(byte[] address) {
        if (!closed) {
            pair.put(0, address);
            clear();
            attributes.putInt(0, own).putLong(8, calls.address(pair));
            bpf(MAP_DELETE, 32);
        }
    }

    /** A store to memory that the program reads. */
    synchronized void open(int place, int port, boolean ours) {
        if (!closed) {
            int at = (place * PORT_WORDS + (port >>> 6)) * Long.BYTES;
            long bit = 1L << (port & 63);
            long bits = (long) LONG.getVolatile(portBits, at);
            LONG.setVolatile(portBits, at, ours ? bits | bit : bits & ~bit);
        }
    }

    private void closeFd(int fd) {
        if (fd >= 0) {
            calls.close(fd);
        }
    }

    @Override
    public synchronized void close() {
        if (!closed) {
            closed = true;
            for (int fd : new int[] {link, program, sockets, ports, own, fragments}) {
                closeFd(fd);
            }
            calls.munmap(portBitsAddress, portBytes());
        }
    }
}
