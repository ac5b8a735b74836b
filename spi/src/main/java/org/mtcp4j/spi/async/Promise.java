/* SPDX-License-Identifier: Apache-2.0 */
package org.mtcp4j.spi.async;

import java.util.concurrent.CompletableFuture;

/** The future of an operation; cancelling it ends the direction, and the channel where it may interrupt. */
final class Promise<V> extends CompletableFuture<V> implements Outcome<V> {
    private final Member member;
    private Runnable withdrawal = () -> {};

    Promise(Member member) {
        this.member = member;
    }

    /** What a cancellation does first; set before anybody has the future. */
    void onCancel(Runnable what) {
        withdrawal = what;
    }

    @Override
    public void deliver(V value, Throwable failure) {
        if (failure == null) {
            complete(value);
        } else {
            completeExceptionally(failure);
        }
    }

    @Override
    public boolean cancel(boolean mayInterruptIfRunning) {
        if (isDone()) {
            return false;
        }
        withdrawal.run();
        boolean cancelled = super.cancel(mayInterruptIfRunning);
        if (cancelled && mayInterruptIfRunning) {
            member.closeQuietly();
        }
        return cancelled;
    }
}
