/* SPDX-License-Identifier: Apache-2.0 */
package org.mtcp4j.core;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;

/** A registration's node in a {@link ReadyQueue}, with its queued flag. */
public abstract class ReadyNode {
    private static final VarHandle QUEUED;

    static {
        try {
            QUEUED = MethodHandles.lookup().findVarHandle(ReadyNode.class, "queued", int.class);
        } catch (ReflectiveOperationException e) {
            throw new ExceptionInInitializerError(e);
        }
    }

    final ReadyQueue queue;
    ReadyNode next;

    @SuppressWarnings("unused") // through QUEUED
    private volatile int queued;

    protected ReadyNode(ReadyQueue queue) {
        this.queue = queue;
    }

    /**
     * Producer, after it published its data: full fence, then flag and link.
     *
     * @return true when the node was not in the queue before
     */
    final boolean link() {
        VarHandle.fullFence();
        if (queued != 0 || !QUEUED.compareAndSet(this, 0, 1)) {
            return false;
        }
        queue.push(this);
        return true;
    }

    /** Consumer: clears the flag, full fence; readiness is computed afterwards. */
    final void unlinked() {
        QUEUED.setVolatile(this, 0);
        VarHandle.fullFence();
    }
}
