/* SPDX-License-Identifier: Apache-2.0 */
package org.mtcp4j.socket;

import java.io.IOException;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.mtcp4j.config.Key;
import org.mtcp4j.config.StackConfig;
import org.mtcp4j.core.AddressPlan;
import org.mtcp4j.ip.IpAddress;
import org.mtcp4j.ip.LinkAddresses;
import org.mtcp4j.ip.Routes;
import org.mtcp4j.ip.Subnet;
import org.mtcp4j.nic.linux.OwnFiles;
import org.mtcp4j.nic.xdp.XdpNicProvider;
import org.mtcp4j.wire.FlowHash;

/** What {@code mtcp.ip} and {@code mtcp.gateway} say: addresses that are configured, and where others are to come from. */
final class AddressConfig {
    private static final String DHCP = "dhcp";
    private static final String SLAAC = "slaac";
    private static final String KERNEL = "kernel";
    private static final int LINK_LOCAL_PREFIX_BITS = 64;
    /** The same as long as the machine is installed; only what is hashed with it is seen by others. */
    private static final Path MACHINE_ID = Path.of("/etc/machine-id");

    private final Routes fixed;
    private final AddressPlan plan;
    private final String text;

    /** @throws StackUnavailableException with one sentence */
    AddressConfig(StackConfig config) throws StackUnavailableException {
        text = text(config);
        try {
            String[] nics = config.text(Key.NIC).split(";", -1);
            List<LinkAddresses> links = new ArrayList<>();
            List<AddressPlan.Sources> sources = new ArrayList<>();
            for (String group : groups(nics.length)) {
                List<String> parts = List.of(group.trim().split("\\s*,\\s*", -1));
                AddressPlan.Sources learned = sources(parts, nics[sources.size()].trim());
                links.add(LinkAddresses.of(subnets(parts, learned, links.size() + 1)));
                sources.add(learned);
            }
            List<IpAddress> gateways = gateways(config.text(Key.GATEWAY));
            check(config, links, sources, gateways);
            plan = new AddressPlan(sources, gateways, anyOf(sources) ? secret() : "");
            if (plan.any() && Stack.isMemory(nics[0])) {
                throw new IllegalArgumentException("mtcp.nic=" + nics[0] + " leads to no network that " + DHCP + " or "
                        + SLAAC + " could learn an address from; name a NIC, or write ADDRESS/PREFIX");
            }
            // Where networks are still to be learned, the gateway may be in one of those.
            fixed = Routes.ofLinks(links, plan.any() ? List.of() : gateways);
        } catch (IllegalArgumentException e) {
            throw new StackUnavailableException("mtcp.ip or mtcp.gateway: " + e.getMessage(), e);
        }
    }

    /** An interface that the kernel has, too, has its addresses from there unless something else is written. */
    static String text(StackConfig config) {
        String[] nics = config.text(Key.NIC).split(";", -1);
        return nics.length == 1 && isShared(nics[0].trim()) && config.isDefault(Key.IP) ? KERNEL : config.text(Key.IP);
    }

    private static boolean isShared(String nic) {
        return nic.startsWith(XdpNicProvider.KIND + ":");
    }

    private static AddressPlan.Sources sources(List<String> parts, String nic) {
        boolean dhcp = parts.contains(DHCP);
        boolean slaac = parts.contains(SLAAC);
        if (isShared(nic) && (dhcp || slaac)) {
            throw new IllegalArgumentException("mtcp.nic=" + nic
                    + " has its addresses from the kernel, which learns them itself; write " + KERNEL
                    + ", or which of its addresses the stack is to have");
        }
        if (!isShared(nic) && parts.contains(KERNEL)) {
            throw new IllegalArgumentException("mtcp.nic=" + nic
                    + " is not an interface that the kernel has, too, so there are no addresses of the kernel's; write"
                    + " ADDRESS/PREFIX");
        }
        return new AddressPlan.Sources(dhcp, slaac, isShared(nic));
    }

    private static void check(
            StackConfig config,
            List<LinkAddresses> links,
            List<AddressPlan.Sources> sources,
            List<IpAddress> gateways) {
        String[] hostIps = config.text(Key.TAP_HOST_IP).split(";", -1);
        List<IpAddress> all = new ArrayList<>();
        for (int i = 0; i < links.size(); i++) {
            List<Subnet> own = links.get(i).own().stream()
                    .map(subnet -> new Subnet(subnet.address().withoutZone(), subnet.prefixBits()))
                    .toList();
            own.forEach(subnet -> all.add(subnet.address()));
            for (Subnet hostIp : hostIps(i < hostIps.length ? hostIps[i] : "")) {
                AddressChecks.hostIp(hostIp, own, !sources.get(i).any());
            }
        }
        gateways.forEach(gateway -> AddressChecks.gateway(gateway, all));
    }

    /** Of one NIC. */
    static List<Subnet> hostIps(String text) {
        List<Subnet> all = new ArrayList<>();
        for (String part : text.split("[+,]", -1)) {
            if (!part.isBlank() && part.indexOf('/') < 0) {
                throw new IllegalArgumentException("mtcp.tap.host-ip '" + part.trim()
                        + "' has no prefix length; write ADDRESS/BITS as 198.18.0.1/24 or 2001:db8::1/64");
            }
            if (!part.isBlank()) {
                all.add(Subnet.parse(part.trim()));
            }
        }
        return all;
    }

    private static boolean anyOf(List<AddressPlan.Sources> sources) {
        return sources.stream().anyMatch(AddressPlan.Sources::any);
    }

    private static List<IpAddress> gateways(String text) {
        if (text.isEmpty()) {
            return List.of();
        }
        List<IpAddress> gateways = new ArrayList<>();
        for (String part : text.split("[+,]", -1)) {
            IpAddress gateway = IpAddress.parse(part.trim());
            gateways.add(gateway.zone() == 0 ? gateway.inZone(1) : gateway);
        }
        return gateways;
    }

    private static List<Subnet> subnets(List<String> parts, AddressPlan.Sources sources, int zone) {
        List<Subnet> own = new ArrayList<>();
        for (String part : parts) {
            if (!part.equals(DHCP) && !part.equals(SLAAC) && !part.equals(KERNEL)) {
                Subnet subnet = AddressChecks.own(part);
                own.add(new Subnet(subnet.address().inZone(zone), subnet.prefixBits()));
            }
        }
        if (!sources.slaac() && !sources.kernel()) {
            linkLocal(own, zone).ifPresent(own::add);
        }
        return own;
    }

    /**
     * Where there is an IPv6 address there is a link-local one (RFC 4291 §2.8); if none is configured, one that stays the same as long as the
     * others do and tells nothing of the hardware (RFC 7217).
     */
    private static Optional<Subnet> linkLocal(List<Subnet> own, int zone) {
        List<IpAddress> v6 = own.stream()
                .map(Subnet::address)
                .filter(address -> !address.isIpv4())
                .toList();
        if (v6.isEmpty() || v6.stream().anyMatch(IpAddress::isLinkLocal)) {
            return Optional.empty();
        }
        long id = FlowHash.interfaceId(v6.get(0).hi(), v6.get(0).lo());
        long hi = IpAddress.inZone(IpAddress.LINK_LOCAL_HI, zone);
        return Optional.of(new Subnet(IpAddress.of(hi, id), LINK_LOCAL_PREFIX_BITS));
    }

    /** A value for each NIC, separated by semicolons. */
    private String[] groups(int nics) {
        String[] groups = text.split(";", -1);
        if (groups.length != nics) {
            throw new IllegalArgumentException(Key.IP.property() + " has " + groups.length + " part(s) for " + nics
                    + " NIC(s); give one for each of mtcp.nic, in its order, separated by ';'");
        }
        return groups;
    }

    private static String secret() {
        try {
            return OwnFiles.read(MACHINE_ID).trim();
        } catch (IOException e) {
            // Then addresses are others after a restart.
            return new SecureRandom().nextLong() + " " + new SecureRandom().nextLong();
        }
    }

    Routes routes() {
        return fixed;
    }

    AddressPlan plan() {
        return plan;
    }

    /** The sentence for a start that got no address. */
    String missing(long waitedNs) {
        if (plan.links().stream().anyMatch(AddressPlan.Sources::kernel)) {
            return "mtcp.ip=" + text + ": the interface got none of these addresses within " + waitedNs / 1_000_000
                    + " ms; give it one, as by 'ip addr add', name one that 'ip addr' shows, or wait longer with mtcp.address-wait";
        }
        return "mtcp.ip=" + text + ": the network gave no address within " + waitedNs / 1_000_000
                + " ms; is there a DHCP server, or for slaac a router that advertises a prefix, on the NIC's link? Wait longer with"
                + " mtcp.address-wait, or write ADDRESS/PREFIX";
    }
}
