/* SPDX-License-Identifier: Apache-2.0 */
package org.mtcp4j.socket;

/**
 * The registration of a {@link Pollable} with an {@link EventQueue}: the intrusive node of the queue, with its queued flag (design
 * section 3, readiness). A pollable may have several, of different queues.
 */
public final class EventKey {
    public Pollable pollable() {
        throw new UnsupportedOperationException();
    }

    /** What the registrar passed: the selection key. */
    public Object attachment() {
        throw new UnsupportedOperationException();
    }

    /** Queues the key although nothing happened: after a change of interest. Any thread; never blocks. */
    public void enqueue() {
        throw new UnsupportedOperationException();
    }

    /** Ends the registration; the key may still come out of the queue once more. Any thread; never blocks. */
    public void cancel() {
        throw new UnsupportedOperationException();
    }
}
