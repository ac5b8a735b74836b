/* SPDX-License-Identifier: Apache-2.0 */
package org.mtcp4j.it.contract;

import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.UnknownHostException;
import java.nio.channels.spi.SelectorProvider;
import org.mtcp4j.config.StackConfig;
import org.mtcp4j.socket.Stack;
import org.mtcp4j.socket.StackUnavailableException;
import org.mtcp4j.spi.nio.MtcpSelectorProvider;

/** One provider over a stack on the memory NIC, at both ends. */
final class MemoryEnvironment implements ContractEnvironment {
    private final Stack stack;
    private final MtcpSelectorProvider provider;
    private final FullListener silent;
    private final InetAddress address;

    private MemoryEnvironment(String more, InetAddress address) throws StackUnavailableException, IOException {
        this.address = address;
        StackConfig config = StackConfig.of("nic=memory,ip=198.18.0.2/24+2001:db8::2/64,time-wait=1s" + more);
        stack = Stack.start(config);
        provider = MtcpSelectorProvider.of(stack, config);
        silent = new FullListener(provider, address);
    }

    /** @param more further configuration: {@code ,driver=dedicated,contexts=2} */
    static MemoryEnvironment onStack(String more) throws StackUnavailableException, IOException {
        return new MemoryEnvironment(",loopback=stack" + more, address("198.18.0.2"));
    }

    static MemoryEnvironment onStackOverIpv6(String more) throws StackUnavailableException, IOException {
        return new MemoryEnvironment(",loopback=stack" + more, address("2001:db8::2"));
    }

    /** The same provider, at addresses of the kernel: every channel moves there. */
    static MemoryEnvironment onKernel() throws StackUnavailableException, IOException {
        return new MemoryEnvironment(",loopback=kernel,wildcard=kernel", InetAddress.getLoopbackAddress());
    }

    @Override
    public SelectorProvider server() {
        return provider;
    }

    @Override
    public SelectorProvider client() {
        return provider;
    }

    @Override
    public InetAddress serverAddress() {
        return address;
    }

    @Override
    public InetAddress clientAddress() {
        return address;
    }

    @Override
    public InetSocketAddress silentAddress() {
        return silent.address();
    }

    @Override
    public boolean hasLoopback() {
        return true;
    }

    static InetAddress address(String literal) {
        try {
            return InetAddress.getByName(literal);
        } catch (UnknownHostException e) {
            throw new IllegalArgumentException(e);
        }
    }

    @Override
    public void close() {
        silent.close();
        stack.close();
    }
}
