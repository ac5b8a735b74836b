/* SPDX-License-Identifier: Apache-2.0 */
package org.mtcp4j.tcp;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.mtcp4j.wire.Seq;

/** What is known of the sequence space in flight, against a model that keeps each byte by itself (RFC 6675, RFC 8985 §6.2). */
class ScoreboardTest {
    private static final int RUNS = 2000;
    private static final int STEPS = 50;
    private static final long ORIGINAL = Long.MIN_VALUE;
    private static final long MIN_RTT_NS = 40;

    private enum State {
        OVERTAKEN,
        SACKED,
        LOST,
        RESENT,
        RESENT_OVERTAKEN
    }

    private static final class Sent {
        State state;
        boolean repeated;
        int order;
        long timeNs;

        Sent(State state, long timeNs) {
            this.state = state;
            this.timeNs = timeNs;
        }

        boolean isLike(Sent other) {
            boolean sameKind = state == other.state && repeated == other.repeated;
            boolean timed = state != State.SACKED && state != State.LOST;
            return sameKind && (!timed || (timeNs == other.timeNs && order == other.order));
        }
    }

    private final Scoreboard board = new Scoreboard();
    private Random random;
    private final List<Sent> bytes = new ArrayList<>();
    private int una;
    private int sndMax;
    private int highestSacked;
    private int newestOrder;
    private long newestNs;
    private long nowNs;
    private int deliveredBytes;
    private boolean reordered;
    /** Once the peer's reports are not believed, pieces that were apart are one: what came late is told less exactly. */
    private boolean disbelieved;
    /** What was called lost for nothing may stay in more pieces than it needs. */
    private boolean undone;

    // ---- the model
    private int end() {
        return una + bytes.size();
    }

    private void fill(int to, State state, long timeNs) {
        while (Seq.lt(end(), to)) {
            bytes.add(new Sent(state, timeNs));
        }
    }

    private void arrived(int order, long sentNs) {
        boolean after = order == newestOrder ? sentNs > newestNs : Seq.gt(order, newestOrder);
        if (after) {
            newestOrder = order;
            newestNs = sentNs;
        }
    }

    private void delivered(int seq) {
        Sent b = bytes.get(seq - una);
        if (b.state == State.SACKED) {
            return;
        }
        if (b.state == State.RESENT) {
            if (nowNs - b.timeNs >= MIN_RTT_NS) {
                arrived(b.order, b.timeNs);
            }
        } else if (!b.repeated) {
            reordered |= Seq.lt(seq + 1, highestSacked);
            arrived(seq + 1, ORIGINAL);
        }
        deliveredBytes++;
    }

    private void modelSack(int from, int to) {
        fill(from, State.OVERTAKEN, nowNs);
        for (int seq = from; Seq.lt(seq, to); seq++) {
            if (Seq.lt(seq, end())) {
                delivered(seq);
                bytes.set(seq - una, new Sent(State.SACKED, 0));
            } else {
                deliveredBytes++;
                arrived(seq + 1, ORIGINAL);
                bytes.add(new Sent(State.SACKED, 0));
            }
        }
        highestSacked = Seq.max(highestSacked, to);
    }

    private void modelAdvance(int to) {
        for (; Seq.lt(una, to); una++) {
            if (bytes.isEmpty()) {
                deliveredBytes++;
                arrived(una + 1, ORIGINAL);
            } else {
                delivered(una);
                bytes.remove(0);
            }
        }
        highestSacked = Seq.max(highestSacked, to);
        if (Seq.lt(newestOrder, to)) {
            newestOrder = to;
            newestNs = ORIGINAL;
        }
    }

    private void scan(long windowNs) {
        board.scan(nowNs, windowNs);
        fill(newestOrder, State.OVERTAKEN, nowNs);
        long deadlineNs = ControlBlock.NEVER;
        boolean lossFound = false;
        boolean lostAgain = false;
        for (Sent b : bytes) {
            boolean overtaken = newestOrder == b.order ? newestNs > b.timeNs : Seq.gt(newestOrder, b.order);
            if (b.state == State.RESENT && overtaken) {
                b.state = State.RESENT_OVERTAKEN;
                b.timeNs = nowNs;
            }
            if (b.state == State.OVERTAKEN || b.state == State.RESENT_OVERTAKEN) {
                if (nowNs >= b.timeNs + windowNs) {
                    lossFound = true;
                    lostAgain |= b.state == State.RESENT_OVERTAKEN;
                    b.state = State.LOST;
                } else {
                    deadlineNs = Math.min(deadlineNs, b.timeNs + windowNs);
                }
            }
        }
        assertThat(board.lossFound()).isEqualTo(lossFound);
        assertThat(board.reorderDeadlineNs()).isEqualTo(deadlineNs);
        assertThat(board.takeLostRetransmits() > 0).isEqualTo(lostAgain);
        assertThat(board.takeLostRetransmits()).isZero();
        if (!undone) {
            assertThat(board.spans()).as("pieces").isEqualTo(runs());
        }
        int sackedRuns = 0;
        for (int i = 0; i < bytes.size(); i++) {
            boolean begins = i == 0 || bytes.get(i - 1).state != State.SACKED;
            sackedRuns += begins && bytes.get(i).state == State.SACKED ? 1 : 0;
        }
        for (int segments = 1; segments < 4; segments++) {
            boolean expected = sackedRuns >= segments || count(State.SACKED) > (segments - 1) * 10;
            assertThat(board.sackedAtLeast(segments, 10)).isEqualTo(expected);
        }
    }

    private int runs() {
        int runs = 0;
        for (int i = 0; i < bytes.size(); i++) {
            runs += i == 0 || !bytes.get(i - 1).isLike(bytes.get(i)) ? 1 : 0;
        }
        return runs;
    }

    private int count(State state) {
        return (int) bytes.stream().filter(b -> b.state == state).count();
    }

    /** Index of the first byte that is to be sent again. */
    private int firstLost() {
        int i = 0;
        while (i < bytes.size() && bytes.get(i).state != State.LOST) {
            i++;
        }
        return i;
    }

    // ---- a run
    private void begin(int at) {
        una = at;
        sndMax = at;
        highestSacked = at;
        newestOrder = at;
        newestNs = ORIGINAL;
        nowNs = 1_000;
        bytes.clear();
        disbelieved = false;
        undone = false;
        board.clear(at);
    }

    /** An acknowledgement with a block, or without; one in some has a block that nobody can mean. */
    private void acknowledgement() {
        deliveredBytes = 0;
        reordered = false;
        board.beginAck();
        if (random.nextInt(3) == 0) {
            int to = una + random.nextInt(sndMax - una + 1) / 3;
            board.advance(to, nowNs, MIN_RTT_NS);
            modelAdvance(to);
        }
        int inFlight = sndMax - una;
        if (inFlight > 2) {
            int from = una + 1 + random.nextInt(inFlight - 1);
            int to = from + 1 + random.nextInt(Math.min(30, sndMax - from));
            assertThat(board.sack(from, from, sndMax, nowNs, MIN_RTT_NS)).isFalse();
            assertThat(board.sack(to, from, sndMax, nowNs, MIN_RTT_NS)).isFalse();
            assertThat(board.sack(from, sndMax + 1, sndMax, nowNs, MIN_RTT_NS)).isFalse();
            assertThat(board.sack(from, to, sndMax, nowNs, MIN_RTT_NS)).isTrue();
            modelSack(from, to);
        }
        assertThat(board.deliveredBytes()).isEqualTo(deliveredBytes);
        if (!disbelieved) {
            assertThat(board.reordered()).isEqualTo(reordered);
        }
        assertThat(board.highestSacked()).isEqualTo(highestSacked);
        scan(random.nextInt(3) * 30L);
    }

    private void timeout() {
        boolean believes = random.nextBoolean();
        disbelieved |= !believes;
        board.loseAll(sndMax, believes);
        fill(sndMax, State.LOST, 0);
        for (Sent b : bytes) {
            if (b.state != State.SACKED || !believes) {
                b.state = State.LOST;
            }
        }
        newestOrder = sndMax;
        newestNs = ORIGINAL;
        scan(0);
    }

    private void undo() {
        undone = true;
        board.undoLost(nowNs);
        for (Sent b : bytes) {
            if (b.state == State.LOST) {
                b.state = b.repeated ? State.RESENT_OVERTAKEN : State.OVERTAKEN;
                b.timeNs = nowNs;
            }
        }
        scan(1_000);
    }

    private void resend() {
        for (int n = random.nextInt(4); n > 0 && board.lostBytes() > 0; n--) {
            int i = firstLost();
            int length = Math.min(board.lostSpanBytes(), 1 + random.nextInt(12));
            board.resent(length, sndMax, nowNs);
            for (Sent b : bytes.subList(i, i + length)) {
                b.state = State.RESENT;
                b.repeated = true;
                b.order = sndMax;
                b.timeNs = nowNs;
            }
            check();
            nowNs += random.nextInt(2);
        }
    }

    private void check() {
        assertThat(board.lostBytes()).as("lost").isEqualTo(count(State.LOST));
        assertThat(board.sackedBytes()).as("sacked").isEqualTo(count(State.SACKED));
        assertThat(board.isEmpty()).isEqualTo(bytes.isEmpty());
        assertThat(board.isReneged()).isEqualTo(!bytes.isEmpty() && bytes.get(0).state == State.SACKED);
        assertThat(board.isAnyRepeated()).isEqualTo(bytes.stream().anyMatch(b -> b.repeated));
        int first = firstLost();
        if (first < bytes.size()) {
            int end = first;
            while (end < bytes.size() && bytes.get(end).isLike(bytes.get(first))) {
                end++;
            }
            assertThat(board.lostSeq()).isEqualTo(una + first);
            assertThat(board.lostSpanBytes()).isEqualTo(end - first);
        }
    }

    @Test
    void itKnowsOfEachByteWhatAModelKnows() {
        for (long seed = 0; seed < RUNS; seed++) {
            random = new Random(seed);
            begin(random.nextBoolean() ? Integer.MAX_VALUE - random.nextInt(300) : -random.nextInt(300));
            try {
                for (int i = 0; i < STEPS; i++) {
                    sndMax += random.nextInt(Math.max(1, 300 - (sndMax - una))) / 4;
                    nowNs += random.nextInt(60);
                    switch (random.nextInt(12)) {
                        case 0 -> timeout();
                        case 1 -> undo();
                        case 2, 3, 4, 5 -> resend();
                        default -> acknowledgement();
                    }
                    check();
                }
            } catch (RuntimeException | AssertionError e) {
                throw new AssertionError("seed " + seed, e);
            }
        }
    }

    @Test
    void aFullBoardTakesNoMorePiecesAndCutsEachOnceWhenItIsSentAgain() {
        begin(0);
        sndMax = 10 * Scoreboard.MAX_SPANS;
        int blocks = 0;
        while (board.sack(4 * blocks + 2, 4 * blocks + 4, sndMax, nowNs, MIN_RTT_NS)) {
            blocks++;
        }
        assertThat(blocks).isEqualTo(Scoreboard.MAX_SPANS / 2 - 1);
        board.scan(nowNs, 0);
        assertThat(board.lostBytes()).isEqualTo(2 * blocks);
        for (int n = board.lostBytes(); n > 0; n--) {
            assertThat(board.lostBytes()).isEqualTo(n);
            board.resent(1, sndMax, nowNs++);
            assertThat(board.spans()).isLessThanOrEqualTo(Scoreboard.MAX_SPANS * 3 / 2);
        }
        assertThat(board.lostBytes()).isZero();
    }
}
