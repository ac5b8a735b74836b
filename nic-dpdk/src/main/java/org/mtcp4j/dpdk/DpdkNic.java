/* SPDX-License-Identifier: Apache-2.0 */
package org.mtcp4j.dpdk;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.SplittableRandom;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import org.mtcp4j.nic.FramePool;
import org.mtcp4j.nic.Nic;
import org.mtcp4j.nic.NicQueue;
import org.mtcp4j.nic.NicSettings;
import org.mtcp4j.nic.NicUnavailableException;
import org.mtcp4j.nic.PacketMemory;
import org.mtcp4j.nic.linux.LinuxCalls;
import org.mtcp4j.nic.linux.LinuxCallsLoader;
import org.mtcp4j.nic.xdp.XdpPrograms;

/** A DPDK port. Its frames are mbufs in one region, which Java sees as a buffer and the port as a mempool. */
final class DpdkNic implements Nic {
    /** {@code struct memory} of the shim. */
    private static final int MEMORY_BYTES = 10 * Long.BYTES;

    private static final int FRAMES_AT = 0;
    private static final int ROOM_AT = 8;
    private static final int LARGE_AT = 16;
    private static final int LARGE_ROOM_AT = 24;
    private static final int CACHE_AT = 32;
    private static final int BASE_AT = 40;
    private static final int BYTES_AT = 48;
    private static final int LARGE_BEGIN_AT = 56;
    /** {@code struct port}. */
    private static final int PORT_BYTES = 9 * Long.BYTES;

    private static final int QUEUES_AT = 0;
    private static final int MTU_AT = 8;
    private static final int RING_AT = 16;
    private static final int INTERRUPTS_AT = 24;
    private static final int CAPABILITIES_AT = 32;
    private static final int RX_QUEUES_AT = 40;
    private static final int TX_QUEUES_AT = 48;
    private static final int MOST_MTU_AT = 56;
    private static final int STEP_AT = 64;

    /** Options that are no keys, on by default: for who uses a NIC without a stack, and to measure what each of them is worth. */
    static final String SOFTWARE_CHECKSUMS = "dpdk.software-checksums";

    static final String LCORE_IDS = "dpdk.lcore-ids";

    /** {@code enum} of the shim: who makes and checks TCP checksums that the port does not. */
    private static final int SUMS_LEFT = 0;

    private static final int SUMS_MADE = 1;
    private static final int SUMS_TRUSTED = 2;
    /** Made and checked, but for those that the kernel of this machine has left to an interface. */
    private static final int SUMS_LOCAL = 3;

    private static final int RING = 1024;
    private static final int LARGE_ROOM_BYTES = DevArgs.MOST_ROOM_BYTES;

    private static final int LARGE_FRAMES = 128;
    private static final int MOST_CACHED = 256;
    /** mbuf, headroom, the mempool's own header, and padding. */
    private static final int FRAME_OVERHEAD_BYTES = 384;

    private static final AtomicInteger SERIAL = new AtomicInteger();

    private final Eal eal;
    private final DpdkCalls calls;
    private final DevArgs device;
    private final NicSettings settings;
    private final String poolName;
    private final ByteBuffer memoryStructure =
            ByteBuffer.allocateDirect(MEMORY_BYTES).order(ByteOrder.nativeOrder());
    private final ByteBuffer portStructure =
            ByteBuffer.allocateDirect(PORT_BYTES).order(ByteOrder.nativeOrder());
    private final long memoryAddress;
    private final long portAddress;
    private final int roomBytes;
    private final Wakeups wakeups;
    private final MemifLink memif;
    private final AtomicBoolean closed = new AtomicBoolean();

    /** The sentence of the XDP program that the interface had before the start; null for none, and for other devices. */
    private final String attached;

    private int port = -1;
    private int capabilities;
    private long macAddress;
    private PacketMemory memory;
    private DpdkQueue[] queues;
    private long[] queueAddresses = {};
    private int totalFrames;
    private int largeRoomBytes;

    private DpdkNic(Eal eal, DevArgs device, NicSettings settings, String attached) {
        this.eal = eal;
        this.calls = eal.calls;
        this.device = device;
        this.settings = settings;
        this.attached = attached;
        this.wakeups = new Wakeups(calls, device);
        this.memif = new MemifLink(device);
        this.roomBytes = FramePool.roomBytes(settings.mtuBytes());
        this.poolName = "mtcp" + SERIAL.getAndIncrement();
        this.memoryAddress = calls.address(memoryStructure);
        this.portAddress = calls.address(portStructure);
    }

    static DpdkNic open(DevArgs device, NicSettings settings) throws NicUnavailableException {
        PciDevices.check(PciDevices.DEVICES, device);
        if (trusts(settings) && !new MemifLink(device).isMemif()) {
            throw new NicUnavailableException(
                    device.name() + " may lead out of the machine, where checksums are needed;"
                            + " take mtcp.dpdk.checksums=full, trusted is for net_memif");
        }
        String attached = null;
        if (XdpQueues.isXdp(device)) {
            LinuxCalls linux = LinuxCallsLoader.load();
            XdpQueues.check(linux, device);
            attached = XdpPrograms.sentence(linux, device.argument("iface"));
        }
        Eal eal = Eal.get(device, settings, needBytes(settings));
        DpdkNic nic = new DpdkNic(eal, device, settings, attached);
        StringBuilder said = new StringBuilder();
        try {
            nic.start(said);
            return nic;
        } catch (NicUnavailableException | RuntimeException | Error e) {
            nic.close();
            throw e;
        }
    }

    private static int pooledFrames(NicSettings settings) {
        return settings.frames() + settings.queues() * (2 * RING + 2 * DpdkQueue.AREA_FRAMES);
    }

    private static long needBytes(NicSettings settings) {
        long small = (long) FramePool.roomBytes(settings.mtuBytes()) + FRAME_OVERHEAD_BYTES;
        return pooledFrames(settings) * small + LARGE_FRAMES * (long) (LARGE_ROOM_BYTES + FRAME_OVERHEAD_BYTES);
    }

    // ---- opening ----------------------------------------------------------------------------------------------------

    private void start(StringBuilder said) throws NicUnavailableException {
        if (device.isPci() && !eal.hasPci()) {
            throw new NicUnavailableException("PCI device " + device.name()
                    + " comes behind a virtual one, but DPDK looks for PCI devices only when it starts; name it first in"
                    + " mtcp.nic");
        }
        memif.removeDeadSocket(calls);
        port = eal.configure(settings, said, this::findPort);
        if (port < 0) {
            throw new NicUnavailableException(
                    EalFailures.device(device, said.toString(), calls.errorText(-port), attached));
        }
        look();
        makeMemory();
        int failed = eal.configure(settings, said, () -> calls.portOpen(port, memoryAddress, portAddress));
        if (failed != 0) {
            throw startFailure(-failed, said.toString());
        }
        setAddress();
        int ofPort = (int) portStructure.getLong(CAPABILITIES_AT);
        // Where a port has no checksums, the shim makes and checks them.
        int checksums = TX_CHECKSUM | RX_CHECKSUM;
        capabilities =
                (sums() != SUMS_LEFT ? checksums : ofPort & checksums) | (ofPort & (largeRoomBytes > 0 ? TSO : 0));
        capabilities |= trusts(settings) ? INSIDE : 0;
        makeQueues();
        totalFrames = calls.freeFrames(memoryAddress);
        memif.keep(this::isLinkUp, this::restart);
        say();
    }

    private boolean restart() {
        try {
            return eal.configure(settings, new StringBuilder(), () -> calls.restart(port)) == 0;
        } catch (NicUnavailableException e) {
            return false;
        }
    }

    /** What was found and chosen, in one line. */
    private void say() {
        String log = settings.option("log", "warn");
        if (log.equals("info") || log.equals("debug")) {
            System.err.println("[mtcp] INFO " + name() + " on " + calls.version() + ", "
                    + (eal.hasHugepages() ? "hugepages" : "no hugepages") + "; "
                    + Wakeups.sentence(queues, (int) portStructure.getLong(RX_QUEUES_AT)));
        }
    }

    private static boolean trusts(NicSettings settings) {
        return settings.option("dpdk.checksums", "full").equals("trusted");
    }

    private int sums() {
        int made = isOnKernelsInterface() ? SUMS_LOCAL : SUMS_MADE;
        return trusts(settings) ? SUMS_TRUSTED : isOn(SOFTWARE_CHECKSUMS) ? made : SUMS_LEFT;
    }

    /** The driver hands over frames as the kernel has them: those of a peer in this machine without the sum that an interface was to make. */
    private boolean isOnKernelsInterface() {
        return device.name().startsWith("net_af_packet") || XdpQueues.isXdp(device);
    }

    private boolean isOn(String option) {
        return Boolean.parseBoolean(settings.option(option, "true"));
    }

    private int findPort() throws NicUnavailableException {
        int known = calls.portByName(device.name());
        if (known >= 0) {
            return known;
        }
        int ungated = memif.isMemif() ? calls.gate() : 0;
        int failed = ungated != 0 ? ungated : calls.probe(device.textFor(settings.mtuBytes()));
        int found = calls.portByName(device.name());
        return found >= 0 ? found : failed != 0 ? failed : found;
    }

    private void look() throws NicUnavailableException {
        int failed = calls.portLook(port, portAddress);
        if (failed != 0) {
            throw startFailure(-failed, "");
        }
        boolean tso = (portStructure.getLong(CAPABILITIES_AT) & TSO) != 0;
        largeRoomBytes = tso ? LARGE_ROOM_BYTES : 0;
        if (portStructure.getLong(MOST_MTU_AT) > 0 && settings.mtuBytes() > portStructure.getLong(MOST_MTU_AT)) {
            throw new NicUnavailableException(device.name() + " cannot have an MTU of " + settings.mtuBytes()
                    + "; set mtcp.mtu to at most " + portStructure.getLong(MOST_MTU_AT));
        }
        portStructure.putLong(QUEUES_AT, settings.queues());
        portStructure.putLong(MTU_AT, settings.mtuBytes());
        portStructure.putLong(RING_AT, RING);
        portStructure.putLong(INTERRUPTS_AT, wakeups.wantsInterrupts() ? 1 : 0);
    }

    private void makeMemory() throws NicUnavailableException {
        int frames = pooledFrames(settings);
        memoryStructure.putLong(FRAMES_AT, frames);
        memoryStructure.putLong(ROOM_AT, roomBytes);
        memoryStructure.putLong(LARGE_AT, largeRoomBytes > 0 ? LARGE_FRAMES : 0);
        memoryStructure.putLong(LARGE_ROOM_AT, LARGE_ROOM_BYTES);
        memoryStructure.putLong(CACHE_AT, Math.min(MOST_CACHED, frames / (8 * settings.queues())));
        int failed = calls.memoryNew(poolName, memoryAddress);
        if (failed != 0) {
            memoryStructure.putLong(BASE_AT, 0);
            throw new NicUnavailableException("DPDK has no " + (needBytes(settings) >> 20) + " MiB for "
                    + settings.frames() + " frames (" + calls.errorText(-failed)
                    + "); set a smaller mtcp.frames, or give DPDK more memory with mtcp.dpdk.eal-args=-m MEBIBYTES");
        }
        memory = new PacketMemory(
                calls.view(memoryStructure.getLong(BASE_AT), (int) memoryStructure.getLong(BYTES_AT)),
                memoryStructure.getLong(BASE_AT));
    }

    private NicUnavailableException startFailure(int errno, String said) {
        String step =
                switch ((int) portStructure.getLong(STEP_AT)) {
                    case 1 -> "configuring";
                    case 2 -> "setting up a receive queue of";
                    case 3 -> "setting up a transmit queue of";
                    case 4 -> "starting";
                    default -> "looking at";
                };
        String last = EalFailures.last(said, "");
        return new NicUnavailableException(step + " " + device.name() + " failed ("
                + (last.isEmpty() ? calls.errorText(errno) : last)
                + "); check its arguments in mtcp.nic, mtcp.contexts and mtcp.mtu against docs/dpdk.md"
                + (attached == null ? "" : ". " + attached));
    }

    /** A port that cannot be told its address receives everything, and the stack looks at addresses itself. */
    private void setAddress() {
        long own = calls.macAddress(port);
        macAddress = settings.macAddress() != 0 ? settings.macAddress() : own;
        if (macAddress <= 0) {
            macAddress = 0x0200_0000_0000L | (new SplittableRandom().nextLong() & 0x00ff_ffff_ffffL);
        }
        if (macAddress != own && calls.setMacAddress(port, macAddress) != 0) {
            calls.promiscuous(port);
        }
    }

    private void makeQueues() throws NicUnavailableException {
        int count = settings.queues();
        int receiving = (int) portStructure.getLong(RX_QUEUES_AT);
        int sending = (int) portStructure.getLong(TX_QUEUES_AT);
        boolean checked = DpdkNic.class.desiredAssertionStatus();
        HeldFrames held = checked ? new HeldFrames(memory.sizeBytes()) : null;
        // struct place of the shim: port, receive queue or -1, transmit queue, lcore id or -1, who has that transmit
        // queue already, whether it is gated, who makes checksums.
        int[] fds = wakeups.descriptors(port, Math.min(count, receiving));
        ByteBuffer place = ByteBuffer.allocateDirect(7 * Long.BYTES).order(ByteOrder.nativeOrder());
        queueAddresses = new long[count];
        queues = new DpdkQueue[count];
        for (int i = 0; i < count; i++) {
            int transmit = i % Math.max(1, sending);
            place.putLong(0, port);
            place.putLong(8, i < receiving ? i : -1);
            place.putLong(16, transmit);
            place.putLong(24, isOn(LCORE_IDS) ? eal.takeLcore() : -1);
            place.putLong(32, transmit == i ? 0 : queueAddresses[transmit]);
            place.putLong(40, memif.isMemif() ? 1 : 0);
            place.putLong(48, sums());
            queueAddresses[i] = calls.queueNew(memoryAddress, calls.address(place));
            if (queueAddresses[i] == 0) {
                throw new NicUnavailableException("DPDK has no memory for queue " + i + " of " + device.name()
                        + "; give it more with mtcp.dpdk.eal-args=-m MEBIBYTES");
            }
            queues[i] = new DpdkQueue(
                    calls,
                    queueAddresses[i],
                    (int) memoryStructure.getLong(LARGE_BEGIN_AT),
                    new DpdkQueue.Arrivals(i < receiving, i < receiving ? fds[i] : -1, wakeups.hasEventfd()),
                    held);
        }
    }

    // ---- the contract -----------------------------------------------------------------------------------------------

    @Override
    public String name() {
        return "dpdk:" + device.text();
    }

    @Override
    public PacketMemory memory() {
        return memory;
    }

    @Override
    public int mtuBytes() {
        return settings.mtuBytes();
    }

    @Override
    public long macAddress() {
        return macAddress;
    }

    @Override
    public int capabilities() {
        return capabilities;
    }

    @Override
    public int frameBytes() {
        return roomBytes;
    }

    @Override
    public int largeFrameBytes() {
        return largeRoomBytes;
    }

    @Override
    public int queues() {
        return queues.length;
    }

    @Override
    public NicQueue queue(int index) {
        return queues[index];
    }

    @Override
    public int freeFrames() {
        if (closed.get()) {
            return totalFrames;
        }
        int free = calls.freeFrames(memoryAddress);
        for (DpdkQueue queue : queues) {
            free += queue.keptFrames();
        }
        return Math.min(free, totalFrames);
    }

    @Override
    public int totalFrames() {
        return totalFrames;
    }

    @Override
    public long droppedFrames() {
        long dropped = 0;
        if (!closed.get()) {
            dropped = calls.missed(port);
            for (DpdkQueue queue : queues) {
                dropped += queue.dropped();
            }
        }
        return dropped;
    }

    boolean isLinkUp() {
        return calls.isLinkUp(port);
    }

    /** The port is stopped before its memory goes: DPDK's own threads may be in it until then. */
    @Override
    public void close() {
        if (!closed.compareAndSet(false, true)) {
            return;
        }
        memif.close();
        for (int i = 0; i < queueAddresses.length; i++) {
            if (queues[i] != null) {
                calls.queueLeave(queueAddresses[i]);
                queues[i].giveBack();
            }
        }
        try {
            eal.configure(settings, new StringBuilder(), this::closePort);
        } catch (NicUnavailableException e) {
            // Nothing that a caller could mend; the process ends soon.
        }
    }

    private int closePort() {
        if (port >= 0) {
            apart(() -> calls.portStop(port));
        }
        for (long queue : queueAddresses) {
            if (queue != 0) {
                calls.queueFree(queue);
            }
        }
        if (port >= 0) {
            apart(() -> {
                calls.portClose(port);
                calls.remove(device.isPci() ? "pci" : "vdev", device.name());
            });
            wakeups.closeLeftovers();
        }
        if (memoryStructure.getLong(BASE_AT) != 0) {
            calls.memoryFree(poolName, memoryAddress);
        }
        return 0;
    }

    /** memif's driver lets go of a link on DPDK's interrupt thread when the peer leaves, and here; both at once free the same twice. */
    private void apart(Runnable work) {
        if (!memif.isMemif()) {
            work.run();
            return;
        }
        calls.keepApart(true);
        try {
            work.run();
        } finally {
            calls.keepApart(false);
        }
    }
}
