/* SPDX-License-Identifier: Apache-2.0 */
package org.mtcp4j.nic.xdp;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.mtcp4j.nic.NicUnavailableException;
import org.mtcp4j.nic.linux.LinuxCalls;
import org.mtcp4j.nic.linux.LinuxCallsLoader;
import org.mtcp4j.nic.linux.OwnFiles;

/** Rules of this network namespace that redirect packets which arrive, as a mesh's sidecar makes them: the stack's packets pass them by. */
public final class RedirectRules {
    private static final int NFTABLES = 10 << 8;
    private static final int NEWCHAIN = NFTABLES | 3;
    private static final int GETCHAIN = NFTABLES | 4;
    private static final int MESSAGE_BYTES = 4;
    private static final int CHAIN_TABLE = 1;
    private static final int CHAIN_NAME = 3;
    private static final int CHAIN_HOOK = 4;
    private static final int CHAIN_USE = 6;
    private static final int CHAIN_TYPE = 7;
    private static final int HOOK_NUMBER = 1;
    private static final int PREROUTING = 0;
    private static final int FAMILY_IP6 = 10;
    private static final int FAMILY_IP = 2;
    private static final List<String> LEGACY =
            List.of("/proc/self/net/ip_tables_names", "/proc/self/net/ip6_tables_names");

    private final List<String> found = new ArrayList<>();

    private RedirectRules() {}

    /** Names of the chains and tables that have such rules; empty where there are none, or where this process may not look (CAP_NET_ADMIN). */
    public static List<String> find() {
        RedirectRules rules = new RedirectRules();
        try {
            LinuxCalls calls = LinuxCallsLoader.load();
            Netlink netlink = new Netlink(calls, new XdpFailures(calls, ""), Netlink.NETFILTER, 0);
            netlink.dump(GETCHAIN, new byte[MESSAGE_BYTES], rules.found::clear, rules::chain);
            netlink.close();
        } catch (NicUnavailableException e) {
            // A kernel without nftables.
        }
        LEGACY.forEach(rules::legacy);
        return rules.found;
    }

    /** @param rules what {@link #find} has found */
    public static String warning(List<String> rules) {
        return "rules of this network namespace redirect packets that arrive (" + String.join(", ", rules)
                + "), as a service mesh makes them; the stack's connections pass them by, so leave redirected ports to the kernel, as by"
                + " mtcp.offload=!*:8080";
    }

    private void legacy(String names) {
        try {
            if (OwnFiles.read(Path.of(names)).lines().anyMatch("nat"::equals)) {
                found.add("table nat of " + (names.contains("ip6_") ? "ip6tables" : "iptables"));
            }
        } catch (IOException e) {
            // No such tables.
        }
    }

    private void chain(ByteBuffer in, int at, int type, int end) {
        int attributes = at + Netlink.HEADER_BYTES + MESSAGE_BYTES;
        int kind = Netlink.attribute(in, attributes, end, CHAIN_TYPE);
        int hook = Netlink.attribute(in, attributes, end, CHAIN_HOOK);
        int rules = Netlink.attribute(in, attributes, end, CHAIN_USE);
        if (type != NEWCHAIN
                || kind < 0
                || hook < 0
                || rules < 0
                || !text(in, kind).equals("nat")) {
            return;
        }
        int number = Netlink.attribute(in, hook, hook + Netlink.valueBytes(in, hook), HOOK_NUMBER);
        if (number >= 0 && bigEndian(in, number) == PREROUTING && bigEndian(in, rules) > 0) {
            int family = in.get(at + Netlink.HEADER_BYTES);
            found.add("nftables chain " + (family == FAMILY_IP ? "ip" : family == FAMILY_IP6 ? "ip6" : "inet") + "/"
                    + text(in, Netlink.attribute(in, attributes, end, CHAIN_TABLE)) + "/"
                    + text(in, Netlink.attribute(in, attributes, end, CHAIN_NAME)));
        }
    }

    private static int bigEndian(ByteBuffer in, int at) {
        return in.order() == ByteOrder.BIG_ENDIAN ? in.getInt(at) : Integer.reverseBytes(in.getInt(at));
    }

    private static String text(ByteBuffer in, int value) {
        if (value < 0) {
            return "";
        }
        String text = new String(Netlink.value(in, value), StandardCharsets.UTF_8);
        int zero = text.indexOf('\0');
        return zero < 0 ? text : text.substring(0, zero);
    }
}
