/* SPDX-License-Identifier: Apache-2.0 */
package org.mtcp4j.core;

import org.mtcp4j.nic.FrameBatch;
import org.mtcp4j.nic.Nic;
import org.mtcp4j.nic.NicDecorator;
import org.mtcp4j.nic.NicQueue;

/** A NIC whose cable is out now and then: what is sent meanwhile is gone. */
final class Outages extends NicDecorator {
    boolean down;

    Outages(Nic inner) {
        super(inner);
    }

    @Override
    public NicQueue queue(int index) {
        return new Queue(inner.queue(index)) {
            @Override
            public int transmit(FrameBatch batch) {
                if (!down) {
                    return inner.transmit(batch);
                }
                for (int i = 0; i < batch.count; i++) {
                    inner.free(batch.offset[i]);
                }
                return batch.count;
            }
        };
    }
}
