/* SPDX-License-Identifier: Apache-2.0 */
package org.mtcp4j.spi.async;

import java.util.concurrent.ExecutorService;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.ScheduledThreadPoolExecutor;
import java.util.concurrent.SynchronousQueue;
import java.util.concurrent.ThreadFactory;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;

/** The threads that handlers run on, as the JDK has them. */
final class Pools {
    private static final String FACTORY = "java.nio.channels.DefaultThreadPool.threadFactory";
    private static final String INITIAL_SIZE = "java.nio.channels.DefaultThreadPool.initialSize";
    private static final long IDLE_SECONDS = 60;

    private Pools() {}

    static ExecutorService fixed(int threads, ThreadFactory factory) {
        if (threads < 1) {
            throw new IllegalArgumentException("'nThreads' must be > 0");
        }
        ThreadPoolExecutor pool =
                new ThreadPoolExecutor(threads, threads, 0, TimeUnit.SECONDS, new LinkedBlockingQueue<>(), factory);
        // As many as asked for from the start: they keep the program alive until the group is shut down.
        pool.prestartAllCoreThreads();
        return pool;
    }

    /** Of the default group, from the two properties of {@code AsynchronousChannelGroup}. */
    static ExecutorService standard() {
        ThreadFactory factory = standardFactory();
        int initialSize = initialSize();
        ThreadPoolExecutor pool = new ThreadPoolExecutor(
                0, Integer.MAX_VALUE, IDLE_SECONDS, TimeUnit.SECONDS, new SynchronousQueue<>(), factory);
        if (initialSize > 0) {
            pool.setCorePoolSize(initialSize);
        }
        return pool;
    }

    private static ThreadFactory standardFactory() {
        String name = System.getProperty(FACTORY);
        if (name == null) {
            return Pools::daemon;
        }
        try {
            return Class.forName(name, true, ClassLoader.getSystemClassLoader())
                    .asSubclass(ThreadFactory.class)
                    .getDeclaredConstructor()
                    .newInstance();
        } catch (ReflectiveOperationException | ClassCastException e) {
            throw new LinkageError("-D" + FACTORY + "=" + name + " names no thread factory: " + e, e);
        }
    }

    private static int initialSize() {
        String text = System.getProperty(INITIAL_SIZE);
        try {
            return text == null ? 0 : Integer.parseInt(text);
        } catch (NumberFormatException e) {
            throw new LinkageError("-D" + INITIAL_SIZE + "=" + text + " is not a number", e);
        }
    }

    static Thread daemon(Runnable task) {
        Thread thread = new Thread(task, "mtcp-nio2");
        thread.setDaemon(true);
        return thread;
    }

    /** For timeouts, of all groups together. */
    static ScheduledThreadPoolExecutor timer() {
        return Timer.INSTANCE;
    }

    private static final class Timer {
        static final ScheduledThreadPoolExecutor INSTANCE = start();

        private static ScheduledThreadPoolExecutor start() {
            ScheduledThreadPoolExecutor timer = new ScheduledThreadPoolExecutor(1, Pools::daemon);
            timer.setRemoveOnCancelPolicy(true);
            return timer;
        }
    }
}
