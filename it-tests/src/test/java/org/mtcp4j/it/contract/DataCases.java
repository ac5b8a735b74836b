/* SPDX-License-Identifier: Apache-2.0 */
package org.mtcp4j.it.contract;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.SelectionKey;
import java.nio.channels.Selector;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import org.junit.jupiter.api.Test;

/** Read and write: buffers of every kind, blocking and not, scattering and gathering. */
abstract class DataCases extends ContractCases {
    DataCases(SocketContract contract) {
        super(contract);
    }

    @Test
    void bytesArriveBothWays() throws IOException {
        Pair pair = pair();
        send(pair.client(), "ping");
        assertThat(receive(pair.accepted(), 4)).isEqualTo("ping");
        send(pair.accepted(), "pong");
        assertThat(receive(pair.client(), 4)).isEqualTo("pong");
    }

    @Test
    void writeReturnsTheCountAndMovesThePosition() throws IOException {
        ByteBuffer src = ByteBuffer.wrap("0123456789".getBytes(StandardCharsets.US_ASCII));
        src.position(2).limit(7);
        assertThat(pair().client().write(src)).isEqualTo(5);
        assertThat(src.position()).isEqualTo(7);
        assertThat(src.limit()).isEqualTo(7);
    }

    @Test
    void readFillsBetweenPositionAndLimit() throws IOException {
        Pair pair = pair();
        send(pair.client(), "abcdef");
        ByteBuffer dst = ByteBuffer.allocate(10);
        dst.position(3).limit(6);
        while (dst.hasRemaining()) {
            pair.accepted().read(dst);
        }
        assertThat(dst.array()).containsExactly(0, 0, 0, 'a', 'b', 'c', 0, 0, 0, 0);
        assertThat(receive(pair.accepted(), 3)).isEqualTo("def");
    }

    @Test
    void directBuffersWork() throws IOException {
        Pair pair = pair();
        ByteBuffer src = ByteBuffer.allocateDirect(6).put(bytes("direct")).flip();
        assertThat(pair.client().write(src)).isEqualTo(6);
        ByteBuffer dst = ByteBuffer.allocateDirect(6);
        while (dst.hasRemaining()) {
            pair.accepted().read(dst);
        }
        assertThat(StandardCharsets.US_ASCII.decode(dst.flip()).toString()).isEqualTo("direct");
    }

    @Test
    void slicesAndDuplicatesWork() throws IOException {
        Pair pair = pair();
        ByteBuffer whole = bytes("..slice..");
        pair.client().write(whole.slice(2, 5));
        ByteBuffer target = ByteBuffer.allocate(9);
        ByteBuffer part = target.duplicate().position(2).limit(7).slice();
        while (part.hasRemaining()) {
            pair.accepted().read(part);
        }
        assertThat(target.position()).isZero();
        assertThat(new String(target.array(), 2, 5, StandardCharsets.US_ASCII)).isEqualTo("slice");
    }

    @Test
    void readOnlyBuffersAreWrittenFrom() throws IOException {
        Pair pair = pair();
        pair.client().write(bytes("const").asReadOnlyBuffer());
        assertThat(receive(pair.accepted(), 5)).isEqualTo("const");
    }

    @Test
    void readOnlyBuffersAreNotReadInto() throws IOException {
        Pair pair = pair();
        ByteBuffer readOnly = ByteBuffer.allocate(4).asReadOnlyBuffer();
        assertThatThrownBy(() -> pair.client().read(readOnly))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage("Read-only buffer");
        assertThatThrownBy(() -> pair.client().read(new ByteBuffer[] {ByteBuffer.allocate(1), readOnly}))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage("Read-only buffer");
        assertThat(pair.client().isOpen()).isTrue();
    }

    @Test
    void nullBuffersAreRefused() throws IOException {
        SocketChannel channel = pair().client();
        assertThatThrownBy(() -> channel.read((ByteBuffer) null)).isInstanceOf(NullPointerException.class);
        assertThatThrownBy(() -> channel.write((ByteBuffer) null)).isInstanceOf(NullPointerException.class);
        assertThatThrownBy(() -> channel.write(new ByteBuffer[] {null})).isInstanceOf(NullPointerException.class);
        assertThatThrownBy(() -> channel.read(new ByteBuffer[] {null})).isInstanceOf(NullPointerException.class);
    }

    @Test
    void badRangesAreRefused() throws IOException {
        SocketChannel channel = pair().client();
        ByteBuffer[] two = {ByteBuffer.allocate(1), ByteBuffer.allocate(1)};
        assertThatThrownBy(() -> channel.read(two, 1, 2)).isInstanceOf(IndexOutOfBoundsException.class);
        assertThatThrownBy(() -> channel.read(two, -1, 1)).isInstanceOf(IndexOutOfBoundsException.class);
        assertThatThrownBy(() -> channel.write(two, 0, 3)).isInstanceOf(IndexOutOfBoundsException.class);
        assertThatThrownBy(() -> channel.write(two, 2, -1)).isInstanceOf(IndexOutOfBoundsException.class);
    }

    @Test
    void readWithoutRoomReturnsZero() throws IOException {
        Pair pair = pair();
        assertThat(pair.client().read(ByteBuffer.allocate(0))).isZero();
        assertThat(pair.client().read(new ByteBuffer[0])).isZero();
        assertThat(pair.client().read(new ByteBuffer[] {ByteBuffer.allocate(0)}))
                .isZero();
    }

    @Test
    void writeOfNothingReturnsZero() throws IOException {
        SocketChannel channel = pair().client();
        assertThat(channel.write(ByteBuffer.allocate(0))).isZero();
        assertThat(channel.write(new ByteBuffer[0])).isZero();
    }

    @Test
    void blockedReadWaitsForData() throws Exception {
        Pair pair = pair();
        Running<String> read = start(() -> receive(pair.accepted(), 4)).awaitBlocked();
        assertThat(read.isDone()).isFalse();
        send(pair.client(), "late");
        assertThat(read.result()).isEqualTo("late");
    }

    @Test
    void blockingWriteTakesEverything() throws Exception {
        Pair pair = pair();
        int size = 8 << 20;
        Running<Integer> write = start(() -> pair.client().write(ByteBuffer.allocate(size)));
        ByteBuffer dst = ByteBuffer.allocate(64 * 1024);
        long total = 0;
        while (total < size) {
            total += pair.accepted().read(dst.clear());
        }
        assertThat(write.result()).isEqualTo(size);
    }

    @Test
    void nonBlockingReadReturnsZeroWhenNothingIsThere() throws IOException {
        Pair pair = pair();
        pair.client().configureBlocking(false);
        assertThat(pair.client().read(ByteBuffer.allocate(1))).isZero();
        assertThat(pair.client().read(new ByteBuffer[] {ByteBuffer.allocate(1)}))
                .isZero();
    }

    @Test
    void nonBlockingWriteStopsWhenTheConnectionIsFullAndGoesOnWhenItDrains() throws IOException {
        Pair pair = pair();
        pair.client().configureBlocking(false);
        Selector selector = clientSelector();
        long total = fill(pair.client(), selector);
        assertThat(pair.client().write(ByteBuffer.allocate(1))).isZero();
        long drained = 0;
        ByteBuffer dst = ByteBuffer.allocate(64 * 1024);
        while (drained < total) {
            drained += pair.accepted().read(dst.clear());
        }
        pair.client().register(selector, SelectionKey.OP_WRITE);
        assertThat(selectOne(selector).isWritable()).isTrue();
        assertThat(pair.client().write(ByteBuffer.allocate(1))).isEqualTo(1);
    }

    @Test
    void gatheringWriteSendsTheBuffersInOrder() throws IOException {
        Pair pair = pair();
        ByteBuffer[] srcs = {bytes("one"), ByteBuffer.allocate(0), bytes("two"), bytes("three")};
        assertThat(pair.client().write(srcs)).isEqualTo(11);
        assertThat(srcs).allMatch(src -> !src.hasRemaining());
        assertThat(receive(pair.accepted(), 11)).isEqualTo("onetwothree");
    }

    @Test
    void gatheringWriteHonoursItsRange() throws IOException {
        Pair pair = pair();
        ByteBuffer[] srcs = {bytes("no"), bytes("yes"), bytes("no")};
        assertThat(pair.client().write(srcs, 1, 1)).isEqualTo(3);
        assertThat(srcs[0].remaining()).isEqualTo(2);
        assertThat(receive(pair.accepted(), 3)).isEqualTo("yes");
    }

    @Test
    void gatheringWriteMixesHeapAndDirect() throws IOException {
        Pair pair = pair();
        ByteBuffer direct = ByteBuffer.allocateDirect(3).put(bytes("dir")).flip();
        pair.client().write(new ByteBuffer[] {bytes("heap"), direct, bytes("ro").asReadOnlyBuffer()});
        assertThat(receive(pair.accepted(), 9)).isEqualTo("heapdirro");
    }

    @Test
    void scatteringReadFillsTheBuffersInOrder() throws IOException {
        Pair pair = pair();
        send(pair.client(), "headbody");
        ByteBuffer[] dsts = {ByteBuffer.allocate(4), ByteBuffer.allocate(0), ByteBuffer.allocateDirect(6)};
        long total = 0;
        while (total < 8) {
            total += pair.accepted().read(dsts);
        }
        assertThat(new String(dsts[0].array(), StandardCharsets.US_ASCII)).isEqualTo("head");
        assertThat(StandardCharsets.US_ASCII.decode(dsts[2].flip()).toString()).isEqualTo("body");
    }

    @Test
    void scatteringReadHonoursItsRange() throws IOException {
        Pair pair = pair();
        send(pair.client(), "x");
        ByteBuffer[] dsts = {ByteBuffer.allocate(1), ByteBuffer.allocate(1)};
        assertThat(pair.accepted().read(dsts, 1, 1)).isEqualTo(1);
        assertThat(dsts[0].position()).isZero();
        assertThat(dsts[1].get(0)).isEqualTo((byte) 'x');
    }

    @Test
    void manySmallWritesArriveInOrder() throws Exception {
        Pair pair = pair();
        Running<Void> writer = start(() -> {
            for (int i = 0; i < 2_000; i++) {
                pair.client().write(ByteBuffer.allocate(4).putInt(0, i));
            }
            return null;
        });
        ByteBuffer dst = ByteBuffer.allocate(4);
        for (int i = 0; i < 2_000; i++) {
            dst.clear();
            while (dst.hasRemaining()) {
                pair.accepted().read(dst);
            }
            assertThat(dst.getInt(0)).isEqualTo(i);
        }
        writer.result();
    }

    @Test
    void blockingWritesOfSeveralThreadsDoNotMix() throws Exception {
        Pair pair = pair();
        int size = 300_000;
        Running<Integer> first = start(() -> pair.client().write(filled((byte) 'a', size)));
        Running<Integer> second = start(() -> pair.client().write(filled((byte) 'b', size)));
        ByteBuffer all = ByteBuffer.allocate(2 * size);
        while (all.hasRemaining()) {
            pair.accepted().read(all);
        }
        assertThat(first.result() + second.result()).isEqualTo(2 * size);
        byte leading = all.get(0);
        for (int i = 0; i < size; i++) {
            assertThat(all.get(i)).isEqualTo(leading);
            assertThat(all.get(size + i)).isNotEqualTo(leading);
        }
    }

    private static ByteBuffer filled(byte value, int size) {
        ByteBuffer buffer = ByteBuffer.allocate(size);
        java.util.Arrays.fill(buffer.array(), value);
        return buffer;
    }
}
