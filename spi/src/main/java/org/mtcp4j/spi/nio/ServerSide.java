/* SPDX-License-Identifier: Apache-2.0 */
package org.mtcp4j.spi.nio;

import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.SocketOption;

/** Where a server channel lives: see {@link SocketSide}. */
interface ServerSide {
    void bind(InetSocketAddress local, int backlog) throws IOException;

    /** As the channel's mode says; null only in non-blocking mode. */
    MtcpSocketChannel accept() throws IOException;

    /**
     * For the adaptor: a channel in blocking mode only.
     *
     * @param timeoutNs positive
     */
    MtcpSocketChannel timedAccept(long timeoutNs) throws IOException;

    /** Null while unbound; stays after close. */
    InetSocketAddress localAddress();

    <T> void setOption(SocketOption<T> name, T value) throws IOException;

    <T> T getOption(SocketOption<T> name) throws IOException;

    void configureBlocking(boolean block) throws IOException;

    void close() throws IOException;
}
