/* SPDX-License-Identifier: Apache-2.0 */
package org.mtcp4j.tcp;

import org.mtcp4j.wire.Seq;

/** RFC 9293 §3.7.4, in Minshall's variant: only a small segment in flight holds the next small one back. */
final class Nagle {
    private Nagle() {}

    /** Whether the end of what is written may leave although it does not fill a segment. */
    static boolean allowsPartial(Connection c) {
        return c.settings.noDelay || c.finQueued || Urgent.isSending(c) || Seq.leq(c.sndSml, c.sndUna);
    }
}
