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

/** One stack over the memory NIC, both ends on it. */
final class MemoryEnvironment implements ContractEnvironment {
    private final Stack stack;
    private final MtcpSelectorProvider provider;
    private final FullListener silent;

    /** @param more further configuration: {@code driver=dedicated,contexts=2} */
    MemoryEnvironment(String more) throws StackUnavailableException, IOException {
        StackConfig config = StackConfig.of("nic=memory,loopback=stack,ip=198.18.0.2/24,time-wait=1s" + more);
        stack = Stack.start(config);
        provider = MtcpSelectorProvider.of(stack, config);
        silent = new FullListener(provider, serverAddress());
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
        return address("198.18.0.2");
    }

    @Override
    public InetAddress clientAddress() {
        return address("198.18.0.2");
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
