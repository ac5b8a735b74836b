/* SPDX-License-Identifier: Apache-2.0 */
package org.mtcp4j.core;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;

/**
 * The intrusive queue of registrations with news (design section 3, readiness): many producers, one consumer, no bound, no
 * allocation. The consumer takes all at once and hands them out oldest first.
 */
public final class ReadyQueue {
    private static final VarHandle TOP;

    static {
        try {
            TOP = MethodHandles.lookup().findVarHandle(ReadyQueue.class, "top", ReadyNode.class);
        } catch (ReflectiveOperationException e) {
            throw new ExceptionInInitializerError(e);
        }
    }

    /** Where the selecting thread waits. */
    public final Waiter waiter = new Waiter();

    @SuppressWarnings("unused") // through TOP
    private volatile ReadyNode top;

    private ReadyNode taken;

    void push(ReadyNode node) {
        for (; ; ) {
            ReadyNode seen = top;
            node.next = seen;
            if (TOP.compareAndSet(this, seen, node)) {
                return;
            }
        }
    }

    /** Consumer: the oldest node, its flag cleared, or null. */
    public ReadyNode poll() {
        if (taken == null) {
            takeAll();
        }
        ReadyNode node = taken;
        if (node != null) {
            taken = node.next;
            node.next = null;
            node.unlinked();
        }
        return node;
    }

    private void takeAll() {
        if (top == null) {
            return;
        }
        ReadyNode newest = (ReadyNode) TOP.getAndSet(this, null);
        while (newest != null) {
            ReadyNode next = newest.next;
            newest.next = taken;
            taken = newest;
            newest = next;
        }
    }

    /** Consumer. */
    public boolean isEmpty() {
        return taken == null && top == null;
    }

    /** Queues a node from an application thread (registration, change of interest) and wakes the consumer. */
    public void enqueue(ReadyNode node) {
        if (node.link()) {
            waiter.signal();
        }
    }
}
