/* SPDX-License-Identifier: Apache-2.0 */
package org.mtcp4j.core;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import org.mtcp4j.ip.IpAddress;
import org.mtcp4j.ip.LinkAddresses;
import org.mtcp4j.ip.Subnet;
import org.mtcp4j.nic.InterfaceState;
import org.mtcp4j.nic.KernelShare;

/** Has the stack follow the addresses and routes of an interface that is the kernel's, too. Context 0's owner's. */
final class KernelLink {
    /** What no interface leads to. */
    private static final List<Subnet> LOOPBACK = List.of(Subnet.parse("127.0.0.0/8"), Subnet.parse("::1/128"));

    private final Engine engine;
    private final Link link;
    private final KernelShare share;
    private final PortGate gate;
    /** If not empty, only these of the interface's addresses. */
    private final List<Subnet> wanted;

    private final boolean hasGateways;
    private final CountDownLatch learned;
    private int seen;
    private List<IpAddress> entered = List.of();
    private boolean told;

    /**
     * @param wanted what is configured
     * @param hasGateways there are configured ones in the place of the interface's default routes
     * @param learned counted down once there is an address
     */
    KernelLink(Engine engine, Link link, List<Subnet> wanted, boolean hasGateways, CountDownLatch learned) {
        this.engine = engine;
        this.link = link;
        this.share = link.nic.kernelShare();
        this.gate = engine.gate;
        this.wanted = wanted;
        this.hasGateways = hasGateways;
        this.learned = learned;
    }

    /** 1 if something has changed. */
    int look() {
        int version = share.version();
        if (version == seen) {
            return 0;
        }
        seen = version;
        LinkAddresses addresses = addresses(share.state());
        List<IpAddress> own = addresses.own().stream().map(Subnet::address).toList();
        engine.readdress(link.index - 1, addresses);
        for (IpAddress gone : entered) {
            if (!own.contains(gone)) {
                gate.leave(share, gone);
            }
        }
        entered = own;
        if (!own.isEmpty() && !told) {
            told = true;
            learned.countDown();
        }
        return 1;
    }

    private LinkAddresses addresses(InterfaceState state) {
        List<Subnet> own = new ArrayList<>();
        List<IpAddress> deprecated = new ArrayList<>();
        for (InterfaceState.Address each : state.addresses()) {
            IpAddress address = IpAddress.of(each.address().getAddress()).inZone(link.zone);
            // First the kernel's program knows the address, then the stack: what it sends is answered to it.
            if (!each.isTentative() && isWanted(address) && gate.enter(share, address)) {
                own.add(new Subnet(address, each.prefixBits()));
                if (each.isDeprecated()) {
                    deprecated.add(address);
                }
            }
        }
        List<Subnet> onLink = new ArrayList<>();
        List<IpAddress> gateways = new ArrayList<>();
        List<LinkAddresses.Via> via = new ArrayList<>();
        List<Subnet> elsewhere = new ArrayList<>(LOOPBACK);
        for (InterfaceState.Route route : state.routes()) {
            IpAddress target = IpAddress.of(route.network().getAddress()).inZone(link.zone);
            Subnet network = new Subnet(target, route.prefixBits());
            if (route.isElsewhere()) {
                if (!target.isLinkLocal()) {
                    elsewhere.add(network);
                }
            } else if (route.gateway() == null) {
                onLink.add(network);
            } else {
                IpAddress gateway = IpAddress.of(route.gateway().getAddress()).inZone(link.zone);
                through(gateway, network, gateways, via);
                onLink.add(new Subnet(gateway, gateway.isIpv4() ? 32 : 128));
            }
        }
        return new LinkAddresses(
                own,
                deprecated,
                List.of(),
                onLink,
                gateways,
                state.mtuBytes(),
                state.mtuBytes(),
                new LinkAddresses.KernelRoutes(via, elsewhere));
    }

    private boolean isWanted(IpAddress address) {
        return wanted.isEmpty()
                || wanted.stream().anyMatch(each -> each.address().equals(address));
    }

    private void through(IpAddress gateway, Subnet network, List<IpAddress> gateways, List<LinkAddresses.Via> via) {
        if (network.prefixBits() > 0) {
            via.add(new LinkAddresses.Via(network, gateway));
        } else if (!hasGateways && gateway.isIpv4() == network.address().isIpv4()) {
            gateways.add(gateway);
        } else if (!hasGateways) {
            // IPv4 behind a router that has only IPv6 addresses on this link.
            via.add(new LinkAddresses.Via(network, gateway));
        }
    }
}
