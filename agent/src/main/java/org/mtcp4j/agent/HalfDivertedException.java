/* SPDX-License-Identifier: Apache-2.0 */
package org.mtcp4j.agent;

/** Some sockets would go to the stack and others not; the message is one sentence. */
final class HalfDivertedException extends Exception {
    private static final long serialVersionUID = 1L;

    HalfDivertedException(String sentence) {
        super(sentence);
    }
}
