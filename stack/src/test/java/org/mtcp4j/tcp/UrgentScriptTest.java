/* SPDX-License-Identifier: Apache-2.0 */
package org.mtcp4j.tcp;

import static org.assertj.core.api.Assertions.assertThat;
import static org.mtcp4j.wire.TcpSegment.ACK;
import static org.mtcp4j.wire.TcpSegment.URG;

import org.junit.jupiter.api.Test;

/** Urgent data (RFC 9293 §3.8.5, MUST-30, 31, 32, 62; RFC 6093). */
class UrgentScriptTest {
    private static void expectPointer(Script s, int seq, int pointer) {
        Script.Sent x = s.next();
        assertThat(x.seq()).isEqualTo(seq);
        assertThat(x.flags() & URG).isEqualTo(URG);
        assertThat(x.urgentPointer()).isEqualTo(pointer);
    }

    @Test
    void rfc6093_3_1_pointerStandsBehindTheUrgentByte() {
        Script s = Script.established();
        s.c.sendUrgent(3);
        s.write(3);
        expectPointer(s, 1, 3);
        s.nothingMore();
    }

    @Test
    void rfc9293_3_8_5_everySegmentBeforeItTellsOfIt() {
        Script s = Script.established();
        s.settings.maxEmitBytes = 4 * Script.MSS;
        s.c.sendUrgent(2500);
        s.write(4000);
        expectPointer(s, 1, 2500);
        expectPointer(s, 1001, 1500);
        expectPointer(s, 2001, 500);
        assertThat(s.next().flags() & URG).isZero();
        s.inject(ACK, 1, 4001, 0).write(2000);
        assertThat(s.next().bytes()).as("offload again").isEqualTo(2000);
    }

    @Test
    void nagleDoesNotHoldUrgentDataBack() {
        Script s = Script.established().write(10).data(1, 10);
        s.c.sendUrgent(11);
        s.write(1);
        expectPointer(s, 11, 1);
    }

    @Test
    void rfc9293_3_8_6_1_pointerGoesOutIntoAShutWindow() {
        Script s = Script.established();
        s.peerWindow = 0;
        s.inject(ACK, 1, 1, 0);
        s.c.sendUrgent(5);
        s.write(5);
        expectPointer(s, 1, 5);
    }

    @Test
    void pointerFartherThanTheFieldReachesIsTheFarthest() {
        Script s = Script.established();
        s.c.sendUrgent(100_000);
        s.write(1000);
        expectPointer(s, 1, 0xFFFF);
    }

    @Test
    void pointerOfWhatHasBeenReceivedIsOld() {
        Script s = Script.established().inject(ACK, 1, 1, 100);
        s.fill(ACK | URG, 101, 1, 10);
        s.in.urgentPointer = 4;
        s.injectFilled();
        assertThat(s.c.urgentPosition()).isEqualTo(103);
        s.fill(ACK | URG, 101, 1, 10);
        s.in.urgentPointer = 2;
        s.injectFilled();
        assertThat(s.c.urgentPosition()).as("what comes twice changes nothing").isEqualTo(103);
        assertThat(s.stats.urgentIn).isEqualTo(1);
    }

    @Test
    void rfc9293_3_8_5_pointerMayComeBeforeTheData() {
        Script s = Script.established();
        s.fill(ACK | URG, 1, 1, 0);
        s.in.urgentPointer = 50_000;
        s.injectFilled().nothingMore();
        assertThat(s.c.urgentPosition()).isEqualTo(49_999);
    }
}
