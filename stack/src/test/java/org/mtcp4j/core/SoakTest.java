/* SPDX-License-Identifier: Apache-2.0 */
package org.mtcp4j.core;

import static org.assertj.core.api.Assertions.assertThat;

import java.lang.management.ManagementFactory;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;
import org.mtcp4j.nic.FrameBatch;
import org.mtcp4j.nic.NicFactory;
import org.mtcp4j.nic.NicSettings;
import org.mtcp4j.nic.fault.FaultyNic;
import org.mtcp4j.stats.Counter;

/**
 * A busy server's day in virtual time: thousands of connections that stay and move more than 1 MB an hour each, and 50 a second that come
 * and go, each in its own way, through a NIC that loses, delays, reorders, duplicates and corrupts, with outages of up to 20 s and
 * applications that stop reading. Every byte is checked, nothing may get stuck or leak, and the heap stays as it is.
 *
 * <p>{@code bin/bench soak} runs the day; here it is a minute.
 */
class SoakTest {
    private static final long SECOND = 1_000_000_000L;
    private static final long MS = 1_000_000L;
    private static final int KEPT = Integer.getInteger("mtcp.soak.connections", 2_000);
    private static final long SIMULATED_NS = Long.getLong("mtcp.soak.seconds", 60) * SECOND;
    /** Of the machine's time; the day ends early then, and says so. */
    private static final long REAL_NS = Long.getLong("mtcp.soak.real.seconds", 100) * SECOND;

    private static final int MTU = Integer.getInteger("mtcp.soak.mtu", 1_500);
    private static final long SEED = Long.getLong("mtcp.test.seed", System.nanoTime() >>> 1);

    /** Each of those that stay speaks as often, so many bytes: 1.2 MB an hour. */
    private static final long MESSAGE_EVERY_NS = 120 * SECOND;

    private static final int LEAST_MESSAGE = 36_000;
    private static final int MOST_MESSAGE = 44_000;
    private static final long OPEN_EVERY_NS = SECOND / 50;
    private static final long STUCK_NS = 600 * SECOND;
    private static final long STEP_NS = MS / 2;
    /** The applications look at their connections so often. */
    private static final long LOOK_EVERY_NS = 4 * MS;

    private static final long REPORT_NS = 3_600 * SECOND;

    private final SplittableRandom random = new SplittableRandom(SEED);
    private final List<Conversation> kept = new ArrayList<>();
    private final List<Conversation> active = new ArrayList<>();
    private final Map<Integer, Conversation> unaccepted = new HashMap<>();
    private long nowNs = System.nanoTime();
    private Outages nic;
    private FaultyNic faults;
    private Context context;
    private Listener listener;
    private long nextMessageNs;
    private long nextOpenNs;
    private long nextOutageNs;
    private long nextLookNs;
    private long outageEndNs;
    private int nextKept;
    private long opened;
    private long ended;
    private int outages;
    private int mostFlows;

    private void set() throws Exception {
        NicSettings settings = new NicSettings(1, MTU, 0, 8_192, null, () -> nowNs);
        faults = (FaultyNic) NicFactory.open(
                "memory:loss=0.005,reorder=0.02,dup=0.01,corrupt=0.001,delay=5ms,seed=" + (SEED >>> 1), settings, "");
        nic = new Outages(faults);
        context = TestEngines.engine(List.of(nic)).context(0);
        assertThat(context.ownership.tryAcquire()).isTrue();
        PortTable.Binding binding = context.engine.bind(TestEngines.OURS, 80, true, false);
        listener = context.engine.listen(binding, 4_096, defaults(), new Endpoint() {});
    }

    private static SocketDefaults defaults() {
        return new SocketDefaults(64 * 1024, 64 * 1024);
    }

    @Test
    void aBusyDayLeavesNothingBehind() throws Exception {
        System.out.println("SoakTest: " + KEPT + " connections, " + SIMULATED_NS / SECOND + " s, seed " + SEED);
        set();
        long startNs = nowNs;
        openThoseThatStay();
        long realStartNs = System.nanoTime();
        long endNs = nowNs + SIMULATED_NS;
        long reportNs = nowNs + REPORT_NS;
        long heapAtFirst = heapBytes();
        nextMessageNs = nowNs;
        nextOpenNs = nowNs;
        nextOutageNs = nowNs + 20 * SECOND;
        long dayNs = nowNs;
        while (nowNs < endNs && System.nanoTime() - realStartNs < REAL_NS) {
            live();
            if (nowNs >= reportNs) {
                reportNs += REPORT_NS;
                long heap = heapBytes();
                report(dayNs, heap, realStartNs);
                assertThat(heap).as("heap").isLessThan(2 * heapAtFirst + (64 << 20));
            }
        }
        double hours = (nowNs - dayNs) / 3.6e12;
        report(dayNs, heapBytes(), realStartNs);
        finish();
        long kbAnHour =
                (long) (kept.stream().mapToLong(Conversation::movedBytes).min().orElseThrow() / hours / 1e3);
        System.out.printf(
                Locale.ROOT,
                "SoakTest: %.2f of %.2f simulated hours; %.1f opened a second, %d in all; at least %d kB an hour each; %s%n",
                hours,
                SIMULATED_NS / 3.6e12,
                opened * (double) SECOND / (nowNs - startNs),
                opened,
                kbAnHour,
                faults.done());
        if (hours >= 1) {
            assertThat(kbAnHour).isGreaterThanOrEqualTo(1_000);
        }
        checkNothingLeft();
    }

    private void openThoseThatStay() {
        for (int i = 0; i < KEPT; i++) {
            Conversation c = open(Conversation.Ending.CLIENT_CLOSES);
            c.stays = true;
            kept.add(c);
            // So many at once are answered with cookies, and where the last segment of a handshake is lost, only data
            // tells the server of the connection.
            c.say(1, 0, nowNs);
            activate(c);
            if (i % 64 == 63) {
                turn();
            }
        }
        long limitNs = nowNs + STUCK_NS;
        while (!unaccepted.isEmpty()) {
            turn();
            assertThat(nowNs).as("%d not accepted", unaccepted.size()).isLessThan(limitNs);
        }
    }

    private Conversation open(Conversation.Ending ending) {
        ConnectCall call = new ConnectCall(0, TestEngines.OURS, TestEngines.OURS, 80, defaults(), new Endpoint() {});
        call.execute(context, nowNs);
        Conversation c = new Conversation(call.flow(), ending, random, nowNs);
        unaccepted.put(call.flow().localPort(), c);
        opened++;
        return c;
    }

    /** What happens by itself, then a turn of everything. */
    private void live() {
        if (nowNs >= nextMessageNs) {
            nextMessageNs += MESSAGE_EVERY_NS / KEPT;
            Conversation c = kept.get(nextKept++ % KEPT);
            int bytes = random.nextInt(LEAST_MESSAGE, MOST_MESSAGE);
            boolean up = random.nextBoolean();
            c.say(up ? bytes : 0, up ? 0 : bytes, nowNs);
            if (random.nextInt(50) == 0) {
                c.asleepUntilNs = nowNs + random.nextLong(30 * SECOND);
            }
            activate(c);
        }
        if (nowNs >= nextOpenNs) {
            nextOpenNs += OPEN_EVERY_NS;
            Conversation.Ending[] endings = Conversation.Ending.values();
            Conversation c = open(endings[random.nextInt(endings.length)]);
            c.say(random.nextInt(1, 8_000), random.nextInt(1, 32_000), nowNs);
            activate(c);
        }
        if (nic.down ? nowNs >= outageEndNs : nowNs >= nextOutageNs) {
            nic.down = !nic.down;
            outages += nic.down ? 1 : 0;
            // Mostly short; each hour has some that make everybody back off.
            outageEndNs = nowNs + random.nextLong(random.nextInt(8) == 0 ? 20 * SECOND : SECOND);
            nextOutageNs = outageEndNs + random.nextLong(60 * SECOND, 300 * SECOND);
        }
        turn();
    }

    private void activate(Conversation c) {
        if (!c.active) {
            c.active = true;
            active.add(c);
        }
    }

    private void turn() {
        for (Flow flow = listener.accept(); flow != null; flow = listener.accept()) {
            flow.attach(new Endpoint() {}, flow.options().copy());
            Conversation c = unaccepted.remove(flow.remotePort());
            assertThat(c).as("accepted what nobody opened").isNotNull();
            c.accepted(flow);
        }
        if (nowNs >= nextLookNs) {
            nextLookNs = nowNs + LOOK_EVERY_NS;
            look();
        }
        int work = context.round(nowNs);
        mostFlows = Math.max(mostFlows, context.flows.size());
        nowNs += STEP_NS;
        if (work == 0) {
            long ownNs = Math.min(Math.min(nextMessageNs, nextOpenNs), active.isEmpty() ? Long.MAX_VALUE : nextLookNs);
            nowNs = Math.max(nowNs, Math.min(context.nextDeadlineNs(), ownNs));
        }
    }

    private void look() {
        for (int i = active.size() - 1; i >= 0; i--) {
            if (isOver(active.get(i))) {
                active.get(i).active = false;
                active.set(i, active.get(active.size() - 1));
                active.remove(active.size() - 1);
            }
        }
    }

    private boolean isOver(Conversation c) {
        if (nowNs - c.askedNs > STUCK_NS) {
            throw new AssertionError("stuck: " + c + ", seed " + SEED);
        }
        if (c.isBroken()) {
            throw new AssertionError("closed before its time: " + c + ", seed " + SEED);
        }
        if (!c.turn(nowNs)) {
            return false;
        }
        if (c.stays) {
            return true;
        }
        if (!c.end()) {
            return false;
        }
        ended++;
        return true;
    }

    private void report(long dayNs, long heapBytes, long realStartNs) {
        System.out.printf(
                Locale.ROOT,
                "SoakTest: %6.2f h in %d s: %d opened, %d ended, %d active, %d flows (most %d), %d retransmitted,"
                        + " %d bad checksums, %d outages, heap %d MB, chunks %d of %d free%n",
                (nowNs - dayNs) / 3.6e12,
                (System.nanoTime() - realStartNs) / SECOND,
                opened,
                ended,
                active.size(),
                context.flows.size(),
                mostFlows,
                context.tcpCounters.retransSegs,
                context.counters.get(Counter.TCP_CSUM_ERRORS),
                outages,
                heapBytes >> 20,
                context.engine.chunks.free(),
                context.engine.chunks.total());
        // Those that stay, those that come and go, and their TIME-WAIT.
        assertThat(context.flows.size()).isLessThan(2 * KEPT + 2 * active.size() + 50 * 120);
    }

    private static long heapBytes() {
        System.gc();
        return ManagementFactory.getMemoryMXBean().getHeapMemoryUsage().getUsed();
    }

    /** All that was said arrives, and all close. */
    private void finish() {
        nextMessageNs = Long.MAX_VALUE;
        nextOpenNs = Long.MAX_VALUE;
        nic.down = false;
        long limitNs = nowNs + STUCK_NS;
        while (!active.isEmpty()) {
            turn();
            assertThat(nowNs).as("%s are not done", active).isLessThan(limitNs);
        }
        kept.forEach(Conversation::close);
        limitNs = nowNs + STUCK_NS;
        while (context.flows.size() > 0 && nowNs < limitNs) {
            turn();
        }
    }

    private void checkNothingLeft() {
        assertThat(opened - KEPT).isEqualTo(ended);
        assertThat(context.flows.size()).isZero();
        assertThat(context.engine.chunks.free()).isEqualTo(context.engine.chunks.total());
        FrameBatch batch = new FrameBatch(64);
        nowNs += 3_600 * SECOND;
        while (nic.queue(0).receive(batch) > 0) {
            for (int i = 0; i < batch.count; i++) {
                nic.queue(0).free(batch.offset[i]);
            }
            batch.count = 0;
        }
        assertThat(nic.freeFrames()).isEqualTo(nic.totalFrames());
    }
}
