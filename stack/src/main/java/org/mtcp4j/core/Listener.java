/* SPDX-License-Identifier: Apache-2.0 */
package org.mtcp4j.core;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicInteger;
import org.mtcp4j.ip.IpAddress;

/** A listening port as the contexts see it: one accept queue a context, limits shared by all. */
public final class Listener {
    /**
     * Half-open connections a listener may have, however small its backlog: neither a slow path nor a burst of honest peers is to be met
     * with cookies, after which a peer that waits for our first word may wait for ever.
     */
    static final int LEAST_HALF_OPEN = 1_024;

    private static final VarHandle TAKEN;

    static {
        try {
            TAKEN = MethodHandles.lookup().findVarHandle(Listener.class, "taken", Flow.class);
        } catch (ReflectiveOperationException e) {
            throw new ExceptionInInitializerError(e);
        }
    }

    /** The any-address for wildcard listeners: of IPv6 for both families, of IPv4 for it alone. */
    final IpAddress address;

    final int port;
    final int backlog;
    /** What its connections begin with. */
    volatile SocketDefaults defaults;

    final Endpoint endpoint;
    final boolean reusePort;
    private final ConcurrentLinkedQueue<Flow>[] queues;
    /** The accepting thread's. */
    private int lastServed;

    /** Out of its queue and not handed over yet: an error on the way leaves it to the next accept, or to who closes. */
    @SuppressWarnings("unused") // through TAKEN
    private volatile Flow taken;

    private final AtomicInteger waiting = new AtomicInteger();
    private final AtomicInteger halfOpen = new AtomicInteger();
    private volatile boolean closed;
    /** When a SYN was last answered with a cookie, by any context; meaningful once {@link #cookiesSent}. */
    volatile long cookieSentNs;

    volatile boolean cookiesSent;

    /** When a cookie was last turned away for want of room in the accept queue; meaningful once {@link #cookiesRefused}. */
    volatile long cookieRefusedNs;

    volatile boolean cookiesRefused;

    /** The context that whoever accepts here drives; -1 while unknown. */
    private volatile int home = -1;

    @SuppressWarnings({"unchecked", "rawtypes"})
    Listener(
            IpAddress address,
            int port,
            int backlog,
            SocketDefaults defaults,
            Endpoint endpoint,
            boolean reusePort,
            int contexts) {
        this.address = address;
        this.port = port;
        this.backlog = backlog;
        this.defaults = defaults;
        this.endpoint = endpoint;
        this.reusePort = reusePort;
        queues = new ConcurrentLinkedQueue[contexts];
        for (int i = 0; i < contexts; i++) {
            queues[i] = new ConcurrentLinkedQueue<>();
        }
    }

    /** What connections begin with from now on. */
    public void options(SocketDefaults options) {
        defaults = options;
    }

    /** Which context the accepting thread drives: among listeners of one port, the one at home in a flow's context gets it. */
    public void home(int context) {
        home = context;
    }

    boolean isAtHomeIn(int context) {
        return home == context;
    }

    /** One more than the backlog, as Linux counts. */
    boolean isFull() {
        return waiting.get() > backlog;
    }

    boolean tryHalfOpen() {
        if (halfOpen.incrementAndGet() <= Math.max(backlog, LEAST_HALF_OPEN)) {
            return true;
        }
        halfOpen.decrementAndGet();
        return false;
    }

    void endHalfOpen() {
        halfOpen.decrementAndGet();
    }

    /** Owner: an established connection; the caller publishes the news. False when the listener is closed: reset it. */
    boolean offer(Context context, Flow flow) {
        if (closed) {
            return false;
        }
        waiting.incrementAndGet();
        queues[context.index].add(flow);
        // Who closes says so first and empties the queues then, we do it the other way round: one of the two sees the
        // other.
        if (closed && queues[context.index].remove(flow)) {
            waiting.decrementAndGet();
            return false;
        }
        return true;
    }

    /**
     * One thread at a time: the next connection of any context, beginning after the one served last, or null. It stays the listener's until
     * {@link #handedOver}: whoever fails in between, as for want of memory, gets it again.
     */
    public Flow take() {
        Flow before = taken;
        if (before != null) {
            return before;
        }
        int queue = lastServed;
        for (int i = 0; i < queues.length; i++) {
            queue = queue + 1 < queues.length ? queue + 1 : 0;
            Flow flow = queues[queue].poll();
            if (flow != null) {
                taken = flow;
                lastServed = queue;
                return closed ? givenUp() : flow;
            }
        }
        return null;
    }

    /** Closed meanwhile, by a thread that may have looked for connections before this one was taken. */
    private Flow givenUp() {
        Flow flow = drop();
        if (flow != null) {
            flow.askAndKick(Flow.ABORT, false);
        }
        return null;
    }

    /** The next connection, handed over at once, or null. */
    Flow accept() {
        Flow flow = take();
        return flow != null && handedOver() ? flow : null;
    }

    /**
     * Whoever took a connection is about to give it to its application, or has closed it. False where the listener was closed meanwhile, and the
     * connection reset with it: then nobody gets it.
     */
    public boolean handedOver() {
        return drop() != null;
    }

    /** Any thread, once closed: another connection that nobody has, or null. */
    Flow drain() {
        for (ConcurrentLinkedQueue<Flow> queue : queues) {
            Flow flow = queue.poll();
            if (flow != null) {
                waiting.decrementAndGet();
                return flow;
            }
        }
        // Last: who accepts meanwhile says so before it looks whether the listener is closed.
        return drop();
    }

    private Flow drop() {
        Flow flow = (Flow) TAKEN.getAndSet(this, (Flow) null);
        if (flow != null) {
            waiting.decrementAndGet();
        }
        return flow;
    }

    /** Connections that wait to be accepted. */
    public int waiting() {
        return waiting.get();
    }

    public int backlogLimit() {
        return backlog;
    }

    public int port() {
        return port;
    }

    /** Address and port, for {@code stat}. */
    public String localText() {
        return address + ":" + port;
    }

    public boolean hasWaiting() {
        return waiting.get() > 0;
    }

    void close() {
        closed = true;
    }

    boolean isClosed() {
        return closed;
    }

    boolean matches(long localHi, long localLo) {
        return PortTable.covers(address, localHi, localLo);
    }
}
