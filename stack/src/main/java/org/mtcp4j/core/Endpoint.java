/* SPDX-License-Identifier: Apache-2.0 */
package org.mtcp4j.core;

/**
 * Who is told of a flow's or a listener's news: the socket layer's object. The owner publishes data first, then calls {@link #publish}.
 */
public abstract class Endpoint {
    /** News kinds; a waiter of either direction is woken only for its own. */
    public static final int INPUT = 1;

    public static final int OUTPUT = 2;

    /** Where a blocked reader, acceptor or connector waits. */
    public final Waiter inputWaiter = new Waiter();
    /** Where a blocked writer waits. */
    public final Waiter outputWaiter = new Waiter();

    private static final ReadyNode[] NONE = {};
    private volatile ReadyNode[] nodes = NONE;

    /** Registrations; copied on change. */
    protected final synchronized void addNode(ReadyNode node) {
        ReadyNode[] old = nodes;
        ReadyNode[] grown = java.util.Arrays.copyOf(old, old.length + 1);
        grown[old.length] = node;
        nodes = grown;
    }

    protected final synchronized void removeNode(ReadyNode node) {
        ReadyNode[] old = nodes;
        for (int i = 0; i < old.length; i++) {
            if (old[i] == node) {
                ReadyNode[] rest = new ReadyNode[old.length - 1];
                System.arraycopy(old, 0, rest, 0, i);
                System.arraycopy(old, i + 1, rest, i, rest.length - i);
                nodes = rest;
                return;
            }
        }
    }

    /** Owner, at the end of a round: queues the registrations and notes whom to wake. */
    final void publish(int news, WakeList wakes) {
        ReadyNode[] all = nodes;
        for (ReadyNode node : all) {
            if (node.link()) {
                wakes.note(node.queue);
            }
        }
        if ((news & INPUT) != 0) {
            inputWaiter.signal();
        }
        if ((news & OUTPUT) != 0) {
            outputWaiter.signal();
        }
    }

    /** Any thread: news that no context brings (close, shutdown by the application itself). */
    public final void publishNow() {
        ReadyNode[] all = nodes;
        for (ReadyNode node : all) {
            if (node.link()) {
                node.queue.waiter.signal();
            }
        }
        inputWaiter.signal();
        outputWaiter.signal();
    }
}
