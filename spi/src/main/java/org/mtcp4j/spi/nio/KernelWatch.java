/* SPDX-License-Identifier: Apache-2.0 */
package org.mtcp4j.spi.nio;

import java.io.FileDescriptor;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.channels.CancelledKeyException;
import java.nio.channels.SelectionKey;
import java.nio.channels.Selector;
import java.nio.channels.spi.AbstractSelectableChannel;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import sun.nio.ch.IOUtil;
import sun.nio.ch.Net;
import sun.nio.ch.SelChImpl;
import sun.nio.ch.SelectionKeyImpl;

/**
 * Watches the kernel's half of listeners on both sides (ADR 0010): one daemon thread for the whole program, asleep in a selector of the JDK's.
 * So whoever accepts or selects waits in the stack alone, and pays nothing for the kernel's half.
 */
public final class KernelWatch {
    private final FileDescriptor descriptor;
    private final Runnable news;
    private volatile boolean ready;
    private volatile SelectionKey key;

    private KernelWatch(FileDescriptor descriptor, Runnable news) {
        this.descriptor = descriptor;
        this.news = news;
    }

    /**
     * Starts watching a listening descriptor, which the caller closes through {@link #end}.
     *
     * @param news called by the watching thread when {@link #isReady()} becomes true; quick, never blocks
     */
    public static KernelWatch begin(FileDescriptor descriptor, Runnable news) throws IOException {
        KernelWatch watch = new KernelWatch(descriptor, news);
        Watcher.INSTANCE.add(watch);
        return watch;
    }

    /** Whether a connection may wait. Stays so until {@link #rearm()}. */
    public boolean isReady() {
        return ready;
    }

    /** After an accept found nothing: be told again. */
    public void rearm() {
        ready = false;
        SelectionKey present = key;
        if (present != null) {
            try {
                present.interestOps(SelectionKey.OP_ACCEPT);
                Watcher.INSTANCE.selector.wakeup();
            } catch (CancelledKeyException e) {
                // Ended meanwhile.
            }
        }
    }

    /** Stops watching: once this returns the descriptor may be closed. */
    public void end() {
        Watcher.INSTANCE.remove(this);
    }

    private void becomeReady() {
        key.interestOps(0);
        boolean told = false;
        try {
            ready = true;
            news.run();
            told = true;
        } finally {
            if (!told) {
                // Whoever waits has heard nothing: the next select tells it.
                key.interestOps(SelectionKey.OP_ACCEPT);
            }
        }
    }

    /** The thread and its selector. */
    private static final class Watcher {
        static final Watcher INSTANCE = new Watcher();
        private static final long AFTER_ERROR_NS = 1_000_000;
        /** Who removes waits for the thread, but not for ever: 5 s. */
        private static final int MAX_TRIES = 50;

        private static final long RETRY_MS = 100;

        final Selector selector;
        private final Queue<Runnable> removals = new ConcurrentLinkedQueue<>();
        /** The thread's: news of a listener have ended with an error. */
        private boolean failed;

        private Watcher() {
            try {
                selector = KernelProvider.get().openSelector();
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
            Thread thread = new Thread(null, this::run, "mtcp-kernel-watch", 0, false);
            thread.setDaemon(true);
            thread.start();
        }

        void add(KernelWatch watch) throws IOException {
            // The attachment is there before the key can be selected.
            watch.key = new Watched(watch.descriptor).register(selector, 0, watch);
            watch.key.interestOps(SelectionKey.OP_ACCEPT);
            selector.wakeup();
        }

        void remove(KernelWatch watch) {
            watch.key.cancel();
            CountDownLatch forgotten = new CountDownLatch(1);
            removals.add(forgotten::countDown);
            boolean interrupted = false;
            boolean done = false;
            for (int i = 0; i < MAX_TRIES && !done; i++) {
                selector.wakeup();
                try {
                    done = forgotten.await(RETRY_MS, TimeUnit.MILLISECONDS);
                } catch (InterruptedException e) {
                    interrupted = true;
                }
            }
            if (interrupted) {
                Thread.currentThread().interrupt();
            }
        }

        /** An error in the news of one listener leaves the others theirs; it is told again with the next select. */
        private void tell(SelectionKey key) {
            try {
                ((KernelWatch) key.attachment()).becomeReady();
            } catch (Error e) {
                failed = true;
            }
        }

        private void run() {
            while (true) {
                try {
                    // First, so that an error of the select below does not hold up who waits.
                    if (!removals.isEmpty()) {
                        forget();
                    }
                    selector.select(this::tell);
                    if (failed) {
                        failed = false;
                        LockSupport.parkNanos(AFTER_ERROR_NS);
                    }
                } catch (IOException | RuntimeException e) {
                    // A key that went while it was collected: the next select is without it.
                } catch (Error e) {
                    // Memory that runs out, as a rule. Every listener on both sides depends on this thread, so it goes
                    // on.
                    LockSupport.parkNanos(AFTER_ERROR_NS);
                }
            }
        }

        /** Those whose keys were cancelled before the select that begins here are out of it afterwards. */
        private void forget() throws IOException {
            Runnable[] going = removals.toArray(Runnable[]::new);
            try {
                selector.selectNow(this::tell);
            } finally {
                for (Runnable each : going) {
                    removals.remove(each);
                    each.run();
                }
            }
        }
    }

    /** A listening descriptor, whatever owns it, in the JDK's selector. */
    private static final class Watched extends AbstractSelectableChannel implements SelChImpl {
        private final FileDescriptor descriptor;

        Watched(FileDescriptor descriptor) throws IOException {
            super(KernelProvider.get());
            this.descriptor = descriptor;
            configureBlocking(false);
        }

        @Override
        public int validOps() {
            return SelectionKey.OP_ACCEPT;
        }

        @Override
        public FileDescriptor getFD() {
            return descriptor;
        }

        @Override
        public int getFDVal() {
            return IOUtil.fdVal(descriptor);
        }

        @Override
        public boolean translateAndUpdateReadyOps(int ops, SelectionKeyImpl key) {
            return translateAndSetReadyOps(ops, key);
        }

        @Override
        public boolean translateAndSetReadyOps(int ops, SelectionKeyImpl key) {
            key.nioReadyOps(ops == 0 ? 0 : SelectionKey.OP_ACCEPT);
            return ops != 0;
        }

        @Override
        public int translateInterestOps(int ops) {
            return ops == 0 ? 0 : Net.POLLIN;
        }

        @Override
        public void kill() {}

        @Override
        protected void implCloseSelectableChannel() {}

        @Override
        protected void implConfigureBlocking(boolean block) {}
    }
}
