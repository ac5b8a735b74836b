/* SPDX-License-Identifier: Apache-2.0 */
package org.mtcp4j.core;

import org.mtcp4j.ip.IpAddress;
import org.mtcp4j.ip.LinkAddresses;
import org.mtcp4j.ip.Routes;
import org.mtcp4j.nic.QueueWait;
import org.mtcp4j.stats.Counter;
import org.mtcp4j.stats.Counters;
import org.mtcp4j.tcp.CloseReason;
import org.mtcp4j.tcp.TcpCounters;
import org.mtcp4j.tcp.TcpState;
import org.mtcp4j.wire.FlowHash;
import org.mtcp4j.wire.TcpSegment;

/**
 * A context: one queue of each NIC, flow table, timers, commands. Everything here is touched only by the thread that owns it at
 * that moment ({@link Ownership}), but for what says otherwise.
 */
public final class Context {
    /** Until the round after one with an error. */
    private static final long RETRY_NS = 1_000_000;

    final int index;
    final Engine engine;
    final Ownership ownership = new Ownership();
    final Counters counters = new Counters();
    final RoundMark mark = new RoundMark(counters);
    final TcpCounters tcpCounters;
    final ChunkCache chunks;
    final Addresses addresses;
    final FrameOutput output;
    final FrameInput input;
    final Link[] links;
    final LocalPorts localPorts;
    final FlowTable flows;
    final TimeWaits timeWaits;
    final Orphans orphans;
    final PortChoice portChoice = new PortChoice(this);
    final Driver driver;
    /** For sleeping on the queues that announce nothing; null without such. The leader's. */
    final QueueWait queueWait;

    private final TimerWheel wheel;
    private final OutputList outputs = new OutputList(this);
    private final NewsList news = new NewsList(this);
    final StorageWaiters storageWaiters;
    final Faults faults = new Faults(this);
    final Handoffs handoffs;
    private final TimeWaitDesk timeWaitDesk;
    final ListenDesk listenDesk;
    final RouteDesk routing = new RouteDesk(this);
    final SharedSettings sharedSettings = new SharedSettings(this);
    /** What is left of the commands taken: in a field, so that an error that ends the round loses none. */
    private Command taken;
    /** When something is due at the latest; read by whoever is about to sleep. */
    private volatile long nextDeadlineNs = Long.MAX_VALUE;

    /** No NIC is to be touched any more. */
    private volatile boolean closed;
    /** Did not do in time what it was asked at the stop; the stopping thread's. */
    boolean isStuck;

    Context(Engine engine, int index, Link[] links, long secret, long nowNs) {
        this.engine = engine;
        this.index = index;
        this.links = links;
        tcpCounters = new TcpCounters(secret);
        chunks = new ChunkCache(engine.chunks, engine.contextCount);
        storageWaiters = new StorageWaiters(engine.chunks);
        addresses = engine.addresses;
        wheel = new TimerWheel(nowNs);
        localPorts = new LocalPorts(engine.gate);
        flows = new FlowTable(localPorts, engine.tupleHash);
        timeWaits = new TimeWaits(engine.tcp.timeWaitNs, localPorts, engine.tupleHash);
        orphans = new Orphans(engine.maxConnections, engine.contextCount);
        timeWaitDesk = new TimeWaitDesk(this);
        listenDesk = new ListenDesk(this);
        output = new FrameOutput(counters, engine.ttl);
        input = new FrameInput(this);
        for (Link link : links) {
            if (!link.loopback) {
                link.neighbours = new NeighbourDesk(this, link, engine.routes().onLink(link.index - 1), nowNs);
            }
        }
        handoffs = new Handoffs(this, engine.contextCount);
        QueueWait wait = null;
        for (Link link : links) {
            if (link.mustBePolled) {
                wait = wait == null ? link.queue.newWait() : wait.and(link.queue.newWait());
            }
        }
        queueWait = wait;
        driver = new Driver(this, engine);
        for (Link link : links) {
            link.queue.onArrival(driver::doorbell);
        }
    }

    // ---- the round --------------------------------------------------------------------------------------------------

    /** One round (design section 3). Owner. Returns what it found to do, 0 for nothing. Throws nothing. */
    int round(long nowNs) {
        try {
            if (faults.isDoubtful()) {
                faults.settle(nowNs);
            }
            if (closed || faults.isResting(nowNs)) {
                drainCommands(nowNs);
                news.publish();
                nextDeadlineNs = closed ? Long.MAX_VALUE : faults.restUntilNs();
                return 0;
            }
            return healthyRound(nowNs);
        } catch (Throwable e) {
            // Plain stores alone: this may be the end of a stack.
            mark.broken();
            faults.roundEnded(e, nowNs);
            nextDeadlineNs = nowNs + RETRY_NS;
            return 0;
        }
    }

    /** Runs what was submitted, without packets: what it wants to send goes out with the next round. Throws nothing. */
    void runCommands(long nowNs) {
        try {
            drainCommands(nowNs);
            news.publish();
            // Not every thread that could run the next round knows of this one.
            long dueNs = closed || faults.isDoubtful() ? nowNs + RETRY_NS : computeDeadline(nowNs);
            nextDeadlineNs = Math.min(nextDeadlineNs, dueNs);
        } catch (Throwable e) {
            faults.roundEnded(e, nowNs);
            nextDeadlineNs = nowNs + RETRY_NS;
        }
    }

    private int healthyRound(long nowNs) {
        mark.begin();
        int work = 0;
        for (Link link : links) {
            faults.at(Faults.RECEIVE);
            work += input.receive(link, nowNs);
        }
        if (engine.contextCount > 1) {
            work += handoffs.drain(nowNs);
            handoffs.ring();
        }
        work += wheel.advance(nowNs, this);
        if (timeWaits.nextDeadlineNs() <= nowNs) {
            work += timeWaits.expire(nowNs);
        }
        work += input.expire(nowNs);
        for (int i = 1; i < links.length; i++) {
            work += links[i].advance(nowNs);
        }
        work += drainCommands(nowNs);
        work += outputs.run(nowNs);
        for (Link link : links) {
            if (link.tx.count > 0) {
                link.flush();
            }
            routing.look(link, nowNs);
        }
        storageWaiters.look(news, nowNs);
        news.publish();
        chunks.share();
        faults.at(Faults.END);
        nextDeadlineNs = faults.isDoubtful() ? nowNs + RETRY_NS : computeDeadline(nowNs);
        faults.roundDone();
        counters.increment(work > 0 ? Counter.ROUNDS : Counter.IDLE_ROUNDS);
        return work;
    }

    private int drainCommands(long nowNs) {
        int run = 0;
        while (taken != null || (run == 0 && (taken = ownership.commands.takeAll()) != null)) {
            Command command = taken;
            taken = command.next;
            command.next = null;
            faults.working = null;
            boolean begun = false;
            try {
                faults.working = command.subject();
                faults.at(Faults.COMMAND);
                begun = true;
                command.run(this, nowNs);
            } catch (Throwable e) {
                // Plain stores alone: this may be the end of a stack.
                faults.failed(e, faults.working);
                if (!begun) {
                    command.refused(this, e);
                }
            }
            run++;
        }
        if (run > 0) {
            counters.add(Counter.COMMANDS, run);
        }
        return run;
    }

    private long computeDeadline(long nowNs) {
        long deadline = Math.min(wheel.nextDeadlineNs(), timeWaits.nextDeadlineNs());
        deadline = Math.min(Math.min(deadline, storageWaiters.nextLookNs(nowNs)), input.nextDeadlineNs());
        for (Link link : links) {
            deadline = Math.min(deadline, link.nextDeadlineNs());
            deadline = Math.min(deadline, link.queue.nextDueNs());
            if (link.tx.count > 0) {
                deadline = Math.min(deadline, nowNs + 1_000_000L);
            }
        }
        return outputs.isEmpty() ? deadline : Math.min(deadline, nowNs + 1_000_000L);
    }

    /** Any thread. */
    long nextDeadlineNs() {
        return nextDeadlineNs;
    }

    /** Whether a NIC announces nothing, so that only a round finds out what has arrived. */
    boolean isPolled() {
        return queueWait != null;
    }

    /**
     * A leader about to sleep, after it announced so: whether something waits that a round would find. It need not own the context,
     * so NICs that must be polled are not asked.
     */
    boolean hasInput() {
        if (!ownership.commands.isEmpty()) {
            return true;
        }
        if (closed) {
            return false;
        }
        for (Link link : links) {
            if (!link.mustBePolled && !link.queue.arm()) {
                return true;
            }
        }
        return !handoffs.isEmpty();
    }

    /**
     * The stack stops: threads that are still in it, or come later, find nothing. No thread of the context's own runs any more.
     *
     * @return false when one is in a round that does not end
     */
    boolean close(long limitNs) {
        long endNs = System.nanoTime() + limitNs;
        while (!ownership.tryAcquire()) {
            if (System.nanoTime() - endNs > 0) {
                closed = true;
                return false;
            }
            Thread.onSpinWait();
        }
        closed = true;
        // Past the limit it stays owned: nobody needs it any more.
        while (ownership.releaseOrReacquire() && System.nanoTime() - endNs <= 0) {
            drainCommands(System.nanoTime());
        }
        driver.sleeper.close();
        return true;
    }

    /** Owner: begins a wait at the queues that must be polled; false after the end. */
    boolean watch() {
        if (closed) {
            return false;
        }
        int at = 0;
        for (Link link : links) {
            if (link.mustBePolled) {
                queueWait.want(at++, link.tx.count > 0 ? QueueWait.RECEIVE | QueueWait.TRANSMIT : QueueWait.RECEIVE);
            }
        }
        queueWait.begin();
        return true;
    }

    /** The leader, after its sleep. */
    void disarm() {
        if (closed) {
            return;
        }
        for (Link link : links) {
            if (!link.mustBePolled) {
                link.queue.disarm();
            }
        }
    }

    /** Owner: starts anew without a flow; all there were are reset. Listeners and binds are the engine's, and stay. */
    void rebuild(long nowNs) {
        outputs.clear();
        storageWaiters.clear();
        wheel.clear(nowNs);
        for (int i = flows.slots() - 1; i >= 0; i--) {
            for (Flow flow = flows.at(i); flow != null; flow = flows.at(i)) {
                // Those lists have been emptied.
                flow.nextOutput = null;
                flow.inOutputList = false;
                flow.wheelSlot = -1;
                faults.reset(flow, nowNs);
                if (flow.inTable || flows.at(i) == flow) {
                    // Nothing may keep it.
                    if (flow.inTable) {
                        countOff(flow);
                    }
                    flows.forget(i);
                }
            }
        }
        flows.clear();
        news.publish();
    }

    /** Owner: whoever has something due is where it belongs. Downwards, since what is removed makes others move down. */
    void listAgain(long nowNs) {
        for (int i = flows.slots() - 1; i >= 0; i--) {
            Flow flow = flows.at(i);
            if (flow != null) {
                faults.working = flow;
                afterTurn(flow, nowNs);
            }
        }
    }

    /** Owner: the stack has other addresses from now on. */
    void readdressed(Routes now, long nowNs) {
        for (int i = 1; i < links.length; i++) {
            LinkAddresses link = now.link(i - 1);
            links[i].learnedMtu(link.ipv4MtuBytes(), link.ipv6MtuBytes());
            links[i].neighbours.readdressed(now.onLink(i - 1));
        }
        routing.changed(now, nowNs);
    }

    // ---- steering ---------------------------------------------------------------------------------------------------

    int contextOf(int hash) {
        return engine.contextCount == 1 ? 0 : FlowHash.context(hash, engine.contextCount);
    }

    // ---- flows ------------------------------------------------------------------------------------------------------

    void segmentArrived(Link link, FlowKey key, TcpSegment segment, long sourceMac, long nowNs) {
        Flow flow = flows.find(key);
        faults.working = flow;
        faults.at(Faults.SEGMENT);
        if (flow != null && flow.mayReuse(segment) && timeWaitDesk.reopens(flow, link, key, segment, nowNs)) {
            return;
        }
        if (flow == null) {
            if (!timeWaitDesk.takes(link, key, segment, sourceMac, nowNs)) {
                listenDesk.arrives(link, key, segment, sourceMac, nowNs);
            }
            return;
        }
        if (flow.listener != null && listenDesk.putsOff(flow, segment, nowNs)) {
            return;
        }
        flow.readLimits(nowNs);
        flow.arrives(segment, nowNs);
        afterTurn(flow, nowNs);
    }

    /** Whether another connection would be more than allowed. */
    boolean isFull() {
        return flows.size() + timeWaits.size() >= engine.maxConnections;
    }

    /** Null when there is no route back. */
    Flow newFlow(Link arrivedOn, FlowKey key, SocketDefaults defaults) {
        Routes routes = engine.routes();
        int nic = arrivedOn.loopback ? -1 : routes.interfaceFor(key.remoteHi, key.remoteLo);
        Link link = nic < 0 ? arrivedOn : links[1 + nic];
        if (!link.loopback && nic < 0) {
            return null;
        }
        IpAddress gateway = link.loopback ? IpAddress.ANY_V4 : routes.gatewayFor(key.remoteHi, key.remoteLo, routing);
        Flow flow = new Flow(this, link, key, sharedSettings.of(link, key, defaults), defaults);
        flow.setTimestampOffset(timestampOffset(key));
        flow.hopHi = gateway == null ? key.remoteHi : gateway.hi();
        flow.hopLo = gateway == null ? key.remoteLo : gateway.lo();
        flows.add(flow);
        flow.inTable = true;
        faults.working = flow;
        return flow;
    }

    /** Of the connection with that key (RFC 7323 §7.1). */
    int timestampOffset(FlowKey key) {
        return engine.initialSequence.timestampOffset(key.localHi, key.localLo, key.remoteHi, key.remoteLo, key.ports);
    }

    int iss(FlowKey key, long nowNs) {
        return engine.initialSequence.iss(key.localHi, key.localLo, key.remoteHi, key.remoteLo, key.ports, nowNs);
    }

    /** Active open on a tuple that is free; see {@link ConnectCall}. */
    Flow activeOpen(Link link, FlowKey key, SocketDefaults defaults, Endpoint endpoint, long nowNs) {
        Flow flow = newFlow(link, key, defaults);
        if (flow == null) {
            return null;
        }
        flow.endpoint = endpoint;
        flow.openActive(portChoice.iss(key, nowNs), nowNs);
        afterTurn(flow, nowNs);
        return flow;
    }

    /** What every turn of a flow ends with: progress published, deadline kept, output listed, the dead removed. */
    void afterTurn(Flow flow, long nowNs) {
        int news = flow.publishProgress();
        if (flow.listener != null && news != 0) {
            listenDesk.handshakeNews(flow, nowNs);
            // Nobody has accepted it yet, so there is nobody to tell.
            news = 0;
        }
        if (news != 0) {
            this.news.add(flow, news);
        }
        if (flow.state() == TcpState.CLOSED) {
            if (flow.wantsOutput()) {
                // The reset of an abort. If there is no frame for it, the peer learns from the reset that its next
                // segment draws.
                flow.output(nowNs);
            }
            remove(flow);
            return;
        }
        if (flow.state() == TcpState.TIME_WAIT && flow.applicationClosed && !flow.wantsOutput()) {
            timeWaits.add(flow, nowNs);
            remove(flow);
            return;
        }
        wheel.schedule(flow, flow.nextDeadlineNs());
        if (!flow.inOutputList && !flow.waitsForNeighbour && flow.wantsOutput()) {
            listOutput(flow);
        }
    }

    void listOutput(Flow flow) {
        outputs.add(flow);
    }

    /** Tells an endpoint at the end of the round. */
    void publish(Endpoint endpoint, int bits) {
        news.add(endpoint, bits);
    }

    /** Tells a flow's application at the end of the round. */
    void publish(Flow flow, int bits) {
        news.add(flow, bits);
    }

    /** Takes a flow out of the context; its storage goes when the application lets go of it. */
    void remove(Flow flow) {
        if (!flow.inTable) {
            return;
        }
        countOff(flow);
        flows.remove(flow);
        wheel.remove(flow);
        flow.send.tryRelease();
        if (flow.applicationClosed) {
            flow.receive.tryRelease();
        }
    }

    private void countOff(Flow flow) {
        flow.inTable = false;
        orphans.forget(flow);
        if (flow.listener != null) {
            listenDesk.forget(flow);
        }
    }

    void expired(Flow flow, long nowNs) {
        try {
            faults.working = flow;
            faults.at(Faults.TIMER);
            if (flow.nextDeadlineNs() <= nowNs) {
                flow.readLimits(nowNs);
                int before = flow.timeoutsInARow();
                flow.expire(nowNs);
                routing.expired(flow, before, nowNs);
            }
            afterTurn(flow, nowNs);
        } catch (Throwable e) {
            // Plain stores alone: this may be the end of a stack.
            faults.failed(e, flow);
        }
    }

    /** An ICMP error about one of our flows. */
    void icmpError(FlowKey key, CloseReason reason, int quotedSeq, long nowNs) {
        Flow flow = flows.find(key);
        if (flow != null) {
            faults.working = flow;
            flow.icmpError(reason, quotedSeq, nowNs);
            afterTurn(flow, nowNs);
        }
    }

    /** A router wants smaller segments of one of our flows. */
    void pathMtu(FlowKey key, int segmentBytes, int quotedSeq, long nowNs) {
        Flow flow = flows.find(key);
        if (flow != null) {
            faults.working = flow;
            flow.pathMtu(segmentBytes, quotedSeq, nowNs);
            afterTurn(flow, nowNs);
        }
    }

    // ---- what the application asked ---------------------------------------------------------------------------------

    void flowAsked(Flow flow, int bits, long nowNs) {
        faults.working = flow;
        if ((bits & Flow.RELEASE) != 0) {
            // Whoever leaves one stream says nothing of the other, which may still have much to send.
            flow.send.retryRelease();
            flow.receive.retryRelease();
        }
        if (!flow.inTable) {
            askedOfDead(flow, bits);
            return;
        }
        flow.readLimits(nowNs);
        if ((bits & Flow.SETTINGS) != 0) {
            flow.applyOptions(nowNs);
        }
        if ((bits & Flow.URGENT) != 0) {
            flow.sendUrgent(flow.send.urgentEnd);
        }
        if ((bits & Flow.ABORT) != 0) {
            flow.applicationClosed = true;
            flow.abort(nowNs);
        } else {
            // First, though both were asked at once: a close with unread data is a reset, which goes behind the FIN.
            if ((bits & Flow.SHUTDOWN) != 0 && flow.endsWriting(Flow.SHUTDOWN, nowNs)) {
                flow.shutdownOutput(nowNs);
            }
            if ((bits & Flow.CLOSE) != 0) {
                closeAsked(flow, nowNs);
            }
        }
        afterTurn(flow, nowNs);
    }

    private void closeAsked(Flow flow, long nowNs) {
        flow.applicationClosed = true;
        boolean unread = flow.receive.available() > 0;
        if (unread) {
            // RFC 1122 §4.2.2.13: data that nobody will read ends the connection with a reset.
            flow.abort(nowNs);
        } else if (flow.endsWriting(Flow.CLOSE, nowNs)) {
            flow.close(nowNs);
            orphans.adopt(flow, nowNs);
        }
        flow.receive.tryRelease();
    }

    /** The stack stops: what was written is still delivered, whatever was not read. */
    void closeForStop(Flow flow, long nowNs) {
        flow.applicationClosed = true;
        flow.readLimits(nowNs);
        flow.shutdownOutput(nowNs);
        afterTurn(flow, nowNs);
    }

    private void askedOfDead(Flow flow, int bits) {
        if ((bits & (Flow.CLOSE | Flow.ABORT | Flow.RELEASE)) != 0) {
            flow.applicationClosed = flow.applicationClosed || (bits & (Flow.CLOSE | Flow.ABORT)) != 0;
            if (flow.applicationClosed) {
                flow.receive.tryRelease();
            }
        } else if (flow.receive.holdsStorage()) {
            flow.receive.trim(false);
        } else {
            counters.increment(Counter.STALE_COMMANDS);
        }
    }

    /** For {@code stat}: racy. */
    public Counters counters() {
        return counters;
    }

    public TcpCounters tcpCounters() {
        return tcpCounters;
    }

    public int index() {
        return index;
    }
}
