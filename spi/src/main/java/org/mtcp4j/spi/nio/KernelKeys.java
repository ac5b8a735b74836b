/* SPDX-License-Identifier: Apache-2.0 */
package org.mtcp4j.spi.nio;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.channels.CancelledKeyException;
import java.nio.channels.ClosedChannelException;
import java.nio.channels.SelectableChannel;
import java.nio.channels.SelectionKey;
import java.nio.channels.Selector;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Consumer;
import org.mtcp4j.socket.EventQueue;

/** The kernel's part of a selector: a selector of the JDK's, there from the first kernel channel on. */
final class KernelKeys {
    private static final long NANOS_PER_MILLI = TimeUnit.MILLISECONDS.toNanos(1);

    private final Selector inner;
    private final AtomicInteger count = new AtomicInteger();
    private final List<MtcpSelectionKey> ready = new ArrayList<>();
    private final Consumer<SelectionKey> collect = this::collect;
    private final KernelBell bell;

    KernelKeys(EventQueue queue) {
        try {
            inner = KernelProvider.get().openSelector();
            bell = newBell();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        queue.foreignWaker(bell::ring);
    }

    private KernelBell newBell() throws IOException {
        boolean made = false;
        try {
            KernelBell bellOfInner = new KernelBell(inner);
            made = true;
            return bellOfInner;
        } finally {
            if (!made) {
                inner.close();
            }
        }
    }

    /** Any thread; never waits for a selecting one. */
    SelectionKey register(SelectableChannel kernelChannel, MtcpSelectionKey key) {
        try {
            SelectableChannel registered = key.ours() == null ? new ShadowChannel(kernelChannel) : kernelChannel;
            SelectionKey kernelKey = registered.register(inner, key.currentInterestOps(), key);
            count.incrementAndGet();
            return kernelKey;
        } catch (ClosedChannelException e) {
            throw new CancelledKeyException();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    boolean isEmpty() {
        return count.get() == 0;
    }

    /** Lets the JDK's selector forget the given number of keys, which are cancelled: only then may their descriptors be closed. */
    void flush(int cancelled) throws IOException {
        count.addAndGet(-cancelled);
        clearReady();
        inner.selectNow(collect);
    }

    /**
     * One round of the stack, then waits for the kernel's channels and for the stack's news.
     *
     * @param timeoutNs 0: no waiting; negative: no limit
     */
    void select(EventQueue queue, long timeoutNs) throws IOException {
        if (timeoutNs == 0) {
            queue.await(0);
            inner.selectNow(collect);
            return;
        }
        boolean mayWait = queue.beginForeignWait();
        try {
            if (mayWait) {
                inner.select(collect, timeoutNs < 0 ? 0 : (timeoutNs + NANOS_PER_MILLI - 1) / NANOS_PER_MILLI);
            } else {
                inner.selectNow(collect);
            }
        } finally {
            queue.endForeignWait();
        }
    }

    private void collect(SelectionKey kernelKey) {
        if (bell.isOf(kernelKey)) {
            bell.silence();
            return;
        }
        MtcpSelectionKey key = (MtcpSelectionKey) kernelKey.attachment();
        try {
            key.kernelReadyOps = kernelKey.readyOps();
        } catch (CancelledKeyException e) {
            // Another thread closed the channel just now: no news, and the key goes with the next flush.
            return;
        }
        ready.add(key);
    }

    /** What the last {@link #select} found. */
    List<MtcpSelectionKey> ready() {
        return ready;
    }

    void clearReady() {
        ready.clear();
    }

    void close() throws IOException {
        inner.close();
        bell.close();
    }
}
