/* SPDX-License-Identifier: Apache-2.0 */
package org.mtcp4j.tcp;

import static org.assertj.core.api.Assertions.assertThat;
import static org.mtcp4j.wire.TcpSegment.ACK;
import static org.mtcp4j.wire.TcpSegment.SYN;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Segments that do not fit the path (RFC 1191 §6.5, RFC 8201 §5.4, RFC 4821, RFC 5927 §7). */
class PathMtuScriptTest {
    private static Script established(boolean sack) {
        Script s = new Script();
        s.settings.receiveMssBytes = 1460;
        s.settings.sack = sack;
        s.open();
        s.fill(SYN | ACK, 0, 1, 0);
        s.in.mss = 1460;
        s.in.sackPermitted = true;
        s.injectFilled().expect(ACK, 1, 1);
        return s;
    }

    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    void rfc1191_6_5_whatIsTooLongIsSentAgainAtOnceInSmallerSegments(boolean sack) {
        Script s = established(sack).write(2920).data(1, 1460).data(1461, 1460);
        int window = s.c.congestion.windowBytes();
        s.c.pathMtu(1000, Script.ISS + 1, s.nowNs);
        s.turn().data(1, 1000).data(1001, 1000).data(2001, 920).nothingMore();
        assertThat(s.c.congestion.windowBytes()).as("no congestion").isEqualTo(window);
        s.inject(ACK, 1, 2921, 0).write(2000).data(2921, 1000).data(3921, 1000);
    }

    @Test
    void rfc5927_7_2_onlyWhatQuotesSomethingInFlightIsBelieved() {
        Script s = established(true).write(1460).data(1, 1460);
        s.c.pathMtu(600, Script.ISS, s.nowNs);
        s.c.pathMtu(600, s.c.sndMax, s.nowNs);
        s.turn().nothingMore();
        assertThat(s.c.sendMss).isEqualTo(1460);
    }

    @Test
    void sizeIsNeverRaisedNorBelowTheLeast() {
        Script s = established(true).write(1460).data(1, 1460);
        s.c.pathMtu(9000, Script.ISS + 1, s.nowNs);
        assertThat(s.c.sendMss).isEqualTo(1460);
        s.c.pathMtu(28, Script.ISS + 1, s.nowNs);
        assertThat(s.c.sendMss).isEqualTo(PathMtu.LEAST_MSS);
    }

    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    void rfc4821_fullSegmentsThatVanishBecomeSmaller(boolean sack) {
        Script s = established(sack).write(1460).data(1, 1460);
        if (sack) {
            // A probe comes in the place of the first timeout (RFC 8985 §7.2), of a lone segment, too.
            s.pass(200).data(1, 1460);
        }
        s.pass(200).data(1, 1460).pass(400).data(1, 1460).pass(800).data(1, 1220);
        s.pass(1600).data(1, 610).inject(ACK, 1, 611, 0);
        assertThat(s.stats.mtuProbeFail).isEqualTo(2);
        s.inject(ACK, 1, 1461, 0);
        s.sent.clear();
        s.write(1000).data(1461, 610);
    }

    @Test
    void smallSegmentsThatVanishDoNot() {
        Script s = established(true).write(300).data(1, 300);
        s.pass(200).data(1, 300).pass(400).data(1, 300).pass(800).data(1, 300);
        assertThat(s.c.sendMss).isEqualTo(1460);
    }
}
