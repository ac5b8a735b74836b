/* SPDX-License-Identifier: Apache-2.0 */
package org.mtcp4j.core;

import org.mtcp4j.nic.NicQueue;

/** Puts another queue in the place of a link's: the same one with a capture around it, or without. */
final class QueueCall extends Call {
    private final int linkIndex;
    private final NicQueue queue;

    QueueCall(int linkIndex, NicQueue queue) {
        this.linkIndex = linkIndex;
        this.queue = queue;
    }

    @Override
    void execute(Context context, long nowNs) {
        context.links[linkIndex].queue = queue;
    }
}
