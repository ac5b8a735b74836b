/* SPDX-License-Identifier: Apache-2.0 */
package org.mtcp4j.ip;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;

/**
 * Interface identifiers that are the same each time a host comes to a network, another in each network, and tell nothing of the hardware
 * (<a href="https://www.rfc-editor.org/rfc/rfc7217">RFC 7217</a> §5).
 */
public final class InterfaceIds {
    /** RFC 5453: the range of anycast addresses of RFC 2526. */
    private static final long FIRST_RESERVED = 0xfdff_ffff_ffff_ff80L;

    private static final long LAST_RESERVED = 0xfdff_ffff_ffff_ffffL;

    private final byte[] secret;
    private final long mac;

    /**
     * @param secret known to this host alone, the same after a restart
     * @param mac of the interface
     */
    public InterfaceIds(String secret, long mac) {
        this.secret = secret.getBytes(StandardCharsets.UTF_8);
        this.mac = mac;
    }

    /** The lower half of an address in that /64, after so many that turned out to be somebody else's. */
    public long of(long prefixHi, int duplicates) {
        for (int attempt = duplicates; ; attempt += 1 << 16) {
            long id = hash(prefixHi, attempt);
            boolean reserved = id >= FIRST_RESERVED && id <= LAST_RESERVED;
            if (id != 0 && !reserved) {
                return id;
            }
        }
    }

    private long hash(long prefixHi, int counter) {
        try {
            MessageDigest digest = MessageDigest.getInstance("SHA-256");
            digest.update(secret);
            digest.update(ByteBuffer.allocate(20)
                    .putLong(prefixHi)
                    .putLong(mac)
                    .putInt(counter)
                    .array());
            return ByteBuffer.wrap(digest.digest()).getLong();
        } catch (NoSuchAlgorithmException e) {
            throw new AssertionError("every Java platform has SHA-256", e);
        }
    }
}
