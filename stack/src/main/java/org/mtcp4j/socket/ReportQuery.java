/* SPDX-License-Identifier: Apache-2.0 */
package org.mtcp4j.socket;

import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import org.mtcp4j.core.Flow;
import org.mtcp4j.ip.IpAddress;
import org.mtcp4j.tcp.TcpState;

/**
 * Which part of a {@link StackReport} is wanted, and how. Its words, separated by blanks: {@code state=NAME}, {@code port=NUMBER},
 * {@code address=IP}, {@code top=NUMBER}, {@code info}, {@code summary}, {@code json}, {@code openmetrics}.
 */
final class ReportQuery {
    /** How the answer is written. */
    enum Format {
        TEXT,
        JSON,
        OPENMETRICS
    }

    private static final int MOST_TOP = 1_000;

    private Format format = Format.TEXT;
    private TcpState state;
    private int port = -1;
    private IpAddress address;
    private int top;
    private boolean info;
    private boolean summary;

    private ReportQuery() {}

    /** @throws IllegalArgumentException with a sentence, where a word is none of those */
    static ReportQuery parse(List<String> words) {
        ReportQuery query = new ReportQuery();
        words.forEach(query::take);
        return query;
    }

    private void take(String word) {
        int equals = word.indexOf('=');
        String name = equals < 0 ? word : word.substring(0, equals);
        String value = equals < 0 ? "" : word.substring(equals + 1);
        switch (name) {
            case "state" -> state = state(value);
            case "port" -> port = number(name, value, 0xffff);
            case "address" -> address = IpAddress.parse(value);
            case "top" -> top = number(name, value, MOST_TOP);
            case "info" -> info = true;
            case "summary" -> summary = true;
            case "json" -> format = Format.JSON;
            case "openmetrics" -> format = Format.OPENMETRICS;
            default ->
                throw new IllegalArgumentException("stat knows no '" + word + "'; is that program's agent older?");
        }
    }

    private static TcpState state(String value) {
        String wanted = value.toUpperCase(Locale.ROOT).replace('-', '_');
        return Arrays.stream(TcpState.values())
                .filter(each -> each.name().equals(wanted))
                .findFirst()
                .orElseThrow(() -> new IllegalArgumentException(
                        "there is no state '" + value + "'; there are " + Arrays.toString(TcpState.values())));
    }

    private static int number(String name, String value, int most) {
        try {
            int number = Integer.parseInt(value);
            if (number > 0 && number <= most) {
                return number;
            }
        } catch (NumberFormatException e) {
            // Said below.
        }
        throw new IllegalArgumentException("'" + value + "' is no " + name + "; it is 1 to " + most);
    }

    Format format() {
        return format;
    }

    /** With round trips, windows and more of each connection. */
    boolean hasInfo() {
        return info;
    }

    /** Numbers alone, no connection. */
    boolean isSummary() {
        return summary;
    }

    /** Only so many connections, those with the most bytes; 0 for all. */
    int top() {
        return top;
    }

    /** Whether only some connections are wanted, so that pools and counters are not. */
    boolean isNarrow() {
        return state != null || port >= 0 || address != null || top > 0;
    }

    boolean wants(TcpState of) {
        return state == null || state == of;
    }

    boolean wantsPort(int local, int remote) {
        return port < 0 || port == local || port == remote;
    }

    boolean wants(Flow flow) {
        return wants(flow.state())
                && wantsPort(flow.localPort(), flow.remotePort())
                && (address == null || address.equals(flow.localAddress()) || address.equals(flow.remoteAddress()));
    }

    /** Of what has no address that can be compared: a listener, a TIME-WAIT. */
    boolean wantsAnyAddress() {
        return address == null;
    }
}
