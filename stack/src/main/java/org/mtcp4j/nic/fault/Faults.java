/* SPDX-License-Identifier: Apache-2.0 */
package org.mtcp4j.nic.fault;

/**
 * What happens to the frames that a NIC sends.
 *
 * @param loss probability, 0 to 1, that a frame vanishes
 * @param reorder probability that a frame is held back up to 1 ms longer than the others
 * @param duplicate probability that a frame is sent twice
 * @param corrupt probability that one bit of a frame, behind the Ethernet header, is turned over
 * @param delayNs how long every frame is under way
 * @param rateBitsPerSecond what a queue sends at most, 0 for no limit
 * @param seed of the decisions; the same seed and the same frames give the same faults
 */
public record Faults(
        double loss,
        double reorder,
        double duplicate,
        double corrupt,
        long delayNs,
        long rateBitsPerSecond,
        long seed) {
    public static final Faults NONE = new Faults(0, 0, 0, 0, 0, 0, 1);

    /** Whether nothing at all happens. */
    public boolean isNone() {
        return loss == 0 && reorder == 0 && duplicate == 0 && corrupt == 0 && delayNs == 0 && rateBitsPerSecond == 0;
    }

    /** As it is written in {@code mtcp.nic}. */
    @Override
    public String toString() {
        return "loss=" + loss + ",reorder=" + reorder + ",dup=" + duplicate + ",corrupt=" + corrupt + ",delay="
                + delayNs + "ns,rate=" + rateBitsPerSecond + ",seed=" + seed;
    }
}
