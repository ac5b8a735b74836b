/* SPDX-License-Identifier: Apache-2.0 */
package org.mtcp4j.spi.nio;

import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.SocketOption;
import java.nio.ByteBuffer;

/**
 * Where a socket channel lives: on the stack or on the kernel. Arguments were checked by the channel; states are checked here. The
 * methods behave as {@link java.nio.channels.SocketChannel}'s, exceptions included, and close the channel where those do.
 */
interface SocketSide {
    /** Throws what a bind must throw before it looks at the address. */
    void ensureBindable() throws IOException;

    void bind(InetSocketAddress local) throws IOException;

    /** As the channel's mode says, blocking or not. */
    boolean connect(InetSocketAddress remote) throws IOException;

    /**
     * For the adaptor: a channel in blocking mode only.
     *
     * @param timeoutNs 0 for none
     */
    void timedConnect(InetSocketAddress remote, long timeoutNs) throws IOException;

    boolean finishConnect() throws IOException;

    int read(ByteBuffer dst) throws IOException;

    long read(ByteBuffer[] dsts, int offset, int length) throws IOException;

    /**
     * For the adaptor: a channel in blocking mode only.
     *
     * @param timeoutNs 0 for none
     */
    int timedRead(byte[] dst, int offset, int length, long timeoutNs) throws IOException;

    int write(ByteBuffer src) throws IOException;

    long write(ByteBuffer[] srcs, int offset, int length) throws IOException;

    /** For the adaptor: a channel in blocking mode only. */
    void writeFully(byte[] src, int offset, int length) throws IOException;

    void sendUrgentData(int data) throws IOException;

    int available() throws IOException;

    void shutdownInput() throws IOException;

    void shutdownOutput() throws IOException;

    boolean isInputOpen();

    boolean isOutputOpen();

    boolean isConnected();

    boolean isConnectionPending();

    /** Null while unbound; stays after close. */
    InetSocketAddress localAddress();

    /** Null before a connect; stays after close. */
    InetSocketAddress remoteAddress();

    <T> void setOption(SocketOption<T> name, T value) throws IOException;

    <T> T getOption(SocketOption<T> name) throws IOException;

    void configureBlocking(boolean block) throws IOException;

    /** The channel is closed: ends everything, wakes blocked threads, waits for nobody but for SO_LINGER. */
    void close() throws IOException;

    /** The last key of the closed channel is gone. */
    void finishClose() throws IOException;
}
