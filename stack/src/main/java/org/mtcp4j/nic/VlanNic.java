/* SPDX-License-Identifier: Apache-2.0 */
package org.mtcp4j.nic;

import java.nio.ByteBuffer;
import org.mtcp4j.wire.Ethernet;

/**
 * A NIC in a VLAN (IEEE 802.1Q): what it sends carries the tag, with priority 0. A frame's end moves by the tag's four bytes, for which every
 * frame has room; a frame that was not accepted keeps the tag, and its entry of the batch says so, so it is not tagged twice.
 *
 * <p>What is received keeps its tag, since taking it off would move the frame once more: the stack reads through it, and asks {@link #vlanId}
 * which tag a frame has to have.
 */
public final class VlanNic extends NicDecorator {
    private final int vlanId;
    private final NicQueue[] queues;

    /** @param vlanId 1 to 4094 */
    public VlanNic(Nic inner, int vlanId) {
        super(inner);
        this.vlanId = vlanId;
        queues = new NicQueue[inner.queues()];
        for (int i = 0; i < queues.length; i++) {
            queues[i] = new TaggingQueue(inner.queue(i), inner.memory().bytes(), vlanId);
        }
    }

    @Override
    public int vlanId() {
        return vlanId;
    }

    @Override
    public int largeFrameBytes() {
        return Math.max(0, inner.largeFrameBytes() - Ethernet.VLAN_TAG_BYTES);
    }

    @Override
    public NicQueue queue(int index) {
        return queues[index];
    }

    private static final class TaggingQueue extends Queue {
        private final ByteBuffer bytes;
        private final int vlanId;

        TaggingQueue(NicQueue inner, ByteBuffer bytes, int vlanId) {
            super(inner);
            this.bytes = bytes;
            this.vlanId = vlanId;
        }

        @Override
        public int transmit(FrameBatch batch) {
            for (int i = 0; i < batch.count; i++) {
                if (!Ethernet.isTagged(bytes, batch.offset[i])) {
                    Ethernet.tag(bytes, batch.offset[i], batch.lengthBytes[i], vlanId);
                    batch.lengthBytes[i] += Ethernet.VLAN_TAG_BYTES;
                }
            }
            return inner.transmit(batch);
        }
    }
}
