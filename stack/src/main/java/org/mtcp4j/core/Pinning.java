/* SPDX-License-Identifier: Apache-2.0 */
package org.mtcp4j.core;

/** What the operating system does for threads: pinning and sleeping on descriptors. Without a native NIC nothing of it is needed. */
public interface Pinning {
    /** Pins the calling thread, a context's own, as {@code mtcp.cpus} says. */
    void pin(int context);

    /** A sleeper for contexts of whose NICs some have descriptors. */
    Sleeper newSleeper(int[] fds);
}
