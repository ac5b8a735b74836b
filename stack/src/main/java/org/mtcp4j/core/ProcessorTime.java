/* SPDX-License-Identifier: Apache-2.0 */
package org.mtcp4j.core;

import java.lang.management.ManagementFactory;

/** Processor time of threads, where the JVM tells: an image may lack the module {@code java.management}. Any thread. */
final class ProcessorTime {
    private static final long UNKNOWN = -1;

    private ProcessorTime() {}

    /** What a thread has used so far, or a negative number: a virtual thread, one that has ended, an image without the module. */
    static long ofThreadNs(Thread thread) {
        try {
            return thread == null
                    ? UNKNOWN
                    : ManagementFactory.getThreadMXBean().getThreadCpuTime(thread.getId());
        } catch (LinkageError | UnsupportedOperationException | SecurityException e) {
            return UNKNOWN;
        }
    }
}
