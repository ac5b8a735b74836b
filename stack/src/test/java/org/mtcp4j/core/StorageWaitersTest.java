/* SPDX-License-Identifier: Apache-2.0 */
package org.mtcp4j.core;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.mtcp4j.core.ChunkPool.Use;

/** Who is told that there is storage for what it wants to write. */
class StorageWaitersTest {
    private static final long LATER_NS = 10_000_000;
    private final Engine engine = TestEngines.engine(
            List.of(TestEngines.memory(), TestEngines.memory()), TestEngines.OURS + "/24", List.of(), "memory=4m");
    private final Context context = engine.context(0);
    private final ChunkPool pool = engine.chunks();
    private final StorageWaiters waiters = new StorageWaiters(pool);
    private final NewsList news = new NewsList(context);
    private final List<Flow> flows = new ArrayList<>();
    private long nowNs = LATER_NS;

    private Flow flow(int port, Link link) {
        Flow flow = TestEngines.flow(context, port, link);
        flow.inTable = true;
        flows.add(flow);
        return flow;
    }

    private List<Flow> look() {
        nowNs += LATER_NS;
        waiters.look(news, nowNs);
        List<Flow> told = flows.stream()
                .filter(flow -> (flow.news & Endpoint.OUTPUT) != 0)
                .toList();
        news.publish();
        return told;
    }

    private List<Chunk> takeAll(Use use) {
        List<Chunk> taken = new ArrayList<>();
        for (Chunk chunk = pool.take(use); chunk != null; chunk = pool.take(use)) {
            taken.add(chunk);
        }
        return taken;
    }

    private static int write(Flow flow) {
        assertThat(flow.send.enter()).isTrue();
        int taken = flow.send.append(ByteBuffer.allocate(100), 0);
        flow.send.publish(taken);
        flow.send.exit();
        return taken;
    }

    /** Small requests that nobody reads hold all that receivers may have. */
    @Test
    void whoWritesFirstToAPeerOutsideIsToldAndCanThoughEverythingElseIsUnread() {
        List<Chunk> unread = takeAll(Use.RECEIVE_FIRST);
        Flow inside = flow(1, context.links[0]);
        Flow outside = flow(2, context.links[1]);
        waiters.add(inside);
        waiters.add(outside);
        assertThat(look()).containsExactly(outside);
        assertThat(write(outside)).isEqualTo(100);
        assertThat(write(inside)).isZero();
        pool.give(unread.remove(0));
        assertThat(look()).containsExactly(inside);
        assertThat(write(inside)).isEqualTo(100);
        assertThat(look()).isEmpty();
    }

    @Test
    void whoIsToldComesInTheOrderOfAskingAndNoMoreThanThereAreChunksFor() {
        List<Chunk> all = takeAll(Use.RECEIVE_FIRST);
        takeAll(Use.WRITE_FIRST);
        for (int i = 0; i < 5; i++) {
            Flow flow = flow(1 + i, context.links[0]);
            waiters.add(flow);
            waiters.add(flow);
        }
        assertThat(look()).isEmpty();
        pool.give(all.remove(0));
        assertThat(look()).containsExactly(flows.get(0));
        assertThat(look()).containsExactly(flows.get(1));
        all.forEach(pool::give);
        assertThat(look()).containsExactly(flows.get(2), flows.get(3), flows.get(4));
        assertThat(look()).isEmpty();
    }

    @Test
    void whoHasEndedMeanwhileIsPassedOver() {
        Flow ended = flow(1, context.links[1]);
        Flow stands = flow(2, context.links[1]);
        waiters.add(ended);
        waiters.add(stands);
        ended.inTable = false;
        assertThat(look()).containsExactly(stands);
        waiters.add(stands);
        waiters.clear();
        assertThat(stands.awaitsStorage).isFalse();
        assertThat(look()).isEmpty();
    }
}
