/* SPDX-License-Identifier: Apache-2.0 */
package org.mtcp4j.nic.xdp;

import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.util.Map;
import java.util.TreeMap;
import org.mtcp4j.nic.NicUnavailableException;

/**
 * The XDP program's instructions, made from {@code src/main/bpf/share.bpf.c}: a first line that says which instruction names which map, then
 * the instructions as numbers.
 */
final class ShareCode {
    private static final String RESOURCE = "share.hex";

    private final long[] instructions;
    private final Map<Integer, String> maps;

    private ShareCode(long[] instructions, Map<Integer, String> maps) {
        this.instructions = instructions;
        this.maps = maps;
    }

    static ShareCode load() throws NicUnavailableException {
        try (InputStream in = ShareCode.class.getResourceAsStream(RESOURCE)) {
            if (in == null) {
                throw new IOException("no " + RESOURCE);
            }
            return parse(new String(in.readAllBytes(), StandardCharsets.US_ASCII));
        } catch (IOException e) {
            throw new NicUnavailableException(
                    "mtcp4j's jar lacks the program for nic=xdp: (" + e.getMessage()
                            + "); take the jar as it was built",
                    e);
        }
    }

    private static ShareCode parse(String text) {
        int end = text.indexOf('\n');
        Map<Integer, String> maps = new TreeMap<>();
        for (String place : text.substring(0, end).split(" ", -1)) {
            int colon = place.indexOf(':');
            maps.put(Integer.valueOf(place.substring(0, colon)), place.substring(colon + 1));
        }
        String[] words = text.substring(end).trim().split("\\s+", -1);
        long[] instructions = new long[words.length];
        for (int i = 0; i < words.length; i++) {
            instructions[i] = Long.parseUnsignedLong(words[i], 16);
        }
        return new ShareCode(instructions, maps);
    }

    int count() {
        return instructions.length;
    }

    long instruction(int index) {
        return instructions[index];
    }

    /** Names by the instruction that refers to the map. */
    Map<Integer, String> maps() {
        return maps;
    }
}
