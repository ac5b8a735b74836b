/* SPDX-License-Identifier: Apache-2.0 */
package org.mtcp4j.it.frameworks;

import java.net.InetAddress;
import java.net.UnknownHostException;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;

/**
 * Hand-made frames to an interface where port 8080 is the stack's and all others are the kernel's: TCP with and without options and fragments, and
 * ICMP about either.
 */
final class SharedPackets {
    private static final int TCP = 6;
    private static final int UDP = 17;
    private static final int ICMP = 1;
    private static final int ICMP6 = 58;
    private static final int FRAGMENT6 = 44;
    private static final int OURS = 8080;
    private static final int KERNELS = 9090;
    private static final byte[] HERE = address("198.18.0.2");
    private static final byte[] THERE = address("198.18.0.1");
    private static final byte[] HERE_6 = address("2001:db8::2");
    private static final byte[] THERE_6 = address("2001:db8::1");

    /**
     * A frame, and whose it is.
     *
     * @param frame in hexadecimal digits
     */
    record Packet(String what, String frame, boolean isStacks, boolean isIpv6) {}

    private final byte[] macs;
    private final List<Packet> packets = new ArrayList<>();

    private SharedPackets(String macHere, String macThere) {
        macs = bytes(
                HexFormat.ofDelimiter(":").parseHex(macHere),
                HexFormat.ofDelimiter(":").parseHex(macThere));
    }

    static List<Packet> all(String macHere, String macThere) {
        SharedPackets made = new SharedPackets(macHere, macThere);
        made.ipv4();
        made.icmp();
        made.ipv6();
        return made.packets;
    }

    /** For no port of anybody's: the kernel counts it when it has seen what was sent before. */
    static String marker(String macHere, String macThere) {
        ByteBuffer udp =
                ByteBuffer.allocate(8).putShort((short) 7).putShort((short) 9).putShort((short) 8);
        byte[] packet = ip4(UDP, udp.array(), THERE, HERE, 0, 1, new byte[0]);
        return new SharedPackets(macHere, macThere).frame(packet, false);
    }

    private void ipv4() {
        byte[] none = new byte[0];
        add("SYN to 8080", true, ip4(TCP, tcp(OURS, 0, THERE, HERE)));
        add("SYN to 8081", false, ip4(TCP, tcp(8081, 0, THERE, HERE)));
        byte[] options = {1, 1, 1, 1, 1, 1, 1, 1};
        add("SYN to 8080 behind IP options", true, ip4(TCP, tcp(OURS, 0, THERE, HERE), THERE, HERE, 0, 7, options));
        byte[] other = address("198.18.0.9");
        add("8080 of another address", false, ip4(TCP, tcp(OURS, 0, THERE, other), THERE, other, 0, 7, none));
        byte[] long1 = tcp(OURS, 100, THERE, HERE);
        add("first fragment to 8080", true, ip4(TCP, part(long1, 0, 80), THERE, HERE, 0x2000, 77, none));
        add("its last fragment", true, ip4(TCP, part(long1, 80, long1.length), THERE, HERE, 10, 77, none));
        add("last fragment of nothing", false, ip4(TCP, part(long1, 80, long1.length), THERE, HERE, 10, 78, none));
        byte[] long2 = tcp(KERNELS, 100, THERE, HERE);
        add("first fragment to 9090", false, ip4(TCP, part(long2, 0, 80), THERE, HERE, 0x2000, 79, none));
        add("its last fragment", false, ip4(TCP, part(long2, 80, long2.length), THERE, HERE, 10, 79, none));
        add(
                "first fragment to 9090 of 8080's number",
                false,
                ip4(TCP, part(long2, 0, 80), THERE, HERE, 0x2000, 77, none));
        add("its last fragment", false, ip4(TCP, part(long2, 80, long2.length), THERE, HERE, 10, 77, none));
    }

    private void icmp() {
        add("fragmentation needed about 8080", true, ip4(ICMP, icmp(3, 4, quoted(OURS), 1400)));
        add("fragmentation needed about 9090", false, ip4(ICMP, icmp(3, 4, quoted(KERNELS), 1400)));
        add("echo request", false, ip4(ICMP, icmp(8, 0, new byte[40], 0)));
        byte[] dns = bytes(new byte[] {0x1f, (byte) 0x90, 0, 53}, new byte[20]);
        byte[] about = part(ip4(UDP, dns, HERE, THERE, 0, 7, new byte[0]), 0, 40);
        add("port unreachable about UDP from 8080", false, ip4(ICMP, icmp(3, 3, about, 0)));
    }

    private void ipv6() {
        add6("SYN to 8080", true, ip6(TCP, tcp(OURS, 0, THERE_6, HERE_6)));
        add6("SYN to 9090", false, ip6(TCP, tcp(KERNELS, 0, THERE_6, HERE_6)));
        byte[] whole = tcp(OURS, 100, THERE_6, HERE_6);
        add6("first fragment to 8080", true, ip6(FRAGMENT6, bytes(fragment(1), part(whole, 0, 80))));
        add6("its last fragment", true, ip6(FRAGMENT6, bytes(fragment(80), part(whole, 80, whole.length))));
        byte[] segment = tcp(OURS, 40_000, 0, HERE_6, THERE_6);
        byte[] sent = ip6(TCP, segment, HERE_6, THERE_6);
        add6("packet too big about 8080", true, ip6(ICMP6, icmp6(2, sent, 1300)));
        add6("echo request", false, ip6(ICMP6, icmp6(128, new byte[60], 0)));
    }

    private void add(String what, boolean isStacks, byte[] packet) {
        packets.add(new Packet("IPv4, " + what, frame(packet, false), isStacks, false));
    }

    private void add6(String what, boolean isStacks, byte[] packet) {
        packets.add(new Packet("IPv6, " + what, frame(packet, true), isStacks, true));
    }

    private String frame(byte[] packet, boolean isIpv6) {
        byte[] type = isIpv6 ? new byte[] {(byte) 0x86, (byte) 0xdd} : new byte[] {8, 0};
        return HexFormat.of().formatHex(bytes(macs, type, packet));
    }

    // ---- parts ------------------------------------------------------------------------------------------------------

    private static byte[] address(String text) {
        try {
            return InetAddress.getByName(text).getAddress();
        } catch (UnknownHostException e) {
            throw new IllegalArgumentException(e);
        }
    }

    private static byte[] bytes(byte[]... parts) {
        ByteBuffer all = ByteBuffer.allocate(4_096);
        for (byte[] part : parts) {
            all.put(part);
        }
        return part(all.array(), 0, all.position());
    }

    private static byte[] part(byte[] bytes, int from, int to) {
        return java.util.Arrays.copyOfRange(bytes, from, to);
    }

    private static short sum(byte[] bytes) {
        long sum = 0;
        for (int i = 0; i < bytes.length; i++) {
            sum += (bytes[i] & 0xff) << ((i & 1) == 0 ? 8 : 0);
        }
        while (sum >> 16 != 0) {
            sum = (sum & 0xffff) + (sum >> 16);
        }
        return (short) ~sum;
    }

    private static byte[] ip4(int protocol, byte[] payload) {
        return ip4(protocol, payload, THERE, HERE, 0, 7, new byte[0]);
    }

    private static byte[] ip4(
            int protocol, byte[] payload, byte[] from, byte[] to, int fragment, int id, byte[] options) {
        ByteBuffer header = ByteBuffer.allocate(20 + options.length);
        header.put((byte) (0x40 | header.capacity() / 4)).put((byte) 0);
        header.putShort((short) (header.capacity() + payload.length)).putShort((short) id);
        header.putShort((short) fragment).put((byte) 64).put((byte) protocol).putShort((short) 0);
        header.put(from).put(to).put(options);
        header.putShort(10, sum(header.array()));
        return bytes(header.array(), payload);
    }

    private static byte[] ip6(int next, byte[] payload) {
        return ip6(next, payload, THERE_6, HERE_6);
    }

    private static byte[] ip6(int next, byte[] payload, byte[] from, byte[] to) {
        ByteBuffer header = ByteBuffer.allocate(40).putInt(6 << 28).putShort((short) payload.length);
        header.put((byte) next).put((byte) 64).put(from).put(to);
        return bytes(header.array(), payload);
    }

    private static byte[] fragment(int offsetAndFlags) {
        ByteBuffer header = ByteBuffer.allocate(8).put((byte) TCP).put((byte) 0);
        return header.putShort((short) offsetAndFlags).putInt(5).array();
    }

    private static byte[] tcp(int to, int payloadBytes, byte[] from, byte[] at) {
        return tcp(1, to, payloadBytes, from, at);
    }

    private static byte[] tcp(int port, int to, int payloadBytes, byte[] from, byte[] at) {
        ByteBuffer segment =
                ByteBuffer.allocate(20 + payloadBytes).putShort((short) port).putShort((short) to);
        segment.putInt(1).putInt(0).put((byte) 0x50).put((byte) 2).putShort((short) 1_000);
        segment.putShort(16, sum(bytes(pseudo(TCP, segment.capacity(), from, at), segment.array())));
        return segment.array();
    }

    private static byte[] pseudo(int protocol, int length, byte[] from, byte[] to) {
        return bytes(
                from, to, ByteBuffer.allocate(8).putInt(length).putInt(protocol).array());
    }

    /** What an error quotes of a segment that was sent from this port. */
    private static byte[] quoted(int port) {
        byte[] sent = ip4(TCP, tcp(port, 40_000, 0, HERE, THERE), HERE, THERE, 0, 7, new byte[0]);
        return part(sent, 0, 28);
    }

    private static byte[] icmp(int type, int code, byte[] quoted, int mtu) {
        ByteBuffer message =
                ByteBuffer.allocate(8 + quoted.length).put((byte) type).put((byte) code);
        message.putShort((short) 0).putInt(mtu).put(quoted);
        message.putShort(2, sum(message.array()));
        return message.array();
    }

    private static byte[] icmp6(int type, byte[] quoted, int mtu) {
        ByteBuffer message =
                ByteBuffer.allocate(8 + quoted.length).put((byte) type).put((byte) 0);
        message.putShort((short) 0).putInt(mtu).put(quoted);
        message.putShort(2, sum(bytes(pseudo(ICMP6, message.capacity(), THERE_6, HERE_6), message.array())));
        return message.array();
    }
}
