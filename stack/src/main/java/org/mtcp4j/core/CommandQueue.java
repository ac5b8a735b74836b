/* SPDX-License-Identifier: Apache-2.0 */
package org.mtcp4j.core;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;

/** Unbounded intrusive queue: any thread pushes, the owner takes everything at once. A node is in it at most once. */
final class CommandQueue {
    private static final VarHandle TOP;

    static {
        try {
            TOP = MethodHandles.lookup().findVarHandle(CommandQueue.class, "top", Command.class);
        } catch (ReflectiveOperationException e) {
            throw new ExceptionInInitializerError(e);
        }
    }

    @SuppressWarnings("unused") // through TOP
    private volatile Command top;

    /** A full fence, as the submitter's side of the ownership protocol needs. */
    void push(Command command) {
        for (; ; ) {
            Command seen = top;
            command.next = seen;
            if (TOP.compareAndSet(this, seen, command)) {
                return;
            }
        }
    }

    boolean isEmpty() {
        return top == null;
    }

    /** Owner: all commands, oldest first, linked by {@link Command#next}; null for none. */
    Command takeAll() {
        if (top == null) {
            return null;
        }
        Command newest = (Command) TOP.getAndSet(this, null);
        Command oldest = null;
        while (newest != null) {
            Command next = newest.next;
            newest.next = oldest;
            oldest = newest;
            newest = next;
        }
        return oldest;
    }
}
