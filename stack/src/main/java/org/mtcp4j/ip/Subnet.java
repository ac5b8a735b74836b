/* SPDX-License-Identifier: Apache-2.0 */
package org.mtcp4j.ip;

/**
 * An address with the length of its network's prefix: an interface's own address ({@code 198.18.0.2/24}, host bits kept) or a network
 * ({@code 198.18.0.0/15}).
 */
public final class Subnet {
    private static final int V4_OFFSET_BITS = 96;

    private final IpAddress address;
    private final int prefixBits;
    private final boolean isIpv4;
    private final long maskHi;
    private final long maskLo;

    /** @param prefixBits 0 to 32, or 0 to 128 for IPv6 */
    public Subnet(IpAddress address, int prefixBits) {
        int most = address.isIpv4() ? 32 : 128;
        if (prefixBits < 0 || prefixBits > most) {
            throw new IllegalArgumentException("prefix length " + prefixBits + " is not within 0 to " + most);
        }
        this.address = address;
        this.prefixBits = prefixBits;
        this.isIpv4 = address.isIpv4();
        int bits = address.isIpv4() ? V4_OFFSET_BITS + prefixBits : prefixBits;
        maskHi = mask(Math.min(bits, 64));
        maskLo = mask(Math.max(bits - 64, 0));
    }

    /**
     * Reads {@code ADDRESS/PREFIX}; without a prefix the address stands alone.
     *
     * @throws IllegalArgumentException with one sentence when the text is neither
     */
    public static Subnet parse(String text) {
        int slash = text.indexOf('/');
        IpAddress address = IpAddress.parse(slash < 0 ? text : text.substring(0, slash));
        int most = address.isIpv4() ? 32 : 128;
        if (slash < 0) {
            return new Subnet(address, most);
        }
        try {
            return new Subnet(address, Integer.parseInt(text.substring(slash + 1)));
        } catch (IllegalArgumentException e) {
            throw new IllegalArgumentException(
                    "'" + text + "' has no valid prefix length; write ADDRESS/BITS with BITS from 0 to " + most, e);
        }
    }

    /** The network itself, without host bits. */
    public static Subnet networkOf(IpAddress address, int prefixBits) {
        Subnet whole = new Subnet(address, prefixBits);
        // Of an IPv4 address the mapped form's upper bits are within the mask.
        return new Subnet(IpAddress.of(address.hi() & whole.maskHi, address.lo() & whole.maskLo), prefixBits);
    }

    public IpAddress address() {
        return address;
    }

    public int prefixBits() {
        return prefixBits;
    }

    public boolean contains(IpAddress other) {
        return contains(other.hi(), other.lo());
    }

    public boolean contains(long hi, long lo) {
        // An IPv4 address in its mapped form is in no IPv6 network, however short its prefix.
        return IpAddress.isIpv4(hi, lo) == isIpv4 && contains128(hi, lo);
    }

    private boolean contains128(long hi, long lo) {
        return ((hi ^ address.hi()) & maskHi) == 0 && ((lo ^ address.lo()) & maskLo) == 0;
    }

    /** Whether this is the network's directed broadcast address (RFC 922 §7), which only IPv4 networks of up to 30 bits have. */
    public boolean isBroadcast(long hi, long lo) {
        return address.isIpv4() && prefixBits <= 30 && contains(hi, lo) && ((lo | maskLo) == -1L);
    }

    private static long mask(int bits) {
        return bits == 0 ? 0 : -1L << (64 - bits);
    }

    @Override
    public boolean equals(Object other) {
        return other instanceof Subnet that && address.equals(that.address) && prefixBits == that.prefixBits;
    }

    @Override
    public int hashCode() {
        return 31 * address.hashCode() + prefixBits;
    }

    @Override
    public String toString() {
        return address + "/" + prefixBits;
    }
}
