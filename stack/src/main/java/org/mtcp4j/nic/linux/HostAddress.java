/* SPDX-License-Identifier: Apache-2.0 */
package org.mtcp4j.nic.linux;

import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import org.mtcp4j.nic.NicUnavailableException;

/**
 * An address of the kernel's end of a TAP.
 *
 * @param text as the user wrote it, or near enough
 * @param hi of an IPv6 address, else 0
 */
record HostAddress(String text, long hi, long lo, int prefixBits, boolean isIpv6) {
    private static final Path IPV6_ADDRESSES = Path.of("/proc/net/if_inet6");

    /** Those of {@link org.mtcp4j.nic.NicSettings#hostIp}, which may be null or empty. */
    static List<HostAddress> parse(String hostIps) throws NicUnavailableException {
        List<HostAddress> all = new ArrayList<>();
        if (hostIps != null && !hostIps.isEmpty()) {
            for (String part : hostIps.split(",", -1)) {
                all.add(part.indexOf(':') >= 0 ? parseIpv6(part) : parseIpv4(part));
            }
        }
        return all;
    }

    /** {@code a.b.c.d/len}. */
    private static HostAddress parseIpv4(String text) throws NicUnavailableException {
        String[] parts = text.split("[./]", -1);
        int value = 0;
        boolean valid = parts.length == 5 && text.indexOf('/') > text.lastIndexOf('.');
        for (int i = 0; valid && i < 5; i++) {
            int number = parts[i].matches("\\d{1,3}") ? Integer.parseInt(parts[i]) : -1;
            valid = number >= 0 && number <= (i < 4 ? 255 : 32);
            value = i < 4 ? (value << 8) | number : value;
        }
        if (!valid) {
            throw invalid(text);
        }
        return new HostAddress(text, 0, value & 0xffff_ffffL, Integer.parseInt(parts[4]), false);
    }

    /** Eight groups of hexadecimal digits and {@code /len}. */
    private static HostAddress parseIpv6(String text) throws NicUnavailableException {
        String[] parts = text.split("[:/]", -1);
        long[] halves = new long[2];
        boolean valid = parts.length == 9 && text.indexOf('/') > text.lastIndexOf(':') && parts[8].matches("\\d{1,3}");
        for (int i = 0; valid && i < 8; i++) {
            valid = parts[i].matches("[0-9a-fA-F]{1,4}");
            halves[i >>> 2] = halves[i >>> 2] << 16 | (valid ? Integer.parseInt(parts[i], 16) : 0);
        }
        if (!valid || Integer.parseInt(parts[8]) > 128) {
            throw invalid(text);
        }
        return new HostAddress(text, halves[0], halves[1], Integer.parseInt(parts[8]), true);
    }

    private static NicUnavailableException invalid(String text) {
        return new NicUnavailableException("mtcp.tap.host-ip '" + text
                + "' is no address with prefix; write ADDRESS/BITS as 198.18.0.1/24 or 2001:db8::1/64");
    }

    /** The interface other than that one that has this IPv6 address, or null. */
    String ipv6Holder(String name) {
        String hex = String.format(Locale.ROOT, "%016x%016x", hi, lo);
        try {
            for (String line : OwnFiles.read(IPV6_ADDRESSES).split("\n", -1)) {
                String[] fields = line.trim().split("\\s+", -1);
                if (fields.length == 6 && fields[0].equals(hex) && !fields[5].equals(name)) {
                    return fields[5];
                }
            }
        } catch (IOException e) {
            // No IPv6 here.
        }
        return null;
    }
}
