/* SPDX-License-Identifier: Apache-2.0 */
package org.mtcp4j.socket;

import org.mtcp4j.core.ReadyNode;
import org.mtcp4j.core.ReadyQueue;

/**
 * The registration of a {@link Pollable} with an {@link EventQueue}: the intrusive node of the queue, with its queued flag (design
 * section 3, readiness). A pollable may have several, of different queues.
 */
public final class EventKey extends ReadyNode {
    private final ReadyQueue queue;
    private final Pollable pollable;
    private final Object attachment;

    EventKey(ReadyQueue queue, Pollable pollable, Object attachment) {
        super(queue);
        this.queue = queue;
        this.pollable = pollable;
        this.attachment = attachment;
    }

    public Pollable pollable() {
        return pollable;
    }

    /** What the registrar passed: the selection key. */
    public Object attachment() {
        return attachment;
    }

    /** Queues the key although nothing happened: after a change of interest. Any thread; never blocks. */
    public void enqueue() {
        queue.enqueue(this);
    }

    /** Ends the registration; the key may still come out of the queue once more. Any thread; never blocks. */
    public void cancel() {
        pollable.removeKey(this);
    }
}
