/* SPDX-License-Identifier: Apache-2.0 */
package org.mtcp4j.spi.async;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.CompletionHandler;
import java.nio.channels.NotYetConnectedException;
import java.util.Arrays;
import java.util.Objects;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;
import java.util.function.Supplier;

/** The reads, or the writes, of a connection: one at a time, of a buffer or of several, for a handler or a future. */
final class Transfers {
    /** What the channel below does in this direction. */
    interface Mover {
        /** Refuses a buffer that it can't use. */
        void check(ByteBuffer buffer);

        /** The same of several. */
        void check(ByteBuffer[] buffers);

        int move(ByteBuffer buffer) throws IOException;

        long move(ByteBuffer[] buffers) throws IOException;
    }

    private final Member member;
    private final Slot slot;
    private final String name;
    private final Supplier<RuntimeException> busy;
    private final BooleanSupplier connected;
    private final Mover mover;

    /**
     * @param name as it stands in the refusal of a direction that is dead
     * @param busy when one is under way
     */
    Transfers(
            Member member,
            Slot slot,
            String name,
            Supplier<RuntimeException> busy,
            BooleanSupplier connected,
            Mover mover) {
        this.member = member;
        this.slot = slot;
        this.name = name;
        this.busy = busy;
        this.connected = connected;
        this.mover = mover;
    }

    <A> void start(
            ByteBuffer buffer, long timeout, TimeUnit unit, A attachment, CompletionHandler<Integer, ? super A> to) {
        Outcome<Integer> outcome = Outcome.to(member.group(), to, attachment);
        mover.check(buffer);
        start(new Pending<>(pending -> attempt(buffer, pending), outcome), unit.toNanos(timeout));
    }

    Future<Integer> start(ByteBuffer buffer) {
        mover.check(buffer);
        Promise<Integer> promise = new Promise<>(member);
        Pending<Integer> started = start(new Pending<>(pending -> attempt(buffer, pending), promise), 0);
        promise.onCancel(() -> slot.withdraw(started));
        return promise;
    }

    <A> void start(
            ByteBuffer[] buffers,
            int offset,
            int length,
            long timeout,
            TimeUnit unit,
            A attachment,
            CompletionHandler<Long, ? super A> to) {
        Outcome<Long> outcome = Outcome.to(member.group(), to, attachment);
        Objects.checkFromIndexSize(offset, length, buffers.length);
        // The application may change its array while the operation is pending.
        ByteBuffer[] range = Arrays.copyOfRange(buffers, offset, offset + length);
        mover.check(range);
        start(new Pending<>(pending -> attempt(range, pending), outcome), unit.toNanos(timeout));
    }

    private <V> Pending<V> start(Pending<V> pending, long timeoutNs) {
        if (!member.isOpen()) {
            return pending.refuse();
        }
        if (!connected.getAsBoolean()) {
            throw new NotYetConnectedException();
        }
        slot.start(pending, () -> refusal(name), busy, timeoutNs);
        return pending;
    }

    static IllegalStateException refusal(String name) {
        return new IllegalStateException(name + " not allowed due to timeout or cancellation");
    }

    void kill() {
        slot.kill();
    }

    private boolean attempt(ByteBuffer buffer, Pending<Integer> outcome) throws IOException {
        boolean some = buffer.hasRemaining();
        int n = mover.move(buffer);
        return (n != 0 || !some) && outcome.succeed(n);
    }

    private boolean attempt(ByteBuffer[] buffers, Pending<Long> outcome) throws IOException {
        boolean some = hasRemaining(buffers);
        long n = mover.move(buffers);
        return (n != 0 || !some) && outcome.succeed(n);
    }

    private static boolean hasRemaining(ByteBuffer[] buffers) {
        for (ByteBuffer buffer : buffers) {
            if (buffer.hasRemaining()) {
                return true;
            }
        }
        return false;
    }
}
