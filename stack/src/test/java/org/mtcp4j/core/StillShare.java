/* SPDX-License-Identifier: Apache-2.0 */
package org.mtcp4j.core;

import java.util.List;
import org.mtcp4j.nic.InterfaceState;
import org.mtcp4j.nic.KernelShare;

/** An interface that is up and never changes, whose kernel knows no neighbours. */
abstract class StillShare implements KernelShare {
    @Override
    public final InterfaceState state() {
        return new InterfaceState(1500, 2, true, List.of(), List.of());
    }

    @Override
    public final int version() {
        return 1;
    }

    @Override
    public final boolean knowsNeighbour(long hi, long lo) {
        return false;
    }
}
