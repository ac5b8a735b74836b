/* SPDX-License-Identifier: Apache-2.0 */
package org.mtcp4j.nic.xdp;

import java.nio.ByteBuffer;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import org.mtcp4j.nic.FramePool;
import org.mtcp4j.nic.NicSettings;
import org.mtcp4j.nic.NicUnavailableException;
import org.mtcp4j.nic.linux.LinuxCalls;

/** The steps from an interface's name to sockets that could receive, each with the sentence for its failure; and what they have opened. */
final class XdpOpening {
    /** The key {@code mtcp.xdp.helper}. */
    private static final String HELPER = "xdp.helper";

    private static final int SMALL_CHUNK_BYTES = 2_048;
    private static final int LARGE_CHUNK_BYTES = 4_096;
    /** An Ethernet header and a VLAN tag. */
    private static final int ETHERNET_BYTES = 18;

    private static final int MOST_LARGE_FRAMES = 128;
    private static final int FRAMES_A_LARGE_ONE = 32;
    private static final int LEAST_FRAMES = 512;
    private static final int LEAST_RING = 64;
    /** With fewer frames for what arrives a queue loses every burst. */
    private static final int LEAST_FILL = 8;

    private static final String MORE_MEMORY =
            "'ulimit -l unlimited', in Docker --ulimit memlock=-1, under systemd LimitMEMLOCK=infinity";
    /** From here on rings are not made smaller, but filled less. */
    private static final int MANY_QUEUES = 4;

    private static final int EVENT_BYTES = LinuxCalls.EPOLL_EVENT_BYTES;

    private final LinuxCalls calls;
    private final String interfaceName;
    private final NicSettings settings;
    private final XdpFailures failures;
    private final Deque<Runnable> undo = new ArrayDeque<>();

    private InterfaceTable.Link link;
    private XdpProgram program;
    private XdpShare share;
    private FramePool pool;
    private boolean checksums;
    private boolean scattered;
    private boolean isGeneric;
    private int frames;
    private int fillFrames;
    /** By receive queue. */
    private final List<XdpSocket> sockets = new ArrayList<>();
    /** By context. */
    private final List<XdpSocket> senders = new ArrayList<>();

    /** By context; of none where one of them could not be. */
    private final List<PacketSocket> tsoSockets = new ArrayList<>();

    private final List<Integer> epolls = new ArrayList<>();

    XdpOpening(LinuxCalls calls, String interfaceName, NicSettings settings) {
        this.calls = calls;
        this.interfaceName = interfaceName;
        this.settings = settings;
        failures = new XdpFailures(calls, interfaceName);
    }

    void open(String mode) throws NicUnavailableException {
        InterfaceTable table = new InterfaceTable(calls, failures);
        undo.push(table::close);
        link = find(table);
        String path = settings.option(HELPER, "");
        HelperLink helper = path.isEmpty() ? null : new HelperLink(calls, failures, path);
        if (helper != null) {
            undo.push(helper::close);
        }
        program = new XdpProgram(calls, failures, helper == null ? null : helper.maps(link));
        undo.push(program::close);
        openSockets();
        share = new XdpShare(calls, failures, table, link, program, helper, settings.clockNs());
        undo.push(share::close);
        isGeneric = helper == null
                ? new XdpAttachment(calls, failures, interfaceName).attach(program, link.index(), mode, scattered)
                : helper.attach(program, mode, scattered);
        for (XdpSocket socket : sockets) {
            program.socket(socket.queue, socket.fd);
        }
        for (int i = 0; i < settings.queues(); i++) {
            epolls.add(openEpoll(i));
        }
        if (checksums) {
            openTsoSockets();
        }
    }

    private void openTsoSockets() {
        for (int i = 0; i < settings.queues(); i++) {
            PacketSocket tsoSocket = PacketSocket.open(calls, link.index());
            if (tsoSocket == null) {
                tsoSockets.clear();
                return;
            }
            undo.push(tsoSocket::close);
            tsoSockets.add(tsoSocket);
        }
    }

    private InterfaceTable.Link find(InterfaceTable table) throws NicUnavailableException {
        InterfaceTable.Link found = table.require(failures);
        if (found.mac() == 0) {
            throw failures.sentence("the interface has no Ethernet address; share one of "
                    + String.join(", ", table.names()) + " that has, or use nic=tap:NAME");
        }
        return found;
    }

    // ---- sockets ----------------------------------------------------------------------------------------------------

    private void openSockets() throws NicUnavailableException {
        XdpSocket first = openSocket(0);
        registerMemory(first);
        int contexts = settings.queues();
        int ring =
                Math.max(LEAST_RING, Integer.highestOneBit(frames / (4 * Math.min(link.receiveQueues(), MANY_QUEUES))));
        first.makeRings(ring, null);
        scattered = first.bind(link.index(), null);
        sockets.add(first);
        // The kernel tells how many there may be, for a veth as many as there may be processors, and not how many there
        // are.
        int most = Math.min(link.receiveQueues(), XdpProgram.MOST_QUEUES + 1);
        for (int queue = 1; queue < most; queue++) {
            XdpSocket socket = openSocket(queue);
            socket.makeRings(ring, null);
            if (!socket.isThere(link.index(), first)) {
                undo.pop().run();
                break;
            }
            if (queue == XdpProgram.MOST_QUEUES) {
                throw failures.sentence("the interface has more than " + XdpProgram.MOST_QUEUES
                        + " receive queues; reduce them with 'ethtool -L " + interfaceName + " combined "
                        + XdpProgram.MOST_QUEUES + "'");
            }
            sockets.add(socket);
        }
        fillFrames = Math.min(ring, fillFrames(frames, sockets.size()));
        for (int i = 0; i < contexts; i++) {
            if (i < sockets.size()) {
                senders.add(sockets.get(i));
            } else {
                XdpSocket ofQueue = sockets.get(i % sockets.size());
                XdpSocket socket = openSocket(ofQueue.queue);
                socket.makeRings(ring, ofQueue);
                socket.bind(link.index(), ofQueue);
                senders.add(socket);
            }
        }
    }

    /** A quarter of all frames, among the receive queues: the rest is for what is sent and what waits for its reader. */
    int fillFrames(int frames, int queues) throws NicUnavailableException {
        int each = frames / (4 * queues);
        if (each < LEAST_FILL) {
            throw failures.sentence(frames + " frames are too few for " + queues
                    + " receive queues; set mtcp.frames to "
                    + Integer.highestOneBit(8 * LEAST_FILL * queues - 1)
                    + " or more and allow the process to lock memory ("
                    + MORE_MEMORY + "), or have fewer queues with 'ethtool -L " + interfaceName + " combined N'");
        }
        return each;
    }

    private XdpSocket openSocket(int queue) throws NicUnavailableException {
        XdpSocket socket = new XdpSocket(calls, failures, queue);
        undo.push(socket::close);
        return socket;
    }

    /** With fewer frames where the process may not lock so much memory. */
    private void registerMemory(XdpSocket socket) throws NicUnavailableException {
        frames = Math.max(LEAST_FRAMES, Integer.highestOneBit(settings.frames()));
        while (true) {
            pool = FramePool.ofChunks(
                    frames,
                    chunkBytes(),
                    XdpNic.HEADROOM_BYTES,
                    Math.min(MOST_LARGE_FRAMES, frames / FRAMES_A_LARGE_ONE),
                    XdpNic.LARGE_ROOM_BYTES,
                    settings.queues());
            int result = socket.register(calls.address(pool.region()), frames * chunkBytes(), chunkBytes());
            if (result >= 0) {
                checksums = result > 0;
                return;
            }
            boolean tooMuch = result == -LinuxCalls.ENOBUFS || result == -LinuxCalls.ENOMEM;
            if (!tooMuch || frames == LEAST_FRAMES) {
                throw failures.of(
                        "registering " + ((frames * chunkBytes()) >> 10) + " KiB for packets",
                        result,
                        "allow the process to lock memory: " + MORE_MEMORY);
            }
            frames /= 2;
        }
    }

    // ---- what to sleep on -------------------------------------------------------------------------------------------

    private int openEpoll(int context) throws NicUnavailableException {
        String cure = "raise the limit of open files (ulimit -n)";
        int epoll = (int) failures.must(calls.epollCreate1(LinuxCalls.EPOLL_CLOEXEC), "epoll_create1", cure);
        undo.push(() -> calls.close(epoll));
        ByteBuffer event = LinuxCalls.memory(EVENT_BYTES);
        event.putInt(0, LinuxCalls.EPOLLIN);
        List<Integer> descriptors = new ArrayList<>();
        for (XdpSocket socket : receivers(context)) {
            descriptors.add(socket.fd);
        }
        if (context == 0) {
            descriptors.add(share.descriptor());
        }
        for (int fd : descriptors) {
            int added = calls.epollCtl(epoll, LinuxCalls.EPOLL_CTL_ADD, fd, calls.address(event));
            failures.must(added, "epoll_ctl", cure);
        }
        return epoll;
    }

    // ---- the result -------------------------------------------------------------------------------------------------

    /** As configured, with {@code /generic} where the program is not in the driver. */
    String name() {
        return XdpNicProvider.KIND + ":" + interfaceName + (isGeneric ? "/generic" : "");
    }

    InterfaceTable.Link link() {
        return link;
    }

    int chunkBytes() {
        int needed = XdpNic.HEADROOM_BYTES + Math.min(settings.mtuBytes(), link.mtuBytes()) + ETHERNET_BYTES;
        return needed <= SMALL_CHUNK_BYTES ? SMALL_CHUNK_BYTES : LARGE_CHUNK_BYTES;
    }

    int mtuBytes() {
        int most = chunkBytes() - XdpNic.HEADROOM_BYTES - ETHERNET_BYTES;
        return Math.min(most, Math.min(settings.mtuBytes(), link.mtuBytes()));
    }

    /** Frames that each receive queue has for what arrives. */
    int fillFrames() {
        return fillFrames;
    }

    boolean checksums() {
        return checksums;
    }

    /** Whether there is somebody who cuts frames into segments. */
    boolean hasTso() {
        return !tsoSockets.isEmpty();
    }

    /** Null where {@link #hasTso} is false. */
    PacketSocket tsoSocket(int context) {
        return tsoSockets.isEmpty() ? null : tsoSockets.get(context);
    }

    FramePool pool() {
        return pool;
    }

    XdpShare share() {
        return share;
    }

    /** Of the context: those of every queue whose number is the context's, modulo the number of contexts. */
    XdpSocket[] receivers(int context) {
        return sockets.stream()
                .filter(socket -> socket.queue % settings.queues() == context)
                .toArray(XdpSocket[]::new);
    }

    XdpSocket sender(int context) {
        return senders.get(context);
    }

    int epoll(int context) {
        return epolls.get(context);
    }

    /** The program first, so that nothing comes any more. */
    void close() {
        if (program != null) {
            program.close();
        }
        while (!undo.isEmpty()) {
            undo.pop().run();
        }
    }
}
