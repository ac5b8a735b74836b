/* SPDX-License-Identifier: Apache-2.0 */
package org.mtcp4j.core;

/** Something the owner of a context is asked to do: the intrusive node of {@link CommandQueue}. */
abstract class Command {
    /** Link of the queue; the queue's alone. */
    Command next;

    /** On the owner's thread, inside a round. */
    abstract void run(Context context, long nowNs);

    /** Owner: an error came before it was run. */
    void refused(Context context, Throwable e) {}

    /** The flow that it is about, or null. */
    Flow subject() {
        return null;
    }
}
