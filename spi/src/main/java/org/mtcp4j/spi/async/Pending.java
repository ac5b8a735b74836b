/* SPDX-License-Identifier: Apache-2.0 */
package org.mtcp4j.spi.async;

import java.io.IOException;
import java.nio.channels.ClosedChannelException;
import java.util.concurrent.Future;

/** An operation and who is told its outcome. Guarded by the lock of its slot until it is delivered, which is once. */
final class Pending<V> {
    /** One try, without waiting. */
    interface Attempt<V> {
        /** The result in {@code outcome} and true, or false where it is not possible yet. */
        boolean tryOnce(Pending<V> outcome) throws IOException;
    }

    private final Attempt<V> attempt;
    private final Outcome<V> outcome;
    private V value;
    private Throwable failure;
    private boolean delivered;
    /** Guarded by this, as is delivered. */
    private Future<?> timer;

    Pending(Attempt<V> attempt, Outcome<V> outcome) {
        this.attempt = attempt;
        this.outcome = outcome;
    }

    /** Whether it is done, well or not. */
    boolean attempt() {
        try {
            return attempt.tryOnce(this);
        } catch (IOException | RuntimeException | Error e) {
            failure = e;
            return true;
        }
    }

    /** @return true, for the attempt to return */
    boolean succeed(V result) {
        value = result;
        return true;
    }

    void fail(Throwable why) {
        failure = why;
    }

    /** The channel is closed. */
    Pending<V> refuse() {
        fail(new ClosedChannelException());
        deliver();
        return this;
    }

    synchronized void timer(Future<?> started) {
        if (delivered) {
            started.cancel(false);
        } else {
            timer = started;
        }
    }

    /** With no lock held. */
    void deliver() {
        synchronized (this) {
            delivered = true;
            if (timer != null) {
                timer.cancel(false);
            }
        }
        outcome.deliver(value, failure);
    }
}
