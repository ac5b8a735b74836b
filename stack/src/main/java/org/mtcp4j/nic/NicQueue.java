/* SPDX-License-Identifier: Apache-2.0 */
package org.mtcp4j.nic;

/**
 * One receive and transmit queue. Only the thread that owns the queue's context may call it, except {@link #wakeupFd()}.
 *
 * <p><b>Who frees a frame.</b> A frame belongs to the caller from {@link #receive} or {@link #allocate} until the caller hands it to
 * {@link #transmit} (and it is accepted) or {@link #free}s it, on any queue of the same NIC. An accepted frame belongs to the NIC,
 * which frees it. A frame that transmit did not accept still belongs to the caller.
 */
public interface NicQueue {
    /**
     * Appends waiting frames to the batch, as many as it has room for.
     *
     * @return frames appended; never blocks, never throws on what the network sent
     */
    int receive(FrameBatch batch);

    /**
     * Sends the batch's frames from entry 0 on, in order.
     *
     * @return frames accepted; they are no longer the caller's. The caller removes them from the batch.
     */
    int transmit(FrameBatch batch);

    /** A free frame's offset, or -1 when none is left. */
    int allocate();

    /** A free frame with {@link Nic#largeFrameBytes()} room, or -1 when none is left or the NIC has none. */
    int allocateLarge();

    /** Gives a frame back, of either size. */
    void free(int offset);

    /** A descriptor that is readable while frames wait, or -1. */
    int wakeupFd();

    /**
     * Whether nothing announces an arrival: there is no {@link #wakeupFd()}, and frames come from outside the process without
     * {@link #onArrival}'s doorbell. Whoever sleeps does so by {@link #newWait}. Fixed once the queue is open.
     */
    default boolean mustBePolled() {
        return false;
    }

    /** For sleeping on a queue that must be polled; null where queues need not be. */
    default QueueWait newWait() {
        return null;
    }

    /**
     * Called before the owner sleeps: asks for a wake-up at the next arrival.
     *
     * @return false when frames already wait, so the caller must not sleep
     */
    boolean arm();

    /** Called after the owner slept; undoes {@link #arm()}. */
    void disarm();

    /**
     * When {@link #receive} will have something by the passing of time alone (a delaying decorator), in the stack's nanoseconds;
     * {@code Long.MAX_VALUE} if never.
     */
    default long nextDueNs() {
        return Long.MAX_VALUE;
    }

    /**
     * NICs whose frames come from inside the process call {@code doorbell} after they put frames into this queue, on the sending
     * thread; it must be cheap and never block. Others ignore it. Set once, before the first frame.
     */
    void onArrival(Runnable doorbell);
}
