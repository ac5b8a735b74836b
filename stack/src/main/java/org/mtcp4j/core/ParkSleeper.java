/* SPDX-License-Identifier: Apache-2.0 */
package org.mtcp4j.core;

import java.util.concurrent.locks.LockSupport;
import org.mtcp4j.nic.QueueWait;

/** Sleeps by parking: nothing native, for NICs without a descriptor. */
final class ParkSleeper implements Sleeper {
    private volatile Thread sleeping;
    private volatile boolean rung;

    @Override
    public void sleep(long durationNs) {
        sleeping = Thread.currentThread();
        try {
            if (!rung) {
                LockSupport.parkNanos(this, durationNs);
            }
        } finally {
            sleeping = null;
            rung = false;
        }
    }

    @Override
    public void sleep(long durationNs, QueueWait queues) {
        throw new UnsupportedOperationException("queues that must be polled are slept on with descriptors");
    }

    @Override
    public void ring() {
        rung = true;
        Thread thread = sleeping;
        if (thread != null) {
            LockSupport.unpark(thread);
        }
    }

    @Override
    public void close() {
        ring();
    }
}
