/* SPDX-License-Identifier: Apache-2.0 */
package org.mtcp4j.core;

import java.util.List;
import org.mtcp4j.config.StackConfig;
import org.mtcp4j.ip.IpAddress;
import org.mtcp4j.ip.Routes;
import org.mtcp4j.ip.Subnet;
import org.mtcp4j.nic.MemoryNic;
import org.mtcp4j.nic.Nic;
import org.mtcp4j.nic.NicSettings;
import org.mtcp4j.nic.NicUnavailableException;
import org.mtcp4j.tcp.TcpSettings;

/** Engines whose threads are not started: the test is the owner. */
final class TestEngines {
    static final IpAddress OURS = IpAddress.parse("198.18.0.2");

    private TestEngines() {}

    static NicSettings nicSettings() {
        return new NicSettings(1, 1500, 0, 512, null, System::nanoTime);
    }

    static Nic memory() {
        return memory(1);
    }

    static Nic memory(int queues) {
        try {
            return new MemoryNic(new NicSettings(queues, 1500, 0, 512, null, System::nanoTime));
        } catch (NicUnavailableException e) {
            throw new AssertionError(e);
        }
    }

    static Engine engine(List<Nic> nics) {
        return engine(nics, OURS + "/24", List.of(), "nic=memory");
    }

    static Engine engine(List<Nic> nics, String subnet, List<IpAddress> gateways, String arguments) {
        Routes routes = new Routes(List.of(Subnet.parse(subnet)), gateways);
        return new Engine(StackConfig.of(arguments), nics, routes, new NoPinning(), (context, cause) -> {
            throw new AssertionError(cause);
        });
    }

    static Flow flow(Context context, int port) {
        return flow(context, port, context.links[0]);
    }

    static Flow flow(Context context, int port, Link link) {
        FlowKey key = new FlowKey();
        key.set(OURS.hi(), OURS.lo(), OURS.hi(), OURS.lo());
        key.ports(port, 80);
        return new Flow(context, link, key, new TcpSettings(), new SocketDefaults(65_536, 65_536));
    }
}
