/* SPDX-License-Identifier: Apache-2.0 */
package org.mtcp4j.core;

import org.openjdk.jcstress.annotations.Actor;
import org.openjdk.jcstress.annotations.Arbiter;
import org.openjdk.jcstress.annotations.Expect;
import org.openjdk.jcstress.annotations.JCStressTest;
import org.openjdk.jcstress.annotations.Outcome;
import org.openjdk.jcstress.annotations.State;
import org.openjdk.jcstress.infra.results.II_Result;
import org.openjdk.jcstress.infra.results.I_Result;

/** The ownership protocol (design section 3): no command is left behind, and two threads never own at once. */
public final class OwnershipStress {
    private OwnershipStress() {}

    static final class Count extends Command {
        int ran;

        @Override
        void run(Context context, long nowNs) {
            ran++;
        }
    }

    static void runAll(Ownership ownership) {
        for (Command command = ownership.commands.takeAll(); command != null; ) {
            Command next = command.next;
            command.next = null;
            command.run(null, 0);
            command = next;
        }
    }

    /** An owner releases while a submitter leaves a command. */
    @JCStressTest
    @Outcome(id = "1", expect = Expect.ACCEPTABLE, desc = "run once")
    @Outcome(expect = Expect.FORBIDDEN, desc = "left behind, or run twice")
    @State
    public static class ReleaseAgainstSubmit {
        private final Ownership ownership = new Ownership();
        private final Count command = new Count();

        public ReleaseAgainstSubmit() {
            ownership.tryAcquire();
        }

        @Actor
        public void owner() {
            do {
                runAll(ownership);
            } while (ownership.releaseOrReacquire());
        }

        @Actor
        public void submitter() {
            if (ownership.submit(command)) {
                do {
                    runAll(ownership);
                } while (ownership.releaseOrReacquire());
            }
        }

        @Arbiter
        public void arbiter(I_Result result) {
            result.r1 = command.ran;
        }
    }

    /** Two submitters of different commands; plain state is only touched by the owner. */
    @JCStressTest
    @Outcome(id = "2", expect = Expect.ACCEPTABLE, desc = "both ran, none lost its update")
    @Outcome(expect = Expect.FORBIDDEN, desc = "two owners at once, or a command left behind")
    @State
    public static class TwoSubmitters {
        private final Ownership ownership = new Ownership();
        private int plain;

        private final class Add extends Command {
            @Override
            void run(Context context, long nowNs) {
                plain++;
            }
        }

        private void submit() {
            if (ownership.submit(new Add())) {
                do {
                    runAll(ownership);
                } while (ownership.releaseOrReacquire());
            }
        }

        @Actor
        public void first() {
            submit();
        }

        @Actor
        public void second() {
            submit();
        }

        @Arbiter
        public void arbiter(I_Result result) {
            result.r1 = plain;
        }
    }

    /** A leader goes to sleep while somebody brings news: it sees the news, or is rung. */
    @JCStressTest
    @Outcome(id = "0, 0", expect = Expect.FORBIDDEN, desc = "asleep with news and nobody rings")
    @Outcome(expect = Expect.ACCEPTABLE, desc = "seen, or rung, or both")
    @State
    public static class SleepAgainstNews {
        private final SleepGate gate = new SleepGate();
        private int news;

        @Actor
        public void leader(II_Result result) {
            gate.announce(Long.MAX_VALUE);
            result.r1 = news;
        }

        @Actor
        public void bringer(II_Result result) {
            news = 1;
            result.r2 = gate.mustRing() ? 1 : 0;
        }
    }

    static final class Node extends ReadyNode {
        Node(ReadyQueue queue) {
            super(queue);
        }
    }

    /** A consumer takes a key off the queue while its producer has more: the data is seen, or the key is in the queue again. */
    @JCStressTest
    @Outcome(id = "0, 0", expect = Expect.FORBIDDEN, desc = "news neither seen nor queued")
    @Outcome(expect = Expect.ACCEPTABLE, desc = "seen, or queued again, or both")
    @State
    public static class ConsumeAgainstPublish {
        private final ReadyQueue queue = new ReadyQueue();
        private final Node node = new Node(queue);
        private int data;

        public ConsumeAgainstPublish() {
            node.link();
        }

        @Actor
        public void consumer(II_Result result) {
            result.r1 = queue.poll() == node ? data : -1;
        }

        @Actor
        public void producer() {
            data = 1;
            node.link();
        }

        @Arbiter
        public void arbiter(II_Result result) {
            result.r2 = queue.poll() == node ? 1 : 0;
        }
    }

    /** A waiting thread announces that it leads while it is signalled: it sees the signal, or the signaller rings. */
    @JCStressTest
    @Outcome(id = "0, 0", expect = Expect.FORBIDDEN, desc = "waits although signalled")
    @Outcome(expect = Expect.ACCEPTABLE, desc = "seen, or woken")
    @State
    public static class WaitAgainstSignal {
        private final Waiter waiter = new Waiter();
        private int woken;

        @Actor
        public void waiting(II_Result result) {
            // A foreign wait is announced as parks and leads are: a write, a full fence, a look.
            waiter.foreignWaker(() -> woken = 1);
            result.r1 = waiter.isSignalled() ? 1 : 0;
        }

        @Actor
        public void signaller() {
            waiter.signal();
        }

        @Arbiter
        public void arbiter(II_Result result) {
            result.r2 = woken;
        }
    }
}
