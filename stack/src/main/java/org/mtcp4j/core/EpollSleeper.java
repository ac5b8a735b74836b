/* SPDX-License-Identifier: Apache-2.0 */
package org.mtcp4j.core;

import java.nio.ByteBuffer;
import java.util.concurrent.locks.LockSupport;
import org.mtcp4j.nic.QueueWait;
import org.mtcp4j.nic.linux.LinuxCalls;

/** Sleeps in {@code epoll_wait} on the NICs' descriptors and an eventfd, which is the bell. */
final class EpollSleeper implements Sleeper {
    private static final int EVENTS = 4;
    private static final long NS_PER_MS = 1_000_000;
    /** For who sleeps to wake up; the descriptors of one that doesn't are left open. */
    private static final int CLOSE_LIMIT_MS = 200;

    private static final long NS_PER_US = 1_000;

    private final LinuxCalls calls;
    private final int epoll;
    private final int bell;
    private final ByteBuffer events = LinuxCalls.memory(EVENTS * LinuxCalls.EPOLL_EVENT_BYTES);
    private final ByteBuffer one = LinuxCalls.memory(8);
    private final ByteBuffer drained = LinuxCalls.memory(8);
    private final long eventsAddress;
    private final long oneAddress;
    private final long drainedAddress;
    private volatile boolean rung;
    private volatile boolean closed;
    /** A thread is between the look at {@link #closed} and the end of its sleep. */
    private volatile boolean sleeping;

    /** @throws UnsupportedOperationException with one sentence when the descriptors cannot be had */
    EpollSleeper(LinuxCalls calls, int[] nicFds) {
        this.calls = calls;
        eventsAddress = calls.address(events);
        oneAddress = calls.address(one);
        drainedAddress = calls.address(drained);
        one.putLong(0, 1);
        epoll = checked(calls.epollCreate1(LinuxCalls.EPOLL_CLOEXEC), "epoll_create1");
        bell = checked(calls.eventfd(0, LinuxCalls.EFD_NONBLOCK | LinuxCalls.EFD_CLOEXEC), "eventfd");
        for (int fd : nicFds) {
            add(fd);
        }
        add(bell);
    }

    private void add(int fd) {
        events.putInt(0, LinuxCalls.EPOLLIN);
        events.putLong(LinuxCalls.EPOLL_DATA_OFFSET, fd);
        checked(calls.epollCtl(epoll, LinuxCalls.EPOLL_CTL_ADD, fd, eventsAddress), "epoll_ctl");
    }

    private int checked(int result, String call) {
        if (result < 0) {
            throw new UnsupportedOperationException("cannot wait for packets: " + call + " failed ("
                    + calls.errorText(-result) + "); raise the limit of open files (ulimit -n)");
        }
        return result;
    }

    @Override
    public void sleep(long durationNs) {
        sleeping = true;
        try {
            sleepInside(durationNs);
        } finally {
            sleeping = false;
        }
    }

    private void sleepInside(long durationNs) {
        if (closed) {
            // Who still waits at the end of the JVM waits for nothing.
            LockSupport.parkNanos(NS_PER_MS);
            return;
        }
        long millis = Math.min(Integer.MAX_VALUE, durationNs / NS_PER_MS + (durationNs % NS_PER_MS == 0 ? 0 : 1));
        drain(calls.epollWait(epoll, eventsAddress, EVENTS, durationNs == Long.MAX_VALUE ? -1 : (int) millis));
    }

    @Override
    public void sleep(long durationNs, QueueWait queues) {
        sleeping = true;
        try {
            sleepInside(durationNs, queues);
        } finally {
            sleeping = false;
        }
    }

    private void sleepInside(long durationNs, QueueWait queues) {
        if (closed) {
            // Who still waits at the end of the JVM waits for nothing.
            LockSupport.parkNanos(NS_PER_MS);
            return;
        }
        long micros = durationNs == Long.MAX_VALUE ? -1 : durationNs / NS_PER_US + 1;
        boolean readable = (queues.await(epoll, micros) & QueueWait.DESCRIPTOR) != 0;
        drain(readable ? calls.epollWait(epoll, eventsAddress, EVENTS, 0) : 0);
    }

    /** A ringer that has not yet written when the bell is read here leaves it readable for the next sleep, which then reads it. */
    private void drain(int ready) {
        boolean readable = rung;
        for (int i = 0; i < ready; i++) {
            readable |= events.getInt(i * LinuxCalls.EPOLL_EVENT_BYTES + LinuxCalls.EPOLL_DATA_OFFSET) == bell;
        }
        if (readable) {
            // In this order: a ring in between is lost, but its ringer published first and this thread looks at
            // everything next.
            calls.read(bell, drainedAddress, 8);
            rung = false;
        }
    }

    @Override
    public void ring() {
        if (!rung && !closed) {
            rung = true;
            calls.write(bell, oneAddress, 8);
        }
    }

    @Override
    public void close() {
        if (closed) {
            return;
        }
        closed = true;
        // Whoever sleeps would not hear of descriptors that are closed under it, and nobody could ring it any more.
        calls.write(bell, oneAddress, 8);
        for (int i = 0; i < CLOSE_LIMIT_MS && sleeping; i++) {
            LockSupport.parkNanos(NS_PER_MS);
        }
        if (!sleeping) {
            calls.close(epoll);
            calls.close(bell);
        }
    }
}
