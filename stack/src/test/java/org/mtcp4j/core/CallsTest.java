/* SPDX-License-Identifier: Apache-2.0 */
package org.mtcp4j.core;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import org.junit.jupiter.api.Test;
import org.mtcp4j.tcp.TcpState;

/** What an application's thread waits for: a call that is run ahead of a round, and one whose thread is ended by an error. */
class CallsTest {
    private final Engine engine =
            TestEngines.engine(List.of(TestEngines.memory()), TestEngines.OURS + "/24", List.of(), "contexts=1");
    private final Context context = engine.context(0);
    private final SocketDefaults options = new SocketDefaults(65_536, 65_536);
    private final ConnectCall call =
            new ConnectCall(0, TestEngines.OURS, TestEngines.OURS, 80, options, new Endpoint() {});

    CallsTest() {
        PortTable.Binding bound = engine.bind(TestEngines.OURS, 80, false, false);
        assertThat(engine.listen(bound, 8, options, new Endpoint() {})).isNotNull();
        assertThat(context.ownership.tryAcquire()).isTrue();
    }

    /** Else a SYN could stay here for as long as whoever leads sleeps. */
    @Test
    void whatACallBringsToSendIsDueForWhoeverLeads() {
        long nowNs = System.nanoTime();
        context.round(nowNs);
        context.ownership.commands.push(call);
        context.runCommands(nowNs);
        assertThat(call.flow()).isNotNull();
        assertThat(context.nextDeadlineNs()).isLessThanOrEqualTo(nowNs + 1_000_000);
    }

    @Test
    void aConnectionWhoseThreadAnErrorHasEndedIsReset() {
        long nowNs = System.nanoTime();
        context.ownership.commands.push(call);
        for (int i = 0; i < 4; i++) {
            context.round(nowNs);
        }
        assertThat(call.flow().state()).isEqualTo(TcpState.ESTABLISHED);
        call.abandon();
        context.round(nowNs);
        assertThat(call.flow().state()).isEqualTo(TcpState.CLOSED);
    }

    @Test
    void aCallWhoseThreadAnErrorHasEndedIsNotRunAnyMore() {
        context.ownership.commands.push(call);
        call.abandon();
        context.round(System.nanoTime());
        assertThat(call.flow()).isNull();
    }
}
