/* SPDX-License-Identifier: Apache-2.0 */
package org.mtcp4j.core;

import org.mtcp4j.config.Key;
import org.mtcp4j.config.StackConfig;
import org.mtcp4j.tcp.TcpSettings;

/** What the configuration says of every connection's TCP. Frozen. */
final class TcpDefaults {
    private static final int IP_AND_TCP_HEADER = 40;
    /** What an IPv6 header is longer. */
    private static final int IPV6_MORE = 20;
    /** RFC 9293 §3.7.1. */
    private static final int IPV4_DEFAULT_MSS = 536;

    private static final int IPV6_DEFAULT_MSS = 1_220;
    /** Ethernet, IPv6 and TCP header with all options. */
    private static final int MOST_HEADERS = 14 + 40 + 60;

    static final int COOKIES_NEVER = 0;
    /** When too many connections are half open. */
    static final int COOKIES_UNDER_PRESSURE = 1;

    static final int COOKIES_ALWAYS = 2;

    final long timeWaitNs;
    /** When SYNs are answered with cookies. */
    final int synCookies;

    private final TcpSettings.Algorithm congestion;
    private final boolean ecnAsked;
    private final boolean ecnAnswered;
    private final long userTimeoutNs;

    TcpDefaults(StackConfig config) {
        timeWaitNs = config.number(Key.TIME_WAIT);
        congestion = congestion(config.text(Key.CONGESTION));
        ecnAsked = config.is(Key.ECN, "on");
        ecnAnswered = !config.is(Key.ECN, "off");
        userTimeoutNs = config.number(Key.USER_TIMEOUT);
        synCookies = config.is(Key.SYN_COOKIES, "always")
                ? COOKIES_ALWAYS
                : config.is(Key.SYN_COOKIES, "never") ? COOKIES_NEVER : COOKIES_UNDER_PRESSURE;
    }

    private static TcpSettings.Algorithm congestion(String name) {
        return switch (name) {
            case "newreno" -> TcpSettings.Algorithm.NEW_RENO;
            case "bbr" -> TcpSettings.Algorithm.BBR;
            default -> TcpSettings.Algorithm.CUBIC;
        };
    }

    /** Fills in what depends on link and configuration. */
    void prepare(TcpSettings settings, Link link, boolean isIpv6) {
        settings.receiveMssBytes = link.mtuBytes(isIpv6) - IP_AND_TCP_HEADER - (isIpv6 ? IPV6_MORE : 0);
        settings.defaultMssBytes = isIpv6 ? IPV6_DEFAULT_MSS : IPV4_DEFAULT_MSS;
        settings.maxEmitBytes =
                link.segments ? Math.min(65_535 - IP_AND_TCP_HEADER, link.largeFrameBytes - MOST_HEADERS) : 0;
        settings.timeWaitNs = timeWaitNs;
        settings.congestion = congestion;
        settings.ecnAsked = ecnAsked;
        settings.ecnAnswered = ecnAnswered;
        settings.userTimeoutNs = userTimeoutNs;
    }
}
