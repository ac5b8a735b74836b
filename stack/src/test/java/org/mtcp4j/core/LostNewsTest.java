/* SPDX-License-Identifier: Apache-2.0 */
package org.mtcp4j.core;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Errors while whoever waits is told, several in a row: it is told in the end. */
@Timeout(value = 60, unit = TimeUnit.SECONDS)
class LostNewsTest {
    private static final int ERRORS = 5;

    private final Context context = TestEngines.engine(
                    List.of(TestEngines.memory()), TestEngines.OURS + "/24", List.of(), "contexts=1")
            .context(0);
    private final AtomicInteger thrown = new AtomicInteger();
    private final Told told = new Told();
    private final Flow flow = TestEngines.flow(context, 1000);

    private static final class Told extends Endpoint {
        Waiter waiter() {
            return inputWaiter();
        }

        void select(ReadyQueue queue) {
            addNode(new ReadyNode(queue) {});
        }
    }

    private void failAt(int failing) {
        context.faults.hook = stage -> {
            if (stage == failing) {
                fail();
            }
        };
    }

    private void fail() {
        if (thrown.getAndIncrement() < ERRORS) {
            throw new OutOfMemoryError("made by the test");
        }
    }

    private void tell() {
        flow.attach(told, flow.options());
        assertThat(context.ownership.tryAcquire()).isTrue();
        context.publish(flow, Endpoint.INPUT);
        long nowNs = System.nanoTime();
        for (int i = 0; i < 2 * ERRORS; i++) {
            context.round(nowNs + i * 1_000_000L);
        }
        assertThat(thrown).hasValueGreaterThan(ERRORS);
    }

    @Test
    void aThreadIsToldAfterErrorsInTheNewsOfItsConnection() {
        Waiter waiter = told.waiter();
        failAt(Faults.NEWS);
        tell();
        assertThat(waiter.isSignalled()).isTrue();
    }

    @Test
    void aThreadIsWokenAfterErrorsInItsWaking() {
        told.waiter().foreignWaker(this::fail);
        tell();
    }

    @Test
    void aSelectorIsWokenAfterErrorsInItsWaking() {
        ReadyQueue queue = new ReadyQueue();
        queue.waiter.foreignWaker(this::fail);
        told.select(queue);
        tell();
        assertThat(queue.isEmpty()).isFalse();
    }

    /** Its storage would never come back: what is asked is queued once. */
    @Test
    void whatIsAskedIsDoneAfterErrorsBeforeIt() {
        assertThat(context.ownership.tryAcquire()).isTrue();
        failAt(Faults.COMMAND);
        flow.ask(Flow.CLOSE);
        long nowNs = System.nanoTime();
        for (int i = 0; i < 2 * ERRORS; i++) {
            context.round(nowNs + i * 1_000_000L);
        }
        assertThat(flow.applicationClosed).isTrue();
    }

    /** A command in the queue twice takes those behind it along. */
    @Test
    void aConnectionThatMetAnErrorTakesNoOthersCommandAlong() {
        assertThat(context.ownership.tryAcquire()).isTrue();
        Flow other = TestEngines.flow(context, 1001);
        Flow third = TestEngines.flow(context, 1002);
        other.ask(Flow.CLOSE);
        flow.ask(Flow.WROTE);
        third.ask(Flow.CLOSE);
        context.faults.failed(new IllegalStateException("made by the test"), flow);
        long nowNs = System.nanoTime();
        context.faults.settle(nowNs);
        flow.ask(Flow.CLOSE);
        context.round(nowNs);
        assertThat(flow.applicationClosed).isTrue();
        assertThat(other.applicationClosed).isTrue();
        assertThat(third.applicationClosed).isTrue();
    }

    @Test
    void aThreadThatCallsHearsOfAnErrorBeforeItsCall() {
        failAt(Faults.COMMAND);
        PortTable.Binding binding = context.engine.bind(TestEngines.OURS, 80, false, false);
        assertThatThrownBy(() -> context.driver.call(new BindCall(binding)))
                .isInstanceOf(OutOfMemoryError.class)
                .hasMessage("made by the test");
    }
}
