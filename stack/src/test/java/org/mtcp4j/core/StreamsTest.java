/* SPDX-License-Identifier: Apache-2.0 */
package org.mtcp4j.core;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Supplier;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.mtcp4j.core.ChunkPool.Use;

/** The two rings with their two threads at full speed, and what they hold when idle. */
@Timeout(value = 60, unit = TimeUnit.SECONDS)
class StreamsTest {
    private static final int BYTES = 32 * 1024 * 1024;
    private final ChunkPool pool = new ChunkPool(64L << 20);
    private final ChunkCache chunks = new ChunkCache(pool, 1);

    private static byte at(long position) {
        return (byte) (position * 31 + (position >>> 13));
    }

    @Test
    void sentBytesComeOutInOrderWhileTheOwnerAcknowledgesBehind() throws Exception {
        SendStream stream = new SendStream(chunks, 100_000, false);
        Thread writer = new Thread(() -> {
            SplittableRandom random = new SplittableRandom(1);
            ByteBuffer buffer = ByteBuffer.allocate(30_000);
            long position = 0;
            while (position < BYTES) {
                buffer.clear().limit((int) Math.min(BYTES - position, 1 + random.nextInt(30_000)));
                for (int i = 0; i < buffer.limit(); i++) {
                    buffer.put(i, at(position + i));
                }
                while (buffer.hasRemaining()) {
                    assertThat(stream.enter()).isTrue();
                    int n = stream.append(buffer, position);
                    position += n;
                    stream.publish(position);
                    stream.exit();
                }
            }
        });
        AtomicReference<Throwable> failure = new AtomicReference<>();
        writer.setUncaughtExceptionHandler((t, e) -> failure.set(e));
        writer.start();
        SplittableRandom random = new SplittableRandom(2);
        ByteBuffer frame = ByteBuffer.allocateDirect(2_000);
        long sent = 0;
        while (sent < BYTES && failure.get() == null) {
            long written = stream.written();
            while (sent < written) {
                int n = (int) Math.min(written - sent, 1 + random.nextInt(1_460));
                stream.copyTo(sent, frame, 0, n);
                for (int i = 0; i < n; i++) {
                    if (frame.get(i) != at(sent + i)) {
                        throw new AssertionError("byte " + (sent + i));
                    }
                }
                sent += n;
                if (random.nextInt(4) == 0) {
                    stream.acknowledge(sent);
                }
            }
            stream.acknowledge(sent);
        }
        writer.join();
        assertThat(failure.get()).isNull();
        stream.acknowledge(sent);
        assertThat(pool.free()).as("an idle stream holds no storage").isEqualTo(pool.total());
    }

    @Test
    void receivedBytesAreReadInOrderThoughTheyArriveAheadOfGaps() throws Exception {
        ReceiveStream stream = new ReceiveStream(chunks);
        AtomicReference<Throwable> failure = new AtomicReference<>();
        Thread reader = new Thread(() -> {
            SplittableRandom random = new SplittableRandom(3);
            ByteBuffer buffer = ByteBuffer.allocateDirect(40_000);
            long position = 0;
            while (position < BYTES) {
                buffer.clear().limit(1 + random.nextInt(40_000));
                assertThat(stream.enter()).isTrue();
                int n = stream.take(buffer, position);
                stream.publishRead(position + n);
                stream.exit();
                for (int i = 0; i < n; i++) {
                    if (buffer.get(i) != at(position + i)) {
                        throw new AssertionError("byte " + (position + i));
                    }
                }
                position += n;
            }
        });
        reader.setUncaughtExceptionHandler((t, e) -> failure.set(e));
        reader.start();
        SplittableRandom random = new SplittableRandom(4);
        ByteBuffer frame = ByteBuffer.allocateDirect(3_000);
        long next = 0;
        while (next < BYTES && failure.get() == null) {
            if (next - stream.read() > 200_000) {
                Thread.onSpinWait();
                continue;
            }
            int first = (int) Math.min(BYTES - next, 1 + random.nextInt(1_460));
            int second = (int) Math.min(BYTES - next - first, random.nextInt(1_460));
            // Far ahead, and again when its turn comes: a chunk that stands alone gets its neighbours beside the
            // reader.
            long far = Math.min(BYTES - 1, next + first + second + random.nextInt(100_000));
            place(stream, frame, far, 1);
            place(stream, frame, next + first, second);
            place(stream, frame, next, first);
            next += first + second;
            stream.publish(next);
            stream.trim(true);
        }
        reader.join();
        assertThat(failure.get()).isNull();
        stream.trim(false);
        assertThat(pool.free()).as("a drained stream holds no storage").isEqualTo(pool.total());
    }

    private int held() {
        return pool.total() - pool.free();
    }

    @Test
    void aByteAheadOfAGapHoldsOneChunkWhereverItStands() {
        ReceiveStream stream = new ReceiveStream(chunks);
        ByteBuffer frame = ByteBuffer.allocateDirect(3_000);
        place(stream, frame, 500_000, 1);
        assertThat(held()).isEqualTo(1);
        place(stream, frame, 100_000, 1);
        place(stream, frame, 0, 1_000);
        assertThat(held()).isEqualTo(3);
        stream.publish(1_000);
        assertThat(readBytes(stream, 0)).isEqualTo(1_000);
        stream.trim(true);
        assertThat(held()).as("the first chunk has room for more").isEqualTo(3);
        stream.trim(false);
        assertThat(held()).as("nobody wants what lies ahead any more").isZero();
    }

    @Test
    void piecesInAnyOrderAreReadInTheirsAndNoChunkStays() {
        long seed = Long.getLong("mtcp.test.seed", System.nanoTime());
        System.out.println("StreamsTest seed " + seed);
        SplittableRandom random = new SplittableRandom(seed);
        ByteBuffer frame = ByteBuffer.allocateDirect(70_000);
        for (int turn = 0; turn < 200; turn++) {
            ReceiveStream stream = new ReceiveStream(chunks);
            long base = 0;
            for (int window = 0; window < 5; window++) {
                List<long[]> pieces = new ArrayList<>();
                long end = base;
                while (end < base + 300_000) {
                    int bytes = 1 + random.nextInt(random.nextInt(8) == 0 ? 60_000 : 3_000);
                    pieces.add(random.nextInt(pieces.size() + 1), new long[] {end, bytes});
                    end += bytes;
                }
                int placed = 0;
                for (long[] piece : pieces) {
                    place(stream, frame, piece[0], (int) piece[1]);
                    placed++;
                    assertThat(held()).isLessThanOrEqualTo((int) (end - base) / Chunk.BYTES + 2);
                    if (placed == 3) {
                        assertThat(held()).isLessThanOrEqualTo(3 * (60_000 / Chunk.BYTES + 2) + 1);
                    }
                }
                stream.publish(end);
                assertThat(readBytes(stream, base)).isEqualTo((int) (end - base));
                stream.trim(random.nextBoolean());
                base = end;
            }
            stream.trim(false);
            assertThat(held()).isZero();
        }
    }

    /** Reads all there is, as the bytes of that position on. */
    private static int readBytes(ReceiveStream stream, long from) {
        ByteBuffer buffer = ByteBuffer.allocate(10_000);
        int total = 0;
        int n;
        do {
            assertThat(stream.enter()).isTrue();
            n = stream.take(buffer.clear(), from + total);
            for (int i = 0; i < n; i++) {
                if (buffer.get(i) != at(from + total + i)) {
                    throw new AssertionError("byte " + (from + total + i));
                }
            }
            total += n;
            stream.publishRead(from + total);
            stream.exit();
        } while (n > 0);
        return total;
    }

    /** Bytes that a reader gets, one read after the other until there is none. */
    private static String readAll(ReceiveStream stream) {
        StringBuilder all = new StringBuilder();
        ByteBuffer buffer = ByteBuffer.allocate(100);
        int n;
        do {
            assertThat(stream.enter()).isTrue();
            long from = stream.skipUrgent(stream.read(), false);
            n = stream.take(buffer.clear(), from);
            stream.publishRead(from + n);
            stream.exit();
            for (int i = 0; i < n; i++) {
                all.append((char) buffer.get(i));
            }
        } while (n > 0);
        return all.toString();
    }

    private static void arrive(ReceiveStream stream, String text, int urgentIndex) {
        long at = stream.received();
        ByteBuffer frame = ByteBuffer.allocateDirect(text.length());
        for (int i = 0; i < text.length(); i++) {
            frame.put(i, (byte) text.charAt(i));
        }
        assertThat(stream.place(at, frame, 0, text.length())).isTrue();
        if (urgentIndex >= 0) {
            stream.urgent(at + urgentIndex, false);
        }
        stream.publish(at + text.length());
    }

    @Test
    void anOlderUrgentByteIsPassedOverWhereTheReaderStandsBeforeItAndElseStaysInLine() {
        ReceiveStream stream = new ReceiveStream(chunks);
        arrive(stream, "!", 0);
        assertThat(stream.available(false)).isZero();
        arrive(stream, "ab!cd", 2);
        assertThat(stream.available(false)).isEqualTo(4);
        assertThat(readAll(stream)).isEqualTo("abcd");
        arrive(stream, "e!", 1);
        arrive(stream, "f!", 1);
        assertThat(stream.available(false)).isEqualTo(3);
        assertThat(readAll(stream)).isEqualTo("e!f");
        arrive(stream, "!", 0);
        assertThat(readAll(stream)).isEmpty();
        arrive(stream, "!", 0);
        arrive(stream, "g", -1);
        assertThat(stream.available(false)).isEqualTo(1);
        assertThat(readAll(stream)).isEqualTo("g");
        assertThat(stream.available()).isZero();
    }

    private static void place(ReceiveStream stream, ByteBuffer frame, long position, int bytes) {
        for (int i = 0; i < bytes; i++) {
            frame.put(i, at(position + i));
        }
        if (bytes > 0) {
            assertThat(stream.place(position, frame, 0, bytes)).isTrue();
        }
    }

    /** Else a thread of the application's would wait for ever. */
    @Test
    void anErrorOfTheOwnerThatHoldsTheWordEndsTheStream() {
        StreamGuard guard = new StreamGuard() {
            @Override
            void releaseStorage() {
                throw new IllegalStateException("broken");
            }
        };
        assertThat(guard.tryOwner()).isTrue();
        assertThatThrownBy(guard::releaseAsOwner).hasMessage("broken");
        assertThat(guard.enter()).isFalse();
        StreamGuard other = new StreamGuard() {
            @Override
            void releaseStorage() {
                throw new IllegalStateException("broken");
            }
        };
        assertThatThrownBy(other::tryRelease).hasMessage("broken");
        assertThat(other.enter()).isFalse();
        assertThat(other.tryRelease()).isTrue();
    }

    @Test
    void theEndWaitsForTheWriterThatIsInside() {
        SendStream stream = new SendStream(chunks, 100_000, false);
        assertThat(stream.enter()).isTrue();
        assertThat(stream.tryEnd()).isFalse();
        stream.publish(stream.append(ByteBuffer.allocate(10), 0));
        assertThat(stream.exit()).as("the owner is to be told").isTrue();
        assertThat(stream.tryEnd()).isTrue();
        assertThat(stream.written()).isEqualTo(10);
        assertThat(stream.enter()).isTrue();
        assertThat(stream.isEnding()).isTrue();
    }

    @Test
    void aReleaseWaitsForTheApplicationThatIsInside() {
        SendStream stream = new SendStream(chunks, 100_000, false);
        assertThat(stream.enter()).isTrue();
        stream.publish(stream.append(ByteBuffer.allocate(20_000), 0));
        assertThat(stream.tryRelease()).isFalse();
        assertThat(stream.exit()).as("the last one out is told").isTrue();
        assertThat(stream.tryRelease()).isTrue();
        assertThat(stream.enter()).isFalse();
        assertThat(pool.free()).isEqualTo(pool.total());
    }

    @Test
    void aFullPoolTakesNoMoreBytesAndGivesTheSameChunksAgain() {
        ChunkPool small = new ChunkPool(1);
        SendStream stream = new SendStream(new ChunkCache(small, 1), Integer.MAX_VALUE, false);
        ByteBuffer much = ByteBuffer.allocate(small.total() * Chunk.BYTES + 2 * 1024 * 1024);
        assertThat(stream.enter()).isTrue();
        int taken = stream.append(much, 0);
        assertThat(taken).isLessThan(much.capacity()).isPositive();
        stream.publish(taken);
        stream.exit();
        ByteBuffer one = ByteBuffer.allocateDirect(1);
        stream.copyTo(taken - 1, one, 0, 1);
        stream.acknowledge(taken);
        assertThat(small.free()).isEqualTo(small.total());
    }

    /** All that one use gets of a cache. */
    private static List<Chunk> drain(Supplier<Chunk> source) {
        List<Chunk> taken = new ArrayList<>();
        for (Chunk chunk = source.get(); chunk != null; chunk = source.get()) {
            taken.add(chunk);
        }
        return taken;
    }

    @Test
    void whatOneContextKeepsBack_comesOutWhenAnotherHasNothingLeft() {
        ChunkPool small = new ChunkPool(64L * Chunk.BYTES);
        ChunkCache mine = new ChunkCache(small, 2);
        ChunkCache other = new ChunkCache(small, 2);
        mine.give(mine.take(Use.RECEIVE_FIRST));
        List<Chunk> taken = drain(() -> other.take(Use.RECEIVE_FIRST));
        assertThat(taken).hasSizeLessThan(64);
        mine.share();
        taken.addAll(drain(() -> other.take(Use.RECEIVE_FIRST)));
        assertThat(taken).as("all but what only writers may have").hasSize(60).doesNotHaveDuplicates();
        taken.forEach(other::give);
        assertThat(small.isScarce()).isFalse();
        assertThat(small.free()).isEqualTo(small.total());
    }

    /** Else the owner would never hear that nobody is inside any more: storage, or a close, would wait for ever. */
    @Test
    void whoLeavesByAnErrorAsksForWhatWasPutOffMeanwhile() {
        Context context =
                TestEngines.engine(java.util.List.of(TestEngines.memory())).context(0);
        assertThat(context.ownership.tryAcquire()).isTrue();
        Flow flow = TestEngines.flow(context, 1);
        assertThatThrownBy(() -> flow.writeUrgent(null)).isInstanceOf(NullPointerException.class);
        assertThat(flow.takeAsked() & Flow.RELEASE).isNotZero();
        assertThat(flow.send.enter()).isTrue();
        assertThatThrownBy(() -> flow.optionsChanged(null)).isInstanceOf(NullPointerException.class);
        assertThatThrownBy(() -> flow.read(ByteBuffer.allocate(1))).isInstanceOf(NullPointerException.class);
        assertThat(flow.takeAsked() & Flow.RELEASE).isNotZero();
        assertThat(flow.receive.enter()).isTrue();
    }

    /** Else a close beside a reader would take away what is still to be sent. */
    @Test
    void aReaderThatLeavesLate_releasesItsOwnStreamOnly() {
        Context context =
                TestEngines.engine(java.util.List.of(TestEngines.memory())).context(0);
        Flow flow = TestEngines.flow(context, 1);
        assertThat(flow.send.enter()).isTrue();
        flow.send.publish(flow.send.append(ByteBuffer.wrap(new byte[100]), 0));
        flow.send.exit();
        assertThat(flow.receive.enter()).isTrue();
        assertThat(flow.receive.tryRelease()).isFalse();
        assertThat(flow.receive.exit()).isTrue();
        context.flowAsked(flow, Flow.RELEASE, 1);
        assertThat(flow.receive.isReleased()).isTrue();
        assertThat(flow.send.isReleased()).isFalse();
        flow.send.copyTo(0, ByteBuffer.allocate(100), 0, 100);
    }
}
