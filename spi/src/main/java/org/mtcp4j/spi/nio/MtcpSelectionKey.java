/* SPDX-License-Identifier: Apache-2.0 */
package org.mtcp4j.spi.nio;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.channels.CancelledKeyException;
import java.nio.channels.SelectableChannel;
import java.nio.channels.SelectionKey;
import java.nio.channels.Selector;
import java.nio.channels.spi.AbstractSelectionKey;
import org.mtcp4j.socket.EventKey;
import org.mtcp4j.socket.Pollable;

/** A key of {@link MtcpSelector}: on the stack it has an {@link EventKey}, on the kernel a key of the JDK's selector inside. */
final class MtcpSelectionKey extends AbstractSelectionKey {
    private static final VarHandle INTEREST_OPS;

    static {
        try {
            INTEREST_OPS = MethodHandles.lookup().findVarHandle(MtcpSelectionKey.class, "interestOps", int.class);
        } catch (ReflectiveOperationException e) {
            throw new ExceptionInInitializerError(e);
        }
    }

    private final MtcpSelector selector;
    private final SelectableChannel channel;
    /** The same channel where it is ours, else null. */
    private final MtcpChannel ours;

    private volatile int interestOps;
    private volatile int readyOps;
    private volatile EventKey eventKey;
    private volatile SelectionKey kernelKey;

    /** Another key of the same channel, guarded by the channel's {@link Registrations}. */
    MtcpSelectionKey nextOfChannel;

    // Owned by the selecting thread.

    /** Whether the key is on the selector's list of keys that were ready. */
    boolean onReadyList;
    /** Place in the selected-key set, -1 when not in it. */
    int selectedIndex = -1;
    /** What the select in progress found on the stack. */
    int foundOps;

    /** What the JDK's selector found in this select. */
    int kernelReadyOps;

    MtcpSelectionKey(MtcpSelector selector, SelectableChannel channel, int interestOps) {
        this.selector = selector;
        this.channel = channel;
        this.ours = channel instanceof MtcpChannel mtcpChannel ? mtcpChannel : null;
        this.interestOps = interestOps;
    }

    @Override
    public SelectableChannel channel() {
        return channel;
    }

    @Override
    public Selector selector() {
        return selector;
    }

    @Override
    public int interestOps() {
        ensureValid();
        return interestOps;
    }

    @Override
    public SelectionKey interestOps(int ops) {
        ensureValid();
        ensureSupported(ops);
        interestChanged((int) INTEREST_OPS.getAndSet(this, ops), ops);
        return this;
    }

    @Override
    public int interestOpsOr(int ops) {
        ensureValid();
        ensureSupported(ops);
        int old = (int) INTEREST_OPS.getAndBitwiseOr(this, ops);
        interestChanged(old, old | ops);
        return old;
    }

    @Override
    public int interestOpsAnd(int ops) {
        ensureValid();
        int old = (int) INTEREST_OPS.getAndBitwiseAnd(this, ops);
        interestChanged(old, old & ops);
        return old;
    }

    @Override
    public int readyOps() {
        ensureValid();
        return readyOps;
    }

    private void ensureValid() {
        if (!isValid()) {
            throw new CancelledKeyException();
        }
    }

    private void ensureSupported(int ops) {
        if ((ops & ~channel.validOps()) != 0) {
            throw new IllegalArgumentException();
        }
    }

    private void interestChanged(int oldOps, int newOps) {
        if (kernelKey != null && oldOps != newOps) {
            updateKernelInterest();
        } else if ((newOps & ~oldOps) != 0) {
            enqueue();
        }
    }

    private void updateKernelInterest() {
        SelectionKey key = kernelKey;
        // The lock makes the last change of ours the last one there.
        synchronized (key) {
            try {
                key.interestOps(interestOps);
            } catch (CancelledKeyException e) {
                // Cancelled meanwhile: the next select removes both keys.
            }
        }
    }

    // For the selector and the channel.

    /** Null for a channel of the JDK's. */
    MtcpChannel ours() {
        return ours;
    }

    int currentInterestOps() {
        return interestOps;
    }

    int lastReadyOps() {
        return readyOps;
    }

    void lastReadyOps(int ops) {
        readyOps = ops;
    }

    boolean isOnKernel() {
        return kernelKey != null;
    }

    /** Ready part of the interest now; 0 where the key is not on the stack or no longer valid. */
    int stackReadyOps() {
        EventKey key = eventKey;
        int interest = interestOps;
        if (key == null || interest == 0 || !isValid()) {
            return 0;
        }
        return ours.translateReadyOps(key.pollable().readyOps(interest), interest);
    }

    // The following are called with the channel's registrations locked.

    void attachToStack(Pollable pollable) {
        EventKey key = selector.queue().register(pollable, this);
        eventKey = key;
        // A select that goes on meanwhile may have looked at it before it could see the event key, and dropped it.
        key.enqueue();
    }

    void detachFromStack() {
        EventKey key = eventKey;
        if (key != null) {
            key.cancel();
            eventKey = null;
        }
    }

    void attachToKernel(SelectableChannel kernelChannel) {
        kernelKey = selector.kernelKeys().register(kernelChannel, this);
        // An interest that changed meanwhile found no kernel key to change.
        updateKernelInterest();
    }

    void cancelKernelKey() {
        SelectionKey key = kernelKey;
        if (key != null) {
            key.cancel();
        }
    }

    void enqueue() {
        EventKey key = eventKey;
        if (key != null) {
            key.enqueue();
        }
    }

    @Override
    public String toString() {
        String text = "channel=" + channel + ", selector=" + selector;
        return isValid() ? text + ", interestOps=" + interestOps + ", readyOps=" + readyOps : text + ", invalid";
    }
}
