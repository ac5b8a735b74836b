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
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.mtcp4j.core.ChunkPool.Use;

/** Who gets a chunk when few are left, and what growing and shrinking cost whom. */
@Timeout(value = 60, unit = TimeUnit.SECONDS)
class ChunkPoolTest {
    private static final int CHUNKS = 256;
    private static final int WRITERS = CHUNKS / 16;
    private static final int RECEIVERS = CHUNKS / 8;
    private final ChunkPool pool = new ChunkPool((long) CHUNKS * Chunk.BYTES);

    private List<Chunk> takeAll(Use use) {
        List<Chunk> taken = new ArrayList<>();
        for (Chunk chunk = pool.take(use); chunk != null; chunk = pool.take(use)) {
            taken.add(chunk);
        }
        return taken;
    }

    private List<Chunk> everything() {
        List<Chunk> taken = takeAll(Use.RECEIVE_FIRST);
        taken.addAll(takeAll(Use.WRITE_FIRST));
        return taken;
    }

    @Test
    void theLastChunksAreForConnectionsThatHoldNone() {
        List<Chunk> written = takeAll(Use.WRITE);
        assertThat(written).hasSize(CHUNKS - CHUNKS * 14 / 32);
        assertThat(pool.isScarce()).isTrue();
        assertThat(takeAll(Use.RECEIVE)).hasSize(CHUNKS / 16);
        assertThat(takeAll(Use.LOOPBACK_FIRST)).hasSize(CHUNKS * 6 / 32);
        assertThat(takeAll(Use.WRITE_FIRST)).hasSize(WRITERS);
        assertThat(takeAll(Use.RECEIVE_FIRST)).hasSize(RECEIVERS);
        assertThat(pool.free()).isZero();
        pool.give(written.remove(0));
        assertThat(pool.take(Use.WRITE)).as("it is one of the others'").isNull();
        assertThat(pool.take(Use.RECEIVE)).isNull();
        assertThat(pool.take(Use.RECEIVE_FIRST)).isNotNull();
    }

    /** Else a program of which every peer has asked one thing can answer nobody, and nothing changes that. */
    @Test
    void whateverIsUnreadWhoWritesFirstToAPeerOutsideFindsSome() {
        assertThat(takeAll(Use.RECEIVE_FIRST)).hasSize(CHUNKS - WRITERS);
        assertThat(pool.unused(Use.LOOPBACK_FIRST)).isNotPositive();
        assertThat(pool.take(Use.LOOPBACK_FIRST)).isNull();
        assertThat(pool.unused(Use.WRITE_FIRST)).isEqualTo(WRITERS);
        List<Chunk> written = takeAll(Use.WRITE_FIRST);
        assertThat(written).hasSize(WRITERS);
        assertThat(pool.unused(Use.WRITE_FIRST)).isZero();
        ChunkCache cache = new ChunkCache(pool, 1);
        cache.give(written.remove(0));
        assertThat(pool.take(Use.RECEIVE_FIRST))
                .as("what came back is a writer's")
                .isNull();
        assertThat(cache.takeAsWriter(Use.WRITE_FIRST)).isNotNull();
    }

    @Test
    void whateverIsWrittenWhatArrivesFirstFindsSome() {
        assertThat(takeAll(Use.WRITE_FIRST)).hasSize(CHUNKS - RECEIVERS);
        List<Chunk> received = takeAll(Use.RECEIVE_FIRST);
        assertThat(received).hasSize(RECEIVERS);
        received.forEach(pool::give);
        assertThat(pool.take(Use.WRITE_FIRST)).isNull();
        assertThat(takeAll(Use.RECEIVE_FIRST)).hasSize(RECEIVERS);
    }

    /** The JVM's OutOfMemoryError of the heap may be what ends the program. */
    @Test
    void theHeapIsNotAskedForMoreThanIsFreeThere() {
        AtomicLong free = new AtomicLong(3L * ChunkPool.SLAB_CHUNKS * Chunk.BYTES);
        ChunkPool heap = new ChunkPool(
                (long) CHUNKS * Chunk.BYTES, false, () -> free.getAndAdd(-(long) ChunkPool.SLAB_CHUNKS * Chunk.BYTES));
        assertThat(heap.grow(CHUNKS)).isEqualTo(3 * ChunkPool.SLAB_CHUNKS);
        assertThat(heap.isRefused()).isTrue();
        assertThat(heap.isSpared()).isTrue();
        free.set(Long.MAX_VALUE);
        assertThat(heap.grow(CHUNKS)).isEqualTo(CHUNKS - 3 * ChunkPool.SLAB_CHUNKS);
        assertThat(heap.isRefused()).isFalse();
        assertThat(heap.isSpared()).isFalse();
    }

    /** A write of nothing, on a connection that holds nothing, is what no program expects. */
    @Test
    void whoWritesAllocatesWhereTheKeeperFindsNoProcessor() {
        ChunkKeeper keeper = new ChunkKeeper(pool);
        pool.keptBy(keeper);
        assertThat(pool.take(Use.RECEIVE_FIRST)).as("in a round").isNull();
        ChunkCache cache = new ChunkCache(pool, 1);
        assertThat(cache.hasForWriter(Use.WRITE_FIRST)).isTrue();
        assertThat(cache.takeAsWriter(Use.WRITE_FIRST)).isNotNull();
        assertThat(takeAll(Use.WRITE_FIRST)).hasSizeGreaterThan(CHUNKS / 2);
        keeper.stop();
        pool.shrink(0);
        assertThat(takeAll(Use.WRITE)).as("after the end").isEmpty();
    }

    @Test
    void aQuietPoolGivesWholeSlabsBackAndGrowsAgain() {
        List<Chunk> taken = everything();
        assertThat(taken).hasSize(CHUNKS);
        Chunk held = taken.remove(100);
        taken.forEach(pool::give);
        int gone = pool.shrink(16);
        assertThat(gone).isPositive();
        assertThat(gone % ChunkPool.SLAB_CHUNKS).isZero();
        assertThat(pool.total()).isEqualTo(CHUNKS - gone).isLessThan(CHUNKS / 2);
        assertThat(pool.free()).isEqualTo(pool.total() - 1).isGreaterThanOrEqualTo(16);
        List<Chunk> again = everything();
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
        assertThat(everything()).hasSize(CHUNKS).doesNotHaveDuplicates();
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
        ChunkPool large = new ChunkPool(4_096L * Chunk.BYTES, false, () -> Long.MAX_VALUE);
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

    /** Where every thread of the program waits for storage nobody allocates, and so nothing would be collected. */
    @Test
    void aHeapThatStaysFullForASecondIsCollectedOnceAndThenHasStorage() {
        AtomicLong freeBytes = new AtomicLong();
        AtomicInteger collections = new AtomicInteger();
        ChunkPool heap = new ChunkPool((long) CHUNKS * Chunk.BYTES, false, freeBytes::get);
        ChunkKeeper keeper = new ChunkKeeper(heap, collections::incrementAndGet);
        long nowNs = System.nanoTime();
        for (int look = 0; look < 100; look++) {
            nowNs += 1_000_000_000L;
            keeper.look(nowNs);
        }
        assertThat(collections).hasValue(1);
        assertThat(heap.total()).isZero();
        freeBytes.set(Long.MAX_VALUE);
        keeper.look(nowNs + 1_000_000_000L);
        assertThat(heap.total()).isPositive();
    }

    /** Whatever is in use, or in a cache: what a quiet stack gives back it does not allocate at once again. */
    @ParameterizedTest
    @ValueSource(ints = {0, 1, 96, 200, 400, 1_000})
    void aQuietStackComesToRest(int inUse) {
        ChunkPool large = new ChunkPool(8_192L * Chunk.BYTES);
        ChunkKeeper keeper = new ChunkKeeper(large);
        large.grow(4_096);
        for (int i = 0; i < inUse; i++) {
            assertThat(large.take(Use.RECEIVE)).isNotNull();
        }
        long nowNs = System.nanoTime();
        int changes = 0;
        for (int look = 0; look < 120; look++) {
            nowNs += 1_000_000_000L;
            int before = large.total();
            keeper.look(nowNs);
            changes += large.total() == before ? 0 : 1;
        }
        assertThat(changes).isBetween(1, 3);
        assertThat(large.total()).isLessThan(2_048);
    }
}
