/* SPDX-License-Identifier: Apache-2.0 */
package org.mtcp4j.ip;

import java.net.Inet6Address;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.nio.ByteBuffer;

/**
 * An IPv4 or IPv6 address as 128 bits; IPv4 as its mapped form {@code ::ffff:a.b.c.d} (RFC 4291 §2.5.5.2). Hot paths carry the two
 * halves instead.
 *
 * <p>A link-local address means something on one link only (RFC 4007). Inside the stack it carries its zone, the place of its NIC counted
 * from 1, in the 16 bits behind fe80, which are zero in packets: so tables need no zones of their own. {@link #inZone} puts it there where
 * a packet is read, {@link #onWire} takes it away where one is written.
 */
public record IpAddress(long hi, long lo) {
    public static final IpAddress ANY_V4 = ofIpv4(0);
    public static final IpAddress ANY_V6 = new IpAddress(0, 0);

    /** Upper half of fe80::/64. */
    public static final long LINK_LOCAL_HI = 0xfe80_0000_0000_0000L;

    private static final long V4_PREFIX = 0x0000_ffff_0000_0000L;
    private static final int MULTICAST_V4 = 0xe;
    private static final int ZONE_SHIFT = 32;
    private static final long ZONE_MASK = 0xffffL << ZONE_SHIFT;
    private static final int MOST_ZONE = 0xffff;

    public static IpAddress of(long hi, long lo) {
        return new IpAddress(hi, lo);
    }

    public static IpAddress ofIpv4(int address) {
        return new IpAddress(0, mapped(address));
    }

    /** The lower half of an IPv4 address's mapped form; the upper is 0. */
    public static long mapped(int address) {
        return V4_PREFIX | (address & 0xffff_ffffL);
    }

    /** Four or sixteen bytes in network order. */
    public static IpAddress of(byte[] bytes) {
        ByteBuffer buffer = ByteBuffer.wrap(bytes);
        return switch (bytes.length) {
            case 4 -> ofIpv4(buffer.getInt());
            case 16 -> new IpAddress(buffer.getLong(), buffer.getLong());
            default -> throw new IllegalArgumentException("an address has 4 or 16 bytes, not " + bytes.length);
        };
    }

    /** The bits as they are. */
    public static IpAddress of(InetAddress address) {
        return of(address.getAddress());
    }

    /** As the stack's tables have it: the scope of a link-local address is its NIC's number; the first NIC's if there is none. */
    public static IpAddress scoped(InetAddress address) {
        IpAddress ip = of(address.getAddress());
        if (!ip.isLinkLocal() || !(address instanceof Inet6Address scoped)) {
            return ip;
        }
        int zone = scoped.getScopeId();
        return new IpAddress(inZone(ip.hi, zone == 0 ? 1 : Math.min(zone & Integer.MAX_VALUE, MOST_ZONE)), ip.lo);
    }

    /** The upper half as it stands in the stack's tables: with the zone, if the address is link-local and the zone not 0. */
    public static long inZone(long hi, int zone) {
        return zone != 0 && isLinkLocal(hi) ? (hi & ~ZONE_MASK) | (long) zone << ZONE_SHIFT : hi;
    }

    /** The upper half as packets carry it. */
    public static long onWire(long hi) {
        return isLinkLocal(hi) ? hi & ~ZONE_MASK : hi;
    }

    /** Whether the upper half, read from a packet, is that of a link-local address with something where only the stack has the zone. */
    public static boolean hasZone(long hi) {
        return isLinkLocal(hi) && (hi & ZONE_MASK) != 0;
    }

    /** Of a link-local address: its NIC's place, counted from 1; 0 where there is none. */
    public int zone() {
        return isLinkLocal() ? (int) (hi >>> ZONE_SHIFT) & MOST_ZONE : 0;
    }

    public IpAddress withoutZone() {
        return new IpAddress(onWire(hi), lo);
    }

    public IpAddress inZone(int zone) {
        return isLinkLocal() ? new IpAddress(inZone(hi, zone), lo) : this;
    }

    /**
     * Reads a literal; never asks a name service.
     *
     * @throws IllegalArgumentException with one sentence when the text is no address
     */
    public static IpAddress parse(String text) {
        int percent = text.indexOf('%');
        String plain = percent < 0 ? text : text.substring(0, percent);
        int zone = percent < 0 ? 0 : number(text.substring(percent + 1), 10, 5);
        IpAddress address = text.indexOf(':') >= 0 ? parseIpv6(plain) : parseIpv4(text);
        if (address != null && percent >= 0) {
            address = address.isLinkLocal() && zone > 0 && zone <= MOST_ZONE ? address.inZone(zone) : null;
        }
        if (address == null) {
            throw new IllegalArgumentException("'" + text + "' is no IP address; write 198.18.0.2 or 2001:db8::2");
        }
        return address;
    }

    public boolean isIpv4() {
        return isIpv4(hi, lo);
    }

    public static boolean isIpv4(long hi, long lo) {
        return hi == 0 && lo >>> 32 == 0xffff;
    }

    /** The unspecified address of either family. */
    public boolean isAny() {
        return hi == 0 && (lo == 0 || lo == V4_PREFIX);
    }

    public boolean isLoopback() {
        return isIpv4() ? (int) lo >>> 24 == 127 : hi == 0 && lo == 1;
    }

    public boolean isLinkLocal() {
        return isLinkLocal(hi);
    }

    /** Of an IPv6 address's upper half: fe80::/10 (RFC 4291 §2.5.6). */
    public static boolean isLinkLocal(long hi) {
        return hi >>> 54 == LINK_LOCAL_HI >>> 54;
    }

    public boolean isMulticast() {
        return isIpv4() ? (int) lo >>> 28 == MULTICAST_V4 : hi >>> 56 == 0xff;
    }

    /** The 32 bits of an IPv4 address. */
    public int toIpv4() {
        return (int) lo;
    }

    public byte[] toBytes() {
        if (isIpv4()) {
            return ByteBuffer.allocate(4).putInt((int) lo).array();
        }
        return ByteBuffer.allocate(16).putLong(hi).putLong(lo).array();
    }

    public InetAddress toInetAddress() {
        try {
            if (zone() != 0) {
                return Inet6Address.getByAddress(null, withoutZone().toBytes(), zone());
            }
            return InetAddress.getByAddress(toBytes());
        } catch (UnknownHostException e) {
            throw new AssertionError("4 and 16 bytes are always an address", e);
        }
    }

    /** Dotted, or as RFC 5952 has it; a zone behind a percent sign (RFC 4007 §11). */
    @Override
    public String toString() {
        if (zone() != 0) {
            return withoutZone().ipv6Text() + "%" + zone();
        }
        return isIpv4() ? ipv4Text((int) lo) : ipv6Text();
    }

    private static String ipv4Text(int address) {
        return (address >>> 24) + "." + ((address >>> 16) & 0xff) + "." + ((address >>> 8) & 0xff) + "."
                + (address & 0xff);
    }

    private int group(int index) {
        long half = index < 4 ? hi : lo;
        return (int) (half >>> (48 - 16 * (index & 3))) & 0xffff;
    }

    private String ipv6Text() {
        int bestStart = -1;
        int bestLength = 1;
        for (int start = 0; start < 8; start++) {
            int end = start;
            while (end < 8 && group(end) == 0) {
                end++;
            }
            if (end - start > bestLength) {
                bestStart = start;
                bestLength = end - start;
            }
        }
        StringBuilder text = new StringBuilder();
        for (int i = 0; i < 8; i++) {
            if (i == bestStart) {
                text.append("::");
                i += bestLength - 1;
                continue;
            }
            if (i > 0 && text.charAt(text.length() - 1) != ':') {
                text.append(':');
            }
            text.append(Integer.toHexString(group(i)));
        }
        return text.toString();
    }

    private static IpAddress parseIpv4(String text) {
        int[] address = new int[1];
        return parseIpv4(text, address) ? ofIpv4(address[0]) : null;
    }

    private static boolean parseIpv4(String text, int[] address) {
        String[] octets = text.split("\\.", -1);
        if (octets.length != 4) {
            return false;
        }
        int value = 0;
        for (String octet : octets) {
            int number = number(octet, 10, 3);
            if (number < 0 || number > 255) {
                return false;
            }
            value = (value << 8) | number;
        }
        address[0] = value;
        return true;
    }

    private static IpAddress parseIpv6(String text) {
        String literal = text;
        int lastColon = literal.lastIndexOf(':');
        if (literal.indexOf('.') > lastColon) {
            int[] tail = new int[1];
            if (!parseIpv4(literal.substring(lastColon + 1), tail)) {
                return null;
            }
            literal = literal.substring(0, lastColon + 1) + Integer.toHexString(tail[0] >>> 16) + ":"
                    + Integer.toHexString(tail[0] & 0xffff);
        }
        int gap = literal.indexOf("::");
        String[] head = groups(gap < 0 ? literal : literal.substring(0, gap));
        String[] rest = gap < 0 ? new String[0] : groups(literal.substring(gap + 2));
        int given = head.length + rest.length;
        if (gap < 0 ? given != 8 : given > 7) {
            return null;
        }
        long[] halves = new long[2];
        for (int i = 0; i < given; i++) {
            int value = number(i < head.length ? head[i] : rest[i - head.length], 16, 4);
            if (value < 0) {
                return null;
            }
            int at = i < head.length ? i : 8 - given + i;
            halves[at >>> 2] |= (long) value << (48 - 16 * (at & 3));
        }
        return new IpAddress(halves[0], halves[1]);
    }

    private static String[] groups(String text) {
        return text.isEmpty() ? new String[0] : text.split(":", -1);
    }

    private static int number(String digits, int radix, int mostDigits) {
        if (digits.isEmpty() || digits.length() > mostDigits) {
            return -1;
        }
        int value = 0;
        for (int i = 0; i < digits.length(); i++) {
            int digit = digits.charAt(i) < 128 ? Character.digit(digits.charAt(i), radix) : -1;
            if (digit < 0) {
                return -1;
            }
            value = value * radix + digit;
        }
        return value;
    }
}
