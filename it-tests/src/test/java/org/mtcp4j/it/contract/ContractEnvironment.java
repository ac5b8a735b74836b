/* SPDX-License-Identifier: Apache-2.0 */
package org.mtcp4j.it.contract;

import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.channels.spi.SelectorProvider;

/** Two providers that can reach each other, and the addresses to do it with. */
interface ContractEnvironment extends AutoCloseable {
    SelectorProvider server();

    SelectorProvider client();

    /** Where servers listen. */
    InetAddress serverAddress();

    /** Where connections come from. */
    InetAddress clientAddress();

    /** A socket address that leaves the client's connect pending for at least a second. */
    InetSocketAddress silentAddress();

    /** Whether loopback addresses lead from the client to the server. */
    default boolean hasLoopback() {
        return serverAddress().isLoopbackAddress();
    }

    /** Whether clients are channels of this JVM, with all that channels have. */
    default boolean hasClientHere() {
        return true;
    }

    @Override
    void close();
}
