/* SPDX-License-Identifier: Apache-2.0 */
package org.mtcp4j.core;

import java.util.List;
import java.util.Objects;
import java.util.stream.IntStream;
import org.mtcp4j.nic.KernelShare;
import org.mtcp4j.nic.Nic;
import org.mtcp4j.nic.NicQueue;

/** What a stack's NICs have in common; the first is loopback. */
final class NicTraits {
    private NicTraits() {}

    /** Whether every NIC beside loopback, and there is one, has descriptors that are readable while frames wait. */
    static boolean wakeByDescriptor(List<Nic> nics) {
        return nics.size() > 1 && nics.stream().skip(1).allMatch(NicTraits::wakesByDescriptor);
    }

    /** A queue that receives nothing, as all of a TAP's but the first, needs no descriptor. */
    private static boolean wakesByDescriptor(Nic nic) {
        List<NicQueue> queues =
                IntStream.range(0, nic.queues()).mapToObj(nic::queue).toList();
        return queues.stream().noneMatch(NicQueue::mustBePolled)
                && queues.stream().anyMatch(queue -> queue.wakeupFd() >= 0);
    }

    /** Null where none is shared with the kernel. */
    static PortGate gate(List<Nic> nics) {
        List<KernelShare> shares =
                nics.stream().map(Nic::kernelShare).filter(Objects::nonNull).toList();
        return shares.isEmpty() ? null : new PortGate(shares);
    }
}
