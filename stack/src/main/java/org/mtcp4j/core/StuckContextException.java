/* SPDX-License-Identifier: Apache-2.0 */
package org.mtcp4j.core;

/** A context has not run what it was asked for a long time: a thread is stuck in a round of it. */
public final class StuckContextException extends IllegalStateException {
    private static final long serialVersionUID = 1;

    StuckContextException(int context) {
        super("context " + context
                + " of the stack does not answer: a thread is stuck in its round, see the ERROR about it");
    }
}
