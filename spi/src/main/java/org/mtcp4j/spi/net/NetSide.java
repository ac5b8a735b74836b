/* SPDX-License-Identifier: Apache-2.0 */
package org.mtcp4j.spi.net;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.SocketException;
import java.net.SocketOption;

/**
 * Where a {@link MtcpSocketImpl} lives: on the stack or on the kernel. The methods behave as those of the JDK's platform {@link
 * java.net.SocketImpl}, messages included; times are milliseconds, 0 for no limit.
 */
interface NetSide {
    /** @param remote resolved, and not the any-address */
    void connect(InetSocketAddress remote, int timeoutMs) throws IOException;

    void bind(InetAddress host, int port) throws IOException;

    void listen(int backlog) throws IOException;

    /** The next connection, as the side of an impl of its own. */
    NetSide accept(int timeoutMs) throws IOException;

    InputStream inputStream();

    OutputStream outputStream();

    int available() throws IOException;

    void shutdownInput() throws IOException;

    void shutdownOutput() throws IOException;

    boolean supportsUrgentData();

    void sendUrgentData(int data) throws IOException;

    /** Wakes blocked threads and waits for nobody but for SO_LINGER. Idempotent. */
    void close() throws IOException;

    /** @param value of the option's type */
    <T> void setOption(SocketOption<T> option, T value) throws IOException;

    <T> T getOption(SocketOption<T> option) throws IOException;

    /** @param option of {@link java.net.SocketOptions}, SO_TIMEOUT included */
    void setOption(int option, Object value) throws SocketException;

    Object getOption(int option) throws SocketException;

    /** The peer's address; of a listener and of a bound socket, the address that was asked for; null before. */
    InetAddress address();

    /** The peer's port; 0 before a connect. */
    int port();

    /** 0 while unbound. */
    int localPort();
}
