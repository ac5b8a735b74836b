/* SPDX-License-Identifier: Apache-2.0 */
package org.mtcp4j.agent;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.SocketImpl;
import java.nio.channels.FileChannel;
import java.nio.channels.ReadableByteChannel;
import java.nio.channels.WritableByteChannel;
import org.mtcp4j.agent.boot.Hooks;
import org.mtcp4j.spi.net.MtcpSocketImpl;
import org.mtcp4j.spi.nio.ChannelTransfers;
import org.mtcp4j.spi.nio.SideRules;

/** What the woven methods get from us. */
final class StackHooks implements Hooks {
    private final SideRules rules;

    StackHooks(SideRules rules) {
        this.rules = rules;
    }

    @Override
    public SocketImpl newSocketImpl(boolean server) {
        return new MtcpSocketImpl(rules, server);
    }

    @Override
    public boolean isOurs(Object channel) {
        return ChannelTransfers.isOurs(channel);
    }

    @Override
    public long transferTo(FileChannel file, long position, long count, WritableByteChannel target) throws IOException {
        return ChannelTransfers.to(file, position, count, target);
    }

    @Override
    public long transferFrom(FileChannel file, ReadableByteChannel source, long position, long count)
            throws IOException {
        return ChannelTransfers.from(file, source, position, count);
    }

    @Override
    public InputStream input(ReadableByteChannel channel) {
        return ChannelTransfers.input(channel);
    }

    @Override
    public OutputStream output(WritableByteChannel channel) {
        return ChannelTransfers.output(channel);
    }
}
