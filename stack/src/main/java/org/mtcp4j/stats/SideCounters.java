/* SPDX-License-Identifier: Apache-2.0 */
package org.mtcp4j.stats;

import java.util.EnumMap;
import java.util.Map;
import java.util.concurrent.atomic.LongAdder;

/** How often each {@link SideReason} decided. Any thread. */
public final class SideCounters {
    private final Map<SideReason, LongAdder> values = new EnumMap<>(SideReason.class);

    public SideCounters() {
        for (SideReason reason : SideReason.values()) {
            values.put(reason, new LongAdder());
        }
    }

    public void increment(SideReason reason) {
        values.get(reason).increment();
    }

    public long get(SideReason reason) {
        return values.get(reason).sum();
    }
}
