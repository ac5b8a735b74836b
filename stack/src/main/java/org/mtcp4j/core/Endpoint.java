/* SPDX-License-Identifier: Apache-2.0 */
package org.mtcp4j.core;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;

/**
 * Who is told of a flow's or a listener's news: the socket layer's object. The owner publishes data first, then calls {@link #publish}.
 */
public abstract class Endpoint {
    /** News kinds; a waiter of either direction is woken only for its own. */
    public static final int INPUT = 1;

    public static final int OUTPUT = 2;

    private static final VarHandle INPUT_WAITER;
    private static final VarHandle OUTPUT_WAITER;

    static {
        try {
            MethodHandles.Lookup lookup = MethodHandles.lookup();
            INPUT_WAITER = lookup.findVarHandle(Endpoint.class, "inputWaiter", Waiter.class);
            OUTPUT_WAITER = lookup.findVarHandle(Endpoint.class, "outputWaiter", Waiter.class);
        } catch (ReflectiveOperationException e) {
            throw new ExceptionInInitializerError(e);
        }
    }

    /** Stands for a signal that came before anybody had waited. */
    private static final Waiter WOKEN = new Waiter();

    static {
        WOKEN.signal();
    }

    // Made for the first thread that waits: most connections are used through selectors.
    @SuppressWarnings("unused") // through INPUT_WAITER
    private volatile Waiter inputWaiter;

    @SuppressWarnings("unused") // through OUTPUT_WAITER
    private volatile Waiter outputWaiter;

    private static final ReadyNode[] NONE = {};
    private volatile ReadyNode[] nodes = NONE;

    /**
     * Where a blocked reader, acceptor or connector waits. Whoever is going to wait asks for it first and looks for readiness then: news
     * published earlier signal nobody.
     */
    protected final Waiter inputWaiter() {
        return waiter(INPUT_WAITER);
    }

    /** Where a blocked writer waits; see {@link #inputWaiter()}. */
    protected final Waiter outputWaiter() {
        return waiter(OUTPUT_WAITER);
    }

    private Waiter waiter(VarHandle field) {
        while (true) {
            Waiter present = (Waiter) field.getVolatile(this);
            if (present != null && present != WOKEN) {
                return present;
            }
            Waiter made = new Waiter();
            if (present == WOKEN) {
                made.signal();
            }
            if (field.compareAndSet(this, present, made)) {
                return made;
            }
        }
    }

    /** Any thread: makes those who wait, or the next to wait, return. */
    protected final void wakeBoth() {
        wake(INPUT_WAITER);
        wake(OUTPUT_WAITER);
    }

    private void wake(VarHandle field) {
        if (field.getVolatile(this) == null && field.compareAndSet(this, (Waiter) null, WOKEN)) {
            return;
        }
        ((Waiter) field.getVolatile(this)).signal();
    }

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
                nodes = old.length == 1 ? NONE : without(old, i);
                return;
            }
        }
    }

    private static ReadyNode[] without(ReadyNode[] old, int index) {
        ReadyNode[] rest = new ReadyNode[old.length - 1];
        System.arraycopy(old, 0, rest, 0, index);
        System.arraycopy(old, index + 1, rest, index, rest.length - index);
        return rest;
    }

    /** Owner, at the end of a round, after a full fence: queues the registrations and notes whom to wake. */
    final void publish(int news, WakeList wakes) {
        ReadyNode[] all = nodes;
        for (ReadyNode node : all) {
            // First, since who is linked and not noted is never woken.
            wakes.reserve();
            if (node.link()) {
                wakes.note(node.queue);
            }
        }
        if ((news & INPUT) != 0) {
            signal(inputWaiter);
        }
        if ((news & OUTPUT) != 0) {
            signal(outputWaiter);
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
        wakeBoth();
    }

    private static void signal(Waiter waiter) {
        if (waiter != null) {
            waiter.signal();
        }
    }
}
