/* SPDX-License-Identifier: Apache-2.0 */
package org.mtcp4j.socket;

import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.util.ArrayList;
import java.util.List;
import org.mtcp4j.ip.IpAddress;
import org.mtcp4j.ip.Subnet;

/**
 * The rules of {@code mtcp.offload}: {@code ADDRESS:PORT} separated by commas, {@code !} in front of those that exclude. ADDRESS is {@code *}, an
 * address or {@code ADDRESS/BITS}, IPv6 in brackets; PORT is {@code *}, a port or {@code FROM-TO}. An excluding rule wins; where there are
 * including rules, one of them has to match. They narrow what the stack takes and never widen it.
 */
public final class OffloadRules {
    private static final int LAST_PORT = 65_535;

    private final List<Rule> includes = new ArrayList<>();
    private final List<Rule> excludes = new ArrayList<>();

    private record Rule(String text, Subnet network, int firstPort, int lastPort) {
        boolean matches(IpAddress address, int port) {
            return port >= firstPort
                    && port <= lastPort
                    && (network == null || network.contains(address) || network.contains(address.withoutZone()));
        }
    }

    private OffloadRules() {}

    /** @throws IllegalArgumentException with one sentence */
    public static OffloadRules parse(String text) {
        OffloadRules rules = new OffloadRules();
        if (!text.isBlank()) {
            for (String each : text.split(",", -1)) {
                String trimmed = each.trim();
                boolean excluding = trimmed.startsWith("!");
                (excluding ? rules.excludes : rules.includes)
                        .add(rule(trimmed, excluding ? trimmed.substring(1) : trimmed));
            }
        }
        return rules;
    }

    private static Rule rule(String whole, String text) {
        int colon = text.lastIndexOf(':');
        if (colon <= 0) {
            throw new IllegalArgumentException(
                    "'" + whole + "' is no rule; write ADDRESS:PORT, as 198.18.0.2:* or !*:22");
        }
        String address = text.substring(0, colon);
        if (address.startsWith("[")) {
            address = address.replace("[", "").replace("]", "");
        }
        String port = text.substring(colon + 1);
        Subnet network = "*".equals(address) ? null : Subnet.parse(address);
        if ("*".equals(port)) {
            return new Rule(whole, network, 0, LAST_PORT);
        }
        try {
            int dash = port.indexOf('-');
            int first = Integer.parseInt(dash < 0 ? port : port.substring(0, dash));
            int last = dash < 0 ? first : Integer.parseInt(port.substring(dash + 1));
            if (first < 0 || last > LAST_PORT || first > last) {
                throw new IllegalArgumentException("'" + whole + "' has no port from 0 to 65535");
            }
            return new Rule(whole, network, first, last);
        } catch (NumberFormatException e) {
            throw new IllegalArgumentException("'" + whole + "' has no port; write a number, FROM-TO or *", e);
        }
    }

    /** Whether the stack may take this local or remote address. */
    public boolean allows(InetSocketAddress address) {
        return deciding(address).isEmpty() || !deciding(address).startsWith("!");
    }

    /** The rule that decides, as it was written: with {@code !} if it excludes, empty if none applies. */
    public String deciding(InetSocketAddress address) {
        if (includes.isEmpty() && excludes.isEmpty()) {
            return "";
        }
        IpAddress ip = Binds.wireAddress(address.getAddress());
        Rule excluding = first(excludes, ip, address.getPort());
        if (excluding != null) {
            return excluding.text();
        }
        Rule including = first(includes, ip, address.getPort());
        if (including != null) {
            return including.text();
        }
        return includes.isEmpty() ? "" : "!(none of the including rules)";
    }

    /** Whether a listener on the any-address and this port may be the stack's: its addresses are not known yet. */
    public boolean allowsAnyAddress(int port) {
        InetAddress any = new InetSocketAddress(0).getAddress();
        Rule excluding = first(excludes, Binds.wireAddress(any), port);
        if (excluding != null && excluding.network() == null) {
            return false;
        }
        return includes.isEmpty()
                || includes.stream().anyMatch(rule -> port >= rule.firstPort() && port <= rule.lastPort());
    }

    private static Rule first(List<Rule> rules, IpAddress address, int port) {
        for (Rule rule : rules) {
            if (rule.matches(address, port)) {
                return rule;
            }
        }
        return null;
    }
}
