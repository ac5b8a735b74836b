/* SPDX-License-Identifier: Apache-2.0 */
package org.mtcp4j.spi.async;

import java.io.IOException;
import java.nio.channels.AsynchronousChannelGroup;
import java.nio.channels.SelectionKey;
import java.nio.channels.Selector;
import java.nio.channels.ShutdownChannelGroupException;
import java.nio.channels.spi.AsynchronousChannelProvider;
import java.security.AccessControlContext;
import java.security.AccessController;
import java.security.PrivilegedAction;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.Iterator;
import java.util.List;
import java.util.Set;
import java.util.concurrent.Executor;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;

/**
 * A group: a pool for handlers, and a thread that waits for its channels. It ends when it is shut down and its last channel is closed; the
 * waiting thread shuts down the pool, so nothing that it completed is lost.
 */
final class ChannelGroup extends AsynchronousChannelGroup implements Executor {
    private static final long AFTER_ERROR_NS = 1_000_000;

    private final Selector selector;
    private final ExecutorService pool;
    private final Thread waiter;
    /** Guarded by itself, as is the shutdown. */
    private final Set<Member> members = new HashSet<>();

    private volatile boolean shutdown;
    private volatile boolean ended;

    ChannelGroup(AsynchronousChannelProvider provider, Selector selector, ExecutorService pool) {
        super(provider);
        this.selector = selector;
        this.pool = pool;
        waiter = new Thread(this::run, "mtcp-nio2-wait");
        waiter.setDaemon(true);
        waiter.start();
    }

    void add(Member member) {
        synchronized (members) {
            if (shutdown) {
                throw new ShutdownChannelGroupException();
            }
            members.add(member);
        }
    }

    void remove(Member member) {
        synchronized (members) {
            members.remove(member);
            endIfUnused();
        }
        // The selector lets go of what the closed channel still holds.
        wake();
    }

    /** With the lock of the members held. */
    private void endIfUnused() {
        if (shutdown && members.isEmpty()) {
            ended = true;
        }
    }

    Selector selector() {
        return selector;
    }

    /** Has the waiting thread look at its keys again. */
    void wake() {
        if (Thread.currentThread() != waiter) {
            selector.wakeup();
        }
    }

    private void run() {
        try (Selector own = selector) {
            while (!ended) {
                try {
                    own.select();
                    tellReady(own.selectedKeys().iterator());
                } catch (RuntimeException | Error e) {
                    // Memory that runs out, as a rule. A key that was not told of is ready still, and found again.
                    LockSupport.parkNanos(AFTER_ERROR_NS);
                }
            }
        } catch (IOException e) {
            System.err.println("[mtcp] ERROR a channel group's selector failed (" + e + "); its channels are closed");
        }
        shutdownNow();
        shutdownPool();
    }

    private static void tellReady(Iterator<SelectionKey> ready) {
        while (ready.hasNext()) {
            SelectionKey key = ready.next();
            ((Member) key.attachment()).ready(key);
            ready.remove();
        }
    }

    @SuppressWarnings("removal")
    private void shutdownPool() {
        try {
            AccessController.doPrivileged((PrivilegedAction<Void>) () -> {
                pool.shutdown();
                return null;
            });
        } catch (SecurityException e) {
            System.err.println("[mtcp] WARN the security manager keeps a channel group's pool from being shut down ("
                    + e.getMessage() + "); grant the agent's jar java.security.AllPermission in the policy");
        }
    }

    /** Runs a handler; also where the pool has ended or refuses, so that no outcome is ever lost. */
    void dispatch(Runnable handler) {
        try {
            pool.execute(handler);
        } catch (RejectedExecutionException | OutOfMemoryError e) {
            dispatchBesidePool(handler);
        }
    }

    private static void dispatchBesidePool(Runnable handler) {
        try {
            Pools.daemon(handler).start();
        } catch (OutOfMemoryError e) {
            // No thread can be had: late and here is better than never.
            handler.run();
        }
    }

    @Override
    @SuppressWarnings("removal")
    public void execute(Runnable task) {
        if (System.getSecurityManager() == null) {
            pool.execute(task);
            return;
        }
        // With the caller's permissions, not the pool's.
        AccessControlContext context = AccessController.getContext();
        pool.execute(() -> AccessController.doPrivileged(
                (PrivilegedAction<Void>) () -> {
                    task.run();
                    return null;
                },
                context));
    }

    @Override
    public boolean isShutdown() {
        return shutdown;
    }

    @Override
    public boolean isTerminated() {
        return pool.isTerminated();
    }

    @Override
    public void shutdown() {
        synchronized (members) {
            shutdown = true;
            endIfUnused();
        }
        wake();
    }

    @Override
    public void shutdownNow() {
        List<Member> open;
        synchronized (members) {
            shutdown = true;
            open = new ArrayList<>(members);
            endIfUnused();
        }
        for (Member member : open) {
            member.closeQuietly();
        }
        wake();
    }

    @Override
    public boolean awaitTermination(long timeout, TimeUnit unit) throws InterruptedException {
        return pool.awaitTermination(timeout, unit);
    }
}
