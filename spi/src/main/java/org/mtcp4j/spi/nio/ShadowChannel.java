/* SPDX-License-Identifier: Apache-2.0 */
package org.mtcp4j.spi.nio;

import java.io.FileDescriptor;
import java.io.IOException;
import java.nio.channels.SelectableChannel;
import java.nio.channels.spi.AbstractSelectableChannel;
import sun.nio.ch.SelChImpl;
import sun.nio.ch.SelectionKeyImpl;

/**
 * Stands for a channel of the JDK's in the JDK's selector inside ours, so that the program's channel carries our key alone: cancel
 * followed by {@code configureBlocking(true)} works, {@code isRegistered()} counts right, and the descriptor is closed when our key goes.
 */
final class ShadowChannel extends AbstractSelectableChannel implements SelChImpl {
    private final SelectableChannel channel;
    private final SelChImpl inner;

    ShadowChannel(SelectableChannel channel) throws IOException {
        super(KernelProvider.get());
        this.channel = channel;
        this.inner = (SelChImpl) channel;
        configureBlocking(false);
    }

    /** Whether it is one of the JDK's selectable channels. */
    static boolean canShadow(SelectableChannel channel) {
        return channel instanceof SelChImpl;
    }

    /** The last key of a closed channel of the JDK's is gone. */
    static void finishClose(SelectableChannel channel) throws IOException {
        ((SelChImpl) channel).kill();
    }

    @Override
    public int validOps() {
        return channel.validOps();
    }

    @Override
    public FileDescriptor getFD() {
        return inner.getFD();
    }

    @Override
    public int getFDVal() {
        return inner.getFDVal();
    }

    @Override
    public boolean translateAndUpdateReadyOps(int ops, SelectionKeyImpl key) {
        return inner.translateAndUpdateReadyOps(ops, key);
    }

    @Override
    public boolean translateAndSetReadyOps(int ops, SelectionKeyImpl key) {
        return inner.translateAndSetReadyOps(ops, key);
    }

    @Override
    public int translateInterestOps(int ops) {
        return inner.translateInterestOps(ops);
    }

    @Override
    public void kill() {}

    @Override
    protected void implCloseSelectableChannel() {}

    @Override
    protected void implConfigureBlocking(boolean block) {}
}
