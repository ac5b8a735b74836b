/* SPDX-License-Identifier: Apache-2.0 */
package org.mtcp4j.nic;

/**
 * Two NICs with a wire of memory between them, for two stacks in one JVM: what {@link #a()} sends {@link #b()} receives, and the other
 * way round. They share one region and one pool, so {@code freeFrames} of either counts for both.
 */
public record MemoryLink(MemoryNic a, MemoryNic b) {
    private static final long MAC_A = 0x02_6d_74_63_70_0aL;
    private static final long MAC_B = 0x02_6d_74_63_70_0bL;

    /** The pool has {@code a}'s frames and {@code a}'s MTU; a wanted MAC address holds for its own side. */
    public static MemoryLink create(NicSettings a, NicSettings b) throws NicUnavailableException {
        FramePool pool = MemoryNic.pool(a, a.queues() + b.queues());
        PacketMemory memory = new PacketMemory(pool.region(), 0);
        MemoryNic first = new MemoryNic("memory-link:a", a, pool, memory, 0, MAC_A);
        MemoryNic second = new MemoryNic("memory-link:b", b, pool, memory, a.queues(), MAC_B);
        first.connectTo(second);
        second.connectTo(first);
        return new MemoryLink(first, second);
    }
}
