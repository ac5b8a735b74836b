/* SPDX-License-Identifier: Apache-2.0 */
package org.mtcp4j.core;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.mtcp4j.core.ChunkPool.Use;

/** Who gets a chunk when few are left, and what growing and shrinking cost whom. */
@Timeout(value = 60, unit = TimeUnit.SECONDS)
class ChunkPoolTest {
    private static final int CHUNKS = 256;
    private final ChunkPool pool = new ChunkPool((long) CHUNKS * Chunk.BYTES);

    private List<Chunk> takeAll(Use use) {
        List<Chunk> taken = new ArrayList<>();
        for (Chunk chunk = pool.take(use); chunk != null; chunk = pool.take(use)) {
            taken.add(chunk);
        }
        return taken;
    }

    @Test
    void theLastChunksAreForReceiversAndForConnectionsThatHoldNone() {
        List<Chunk> written = takeAll(Use.WRITE);
        assertThat(written).hasSize(CHUNKS - CHUNKS * 14 / 32);
        assertThat(pool.isScarce()).isTrue();
        assertThat(takeAll(Use.RECEIVE)).hasSize(CHUNKS / 16);
        assertThat(takeAll(Use.WRITE_FIRST)).hasSize(CHUNKS / 4);
        assertThat(takeAll(Use.RECEIVE_FIRST)).hasSize(CHUNKS / 8);
        pool.give(written.remove(0));
        assertThat(pool.take(Use.WRITE)).as("it is a receiver's").isNull();
        assertThat(pool.take(Use.RECEIVE)).isNull();
        assertThat(pool.take(Use.WRITE_FIRST)).isNull();
        assertThat(pool.take(Use.RECEIVE_FIRST)).isNotNull();
    }

    @Test
    void aQuietPoolGivesWholeSlabsBackAndGrowsAgain() {
        List<Chunk> taken = takeAll(Use.RECEIVE_FIRST);
        assertThat(taken).hasSize(CHUNKS);
        Chunk held = taken.remove(100);
        taken.forEach(pool::give);
        int gone = pool.shrink(16);
        assertThat(gone).isPositive();
        assertThat(gone % ChunkPool.SLAB_CHUNKS).isZero();
        assertThat(pool.total()).isEqualTo(CHUNKS - gone).isLessThan(CHUNKS / 2);
        assertThat(pool.free()).isEqualTo(pool.total() - 1).isGreaterThanOrEqualTo(16);
        List<Chunk> again = takeAll(Use.RECEIVE_FIRST);
        again.add(held);
        assertThat(again).hasSize(CHUNKS).doesNotHaveDuplicates();
        again.forEach(pool::give);
        assertThat(pool.free()).isEqualTo(pool.total()).isEqualTo(CHUNKS);
    }

    /** Two streams with one chunk would show each other's data; a walk along free chunks must survive their coming and going. */
    @Test
    void noChunkIsLostOrGivenTwiceWhileThePoolGrowsAndShrinksBesideTheTakers() throws Exception {
        long seed = Long.getLong("mtcp.test.seed", System.nanoTime());
        System.out.println("ChunkPoolTest seed " + seed);
        SplittableRandom seeds = new SplittableRandom(seed);
        AtomicBoolean over = new AtomicBoolean();
        AtomicReference<Throwable> failure = new AtomicReference<>();
        AtomicInteger[] holders = new AtomicInteger[CHUNKS];
        for (int i = 0; i < CHUNKS; i++) {
            holders[i] = new AtomicInteger();
        }
        List<Thread> threads = new ArrayList<>();
        for (int i = 0; i < 3; i++) {
            SplittableRandom random = seeds.split();
            threads.add(new Thread(() -> {
                while (!over.get()) {
                    turn(random, holders);
                }
            }));
        }
        AtomicInteger gone = new AtomicInteger();
        threads.add(new Thread(() -> {
            while (!over.get()) {
                gone.addAndGet(pool.shrink(8));
                Thread.onSpinWait();
            }
        }));
        for (Thread thread : threads) {
            thread.setUncaughtExceptionHandler((t, e) -> failure.set(e));
            thread.start();
        }
        threads.get(0).join(2_000);
        over.set(true);
        for (Thread thread : threads) {
            thread.join();
        }
        assertThat(failure.get()).isNull();
        assertThat(gone).as("it has shrunk").hasPositiveValue();
        assertThat(pool.free()).isEqualTo(pool.total());
        assertThat(takeAll(Use.RECEIVE_FIRST)).hasSize(CHUNKS).doesNotHaveDuplicates();
    }

    private void turn(SplittableRandom random, AtomicInteger[] holders) {
        Chunk[] taken = new Chunk[64];
        int count = pool.take(Use.RECEIVE_FIRST, taken, 1 + random.nextInt(64));
        for (int i = 0; i < count; i++) {
            assertThat(holders[taken[i].index].getAndIncrement())
                    .as("holders of " + taken[i].index)
                    .isZero();
        }
        for (int i = 0; i < count; i++) {
            holders[taken[i].index].decrementAndGet();
        }
        if (count > 0) {
            pool.give(taken, 0, count);
        }
    }

    @Test
    void whatAShrinkHasInItsHandDoesNotCountAsInUse() throws Exception {
        ChunkPool large = new ChunkPool(4_096L * Chunk.BYTES, false);
        assertThat(large.grow(4_096)).isEqualTo(4_096);
        AtomicBoolean done = new AtomicBoolean();
        AtomicLong refused = new AtomicLong();
        Thread receiver = new Thread(() -> {
            while (!done.get()) {
                Chunk chunk = large.take(Use.RECEIVE);
                if (chunk == null) {
                    refused.incrementAndGet();
                } else {
                    large.give(chunk);
                }
            }
        });
        receiver.start();
        try {
            for (int i = 0; i < 50; i++) {
                large.shrink(128);
                large.grow(4_096);
            }
        } finally {
            done.set(true);
            receiver.join();
        }
        assertThat(refused).hasValue(0);
    }

    @Test
    void aPieceThatFillsAGapIsStoredThoughOthersHoldAllButTheLast() {
        ChunkCache cache = new ChunkCache(pool, 1);
        ByteBuffer data = ByteBuffer.allocate(1_000);
        ReceiveStream stream = new ReceiveStream(cache);
        assertThat(stream.place(Chunk.BYTES, data, 0, 1_000)).isTrue();
        takeAll(Use.RECEIVE);
        while (cache.take(Use.RECEIVE) != null) {
            // What the cache holds goes as well.
        }
        assertThat(stream.place(2L * Chunk.BYTES, data, 0, 1_000))
                .as("beyond the gap")
                .isFalse();
        assertThat(stream.place(0, data, 0, 1_000)).as("what is missing").isTrue();
    }
}
