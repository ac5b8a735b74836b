/* SPDX-License-Identifier: Apache-2.0 */
package org.mtcp4j.nic;

/** A NIC cannot be had; the message is one sentence: what, why, and how to mend it. */
public final class NicUnavailableException extends Exception {
    private static final long serialVersionUID = 1L;

    public NicUnavailableException(String sentence) {
        super(sentence);
    }

    public NicUnavailableException(String sentence, Throwable cause) {
        super(sentence, cause);
    }
}
