/* SPDX-License-Identifier: Apache-2.0 */
package org.mtcp4j.dpdk;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Arrays;
import org.mtcp4j.nic.QueueWait;

/** Waits in the shim: {@code struct wait} there. */
final class DpdkWait implements QueueWait {
    private static final int FD_AT = 0;
    private static final int TIMEOUT_AT = 8;
    private static final int COUNT_AT = 16;
    private static final int QUEUES_AT = 24;
    private static final int QUEUE_BYTES = 3 * Long.BYTES;
    private static final int WANTED_AT = 8;
    private static final int READY_AT = 16;

    private final DpdkCalls calls;
    private final long[] queues;
    private final ByteBuffer structure;
    private final long address;

    DpdkWait(DpdkCalls calls, long... queues) {
        this.calls = calls;
        this.queues = queues;
        structure = ByteBuffer.allocateDirect(QUEUES_AT + queues.length * QUEUE_BYTES)
                .order(ByteOrder.nativeOrder());
        address = calls.address(structure);
        structure.putLong(COUNT_AT, queues.length);
        for (int i = 0; i < queues.length; i++) {
            structure.putLong(QUEUES_AT + i * QUEUE_BYTES, queues[i]);
            want(i, RECEIVE);
        }
    }

    @Override
    public QueueWait and(QueueWait other) {
        if (!(other instanceof DpdkWait more)) {
            throw new IllegalArgumentException(other + " is no wait for DPDK's ports");
        }
        long[] both = Arrays.copyOf(queues, queues.length + more.queues.length);
        System.arraycopy(more.queues, 0, both, queues.length, more.queues.length);
        return new DpdkWait(calls, both);
    }

    @Override
    public void begin() {
        calls.watch(address, true);
    }

    @Override
    public void end() {
        calls.watch(address, false);
    }

    @Override
    public void want(int queue, int wanted) {
        structure.putLong(QUEUES_AT + queue * QUEUE_BYTES + WANTED_AT, wanted);
    }

    @Override
    public int await(int fd, long timeoutUs) {
        structure.putLong(FD_AT, fd);
        structure.putLong(TIMEOUT_AT, timeoutUs);
        return calls.await(address);
    }

    @Override
    public int ready(int queue) {
        return (int) structure.getLong(QUEUES_AT + queue * QUEUE_BYTES + READY_AT);
    }
}
