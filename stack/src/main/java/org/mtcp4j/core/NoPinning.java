/* SPDX-License-Identifier: Apache-2.0 */
package org.mtcp4j.core;

/** Nothing native: threads run where they like, and sleep by parking. */
public final class NoPinning implements Pinning {
    @Override
    public void pin(int context) {
        // Nothing is to be pinned.
    }

    @Override
    public Sleeper newSleeper(int[] fds) {
        return new ParkSleeper();
    }
}
