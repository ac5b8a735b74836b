/* SPDX-License-Identifier: Apache-2.0 */
package org.mtcp4j.examples;

import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.concurrent.ConcurrentHashMap;

/** What the example servers serve. */
final class Pages {
    static final int BIG_BYTES = 100 << 20;
    static final int CHUNKS = 64;
    static final byte[] SMALL = "x".repeat(63).concat("\n").getBytes(StandardCharsets.US_ASCII);
    static final byte[] CHUNK = "chunk of sixteen".repeat(64).getBytes(StandardCharsets.US_ASCII);

    private static final String BYTES = "/bytes/";

    private static final Map<String, byte[]> PAGES = new ConcurrentHashMap<>();

    private static byte[] big;

    private Pages() {}

    /** N bytes for {@code /bytes/N}, else {@link #SMALL}. */
    static byte[] page(String path) {
        if (!path.startsWith(BYTES)) {
            return SMALL;
        }
        return PAGES.computeIfAbsent(path.substring(BYTES.length()), size -> {
            byte[] page = new byte[Math.min(BIG_BYTES, Integer.parseInt(size))];
            Arrays.fill(page, (byte) 'x');
            return page;
        });
    }

    /** 100 MB that do not compress, the same in every run. */
    static synchronized byte[] big() {
        if (big == null) {
            byte[] bytes = new byte[BIG_BYTES];
            SplittableRandom random = new SplittableRandom(42);
            random.nextBytes(bytes);
            big = bytes;
        }
        return big;
    }

    static MessageDigest md5() {
        try {
            return MessageDigest.getInstance("MD5");
        } catch (NoSuchAlgorithmException e) {
            throw new AssertionError("every JDK has MD5", e);
        }
    }

    static byte[] hex(byte[] digest) {
        return HexFormat.of().formatHex(digest).getBytes(StandardCharsets.US_ASCII);
    }

    /** Length and MD5 of a body, as {@code /post} answers them. */
    static byte[] posted(long bytes, MessageDigest digest) {
        return (bytes + " " + HexFormat.of().formatHex(digest.digest()) + "\n").getBytes(StandardCharsets.US_ASCII);
    }

    /** Milliseconds of {@code /slow?250}. */
    static long slowMillis(String query) {
        return query == null || query.isEmpty() ? 0 : Math.min(60_000, Long.parseLong(query));
    }
}
