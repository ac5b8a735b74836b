/* SPDX-License-Identifier: Apache-2.0 */
package org.mtcp4j.it.contract;

import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.ProtocolFamily;
import java.net.SocketAddress;
import java.nio.channels.DatagramChannel;
import java.nio.channels.Pipe;
import java.nio.channels.UnsupportedAddressTypeException;
import java.nio.channels.spi.AbstractSelector;
import java.nio.channels.spi.SelectorProvider;
import org.opentest4j.TestAbortedException;

/** Channels that live in another JVM. A case that wants a selector or an adaptor there is left out: those are tried at this end. */
final class FarProvider extends SelectorProvider {
    private final FarEnd end;

    FarProvider(FarEnd end) {
        this.end = end;
    }

    static TestAbortedException leftOut(String what) {
        return new TestAbortedException(TwoJvmEnvironment.LEFT_OUT + what);
    }

    @Override
    public FarSocketChannel openSocketChannel() throws IOException {
        return new FarSocketChannel(this, end, end.openSocket());
    }

    @Override
    public FarServerChannel openServerSocketChannel() throws IOException {
        return new FarServerChannel(this, end, end.openServer());
    }

    @Override
    public FarSocketChannel openSocketChannel(ProtocolFamily family) {
        throw leftOut("a protocol family");
    }

    @Override
    public FarServerChannel openServerSocketChannel(ProtocolFamily family) {
        throw leftOut("a protocol family");
    }

    /** Null stays null. */
    static InetSocketAddress internet(SocketAddress address) {
        if (address != null && !(address instanceof InetSocketAddress)) {
            throw new UnsupportedAddressTypeException();
        }
        return (InetSocketAddress) address;
    }

    @Override
    public AbstractSelector openSelector() {
        throw leftOut("a selector");
    }

    @Override
    public DatagramChannel openDatagramChannel() {
        throw leftOut("a datagram channel");
    }

    @Override
    public DatagramChannel openDatagramChannel(ProtocolFamily family) {
        throw leftOut("a datagram channel");
    }

    @Override
    public Pipe openPipe() {
        throw leftOut("a pipe");
    }
}
