/* SPDX-License-Identifier: Apache-2.0 */
package org.mtcp4j.nic;

/**
 * One wait for the queues of several ports that announce nothing: for frames received, for room to send, or both, and for a descriptor
 * beside. It looks at the queues, at first every 50 us, while nothing comes ever more rarely, down to every 5 ms.
 *
 * <p>{@link #begin} is for a thread that owns the queues. The same thread then {@link #await}s, as often as it likes, while others may own
 * and use the queues, and {@link #end}s. Queues are closed only after that; closing ends an {@code await}.
 */
public interface QueueWait {
    /** Frames wait to be received. */
    int RECEIVE = 1;
    /** A frame could be sent, or the last one tried was so long ago that it is worth another try. */
    int TRANSMIT = 2;
    /** The descriptor is readable, or a queue is being closed. */
    int DESCRIPTOR = 4;

    /**
     * One wait for the queues of both, in this order.
     *
     * @throws IllegalArgumentException if the other is for queues of another sort of NIC
     */
    QueueWait and(QueueWait other);

    /** Owner of the queues: a wait begins. */
    void begin();

    /** The wait is over. */
    void end();

    /** What is waited for at a queue: OR of {@link #RECEIVE} and {@link #TRANSMIT}. Not during an {@code await}. */
    void want(int queue, int wanted);

    /**
     * Returns as soon as something is ready, or the time is over.
     *
     * @param fd a descriptor, or -1
     * @param timeoutUs microseconds; 0: looks once; negative: no limit
     * @return OR of the bits above; 0 when the time is over
     */
    int await(int fd, long timeoutUs);

    /** What the last {@code await} found ready at a queue. */
    int ready(int queue);
}
