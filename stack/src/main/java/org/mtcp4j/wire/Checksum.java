/* SPDX-License-Identifier: Apache-2.0 */
package org.mtcp4j.wire;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;

/**
 * The Internet checksum (<a href="https://www.rfc-editor.org/rfc/rfc1071">RFC 1071</a>, incremental update by <a
 * href="https://www.rfc-editor.org/rfc/rfc1624">RFC 1624</a>).
 *
 * <p>A <em>partial</em> is a ones-complement sum in network byte order, folded to 16 bits and not complemented. Up to 32,768 partials
 * and 16-bit words may be added as plain {@code int}s; {@link #fold} makes a partial of the total, {@link #finish} the value of the
 * header field. So the sum of a segment is {@code finish(pseudo + partial(segment))}.
 */
public final class Checksum {
    private Checksum() {}

    /**
     * The partial of a range that starts on an even byte of what is summed. An odd length counts as if a zero byte followed.
     *
     * <p>Right for either byte order of the buffer; fast in the machine's own (one swap at the end instead of one a step).
     *
     * @return 0 to 0xffff; 0 only where every byte is zero
     */
    public static int partial(ByteBuffer bytes, int offset, int lengthBytes) {
        boolean littleEndian = bytes.order() == ByteOrder.LITTLE_ENDIAN;
        int at = offset;
        int end = offset + lengthBytes;
        // 32-bit halves in 64-bit sums need no carry handling; four sums so that the additions do not wait for one
        // another.
        long low0 = 0;
        long high0 = 0;
        long low1 = 0;
        long high1 = 0;
        for (int last = end - 16; at <= last; at += 16) {
            long first = bytes.getLong(at);
            long second = bytes.getLong(at + 8);
            low0 += first & 0xffff_ffffL;
            high0 += first >>> 32;
            low1 += second & 0xffff_ffffL;
            high1 += second >>> 32;
        }
        long sum = low0 + high0 + low1 + high1;
        for (; at <= end - 2; at += 2) {
            sum += bytes.getShort(at) & 0xffff;
        }
        if (at < end) {
            int last = bytes.get(at) & 0xff;
            sum += littleEndian ? last : last << 8;
        }
        int folded = fold(sum);
        return littleEndian ? swapped(folded) : folded;
    }

    /** The partial of a range that starts on an odd byte of what is summed, made from {@link #partial} of the same range. */
    public static int swapped(int partial) {
        return (partial & 0xff) << 8 | ((partial >>> 8) & 0xff);
    }

    /** Folds a sum of partials to 16 bits. */
    public static int fold(int sum) {
        int once = (sum >>> 16) + (sum & 0xffff);
        return (once >>> 16) + (once & 0xffff);
    }

    private static int fold(long sum) {
        long half = (sum >>> 32) + (sum & 0xffff_ffffL);
        half = (half >>> 32) + (half & 0xffff_ffffL);
        return fold((int) half);
    }

    /** What goes into a checksum field for this sum of partials. */
    public static int finish(int sum) {
        return ~fold(sum) & 0xffff;
    }

    /** Whether a sum that includes the checksum field says that nothing was damaged. */
    public static boolean isGood(int sum) {
        return fold(sum) == 0xffff;
    }

    /**
     * The pseudo-header's sum for IPv4 (RFC 9293 §3.1); also what {@code TX_L4_CHECKSUM} wants in the checksum field, after {@link
     * #fold}.
     *
     * @param l4Bytes transport header and payload
     * @return a sum of partials, not folded
     */
    public static int pseudoIpv4(int source, int destination, int protocol, int l4Bytes) {
        return (source >>> 16) + (source & 0xffff) + (destination >>> 16) + (destination & 0xffff) + protocol + l4Bytes;
    }

    /**
     * The pseudo-header's sum for IPv6 (RFC 8200 §8.1), as {@link #pseudoIpv4}.
     *
     * @param l4Bytes transport header and payload
     * @return a sum of partials, not folded
     */
    public static int pseudoIpv6(
            long sourceHi, long sourceLo, long destinationHi, long destinationLo, int protocol, int l4Bytes) {
        return words(sourceHi)
                + words(sourceLo)
                + words(destinationHi)
                + words(destinationLo)
                + protocol
                + (l4Bytes >>> 16)
                + (l4Bytes & 0xffff);
    }

    private static int words(long four) {
        return (int) (four >>> 48)
                + (int) (four >>> 32 & 0xffff)
                + (int) (four >>> 16 & 0xffff)
                + (int) (four & 0xffff);
    }

    /**
     * The field's new value after one 16-bit word that it covers has changed (RFC 1624 §3, equation 3).
     *
     * @param field the checksum field as it stands in the header
     */
    public static int update(int field, int oldWord, int newWord) {
        return finish((~field & 0xffff) + (~oldWord & 0xffff) + (newWord & 0xffff));
    }
}
