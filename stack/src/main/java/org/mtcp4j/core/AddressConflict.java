/* SPDX-License-Identifier: Apache-2.0 */
package org.mtcp4j.core;

import java.util.Locale;
import org.mtcp4j.ip.IpAddress;

/**
 * Another host uses an address of ours (RFC 5227 §2.4, RFC 4862 §5.4).
 *
 * @param mac the other's hardware address
 */
record AddressConflict(String nic, IpAddress address, long mac) {
    /** What is wrong, and the cure. */
    String sentence() {
        StringBuilder text = new StringBuilder();
        for (int shift = 40; shift >= 0; shift -= 8) {
            text.append(String.format(Locale.ROOT, shift > 0 ? "%02x:" : "%02x", mac >>> shift & 0xff));
        }
        return "another host on the link of " + nic + ", with the hardware address " + text + ", uses " + address
                + " too, so connections of both fail: give one of them another address (mtcp.ip)";
    }
}
