/* SPDX-License-Identifier: Apache-2.0 */
package org.mtcp4j.core;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.util.concurrent.locks.LockSupport;

/**
 * The in-use word of one direction of a flow (design section 3, lifetime): the application thread is inside while it copies, the
 * owner takes the word only to give storage back, and never waits for it.
 */
abstract class StreamGuard {
    static final int IDLE = 0;
    static final int APPLICATION = 1;
    private static final int OWNER = 2;
    static final int RELEASED = 3;
    private static final int SPINS = 200;

    private static final VarHandle WORD;

    static {
        try {
            WORD = MethodHandles.lookup().findVarHandle(StreamGuard.class, "word", int.class);
        } catch (ReflectiveOperationException e) {
            throw new ExceptionInInitializerError(e);
        }
    }

    /** The application that an error keeps from {@link #exit} sets it from {@link #APPLICATION} to {@link #IDLE}: no call can fail. */
    volatile int word;

    private volatile boolean releaseWanted;
    private volatile boolean ending;

    /**
     * Application thread: false once the storage is released for good. The wait needs no clock: the owner holds the word for as long as it takes
     * to give the chunks of one stream back, calls nothing that waits, and an error there ends the stream ({@link #releaseAsOwner}); the
     * other holder, the application, has one thread in here at a time by its own lock of the direction.
     */
    final boolean enter() {
        int spins = 0;
        while (!WORD.compareAndSet(this, IDLE, APPLICATION)) {
            if (word == RELEASED) {
                return false;
            }
            if (++spins > SPINS) {
                LockSupport.parkNanos(1_000);
            } else {
                Thread.onSpinWait();
            }
        }
        return true;
    }

    /** Application thread: true when the owner wanted to release or to end meanwhile and must be told to try again. */
    final boolean exit() {
        WORD.setVolatile(this, IDLE);
        return releaseWanted || ending;
    }

    /**
     * Owner: whoever enters from now on sees {@link #isEnding}. False when the application is inside; its {@link #exit()} then returns true. After
     * true nothing is published any more.
     */
    final boolean tryEnd() {
        ending = true;
        VarHandle.fullFence();
        return word != APPLICATION;
    }

    /** Application, inside the word. */
    final boolean isEnding() {
        return ending;
    }

    /** Owner, with the word: gives all storage back. After an error nobody enters any more: chunks may be lost, but none has two owners. */
    final void releaseAsOwner() {
        try {
            releaseStorage();
        } catch (Throwable e) {
            // A store, no call: this may be the end of the thread's stack.
            word = RELEASED;
            throw e;
        }
    }

    /** Owner: true when nobody is inside; then {@link #yieldOwner()} must follow, whatever happens. */
    final boolean tryOwner() {
        return WORD.compareAndSet(this, IDLE, OWNER);
    }

    final void yieldOwner() {
        WORD.setRelease(this, IDLE);
    }

    /**
     * Owner: releases the storage for good. False when the application is inside; its {@link #exit()} then returns true and leads to
     * {@link #retryRelease}.
     */
    final boolean tryRelease() {
        if (word == RELEASED) {
            return true;
        }
        releaseWanted = true;
        VarHandle.fullFence();
        if (!tryOwner()) {
            return false;
        }
        releaseAsOwner();
        WORD.setRelease(this, RELEASED);
        return true;
    }

    /** Owner: {@link #tryRelease} once more, if it was wanted. */
    final void retryRelease() {
        if (releaseWanted) {
            tryRelease();
        }
    }

    final boolean isReleased() {
        return word == RELEASED;
    }

    /** Gives every chunk back; called with the word held. */
    abstract void releaseStorage();
}
