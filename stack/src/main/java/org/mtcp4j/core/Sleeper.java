/* SPDX-License-Identifier: Apache-2.0 */
package org.mtcp4j.core;

import org.mtcp4j.nic.QueueWait;

/** How the leader of a context waits: for its NICs' descriptors and the bell, or, over the memory NIC, for the bell alone. */
public interface Sleeper extends AutoCloseable {
    /** Leader: returns when a descriptor is readable, the bell rings, the thread is interrupted, or the time is over. */
    void sleep(long durationNs);

    /** The same, and returns also when one of those queues is ready. */
    void sleep(long durationNs, QueueWait queues);

    /** Any thread: ends the present sleep, or the next one. */
    void ring();

    @Override
    void close();
}
