/* SPDX-License-Identifier: Apache-2.0 */
package org.mtcp4j.agent.cli;

import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.UnknownHostException;
import java.util.concurrent.Callable;
import org.mtcp4j.config.ConfigException;
import org.mtcp4j.config.Key;
import org.mtcp4j.config.StackConfig;
import org.mtcp4j.socket.Reachability;
import org.mtcp4j.socket.StackUnavailableException;
import org.mtcp4j.spi.nio.SideDecision;
import org.mtcp4j.stats.SideReason;
import picocli.CommandLine.Command;
import picocli.CommandLine.Parameters;

/** {@code config explain HOST:PORT}: which side a connection there, and a listener there, would go to, and why. */
@Command(
        name = "explain",
        description =
                "Says which side a connection to HOST:PORT and a listener on it would go to, stack or kernel, and what decides.")
final class Explain implements Callable<Integer> {
    @Parameters(index = "0", description = "HOST:PORT; * for the any-address")
    private String target;

    @Parameters(index = "1", arity = "0..1", description = "agent arguments to evaluate: key=value,...")
    private String arguments;

    @Override
    public Integer call() {
        try {
            StackConfig config = StackConfig.load(arguments);
            System.out.println(new Answer(config, parse(target)).text());
            return 0;
        } catch (ConfigException | StackUnavailableException | IllegalArgumentException e) {
            System.err.println(e.getMessage());
            return 2;
        } catch (UnknownHostException e) {
            System.err.println("unknown host " + e.getMessage());
            return 2;
        }
    }

    private static InetSocketAddress parse(String target) throws UnknownHostException {
        int colon = target.lastIndexOf(':');
        try {
            int port = Integer.parseInt(target.substring(colon + 1));
            String host = target.substring(0, Math.max(0, colon));
            InetAddress address =
                    "*".equals(host) ? new InetSocketAddress(0).getAddress() : InetAddress.getByName(host);
            return new InetSocketAddress(address, port);
        } catch (IllegalArgumentException e) {
            throw new IllegalArgumentException("'" + target + "' is not HOST:PORT, as 198.18.0.2:80 or *:80", e);
        }
    }

    /** The decision is that of sockets; here are the words for it. */
    private static final class Answer {
        private final StackConfig config;
        private final InetSocketAddress address;
        private final SideDecision decision;
        private final Reachability reach;

        Answer(StackConfig config, InetSocketAddress address) throws StackUnavailableException {
            this.config = config;
            this.address = address;
            reach = new Reachability(config);
            decision = new SideDecision(reach, config);
        }

        String text() {
            if (config.is(Key.ENABLED, "false")) {
                return "kernel: mtcp.enabled=false";
            }
            String listen = "listen  " + words(decision.listen(address), true);
            return address.getAddress().isAnyLocalAddress()
                    ? listen
                    : "connect " + words(decision.connect(address), false) + System.lineSeparator() + listen;
        }

        private String words(SideReason reason, boolean listens) {
            boolean any = address.getAddress().isAnyLocalAddress();
            return switch (reason) {
                case KERNEL_EXCLUDED ->
                    any
                            ? "kernel: mtcp.offload=" + config.text(Key.OFFLOAD) + " leaves this port to it"
                            : "kernel: mtcp.offload's rule " + decision.rule(address);
                case KERNEL_WILDCARD -> "kernel: mtcp.wildcard=kernel";
                case STACK_AND_KERNEL ->
                    any
                            ? "stack and kernel: mtcp.wildcard=both"
                            : "stack and kernel: mtcp.loopback=stack, mtcp.wildcard=both" + rule();
                case KERNEL_ADDRESS ->
                    "kernel: not one of the stack's addresses, mtcp.ip=" + config.text(Key.IP) + unlessLearned();
                case KERNEL_NO_ROUTE ->
                    reach.isGroup(address.getAddress())
                            ? "kernel: a broadcast or multicast address, and a connection has one other end"
                            : "kernel: mtcp.ip=" + config.text(Key.IP) + " and mtcp.gateway=" + config.text(Key.GATEWAY)
                                    + " have no route there" + unlessLearned();
                case KERNEL_LOOPBACK ->
                    "stack while a socket of the stack's listens there, else kernel: mtcp.loopback=stack";
                case STACK -> any ? "stack: mtcp.wildcard=stack" : stack(listens) + rule();
                case KERNEL_ACCEPTED -> throw new AssertionError(reason);
            };
        }

        private String stack(boolean listens) {
            if (listens && reach.shares(address.getAddress())) {
                return "stack: mtcp.loopback=stack";
            }
            return "stack: " + (reach.owns(address.getAddress()) ? "one of its own addresses" : "it has a route");
        }

        private String rule() {
            String rule = decision.rule(address);
            return rule.isEmpty() ? "" : ", and mtcp.offload's rule " + rule + " allows it";
        }

        private String unlessLearned() {
            return reach.learns() ? ", unless the network gives one: stat PID prints what a running program has" : "";
        }
    }
}
