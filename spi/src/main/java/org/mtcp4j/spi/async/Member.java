/* SPDX-License-Identifier: Apache-2.0 */
package org.mtcp4j.spi.async;

import java.io.IOException;
import java.nio.channels.AsynchronousCloseException;
import java.nio.channels.CancelledKeyException;
import java.nio.channels.ClosedChannelException;
import java.nio.channels.ClosedSelectorException;
import java.nio.channels.SelectableChannel;
import java.nio.channels.SelectionKey;
import java.util.concurrent.atomic.AtomicBoolean;

/** A channel in its group: the channel below, its key, and its directions. Any thread. */
final class Member {
    private final ChannelGroup group;
    private final SelectableChannel channel;
    private final Slot[] slots;
    private final AtomicBoolean closed = new AtomicBoolean();
    /** Null until something has to wait. */
    private volatile SelectionKey key;

    /** @param operations of each direction, as of a selection key */
    Member(ChannelGroup group, SelectableChannel channel, int... operations) throws IOException {
        this.group = group;
        this.channel = channel;
        slots = new Slot[operations.length];
        for (int i = 0; i < operations.length; i++) {
            slots[i] = new Slot(this, operations[i]);
        }
        try {
            channel.configureBlocking(false);
            group.add(this);
        } catch (IOException | RuntimeException | Error e) {
            channel.close();
            throw e;
        }
    }

    ChannelGroup group() {
        return group;
    }

    Slot slot(int operation) {
        for (Slot slot : slots) {
            if (slot.operation() == operation) {
                return slot;
            }
        }
        throw new AssertionError(operation);
    }

    /** Asks for readiness; false where the channel is closed. */
    boolean arm(int operation) {
        try {
            SelectionKey known = key;
            if (known == null) {
                known = register();
            }
            known.interestOpsOr(operation);
            group.wake();
            return true;
        } catch (CancelledKeyException | ClosedSelectorException | ClosedChannelException e) {
            return false;
        }
    }

    private synchronized SelectionKey register() throws ClosedChannelException {
        if (key == null) {
            key = channel.register(group.selector(), 0, this);
        }
        return key;
    }

    /** From the group's waiting thread. */
    void ready(SelectionKey readyKey) {
        int ready;
        try {
            ready = readyKey.readyOps();
            readyKey.interestOpsAnd(~ready);
        } catch (CancelledKeyException e) {
            return;
        }
        for (Slot slot : slots) {
            if ((slot.operation() & ready) != 0) {
                retry(slot, readyKey);
            }
        }
    }

    /** What fails for want of memory is tried again with the next look at the key. */
    private static void retry(Slot slot, SelectionKey readyKey) {
        try {
            slot.retry();
        } catch (RuntimeException | Error e) {
            if (readyKey.isValid()) {
                readyKey.interestOpsOr(slot.operation());
            }
            throw e;
        }
    }

    boolean isOpen() {
        return !closed.get();
    }

    /** As the channel below, but of that type. */
    String describe(Class<?> type) {
        String text = channel.toString();
        return type.getName() + text.substring(text.indexOf('['));
    }

    void close() throws IOException {
        if (!closed.compareAndSet(false, true)) {
            return;
        }
        try {
            channel.close();
        } finally {
            for (Slot slot : slots) {
                slot.end(new AsynchronousCloseException());
            }
            group.remove(this);
        }
    }

    void closeQuietly() {
        try {
            close();
        } catch (IOException e) {
            // Closed it is; there is nobody to tell.
        }
    }
}
