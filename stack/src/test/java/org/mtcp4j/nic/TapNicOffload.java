/* SPDX-License-Identifier: Apache-2.0 */
package org.mtcp4j.nic;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.sun.management.ThreadMXBean;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.lang.management.ManagementFactory;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.mtcp4j.nic.linux.LinuxCalls;
import org.mtcp4j.nic.linux.LinuxCallsLoader;
import org.mtcp4j.nic.linux.TapNicProvider;
import org.mtcp4j.wire.Arp;
import org.mtcp4j.wire.Checksum;
import org.mtcp4j.wire.Ethernet;
import org.mtcp4j.wire.Ipv4;

/** A connection to the kernel played by hand, to see checksum, TSO and large receive at work; run by {@link TapNicTest}. */
class TapNicOffload {
    @BeforeAll
    static void onlyInANamespaceOfItsOwn() throws Exception {
        Netns.requireInside();
    }

    private static final int OUR_IP = 0xc6120002;
    private static final int HOST_IP = 0xc6120001;
    private static final int OUR_PORT = 40_000;
    private static final int SYN = 2;
    private static final int ACK = 0x10;
    private static final int TCP_AT = 34;
    private static final long PATIENCE_NS = 10_000_000_000L;

    private Nic nic;
    private int hostPort;
    private long hostMac;
    private int seq = 1000;
    private int ack;
    private int largeFrames;

    private final FrameBatch out = new FrameBatch(1);
    private final FrameBatch in = new FrameBatch(32);

    private static NicSettings settings() {
        return new NicSettings(1, 1500, 0, 256, "198.18.0.1/24", System::nanoTime);
    }

    private static void set(String device, String state) throws Exception {
        Process process = new ProcessBuilder("ip", "link", "set", "dev", device, state)
                .inheritIO()
                .start();
        assertThat(process.waitFor()).isZero();
    }

    /** Looks at the device as a round does, for as long as it may take. */
    private static boolean becomes(Nic nic, boolean up) throws InterruptedException {
        long endNs = System.nanoTime() + PATIENCE_NS;
        FrameBatch batch = new FrameBatch(1);
        while (nic.isUp() != up && System.nanoTime() < endNs) {
            int frame = nic.queue(0).allocate();
            Ethernet.write(nic.memory().bytes(), frame, Ethernet.BROADCAST, nic.macAddress(), Ethernet.TYPE_ARP);
            batch.count = 0;
            batch.add(frame, 60, 0);
            assertThat(nic.queue(0).transmit(batch)).isEqualTo(1);
            Thread.sleep(10);
        }
        return nic.isUp() == up;
    }

    @Test
    void aDeviceThatIsTakenDownSaysSoOnceSomethingIsSentAndNoLongerWhenItIsUp() throws Exception {
        try (Nic opened = new TapNicProvider().open("mt2", settings())) {
            assertThat(opened.isUp()).isTrue();
            set("mt2", "down");
            assertThat(becomes(opened, false)).isTrue();
            set("mt2", "up");
            assertThat(becomes(opened, true)).isTrue();
        }
    }

    @Test
    void leavesChecksumsAndSegmentsToTheKernelBothWays() throws Exception {
        try (Nic opened = new TapNicProvider().open("mt1", settings());
                ServerSocket server = new ServerSocket(0, 1, InetAddress.getByName("198.18.0.1"))) {
            nic = opened;
            hostPort = server.getLocalPort();
            learnHostMac();
            CompletableFuture<Integer> hostSum = new CompletableFuture<>();
            CompletableFuture<Void> served = CompletableFuture.runAsync(() -> serve(server, hostSum));

            send(SYN, 0, 0);
            seq++;
            assertThat(receiveUntil(0)).as("SYN-ACK").isZero();
            send(ACK, 0, 0);
            send(ACK, 30_000, 1400);
            seq += 30_000;
            assertThat(hostSum.get(10, TimeUnit.SECONDS)).isEqualTo(sumOfPayload(30_000));
            assertThat(receiveUntil(200_000)).isEqualTo(200_000);
            served.get(10, TimeUnit.SECONDS);
            assertThat(largeFrames).isPositive();
            assertThat(nic.freeFrames()).isEqualTo(nic.totalFrames());
            assertThat(nic.droppedFrames()).isZero();
        }
    }

    @Test
    void aNameInUseIsOneSentenceWithTheCure() throws Exception {
        try (Nic first = new TapNicProvider().open("mt2", settings())) {
            assertThat(first.name()).isEqualTo("tap:mt2");
            assertThatThrownBy(() -> new TapNicProvider().open("mt2", settings()))
                    .isInstanceOf(NicUnavailableException.class)
                    .hasMessageContaining("'mt2' is in use by another process; stop that one");
        }
        new TapNicProvider().open("mt2", settings()).close();
    }

    @Test
    void anInterfaceThatIsNoTapIsOneSentence() {
        assertThatThrownBy(() -> new TapNicProvider().open("lo", settings()))
                .isInstanceOf(NicUnavailableException.class)
                .hasMessageContaining("exists and is no TAP device");
    }

    @Test
    void anMtuThatATapCannotHaveIsOneSentence() {
        NicSettings jumbo = new NicSettings(1, 65_535, 0, 64, null, System::nanoTime);
        assertThatThrownBy(() -> new TapNicProvider().open("mt3", jumbo))
                .isInstanceOf(NicUnavailableException.class)
                .hasMessageContaining("set mtcp.mtu to at most 65521");
    }

    @Test
    void badHostAddressesAreOneSentence() {
        for (String bad : new String[] {
            "198.18.0.1",
            "198.18.0.1/33",
            "198.18.0/24",
            "198.18.0.256/24",
            "x",
            "1/2.3.4.5",
            "1:2:3:4:5:6:7:8",
            "1:2:3:4:5:6:7:8/129",
            "::1/64",
            "1:2:3:4:5:6:7:g/64",
            "1:2:3:4:5:6:7/8:9"
        }) {
            NicSettings settings = new NicSettings(1, 1500, 0, 64, bad, System::nanoTime);
            assertThatThrownBy(() -> new TapNicProvider().open("mt4", settings))
                    .isInstanceOf(NicUnavailableException.class)
                    .hasMessageContaining("mtcp.tap.host-ip '" + bad + "' is no address with prefix");
        }
    }

    private static String ip(String... arguments) throws Exception {
        List<String> command = new ArrayList<>(List.of("ip"));
        command.addAll(List.of(arguments));
        Process process = new ProcessBuilder(command).redirectErrorStream(true).start();
        String said = new String(process.getInputStream().readAllBytes(), StandardCharsets.US_ASCII);
        assertThat(process.waitFor()).as(said).isZero();
        return said;
    }

    private static NicSettings withHostIp(String hostIp) {
        return new NicSettings(1, 1500, 0, 64, hostIp, System::nanoTime);
    }

    @Test
    void theKernelsEndHasSeveralAddressesOfBothFamiliesAtOnce() throws Exception {
        String both = "198.18.7.1/24,198.18.6.1/24,2001:db8:7:0:0:0:0:1/64";
        try (Nic opened = new TapNicProvider().open("mt7", withHostIp(both))) {
            assertThat(opened.isUp()).isTrue();
            assertThat(ip("addr", "show", "dev", "mt7"))
                    .contains("inet 198.18.7.1/24", "inet 198.18.6.1/24", "inet6 2001:db8:7::1/64")
                    .doesNotContain("2001:db8:7::1/64 scope global tentative");
        }
    }

    @Test
    void theKernelsQueueTowardsUsTakesAFloodUnlessSomebodyHasChosenItsLength() throws Exception {
        try (Nic opened = new TapNicProvider().open("mt9", withHostIp(null))) {
            assertThat(opened.name()).isEqualTo("tap:mt9");
            assertThat(ip("link", "show", "dev", "mt9")).contains("qlen 8000");
        }
        ip("tuntap", "add", "dev", "mt9", "mode", "tap", "vnet_hdr");
        ip("link", "set", "dev", "mt9", "txqueuelen", "500");
        try (Nic opened = new TapNicProvider().open("mt9", withHostIp(null))) {
            assertThat(opened.name()).isEqualTo("tap:mt9");
            assertThat(ip("link", "show", "dev", "mt9")).contains("qlen 500");
        }
    }

    @Test
    void anAddressOfAnotherInterfaceIsRefusedAndNamesIt() throws Exception {
        // A namespace may begin with IPv6 off.
        Files.writeString(Path.of("/proc/sys/net/ipv6/conf/all/disable_ipv6"), "0");
        ip("addr", "add", "198.18.8.1/32", "dev", "lo");
        ip("addr", "add", "2001:db8:8::1/128", "dev", "lo");
        for (String held : new String[] {"198.18.8.1/24", "2001:db8:8:0:0:0:0:1/64"}) {
            assertThatThrownBy(() -> new TapNicProvider().open("mt8", withHostIp(held)))
                    .isInstanceOf(NicUnavailableException.class)
                    .hasMessageStartingWith("mtcp.tap.host-ip=" + held + " is an address of interface 'lo' already");
        }
        String[] persistent = {"tuntap", "add", "dev", "mt8", "mode", "tap", "vnet_hdr"};
        ip(persistent);
        ip("addr", "add", "198.18.9.1/24", "dev", "mt8");
        ip("addr", "add", "2001:db8:9::1/64", "dev", "mt8");
        new TapNicProvider()
                .open("mt8", withHostIp("198.18.9.1/24,2001:db8:9:0:0:0:0:1/64"))
                .close();
    }

    @Test
    void theDescriptorWakesEpollWhenAFrameWaits() throws Exception {
        LinuxCalls calls = LinuxCallsLoader.load();
        try (Nic opened = new TapNicProvider().open("mt5", settings())) {
            nic = opened;
            ByteBuffer event =
                    ByteBuffer.allocateDirect(LinuxCalls.EPOLL_EVENT_BYTES).order(ByteOrder.nativeOrder());
            event.putInt(0, LinuxCalls.EPOLLIN).putLong(LinuxCalls.EPOLL_DATA_OFFSET, 4711);
            int epoll = calls.epollCreate1(LinuxCalls.EPOLL_CLOEXEC);
            int fd = nic.queue(0).wakeupFd();
            assertThat(calls.epollCtl(epoll, LinuxCalls.EPOLL_CTL_ADD, fd, calls.address(event)))
                    .isZero();
            Frames.drain(nic.queue(0));
            assertThat(calls.epollWait(epoll, calls.address(event), 1, 0)).isZero();
            sendArp();
            event.putLong(LinuxCalls.EPOLL_DATA_OFFSET, 0);
            assertThat(calls.epollWait(epoll, calls.address(event), 1, 5_000)).isEqualTo(1);
            assertThat(event.getLong(LinuxCalls.EPOLL_DATA_OFFSET)).isEqualTo(4711);
            assertThat(Frames.drain(nic.queue(0))).isPositive();
            calls.close(epoll);
        }
    }

    @Test
    void sendingAndReceivingAllocateNothing() throws Exception {
        try (Nic opened = new TapNicProvider().open("mt6", settings())) {
            nic = opened;
            askForHost(3_000);
            ThreadMXBean threads = (ThreadMXBean) ManagementFactory.getThreadMXBean();
            long id = Thread.currentThread().getId();
            long before = threads.getThreadAllocatedBytes(id);
            askForHost(3_000);
            assertThat(threads.getThreadAllocatedBytes(id) - before).isLessThan(8_192);
        }
    }

    private void askForHost(int times) {
        NicQueue queue = nic.queue(0);
        ByteBuffer bytes = nic.memory().bytes();
        long deadline = System.nanoTime() + PATIENCE_NS;
        for (int i = 0; i < times && System.nanoTime() - deadline < 0; i++) {
            int offset = queue.allocate();
            Ethernet.write(bytes, offset, Ethernet.BROADCAST, nic.macAddress(), Ethernet.TYPE_ARP);
            Arp.write(bytes, offset + 14, Arp.REQUEST, nic.macAddress(), OUR_IP, 0, HOST_IP);
            out.add(offset, 42, 0);
            out.removeFirst(queue.transmit(out));
            while (queue.receive(in) == 0 && System.nanoTime() - deadline < 0) {
                Thread.onSpinWait();
            }
            for (int j = 0; j < in.count; j++) {
                queue.free(in.offset[j]);
            }
            in.count = 0;
        }
    }

    /** Reads 30,000 bytes, tells their sum, then writes 200,000. */
    private static void serve(ServerSocket server, CompletableFuture<Integer> hostSum) {
        try (Socket socket = server.accept()) {
            InputStream input = socket.getInputStream();
            int sum = 0;
            for (byte b : input.readNBytes(30_000)) {
                sum += b;
            }
            hostSum.complete(sum);
            socket.getOutputStream().write(new byte[200_000]);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static int sumOfPayload(int length) {
        int sum = 0;
        for (int i = 0; i < length; i++) {
            sum += (byte) i;
        }
        return sum;
    }

    private void sendArp() {
        int offset = nic.queue(0).allocate();
        ByteBuffer bytes = nic.memory().bytes();
        Ethernet.write(bytes, offset, Ethernet.BROADCAST, nic.macAddress(), Ethernet.TYPE_ARP);
        Arp.write(bytes, offset + 14, Arp.REQUEST, nic.macAddress(), OUR_IP, 0, HOST_IP);
        transmit(offset, 42, 0, 0);
    }

    private void learnHostMac() {
        sendArp();
        long start = System.nanoTime();
        while (hostMac == 0 && System.nanoTime() - start < PATIENCE_NS) {
            nic.queue(0).receive(in);
            for (int i = 0; i < in.count; i++) {
                if (Ethernet.type(nic.memory().bytes(), in.offset[i]) == Ethernet.TYPE_ARP) {
                    hostMac = Ethernet.source(nic.memory().bytes(), in.offset[i]);
                }
                nic.queue(0).free(in.offset[i]);
            }
            in.count = 0;
        }
        assertThat(hostMac).isNotZero();
    }

    private void transmit(int offset, int length, int flags, int tsoSize) {
        out.add(offset, length, flags);
        out.tsoSize[0] = tsoSize;
        assertThat(nic.queue(0).transmit(out)).isEqualTo(1);
        out.count = 0;
    }

    private void send(int tcpFlags, int payloadBytes, int tsoSize) {
        NicQueue queue = nic.queue(0);
        int offset = payloadBytes > 1400 ? queue.allocateLarge() : queue.allocate();
        ByteBuffer bytes = nic.memory().bytes();
        int tcpBytes = 20 + payloadBytes;
        Ethernet.write(bytes, offset, hostMac, nic.macAddress(), Ethernet.TYPE_IPV4);
        Ipv4.write(bytes, offset + 14, 20 + tcpBytes, 1, Ipv4.PROTOCOL_TCP, OUR_IP, HOST_IP);
        int tcp = offset + TCP_AT;
        bytes.putInt(tcp, (OUR_PORT << 16) | hostPort);
        bytes.putInt(tcp + 4, seq);
        bytes.putInt(tcp + 8, ack);
        bytes.putShort(tcp + 12, (short) (0x5000 | tcpFlags));
        bytes.putShort(tcp + 14, (short) 65_535);
        int pseudo = Checksum.pseudoIpv4(OUR_IP, HOST_IP, Ipv4.PROTOCOL_TCP, tcpBytes);
        bytes.putShort(tcp + 16, (short) Checksum.fold(pseudo));
        bytes.putShort(tcp + 18, (short) 0);
        for (int i = 0; i < payloadBytes; i++) {
            bytes.put(tcp + 20 + i, (byte) i);
        }
        int flags = FrameBatch.TX_L4_CHECKSUM | (tsoSize > 0 ? FrameBatch.TX_TSO : 0);
        transmit(offset, TCP_AT + tcpBytes, flags, tsoSize);
    }

    /** Takes and acknowledges until that many payload bytes have come in order (a SYN only, for 0). */
    private int receiveUntil(int wantedBytes) {
        int got = 0;
        boolean syn = wantedBytes > 0;
        long start = System.nanoTime();
        while ((got < wantedBytes || !syn) && System.nanoTime() - start < PATIENCE_NS) {
            nic.queue(0).receive(in);
            for (int i = 0; i < in.count; i++) {
                int offset = in.offset[i];
                if (Ethernet.type(nic.memory().bytes(), offset) == Ethernet.TYPE_IPV4) {
                    got += take(i, offset);
                    syn |= ack != 0;
                }
                nic.queue(0).free(offset);
            }
            in.count = 0;
        }
        assertThat(syn).isTrue();
        return got;
    }

    private int take(int entry, int offset) {
        ByteBuffer bytes = nic.memory().bytes();
        assertThat(in.flags[entry]).isEqualTo(FrameBatch.RX_L4_CHECKSUM_GOOD);
        int tcp = offset + TCP_AT;
        int header = (bytes.get(tcp + 12) >>> 2) & 0x3c;
        int payload = Ipv4.totalBytes(bytes, offset + 14) - 20 - header;
        assertThat(in.lengthBytes[entry]).isEqualTo(TCP_AT + header + payload);
        if (payload > 1460) {
            largeFrames++;
            assertThat(in.tsoSize[entry]).isBetween(500, 1460);
        }
        if ((bytes.get(tcp + 13) & SYN) != 0) {
            ack = bytes.getInt(tcp + 4) + 1;
            return 0;
        }
        if (payload == 0 || bytes.getInt(tcp + 4) != ack) {
            return 0;
        }
        ack += payload;
        send(ACK, 0, 0);
        return payload;
    }
}
