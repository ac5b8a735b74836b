/* SPDX-License-Identifier: Apache-2.0 */
package org.mtcp4j.spi.nio;

import java.io.InputStream;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.SocketAddress;
import java.net.SocketImpl;

/** What the adaptors give their superclass, which wants an impl: they override every method that would reach it. */
final class DummySocketImpl extends SocketImpl {
    private static AssertionError unreachable() {
        return new AssertionError("an adaptor's method is not overridden");
    }

    @Override
    protected void create(boolean stream) {
        throw unreachable();
    }

    @Override
    protected void connect(String host, int port) {
        throw unreachable();
    }

    @Override
    protected void connect(InetAddress address, int port) {
        throw unreachable();
    }

    @Override
    protected void connect(SocketAddress address, int timeout) {
        throw unreachable();
    }

    @Override
    protected void bind(InetAddress host, int port) {
        throw unreachable();
    }

    @Override
    protected void listen(int backlog) {
        throw unreachable();
    }

    @Override
    protected void accept(SocketImpl s) {
        throw unreachable();
    }

    @Override
    protected InputStream getInputStream() {
        throw unreachable();
    }

    @Override
    protected OutputStream getOutputStream() {
        throw unreachable();
    }

    @Override
    protected int available() {
        throw unreachable();
    }

    @Override
    protected void close() {
        throw unreachable();
    }

    @Override
    protected void sendUrgentData(int data) {
        throw unreachable();
    }

    @Override
    public void setOption(int optionId, Object value) {
        throw unreachable();
    }

    @Override
    public Object getOption(int optionId) {
        throw unreachable();
    }
}
