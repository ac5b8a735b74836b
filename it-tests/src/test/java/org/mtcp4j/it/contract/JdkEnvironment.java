/* SPDX-License-Identifier: Apache-2.0 */
package org.mtcp4j.it.contract;

import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.channels.spi.SelectorProvider;

/** The JDK's provider at both ends: what it does is right by definition. */
final class JdkEnvironment implements ContractEnvironment {
    private final FullListener silent;

    JdkEnvironment() throws IOException {
        silent = new FullListener(server(), serverAddress());
    }

    @Override
    public SelectorProvider server() {
        return SelectorProvider.provider();
    }

    @Override
    public SelectorProvider client() {
        return SelectorProvider.provider();
    }

    @Override
    public InetAddress serverAddress() {
        return InetAddress.getLoopbackAddress();
    }

    @Override
    public InetAddress clientAddress() {
        return InetAddress.getLoopbackAddress();
    }

    @Override
    public InetSocketAddress silentAddress() {
        return silent.address();
    }

    @Override
    public void close() {
        silent.close();
    }
}
