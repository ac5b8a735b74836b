/* SPDX-License-Identifier: Apache-2.0 */
package org.mtcp4j.socket;

/** The stack cannot start; the message is one sentence: what, why, and how to mend it. */
public final class StackUnavailableException extends Exception {
    private static final long serialVersionUID = 1L;

    public StackUnavailableException(String sentence) {
        super(sentence);
    }

    public StackUnavailableException(String sentence, Throwable cause) {
        super(sentence, cause);
    }
}
