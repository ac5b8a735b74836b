/* SPDX-License-Identifier: Apache-2.0 */
package org.mtcp4j.core;

import org.mtcp4j.ip.IpAddress;
import org.mtcp4j.ip.Routes;
import org.mtcp4j.stats.Counter;
import org.mtcp4j.tcp.CloseReason;
import org.mtcp4j.tcp.TcpState;

/** Where a context's flows go first, and what becomes of them when nobody is there any more. The owner's. */
final class RouteDesk implements Routes.Liveness {
    /** RFC 1122 §4.2.3.5, R1: from then on the network layer is told. */
    private static final int SUSPICIOUS_TIMEOUTS = 3;

    private final Context context;

    RouteDesk(Context context) {
        this.context = context;
    }

    @Override
    public boolean isDead(int nic, IpAddress gateway) {
        return context.links[1 + nic].neighbours.isDead(gateway);
    }

    /** Whether somebody new who sends from there can be answered: its next hop has not just failed to. */
    boolean admits(Link arrivedOn, FlowKey key, long nowNs) {
        Routes routes = context.engine.routes();
        int nic = arrivedOn.loopback ? -1 : routes.interfaceFor(key.remoteHi, key.remoteLo);
        if (nic < 0) {
            return true;
        }
        IpAddress gateway = routes.gatewayFor(key.remoteHi, key.remoteLo, this);
        return context.links[1 + nic].neighbours.admits(
                gateway == null ? key.remoteHi : gateway.hi(), gateway == null ? key.remoteLo : gateway.lo(), nowNs);
    }

    /** The routes have changed, or a router has gone: the flow goes by the best there is now, on its link. */
    private void reroute(Flow flow, Routes routes, long nowNs) {
        if (flow.link.loopback || routes.interfaceFor(flow.remoteHi, flow.remoteLo) != flow.link.index - 1) {
            return;
        }
        IpAddress gateway = routes.gatewayFor(flow.remoteHi, flow.remoteLo, this);
        long hopHi = gateway == null ? flow.remoteHi : gateway.hi();
        long hopLo = gateway == null ? flow.remoteLo : gateway.lo();
        if (hopHi == flow.hopHi && hopLo == flow.hopLo) {
            return;
        }
        flow.hopHi = hopHi;
        flow.hopLo = hopLo;
        context.counters.increment(Counter.ROUTER_CHANGES);
        if (flow.waitsForNeighbour) {
            flow.waitsForNeighbour = false;
            context.afterTurn(flow, nowNs);
        }
    }

    /**
     * A next hop that was known, or a router, does not answer: what goes through a router leaves it if there is another (RFC 4861 §7.3.3,
     * RFC 1122 §3.3.1.4); else handshakes end, and what is connected waits for as long as TCP does.
     */
    void hopGone(Link link, long hopHi, long hopLo, long nowNs) {
        Routes routes = context.engine.routes();
        for (Flow flow : context.flows.snapshot()) {
            if (isThrough(flow, link, hopHi, hopLo)) {
                reroute(flow, routes, nowNs);
                if (isThrough(flow, link, hopHi, hopLo) && !flow.state().isSynchronized()) {
                    neighbourKnown(flow, false, nowNs);
                }
            }
        }
    }

    /** As {@link #hopGone}, for all hosts of the link that do not answer. Downwards, since what is removed makes others move down. */
    void hopsGone(Link link, long nowNs) {
        Routes routes = context.engine.routes();
        for (int i = context.flows.slots() - 1; i >= 0; i--) {
            Flow flow = context.flows.at(i);
            if (flow != null && flow.link == link && link.neighbours.isDead(flow.hopHi, flow.hopLo)) {
                reroute(flow, routes, nowNs);
                if (link.neighbours.isDead(flow.hopHi, flow.hopLo)
                        && !flow.state().isSynchronized()) {
                    neighbourKnown(flow, false, nowNs);
                }
            }
        }
    }

    private static boolean isThrough(Flow flow, Link link, long hopHi, long hopLo) {
        return flow.link == link && flow.hopLo == hopLo && flow.hopHi == hopHi;
    }

    /** A deadline of the flow has passed; before, its peer had not answered so often in a row. */
    void expired(Flow flow, int before, long nowNs) {
        int after = flow.timeoutsInARow();
        int suspicious = flow.state().isSynchronized() ? SUSPICIOUS_TIMEOUTS : 1;
        if (after > before && after >= suspicious && !flow.link.loopback) {
            flow.link.neighbours.suspected(flow, nowNs);
        }
    }

    /** The stack has other addresses and routes. */
    void changed(Routes now, long nowNs) {
        for (Flow flow : context.flows.snapshot()) {
            reroute(flow, now, nowNs);
        }
    }

    /** After what was to be sent over the link: by that a NIC finds out that it is down. */
    void look(Link link, long nowNs) {
        boolean isDown = !link.nic.isUp();
        if (isDown != link.isDown) {
            link.isDown = isDown;
            if (isDown) {
                wentDown(link, nowNs);
            }
        }
    }

    /** The interface is down: who waits for an answer to a SYN hears so. What is connected waits until it is up again. */
    private void wentDown(Link link, long nowNs) {
        context.counters.increment(Counter.LINK_DOWNS);
        for (Flow flow : context.flows.snapshot()) {
            if (flow.link == link && flow.state() == TcpState.SYN_SENT) {
                flow.unreachable(CloseReason.NETWORK_UNREACHABLE);
                context.afterTurn(flow, nowNs);
            }
        }
    }

    /** The next hop answers now, or never will. */
    void neighbourKnown(Flow flow, boolean reachable, long nowNs) {
        flow.waitsForNeighbour = false;
        if (!flow.inTable) {
            return;
        }
        if (!reachable) {
            context.counters.increment(Counter.NEIGHBOUR_FAILURES);
            flow.unreachable(CloseReason.HOST_UNREACHABLE);
        }
        context.afterTurn(flow, nowNs);
    }
}
