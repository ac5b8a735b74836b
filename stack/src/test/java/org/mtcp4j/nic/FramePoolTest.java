/* SPDX-License-Identifier: Apache-2.0 */
package org.mtcp4j.nic;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.SplittableRandom;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicIntegerArray;
import org.junit.jupiter.api.Test;

class FramePoolTest {
    @Test
    void aRegionOfChunksHoldsAllFramesWhereverItsPagesEnd() throws Exception {
        for (int large = 1; large <= 9; large++) {
            FramePool pool = FramePool.ofChunks(64, 2_048, 256, large, 65_600, 1);
            assertThat(pool.region().capacity()).isGreaterThanOrEqualTo(64 * 2_048 + large * (256 + 65_600));
        }
    }

    @Test
    void everyFrameIsHandedOutOnceAndNoneOverlaps() throws Exception {
        FramePool pool = new FramePool(100, 2048, 5, 70_000, 1);
        FramePool.Cache cache = pool.cache(0);
        Set<Integer> offsets = new HashSet<>();
        for (int offset = cache.allocate(); offset >= 0; offset = cache.allocate()) {
            assertThat(offsets.add(offset)).isTrue();
            assertThat(pool.isLarge(offset)).isFalse();
        }
        assertThat(offsets).hasSize(100);
        for (int offset = cache.allocateLarge(); offset >= 0; offset = cache.allocateLarge()) {
            assertThat(offsets.add(offset)).isTrue();
            assertThat(pool.isLarge(offset)).isTrue();
        }
        assertThat(offsets).hasSize(105);
        assertThat(pool.freeFrames()).isZero();
        List<Integer> sorted = offsets.stream().sorted().toList();
        for (int i = 1; i < sorted.size(); i++) {
            int room = pool.isLarge(sorted.get(i - 1)) ? 70_000 : 2048;
            assertThat(sorted.get(i) - sorted.get(i - 1)).isGreaterThanOrEqualTo(room);
        }
        assertThat(sorted.get(104) + 70_000).isLessThanOrEqualTo(pool.region().capacity());
        offsets.forEach(cache::free);
        assertThat(pool.freeFrames()).isEqualTo(105).isEqualTo(pool.totalFrames());
    }

    @Test
    void framesFreedElsewhereComeBackWhereTheyAreNeeded() throws Exception {
        FramePool pool = new FramePool(1024, 2048, 0, 0, 2);
        for (int round = 0; round < 10_000; round++) {
            int offset = pool.cache(0).allocate();
            assertThat(offset).isNotNegative();
            pool.cache(1).free(offset);
        }
        assertThat(pool.freeFrames()).isEqualTo(1024);
    }

    @Test
    void aFrameFreedTwiceIsCaughtByAssertion() throws Exception {
        FramePool.Cache cache = new FramePool(64, 2048, 0, 0, 1).cache(0);
        int offset = cache.allocate();
        cache.free(offset);
        assertThatThrownBy(() -> cache.free(offset)).isInstanceOf(AssertionError.class);
    }

    @Test
    void tooLargeARegionIsRefusedWithACure() {
        assertThatThrownBy(() -> new FramePool(1 << 20, 2048, 0, 0, 1))
                .isInstanceOf(NicUnavailableException.class)
                .hasMessageContaining("set mtcp.frames to at most 10");
    }

    @Test
    void threadsThatPassFramesOnLoseAndDuplicateNone() throws Exception {
        FramePool pool = new FramePool(256, 2048, 8, 4096, 3);
        List<BlockingQueue<Integer>> mail = new ArrayList<>();
        for (int i = 0; i < 3; i++) {
            mail.add(new ArrayBlockingQueue<>(1024));
        }
        ExecutorService threads = Executors.newFixedThreadPool(3);
        List<Future<?>> ends = new ArrayList<>();
        for (int i = 0; i < 3; i++) {
            int self = i;
            Callable<Void> work = () -> passOn(pool.cache(self), mail.get(self), mail.get((self + 1) % 3), self);
            ends.add(threads.submit(work));
        }
        for (Future<?> end : ends) {
            end.get(60, TimeUnit.SECONDS);
        }
        threads.shutdown();
        mail.forEach(box -> box.forEach(offset -> pool.cache(0).free(offset)));
        assertThat(pool.freeFrames()).isEqualTo(264);
    }

    /** Few frames, taken in chains and put back in another order: what a head without its tag gets wrong within seconds. */
    @Test
    void theStackHandsNoFrameToTwoThreads() throws Exception {
        FrameStack stack = new FrameStack(4);
        AtomicIntegerArray owners = new AtomicIntegerArray(4);
        ExecutorService threads = Executors.newFixedThreadPool(4);
        List<Future<Integer>> ends = new ArrayList<>();
        for (int i = 0; i < 4; i++) {
            ends.add(threads.submit(() -> takeAndPutBack(stack, owners)));
        }
        for (Future<Integer> end : ends) {
            assertThat(end.get(60, TimeUnit.SECONDS)).as("frames held by two").isZero();
        }
        threads.shutdown();
        assertThat(stack.size()).isEqualTo(4);
    }

    private static int takeAndPutBack(FrameStack stack, AtomicIntegerArray owners) {
        int[] mine = new int[4];
        int shared = 0;
        for (int round = 0; round < 1_000_000; round++) {
            int taken = stack.pop(mine, 0, 1 + (round & 1));
            for (int i = 0; i < taken; i++) {
                shared += owners.getAndIncrement(mine[i]) == 0 ? 0 : 1;
            }
            for (int i = 0; i < taken; i++) {
                owners.getAndDecrement(mine[i]);
            }
            for (int i = 0; i < taken; i++) {
                stack.push(mine[i]);
            }
        }
        return shared;
    }

    /** Double hand-outs are caught by the pool's own assertions. */
    private static Void passOn(FramePool.Cache cache, BlockingQueue<Integer> in, BlockingQueue<Integer> out, int seed) {
        SplittableRandom random = new SplittableRandom(seed);
        ArrayDeque<Integer> mine = new ArrayDeque<>();
        for (int round = 0; round < 100_000; round++) {
            int offset = random.nextInt(8) == 0 ? cache.allocateLarge() : cache.allocate();
            if (offset >= 0) {
                mine.add(offset);
            }
            if (!mine.isEmpty() && random.nextBoolean()) {
                int oldest = mine.remove();
                if (!out.offer(oldest)) {
                    cache.free(oldest);
                }
            }
            Integer got = in.poll();
            if (got != null) {
                cache.free(got);
            }
            if (mine.size() > 40) {
                mine.forEach(cache::free);
                mine.clear();
            }
        }
        mine.forEach(cache::free);
        return null;
    }
}
