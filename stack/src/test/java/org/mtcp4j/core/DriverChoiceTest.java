/* SPDX-License-Identifier: Apache-2.0 */
package org.mtcp4j.core;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.mtcp4j.nic.Nic;
import org.mtcp4j.nic.NicDecorator;
import org.mtcp4j.nic.NicQueue;
import org.mtcp4j.nic.QueueWait;

/** Who runs the contexts, and how long they poll, by what the NICs have to sleep on (ADR 0015). */
class DriverChoiceTest {
    private static final long MICROSECOND_NS = 1_000;

    /** A NIC with that descriptor. */
    static Nic waking(int fd, boolean polled) {
        return new NicDecorator(TestEngines.memory()) {
            @Override
            public NicQueue queue(int index) {
                return new Queue(inner.queue(index)) {
                    @Override
                    public int wakeupFd() {
                        return fd;
                    }

                    @Override
                    public boolean mustBePolled() {
                        return polled;
                    }

                    @Override
                    public QueueWait newWait() {
                        return new NoWait();
                    }
                };
            }
        };
    }

    private static Engine engine(String configuration, Nic... outer) {
        List<Nic> nics = new ArrayList<>(List.of(TestEngines.memory()));
        nics.addAll(List.of(outer));
        return TestEngines.engine(nics, TestEngines.OURS + "/24", List.of(), "nic=memory" + configuration);
    }

    @Test
    void aThreadOfItsOwnRunsAContextWhoseNicsAllWakeIt_andDoesNotPoll() {
        Engine engine = engine("", waking(7, false));
        assertThat(engine.driver()).isEqualTo("dedicated");
        assertThat(engine.spinNs(false, 2)).isZero();
    }

    @Test
    void waitingThreadsRunAContextThatHasToBePolledOrHasNoOtherNic() {
        assertThat(engine("", waking(-1, true)).driver()).isEqualTo("inline");
        assertThat(engine("", waking(-1, true)).spinNs(true, 2)).isEqualTo(200 * MICROSECOND_NS);
        Engine memory = TestEngines.engine(List.of(TestEngines.memory()));
        assertThat(memory.driver()).isEqualTo("inline");
        assertThat(memory.spinNs(false, 2)).isEqualTo(20 * MICROSECOND_NS);
    }

    @Test
    void withOneProcessorNobodyPollsButForPacketsThatNothingAnnounces() {
        Engine memory = TestEngines.engine(List.of(TestEngines.memory()));
        assertThat(memory.spinNs(false, 1)).isZero();
        assertThat(engine(",driver=inline", waking(7, false)).spinNs(false, 1)).isZero();
        assertThat(engine("", waking(-1, true)).spinNs(true, 1)).isEqualTo(200 * MICROSECOND_NS);
        assertThat(engine(",spin-us=5", waking(7, false)).spinNs(false, 1)).isEqualTo(5 * MICROSECOND_NS);
    }

    @ParameterizedTest
    @CsvSource({"inline, 20", "dedicated, 0"})
    void whatTheUserNamesIsTaken(String driver, long spinUs) {
        Engine engine = engine(",driver=" + driver, waking(7, false));
        assertThat(engine.driver()).isEqualTo(driver);
        assertThat(engine.spinNs(false, 2)).isEqualTo(spinUs * MICROSECOND_NS);
        assertThat(engine(",spin-us=5,driver=" + driver, waking(7, false)).spinNs(false, 2))
                .isEqualTo(5 * MICROSECOND_NS);
    }

    /** Nobody waits in this test. */
    private static final class NoWait implements QueueWait {
        @Override
        public QueueWait and(QueueWait other) {
            return this;
        }

        @Override
        public void begin() {
            throw new AssertionError();
        }

        @Override
        public void end() {
            throw new AssertionError();
        }

        @Override
        public void want(int queue, int wanted) {
            throw new AssertionError();
        }

        @Override
        public int await(int fd, long timeoutUs) {
            throw new AssertionError();
        }

        @Override
        public int ready(int queue) {
            throw new AssertionError();
        }
    }
}
