/* SPDX-License-Identifier: Apache-2.0 */
package org.mtcp4j.spi.nio;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.CancelledKeyException;
import java.nio.channels.Pipe;
import java.nio.channels.SelectionKey;
import java.nio.channels.Selector;

/**
 * Wakes a thread that waits in a selector of the JDK's. That selector's own {@code wakeup} writes to its descriptor with a lock held that the woken
 * thread needs next: on one processor the woken thread then blocks at once, and each wake-up takes three changes of threads in place of one. This
 * writes to a pipe, with no lock in common. An interrupt may close the pipe (that is how the JDK's channels work); from then on {@code wakeup}
 * does it.
 */
final class KernelBell {
    private static final int DRAINED_BYTES = 64;

    private final Selector selector;
    private final Pipe pipe;
    private final SelectionKey key;
    private final ByteBuffer one = ByteBuffer.allocateDirect(1);
    private final ByteBuffer drained = ByteBuffer.allocateDirect(DRAINED_BYTES);
    private volatile boolean broken;

    KernelBell(Selector selector) throws IOException {
        this.selector = selector;
        pipe = KernelProvider.get().openPipe();
        pipe.sink().configureBlocking(false);
        pipe.source().configureBlocking(false);
        key = pipe.source().register(selector, SelectionKey.OP_READ);
    }

    /** Any thread. */
    void ring() {
        if (broken || Thread.currentThread().isInterrupted() || !write()) {
            selector.wakeup();
        }
    }

    /** A full pipe is one that rings. Ringers exclude each other, and nobody else. */
    private synchronized boolean write() {
        try {
            one.clear();
            pipe.sink().write(one);
            return true;
        } catch (IOException e) {
            broken = true;
            return false;
        }
    }

    boolean isOf(SelectionKey selected) {
        return selected == key;
    }

    /** Selecting thread: takes what was rung. */
    void silence() {
        if (Thread.currentThread().isInterrupted()) {
            // Reading would close the pipe; the next select without an interrupt reads.
            return;
        }
        try {
            drained.clear();
            if (pipe.source().read(drained) < 0) {
                retire();
            }
        } catch (IOException | CancelledKeyException e) {
            retire();
        }
    }

    private void retire() {
        broken = true;
        key.cancel();
        // Who rang before and did not see this wrote where nobody reads.
        selector.wakeup();
    }

    /** Of the pipe: as an interrupt of a thread that rings. */
    void closeSink() throws IOException {
        pipe.sink().close();
    }

    void close() throws IOException {
        closeSink();
        pipe.source().close();
    }
}
