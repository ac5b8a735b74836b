/* SPDX-License-Identifier: Apache-2.0 */
package org.mtcp4j.core;

import org.mtcp4j.ip.IpAddress;
import org.mtcp4j.tcp.TcpSettings;

/** What many connections of a context are set up with alike, once. Its owner's. */
final class SharedSettings {
    /** Links times address families that are in use at once, as a rule. */
    private static final int KEPT = 4;

    private final Context context;
    private final TcpSettings[] kept = new TcpSettings[KEPT];
    private TcpSettings scratch = new TcpSettings();
    private int oldest;

    SharedSettings(Context context) {
        this.context = context;
    }

    /** Those of a connection over that link: shared, so not to be changed ({@link org.mtcp4j.tcp.Connection#ownSettings}). */
    TcpSettings of(Link link, FlowKey key, SocketDefaults defaults) {
        TcpSettings wanted = scratch;
        wanted.receiveBufferBytes = 0;
        wanted.receiveBufferMostBytes = 0;
        prepare(wanted, link, key, defaults);
        for (TcpSettings settings : kept) {
            if (settings != null && settings.isAlike(wanted)) {
                return settings;
            }
        }
        wanted.shared = true;
        kept[oldest] = wanted;
        oldest = (oldest + 1) % KEPT;
        scratch = new TcpSettings();
        return wanted;
    }

    /** Fills in what a connection over that link starts with, but for its timestamp offset. */
    void prepare(TcpSettings settings, Link link, FlowKey key, SocketDefaults defaults) {
        context.engine.tcp.prepare(settings, link, !IpAddress.isIpv4(key.localHi, key.localLo));
        defaults.applyTo(settings, !link.isInside);
    }
}
