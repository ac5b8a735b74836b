/* SPDX-License-Identifier: Apache-2.0 */
package org.mtcp4j.core;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;

/**
 * Who owns a context, and the three protocols around it (design section 3): release re-checks the commands, a submitter tries to
 * acquire before it leaves, a sleeper re-checks everything after it has published that it sleeps. Covered by jcstress.
 */
final class Ownership {
    static final int FREE = 0;
    private static final int OWNED = 1;
    private static final VarHandle STATE;

    static {
        try {
            STATE = MethodHandles.lookup().findVarHandle(Ownership.class, "state", int.class);
        } catch (ReflectiveOperationException e) {
            throw new ExceptionInInitializerError(e);
        }
    }

    final CommandQueue commands = new CommandQueue();

    /** Whoever owns without having released after an error sets this to {@link #FREE}, and {@link #owner} to null before: no call can fail. */
    volatile int state;

    /** The owner's thread. Others may read anything but themselves. */
    Thread owner;

    boolean tryAcquire() {
        if (state != FREE) {
            return false;
        }
        // Before the exchange: a thread at the end of its stack fails here, and owns nothing.
        Thread caller = Thread.currentThread();
        if (!STATE.compareAndSet(this, FREE, OWNED)) {
            return false;
        }
        owner = caller;
        return true;
    }

    /**
     * Gives the context up.
     *
     * @return true when commands came meanwhile and the caller owns the context again: it must run them and release once more
     */
    boolean releaseOrReacquire() {
        return release() && tryAcquire();
    }

    /**
     * Gives the context up, whatever has come.
     *
     * @return true when commands wait that nobody has undertaken to run: the caller must see to it that somebody does
     */
    boolean release() {
        owner = null;
        state = FREE;
        VarHandle.fullFence();
        return !commands.isEmpty();
    }

    /**
     * Leaves a command.
     *
     * @return true when the caller became the owner and must run it; else the present owner will
     */
    boolean submit(Command command) {
        commands.push(command);
        VarHandle.fullFence();
        return tryAcquire();
    }

    boolean isOwned() {
        return state == OWNED;
    }
}
