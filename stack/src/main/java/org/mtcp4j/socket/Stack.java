/* SPDX-License-Identifier: Apache-2.0 */
package org.mtcp4j.socket;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;
import java.util.stream.Collectors;
import org.mtcp4j.config.Key;
import org.mtcp4j.config.StackConfig;
import org.mtcp4j.core.Context;
import org.mtcp4j.core.Engine;
import org.mtcp4j.core.LinuxPinning;
import org.mtcp4j.core.MemoryBudget;
import org.mtcp4j.core.NoPinning;
import org.mtcp4j.core.Pinning;
import org.mtcp4j.ip.IpAddress;
import org.mtcp4j.ip.Subnet;
import org.mtcp4j.nic.Nic;
import org.mtcp4j.nic.NicFactory;
import org.mtcp4j.nic.NicSettings;
import org.mtcp4j.nic.NicUnavailableException;
import org.mtcp4j.nic.VlanNic;
import org.mtcp4j.nic.xdp.XdpNicProvider;
import org.mtcp4j.stats.Counter;
import org.mtcp4j.stats.SideCounters;
import org.mtcp4j.stats.SideReason;
import org.mtcp4j.wire.Ethernet;

/** A running stack: its contexts, NICs and background threads. One per JVM in production; tests start several. */
public final class Stack implements Reach, AutoCloseable {
    /** Frames of the loopback beside another NIC: for the program's connections to its own address. */
    private static final int HAIRPIN_FRAMES = 2_048;

    private static final int MIN_FRAMES = 256;

    /** 4095 is reserved (IEEE 802.1Q). */
    private static final int MOST_VLAN = 4_094;

    private static final int MOST_MTU = 65_535;

    /** After connections had their time to end of themselves. */
    private static final long MAX_LEAVE_NS = 1_000_000_000;

    private final Engine engine;
    private final SideCounters sides = new SideCounters();
    private final StackCapture capture;
    private boolean stopped;

    private Stack(Engine engine) {
        this.engine = engine;
        capture = new StackCapture(engine);
    }

    /**
     * @throws StackUnavailableException with one sentence: what, why, how to mend; nothing is left open
     */
    public static Stack start(StackConfig config) throws StackUnavailableException {
        return start(config, sentence -> System.err.println("[mtcp] ERROR " + sentence));
    }

    /** @param errors told, in one sentence, when a context fails as a whole */
    public static Stack start(StackConfig config, Consumer<String> errors) throws StackUnavailableException {
        AddressConfig addresses = new AddressConfig(config);
        List<Nic> nics = openNics(config);
        Pinning pinning =
                nics.size() == 1 && config.text(Key.CPUS).isEmpty() ? new NoPinning() : nativePinning(config, nics);
        Engine engine = new Engine(config, nics, addresses.routes(), pinning, (context, cause) -> {
            errors.accept("context " + context.index() + " failed and begins anew, its connections are reset: " + cause
                    + "; please report this with the stack trace");
            cause.printStackTrace();
        });
        engine.watch(
                (context, thread) -> errors.accept(longRound(context, thread)),
                (context, error) -> {
                    errors.accept(contained(context, error));
                    if (!(error instanceof VirtualMachineError)) {
                        error.printStackTrace();
                    }
                },
                errors);
        if (addresses.plan().any()) {
            engine.learn(addresses.plan());
        }
        engine.start();
        awaitAddresses(engine, addresses, config.number(Key.ADDRESS_WAIT));
        return new Stack(engine);
    }

    private static String contained(Context context, Throwable error) {
        String what = "context " + context.index() + " met " + error + ", "
                + context.counters().get(Counter.FLOW_ERRORS)
                + " error(s) so far; each ended the work on one packet or connection";
        return error instanceof VirtualMachineError ? what : what + "; please report this with the stack trace";
    }

    private static String longRound(Context context, Thread thread) {
        StringBuilder text = new StringBuilder("context " + context.index()
                + " is in a round that has run longer than 1 s; please report this stack of " + thread.getName() + ":");
        for (StackTraceElement frame : thread.getStackTrace()) {
            text.append(System.lineSeparator()).append("\tat ").append(frame);
        }
        return text.toString();
    }

    /** A program that starts without its address would bind and connect past the stack. */
    private static void awaitAddresses(Engine engine, AddressConfig addresses, long timeoutNs)
            throws StackUnavailableException {
        boolean interrupted = false;
        try {
            if (engine.awaitAddresses(timeoutNs)) {
                return;
            }
        } catch (InterruptedException e) {
            interrupted = true;
        }
        engine.stop(0);
        if (interrupted) {
            Thread.currentThread().interrupt();
        }
        throw new StackUnavailableException(addresses.missing(timeoutNs));
    }

    private static Pinning nativePinning(StackConfig config, List<Nic> nics) throws StackUnavailableException {
        try {
            return new LinuxPinning(config.text(Key.CPUS));
        } catch (IllegalArgumentException | NicUnavailableException e) {
            nics.forEach(Nic::close);
            throw new StackUnavailableException(e.getMessage(), e);
        }
    }

    private static List<Nic> openNics(StackConfig config) throws StackUnavailableException {
        String[] specs = config.text(Key.NIC).split(";", -1);
        List<Nic> opened = new ArrayList<>();
        try {
            if (!isMemory(specs[0])) {
                opened.add(NicFactory.open(
                        "memory",
                        settings(config, affordable(config, HAIRPIN_FRAMES), 0, config.intValue(Key.MTU)),
                        ""));
            }
            for (int i = 0; i < specs.length; i++) {
                if (specs.length > 1 && isMemory(specs[i])) {
                    throw new NicUnavailableException(
                            "mtcp.nic has memory beside other NICs, which is there in any case; leave it out");
                }
                String capture = config.text(Key.CAPTURE);
                String file = i == 0 || capture.isEmpty() ? capture : capture + "." + i;
                int vlan = vlan(config, i);
                if (vlan != 0 && specs[i].trim().startsWith("xdp:")) {
                    throw new NicUnavailableException(notOfXdp(specs[i].trim(), vlan));
                }
                Nic nic = NicFactory.open(specs[i].trim(), settings(config, frames(config), i, mtu(config, i)), file);
                opened.add(vlan == 0 ? nic : new VlanNic(nic, vlan));
            }
            return opened;
        } catch (StackUnavailableException e) {
            opened.forEach(Nic::close);
            throw e;
        } catch (NicUnavailableException e) {
            opened.forEach(Nic::close);
            throw new StackUnavailableException(e.getMessage(), e);
        }
    }

    /** Not more than the budget has for them, unless the user has said how many. */
    private static int frames(StackConfig config) {
        int frames = config.intValue(Key.FRAMES);
        return config.isDefault(Key.FRAMES) ? affordable(config, frames) : frames;
    }

    private static int affordable(StackConfig config, int frames) {
        long most = MemoryBudget.of(config).frameBytes() / Math.max(2_048, config.intValue(Key.MTU));
        return (int) Math.max(MIN_FRAMES, Math.min(frames, most));
    }

    static boolean isMemory(String spec) {
        return spec.equals("memory") || spec.startsWith("memory:");
    }

    /** The part of a key's value that belongs to the NIC of that index; empty where there is none. */
    private static String part(StackConfig config, Key key, int nic) {
        String[] parts = config.text(key).split(";", -1);
        return nic < parts.length ? parts[nic].trim() : "";
    }

    /** 0 for none. */
    private static int vlan(StackConfig config, int nic) throws StackUnavailableException {
        String text = part(config, Key.VLAN, nic);
        int vlan = text.matches("\\d{1,4}") ? Integer.parseInt(text) : 0;
        if (text.isEmpty() || (vlan >= 1 && vlan <= MOST_VLAN)) {
            return vlan;
        }
        throw new StackUnavailableException(Key.VLAN.property() + " cannot be '" + text + "'; it is a number from 1 to "
                + MOST_VLAN + ", or empty for none");
    }

    private static String notOfXdp(String spec, int vlan) {
        String name = spec.split("/", -1)[0] + "." + vlan;
        return "mtcp.vlan=" + vlan + " cannot be with nic=" + spec
                + ", since the kernel's own interface has no tags; write nic=" + name
                + ", an interface made by 'ip link add link', and leave mtcp.vlan out";
    }

    private static NicSettings settings(StackConfig config, int frames, int nic, int mtuBytes)
            throws StackUnavailableException {
        String mac = part(config, Key.MAC, nic);
        String hostIp = AddressConfig.hostIps(part(config, Key.TAP_HOST_IP, nic)).stream()
                .map(Stack::spelledOut)
                .collect(Collectors.joining(","));
        long address;
        try {
            address = mac.isEmpty() ? 0 : Ethernet.parse(mac);
        } catch (IllegalArgumentException e) {
            throw new StackUnavailableException("mtcp.mac: " + e.getMessage(), e);
        }
        if ((address >>> 40 & 1) != 0 || (address == 0 && !mac.isEmpty())) {
            throw new StackUnavailableException(
                    "mtcp.mac: '" + mac
                            + "' is a group's address or nobody's, and no host's; the first pair of digits is even, as 02:00:5e:00:53:01");
        }
        return new NicSettings(
                config.intValue(Key.CONTEXTS),
                mtuBytes,
                address,
                frames,
                hostIp.isEmpty() ? null : hostIp,
                System::nanoTime,
                nicOptions(config));
    }

    /** As {@link NicSettings#hostIp} has it. */
    private static String spelledOut(Subnet subnet) {
        IpAddress address = subnet.address().withoutZone();
        if (address.isIpv4()) {
            return subnet.toString();
        }
        StringBuilder groups = new StringBuilder();
        for (int i = 0; i < 8; i++) {
            long half = i < 4 ? address.hi() : address.lo();
            groups.append(i == 0 ? "" : ":").append(Long.toHexString(half >>> (48 - 16 * (i & 3)) & 0xffff));
        }
        return groups + "/" + subnet.prefixBits();
    }

    /** An interface that the kernel has, too, has its MTU from there unless a smaller one is wanted. */
    /** Of an interface that is the kernel's: as much as that one takes. */
    private static int mtu(StackConfig config, int nic) {
        boolean shared = part(config, Key.NIC, nic).startsWith(XdpNicProvider.KIND + ":");
        return shared && config.isDefault(Key.MTU) ? MOST_MTU : config.intValue(Key.MTU);
    }

    private static Map<String, String> nicOptions(StackConfig config) {
        return Map.of(
                Key.DPDK_EAL_ARGS.shortName(), config.text(Key.DPDK_EAL_ARGS),
                Key.DPDK_NO_HUGE.shortName(), config.text(Key.DPDK_NO_HUGE),
                Key.DPDK_CHECKSUMS.shortName(), config.text(Key.DPDK_CHECKSUMS),
                Key.XDP_HELPER.shortName(), config.text(Key.XDP_HELPER),
                Key.LOG.shortName(), config.text(Key.LOG));
    }

    public StackSocket newSocket() {
        return new StackSocket(engine);
    }

    public StackListener newListener() {
        return new StackListener(engine);
    }

    public EventQueue newEventQueue() {
        return new EventQueue(engine);
    }

    /** Whether a socket may be bound to this address on the stack: its own, the any-address, loopback where the stack has it. */
    @Override
    public boolean owns(InetAddress local) {
        IpAddress ip = Binds.wireAddress(local);
        return ip.isAny() || engine.addresses().isLocal(ip);
    }

    /**
     * Where a connection to this address goes. To the stack if the address is one of its own, or it has a route; but a loopback address leads
     * to it only where somebody of the stack's listens: other programs, and sockets that stayed on the kernel, are reached by the same
     * addresses.
     */
    @Override
    public SideReason sideOf(InetSocketAddress remote) {
        IpAddress ip = Binds.wireAddress(remote.getAddress());
        if (!engine.isReachable(ip)) {
            return SideReason.KERNEL_NO_ROUTE;
        }
        return engine.isLeftToKernel(ip, remote.getPort()) ? SideReason.KERNEL_LOOPBACK : SideReason.STACK;
    }

    /** Whether the stack has the address only because it serves the machine's loopback: the kernel has it too. */
    @Override
    public boolean shares(InetAddress address) {
        return engine.addresses().isShared(Binds.wireAddress(address));
    }

    /** What became of the sockets that could have been the stack's. */
    public SideCounters sides() {
        return sides;
    }

    /** Whether addresses come from the network: then they may change at any time. */
    public boolean learnsAddresses() {
        return engine.learnsAddresses();
    }

    /** The addresses that the stack has now, with their prefixes, and where it sends what is for no network of its own. */
    public String addressText() {
        return engine.routes().toText();
    }

    /** Whether binds take their ports in the kernel as well, since an interface is shared with it. */
    public boolean reservesInKernel() {
        return engine.reservesInKernel();
    }

    /** What {@code mtcp.ip} comes to. */
    public static String ipText(StackConfig config) {
        return AddressConfig.text(config);
    }

    /** What was configured and will not have the effect that was meant, a sentence each with the cure. */
    public List<String> warnings(StackConfig config) {
        List<String> warnings = new ArrayList<>();
        int processors = Runtime.getRuntime().availableProcessors();
        if (config.intValue(Key.CONTEXTS) > processors) {
            warnings.add("mtcp.contexts=" + config.intValue(Key.CONTEXTS) + " is more than the " + processors
                    + " processor(s) that this JVM may use: contexts wait for each other; set mtcp.contexts="
                    + processors + " or less");
        }
        if (!config.text(Key.CPUS).isEmpty() && config.is(Key.DRIVER, "inline")) {
            warnings.add("mtcp.cpus=" + config.text(Key.CPUS)
                    + " has no effect with mtcp.driver=inline, where contexts have no"
                    + " threads of their own; set mtcp.driver=dedicated, or pin the program with taskset");
        }
        SharedInterfaces.warn(config.text(Key.NIC), engine.nics(), warnings);
        if (engine.budget().warning() != null) {
            warnings.add(engine.budget().warning());
        }
        String[] specs = config.text(Key.NIC).split(";", -1);
        for (int i = 0; i < specs.length; i++) {
            String spec = specs[i].trim();
            if (spec.startsWith("tap:")
                    && part(config, Key.TAP_HOST_IP, i).isEmpty()
                    && !engine.nics().get(1 + i).isUp()) {
                String name = spec.substring(4).replaceAll(",.*", "");
                warnings.add("TAP device '" + name
                        + "' is down at the kernel's end, so nothing gets through, and mtcp.tap.host-ip is empty;"
                        + " set it, as tap.host-ip=198.18.0.1/24, or run 'ip addr add 198.18.0.1/24 dev " + name
                        + " && ip link set " + name
                        + " up'");
            }
        }
        return warnings;
    }

    /** Connections, pools and counters as text. */
    public String report() {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        try {
            report(List.of(), bytes);
        } catch (IOException e) {
            throw new AssertionError("an array takes everything", e);
        }
        return bytes.toString(StandardCharsets.UTF_8);
    }

    /**
     * Writes connections, pools and counters, for {@code stat}, while they go on; a hundred thousand connections cost no more memory than one.
     *
     * @param words which of them, and how: as the man page mtcp4j-stat(1) has them; none for all of it as text
     * @throws IllegalArgumentException with a sentence, before anything is written, where a word is not known
     */
    public void report(List<String> words, OutputStream stream) throws IOException {
        new StackReport(engine, sides, ReportQuery.parse(words)).write(stream);
    }

    /** For {@code capture}. */
    public StackCapture capture() {
        return capture;
    }

    /** For {@code stat}, leak checks and tests. */
    public Engine engine() {
        return engine;
    }

    /**
     * Closes every socket gracefully and drains for at most {@code lingerNs}, then resets the rest and stops.
     *
     * @return connections that were cut
     */
    public synchronized int stop(long lingerNs) {
        return stop(lingerNs, false);
    }

    /** As {@link #stop}, at the end of the JVM: whoever waits in the stack hears nothing, as on the kernel. */
    public synchronized int exit(long lingerNs) {
        return stop(lingerNs, true);
    }

    private int stop(long lingerNs, boolean exiting) {
        if (stopped) {
            return 0;
        }
        stopped = true;
        int cut = exiting ? engine.exit(lingerNs) : engine.stop(lingerNs);
        capture.stackStopped();
        return cut;
    }

    /**
     * For the end of the JVM while the application's own shutdown hooks still run: gives connections {@code lingerNs} to end of
     * themselves, then ends the rest as {@link #exit} does. Threads that are in the stack may stay there.
     *
     * @return connections that were cut
     */
    public synchronized int leave(long lingerNs) {
        if (stopped) {
            return 0;
        }
        stopped = true;
        engine.awaitConnections(lingerNs);
        int cut = engine.endConnections(Math.min(lingerNs, MAX_LEAVE_NS));
        capture.stackStopped();
        return cut;
    }

    @Override
    public void close() {
        stop(0);
    }
}
