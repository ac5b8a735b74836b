/* SPDX-License-Identifier: Apache-2.0 */
package org.mtcp4j.tcp;

/** Counts of one context's connections; plain longs of the owner, named as Linux {@code nstat} has them where it has them. */
public final class TcpCounters {
    public long activeOpens;
    public long passiveOpens;
    public long attemptFails;
    public long estabResets;
    public long inSegs;
    public long outSegs;
    public long retransSegs;
    public long inErrs;
    public long outRsts;
}
