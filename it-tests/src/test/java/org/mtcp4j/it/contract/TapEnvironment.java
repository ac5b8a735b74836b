/* SPDX-License-Identifier: Apache-2.0 */
package org.mtcp4j.it.contract;

import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.channels.spi.SelectorProvider;
import java.nio.file.Files;
import java.nio.file.Path;
import org.mtcp4j.config.StackConfig;
import org.mtcp4j.socket.Stack;
import org.mtcp4j.spi.nio.MtcpSelectorProvider;

/** The stack behind a TAP device at one end, the kernel at the other. Only inside a network namespace of the test's own. */
final class TapEnvironment implements ContractEnvironment {
    /** The network namespace outside, so that nothing here can run in it. */
    static final String OUTER_NAMESPACE = "mtcp.test.outer-netns";

    private static final InetAddress STACK = MemoryEnvironment.address("198.18.1.2");
    private static final InetAddress KERNEL = MemoryEnvironment.address("198.18.1.1");

    private static final InetAddress STACK_6 = MemoryEnvironment.address("2001:db8:1::2");
    private static final InetAddress KERNEL_6 = MemoryEnvironment.address("2001:db8:1::1");

    private final boolean stackServes;
    private final boolean ipv6;
    private final Stack stack;
    private final MtcpSelectorProvider provider;
    private final FullListener silent;

    /** @param more further configuration: {@code driver=dedicated,contexts=2} */
    TapEnvironment(boolean stackServes, String more) throws Exception {
        this(stackServes, false, more);
    }

    static TapEnvironment overIpv6(boolean stackServes) throws Exception {
        return new TapEnvironment(stackServes, true, "");
    }

    private TapEnvironment(boolean stackServes, boolean ipv6, String more) throws Exception {
        if (namespace().equals(System.getProperty(OUTER_NAMESPACE, namespace()))) {
            throw new IllegalStateException("runs only in a network namespace of its own: see TapContractTest");
        }
        this.stackServes = stackServes;
        this.ipv6 = ipv6;
        StackConfig config = StackConfig.of(
                "nic=tap:mtcp0,ip=198.18.1.2/24+2001:db8:1::2/64,tap.host-ip=198.18.1.1/24,wildcard=stack,time-wait=1s"
                        + more);
        stack = Stack.start(config);
        if (ipv6) {
            Process ip = new ProcessBuilder("ip", "addr", "add", "2001:db8:1::1/64", "dev", "mtcp0", "nodad")
                    .inheritIO()
                    .start();
            if (ip.waitFor() != 0) {
                throw new IOException("the TAP gets no IPv6 address");
            }
        }
        provider = MtcpSelectorProvider.of(stack, config);
        silent = new FullListener(server(), serverAddress());
    }

    static String namespace() throws IOException {
        return Files.readSymbolicLink(Path.of("/proc/self/ns/net")).toString();
    }

    @Override
    public SelectorProvider server() {
        return stackServes ? provider : SelectorProvider.provider();
    }

    @Override
    public SelectorProvider client() {
        return stackServes ? SelectorProvider.provider() : provider;
    }

    @Override
    public InetAddress serverAddress() {
        return stackServes ? ofStack() : ofKernel();
    }

    @Override
    public InetAddress clientAddress() {
        return stackServes ? ofKernel() : ofStack();
    }

    private InetAddress ofStack() {
        return ipv6 ? STACK_6 : STACK;
    }

    private InetAddress ofKernel() {
        return ipv6 ? KERNEL_6 : KERNEL;
    }

    @Override
    public InetSocketAddress silentAddress() {
        return silent.address();
    }

    @Override
    public void close() {
        silent.close();
        stack.close();
    }
}
