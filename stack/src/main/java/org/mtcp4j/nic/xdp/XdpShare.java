/* SPDX-License-Identifier: Apache-2.0 */
package org.mtcp4j.nic.xdp;

import java.net.InetAddress;
import java.nio.ByteBuffer;
import java.util.List;
import java.util.function.LongSupplier;
import org.mtcp4j.nic.FrameBatch;
import org.mtcp4j.nic.InterfaceState;
import org.mtcp4j.nic.KernelShare;
import org.mtcp4j.nic.NicUnavailableException;
import org.mtcp4j.nic.linux.LinuxCalls;

/** The kernel's side of a shared interface: its state, its neighbours, its ports. What is not said to be any thread's is queue 0's owner's. */
final class XdpShare implements KernelShare {
    /** RTMGRP_LINK, NEIGH, IPV4_IFADDR, IPV4_ROUTE, IPV6_IFADDR, IPV6_ROUTE. */
    private static final int GROUPS = 0x1 | 0x4 | 0x10 | 0x40 | 0x100 | 0x400;

    private static final int DELLINK = 17;
    private static final int NEWADDR = 20;
    private static final int DELADDR = 21;
    private static final int NEWROUTE = 24;
    private static final int DELROUTE = 25;
    /** From one reading of the tables to the next, however much news there is. */
    private static final long PAUSE_NS = 100_000_000L;
    /** The tables are read again after so long where the kernel did not tell them; twice as long each time in a row. */
    private static final long RETRY_NS = 1_000_000_000L;

    private static final long MOST_RETRY_NS = 32 * RETRY_NS;
    /** News taken at a time. */
    private static final int MOST_NEWS = 64;

    private static final byte[] MAPPED = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, -1, -1};

    private final XdpFailures failures;
    private final InterfaceTable table;
    private final XdpProgram program;
    private final Netlink news;
    private final Netlink questions;
    private final KernelNeighbours neighbours;
    private final PortReservations reservations;
    private final Netlink.Handler handler = this::message;
    private volatile InterfaceState state;
    /** Written behind the state. */
    private volatile int version = 1;

    private volatile boolean closed;
    private int changes = 1;
    private boolean changed;
    /** The kernel had more news than there was room for. */
    private boolean lost;

    private final LongSupplier clockNs;
    /** When the tables may be read again. */
    private long readNs;

    private long retryNs = RETRY_NS;

    XdpShare(
            LinuxCalls calls,
            XdpFailures failures,
            InterfaceTable table,
            InterfaceTable.Link link,
            XdpProgram program,
            HelperLink helper,
            LongSupplier clockNs)
            throws NicUnavailableException {
        this.failures = failures;
        this.table = table;
        this.program = program;
        this.clockNs = clockNs;
        readNs = clockNs.getAsLong();
        news = new Netlink(calls, failures, GROUPS);
        questions = open(calls, failures);
        neighbours = new KernelNeighbours(news, questions, link.index(), link.mac(), helper, clockNs);
        reservations = new PortReservations(calls, link.index());
        // After the groups were joined: whatever changes from here on is heard of.
        InterfaceTable.Answer answer = table.read();
        if (answer == null || answer.state() == null) {
            news.close();
            questions.close();
            throw failures.sentence(
                    "the kernel does not tell the interface's addresses and routes by rtnetlink, or has "
                            + InterfaceTable.MOST_ROUTES + " routes or more; see dmesg and 'ip route'");
        }
        state = answer.state();
        neighbours.read();
        if (helper == null && !neighbours.mayLookFor()) {
            news.close();
            questions.close();
            throw failures.of("looking for neighbours", -LinuxCalls.EPERM, XdpFailures.CAPABILITIES);
        }
    }

    private Netlink open(LinuxCalls calls, XdpFailures failures) throws NicUnavailableException {
        try {
            return new Netlink(calls, failures, 0);
        } catch (NicUnavailableException e) {
            news.close();
            throw e;
        }
    }

    /** Readable while there is news. */
    int descriptor() {
        return news.fd;
    }

    KernelNeighbours neighbours() {
        return neighbours;
    }

    /** Takes what the kernel has to tell. */
    void look() {
        if (closed) {
            return;
        }
        Netlink.Received received = Netlink.Received.SOME;
        for (int i = 0; i < MOST_NEWS && received != Netlink.Received.NOTHING; i++) {
            received = news.receive(handler);
            lost |= received == Netlink.Received.LOST;
        }
        changed |= lost;
        if (changed && clockNs.getAsLong() - readNs >= 0) {
            read();
        }
    }

    private void read() {
        InterfaceTable.Answer answer = table.read();
        if (answer == null) {
            // Nothing is known of a change, so the state stays until there is an answer.
            readNs = clockNs.getAsLong() + retryNs;
            retryNs = Math.min(2 * retryNs, MOST_RETRY_NS);
            return;
        }
        if (lost) {
            neighbours.read();
        }
        lost = false;
        changed = false;
        retryNs = RETRY_NS;
        readNs = clockNs.getAsLong() + PAUSE_NS;
        InterfaceState last = state;
        InterfaceState now = answer.state();
        if (now == null) {
            // Gone: nothing gets through, and the addresses are kept for when it is back from another namespace.
            if (last.isUp()) {
                failures.warn(
                        "the interface is gone, so connections over it end by their timeouts; listeners at the any-address are"
                                + " served over the other interfaces, by the kernel; start the program again once it is there");
            }
            now = new InterfaceState(last.mtuBytes(), last.macAddress(), false, last.addresses(), List.of());
        }
        if (!now.equals(last)) {
            state = now;
            version = ++changes;
        }
    }

    /** When {@link #look} has something to do though there is no news; {@code Long.MAX_VALUE} for never. Queue 0's owner. */
    long nextDueNs() {
        return changed ? readNs : Long.MAX_VALUE;
    }

    private void message(ByteBuffer in, int at, int type, int end) {
        switch (type) {
            case KernelNeighbours.NEWNEIGH -> neighbours.heard(in, at, end);
            case KernelNeighbours.DELNEIGH -> neighbours.gone(in, at, end);
            case InterfaceTable.NEWLINK, DELLINK, NEWADDR, DELADDR, NEWROUTE, DELROUTE -> changed = true;
            default -> {
                // Of no interest, or an error that the next question repeats.
            }
        }
    }

    /** Appends the neighbours' answers, as far as there are frames and room. */
    void deliver(FrameBatch batch, XdpQueue queue, ByteBuffer bytes) {
        while (neighbours.hasAnswer() && batch.free() > 0) {
            int frame = queue.allocate();
            if (frame < 0) {
                return;
            }
            batch.add(frame, neighbours.writeAnswer(bytes, frame), 0);
        }
    }

    @Override
    public InterfaceState state() {
        return state;
    }

    @Override
    public int version() {
        return version;
    }

    private static byte[] mapped(InetAddress address) {
        byte[] bytes = address.getAddress();
        if (bytes.length == 16) {
            return bytes;
        }
        byte[] mapped = new byte[16];
        System.arraycopy(MAPPED, 0, mapped, 0, MAPPED.length);
        System.arraycopy(bytes, 0, mapped, MAPPED.length, bytes.length);
        return mapped;
    }

    @Override
    public boolean knowsNeighbour(long hi, long lo) {
        return !closed && neighbours.isKnown(hi, lo);
    }

    @Override
    public void enter(int place, InetAddress address) {
        program.enter(mapped(address), place);
    }

    @Override
    public void leave(InetAddress address) {
        program.leave(mapped(address));
    }

    @Override
    public void open(int place, int port, boolean ours) {
        program.open(place, port, ours);
    }

    @Override
    public int reserve(InetAddress address, int port, boolean reuse) {
        return reservations.reserve(address, port, reuse);
    }

    @Override
    public int reservedPort(int handle) {
        return reservations.port(handle);
    }

    @Override
    public void release(int handle) {
        reservations.release(handle);
    }

    /** The table is closed by who has opened it. */
    void close() {
        closed = true;
        news.close();
        questions.close();
        program.close();
    }
}
