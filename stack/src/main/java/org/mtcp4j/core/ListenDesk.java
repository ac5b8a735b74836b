/* SPDX-License-Identifier: Apache-2.0 */
package org.mtcp4j.core;

import org.mtcp4j.stats.Counter;
import org.mtcp4j.tcp.ResetReply;
import org.mtcp4j.tcp.SegmentOut;
import org.mtcp4j.tcp.SynCookies;
import org.mtcp4j.tcp.TcpSettings;
import org.mtcp4j.wire.TcpSegment;

/** Segments that belong to no connection: passive opens, with cookies where too many are half open, and resets. The owner's. */
final class ListenDesk {
    private static final int CONTROL = TcpSegment.SYN | TcpSegment.ACK | TcpSegment.RST | TcpSegment.FIN;

    private final Context context;
    private final SynCookies cookies;
    private final SegmentOut reply = new SegmentOut();
    private final TcpSettings cookieSettings = new TcpSettings();

    ListenDesk(Context context) {
        this.context = context;
        this.cookies = new SynCookies(context.engine.initialSequence);
    }

    void arrives(Link link, FlowKey key, TcpSegment segment, long sourceMac, long nowNs) {
        Listener listener = listener(key);
        context.tcpCounters.inSegs++;
        if (listener != null) {
            int control = segment.flags & CONTROL;
            if (control == TcpSegment.SYN) {
                syn(link, listener, key, segment, sourceMac, nowNs);
                return;
            }
            if ((control & (TcpSegment.ACK | TcpSegment.RST)) == 0) {
                return;
            }
            if ((control & (TcpSegment.SYN | TcpSegment.RST)) == 0
                    && mayBeCookie(listener, nowNs)
                    && cookie(link, listener, key, segment, nowNs)) {
                return;
            }
        }
        context.counters.increment(Counter.TCP_NO_SOCKET);
        if (ResetReply.forSegment(segment, reply) && context.output.reply(link, sourceMac, key, reply)) {
            context.counters.increment(Counter.TCP_OUT_RSTS);
        }
    }

    /** Who takes SYNs for that tuple, or null. */
    Listener listener(FlowKey key) {
        return context.engine.ports.listener(key.localHi, key.localLo, key.localPort(), key.hash, context.index);
    }

    /** Whether another connection may wait to be accepted; counted where not. */
    boolean hasRoom(Listener listener) {
        if (listener.isFull()) {
            context.counters.increment(Counter.LISTEN_OVERFLOWS);
            context.counters.increment(Counter.LISTEN_DROPS);
            return false;
        }
        return true;
    }

    /**
     * A SYN on a tuple that was in TIME-WAIT, which has made room for it. It gets no cookie: that would be a sequence number that the old
     * connection may have used. Nor is it refused while too many are half open: who had a connection is no flood.
     */
    void reopen(Link link, Listener listener, FlowKey key, TcpSegment segment, int iss, long nowNs) {
        open(link, listener, key, segment, iss, listener.tryHalfOpen(), nowNs);
    }

    private void open(
            Link link, Listener listener, FlowKey key, TcpSegment segment, int iss, boolean counts, long nowNs) {
        Flow flow = context.newFlow(link, key, listener.defaults);
        if (flow == null) {
            if (counts) {
                listener.endHalfOpen();
            }
            context.counters.increment(Counter.LISTEN_DROPS);
            return;
        }
        flow.listener = listener;
        flow.countsHalfOpen = counts;
        flow.openPassive(segment, iss, nowNs);
        context.afterTurn(flow, nowNs);
    }

    private void syn(Link link, Listener listener, FlowKey key, TcpSegment segment, long sourceMac, long nowNs) {
        if (!hasRoom(listener)) {
            return;
        }
        if (context.isFull()) {
            context.counters.increment(Counter.LISTEN_DROPS);
        } else if (!context.routing.admits(link, key, nowNs)) {
            context.counters.increment(Counter.NEIGHBOUR_REFUSALS);
            context.counters.increment(Counter.LISTEN_DROPS);
        } else if (context.engine.tcp.synCookies == TcpDefaults.COOKIES_ALWAYS || !listener.tryHalfOpen()) {
            if (context.engine.tcp.synCookies == TcpDefaults.COOKIES_NEVER) {
                context.counters.increment(Counter.SYN_QUEUE_FULL_DROPS);
                context.counters.increment(Counter.LISTEN_DROPS);
            } else {
                sendCookie(link, listener, key, segment, sourceMac, nowNs);
            }
        } else {
            open(link, listener, key, segment, context.iss(key, nowNs), true, nowNs);
        }
    }

    // ---- cookies ----------------------------------------------------------------------------------------------------

    private void sendCookie(Link link, Listener listener, FlowKey key, TcpSegment segment, long sourceMac, long nowNs) {
        TcpSettings settings = cookieSettings;
        settings.receiveBufferBytes = 0;
        settings.receiveBufferMostBytes = 0;
        context.sharedSettings.prepare(settings, link, key, listener.defaults);
        settings.timestampOffset = context.timestampOffset(key);
        cookies.answer(segment, settings, tuple(key), reply, nowNs);
        listener.cookieSentNs = nowNs;
        listener.cookiesSent = true;
        if (context.output.reply(link, sourceMac, key, reply)) {
            context.tcpCounters.outSegs++;
            context.counters.increment(Counter.SYN_COOKIES_SENT);
        }
    }

    private static boolean mayBeCookie(Listener listener, long nowNs) {
        return listener.cookiesSent && nowNs - listener.cookieSentNs < SynCookies.LIFE_NS;
    }

    /** Whether there may be peers that believe they are connected, of which nothing is known here. */
    private static boolean wasRefused(Listener listener, long nowNs) {
        return listener.cookiesRefused && nowNs - listener.cookieRefusedNs < SynCookies.LIFE_NS;
    }

    /** True when the segment was taken, or is to be dropped in silence. */
    private boolean cookie(Link link, Listener listener, FlowKey key, TcpSegment segment, long nowNs) {
        if (!cookies.isAnswer(segment, tuple(key), nowNs)) {
            context.counters.increment(Counter.SYN_COOKIES_FAILED);
            // Perhaps from a peer whose first segment was dropped here; it sends that again, and by that it is known.
            // Only what carries
            // nothing is sure to be answered by a reset if nobody was turned away: a window update or the answer to a
            // second SYN-ACK
            // stands behind the data that the peer has sent since.
            return segment.payloadBytes > 0 || segment.has(TcpSegment.FIN) || wasRefused(listener, nowNs);
        }
        if (listener.isFull()) {
            // The peer believes that it is connected; what it sends next is another chance.
            listener.cookieRefusedNs = nowNs;
            listener.cookiesRefused = true;
            context.counters.increment(Counter.LISTEN_OVERFLOWS);
            context.counters.increment(Counter.LISTEN_DROPS);
            return true;
        }
        Flow flow = context.isFull() ? null : context.newFlow(link, key, listener.defaults);
        if (flow == null) {
            context.counters.increment(Counter.LISTEN_DROPS);
            return true;
        }
        context.counters.increment(Counter.SYN_COOKIES_RECEIVED);
        flow.listener = listener;
        cookies.open(flow, segment, nowNs);
        flow.arrives(segment, nowNs);
        context.afterTurn(flow, nowNs);
        return true;
    }

    private long tuple(FlowKey key) {
        return context.engine.initialSequence.tuple(key.localHi, key.localLo, key.remoteHi, key.remoteLo, key.ports);
    }

    // ---- handshakes that are about to end ---------------------------------------------------------------------------

    /**
     * Whether the segment would complete a handshake for which the accept queue has no room: it is then dropped, as Linux does, and
     * the SYN-ACK that is sent again asks for another.
     */
    boolean putsOff(Flow flow, TcpSegment segment, long nowNs) {
        takeCookie(flow, segment, nowNs);
        if (!segment.has(TcpSegment.ACK) || segment.has(TcpSegment.RST) || !flow.listener.isFull()) {
            return false;
        }
        context.tcpCounters.inSegs++;
        context.counters.increment(Counter.LISTEN_OVERFLOWS);
        return true;
    }

    /**
     * A SYN that came twice may have been answered with a cookie first and with the number of a connection that is kept after that. Which
     * of the two the peer took, it says now.
     */
    private void takeCookie(Flow flow, TcpSegment segment, long nowNs) {
        if ((segment.flags & CONTROL) == TcpSegment.ACK && mayBeCookie(flow.listener, nowNs)) {
            long tuple = context.engine.initialSequence.tuple(
                    flow.localHi, flow.localLo, flow.remoteHi, flow.remoteLo, flow.ports);
            if (cookies.isAnswer(segment, tuple, nowNs)) {
                context.counters.increment(Counter.SYN_COOKIES_RECEIVED);
                cookies.open(flow, segment, nowNs);
            }
        }
    }

    /** A flow that is not accepted yet has news. */
    void handshakeNews(Flow flow, long nowNs) {
        int status = flow.status();
        if ((status & (Flow.CONNECTED | Flow.CLOSED)) == 0) {
            return;
        }
        Listener listener = flow.listener;
        forget(flow);
        if ((status & Flow.CONNECTED) == 0) {
            return;
        }
        if (listener.offer(context, flow)) {
            context.publish(listener.endpoint, Endpoint.INPUT);
        } else {
            flow.applicationClosed = true;
            flow.abort(nowNs);
            flow.publishProgress();
        }
    }

    /** The flow is no longer the listener's. */
    void forget(Flow flow) {
        if (flow.countsHalfOpen) {
            flow.countsHalfOpen = false;
            flow.listener.endHalfOpen();
        }
        flow.listener = null;
    }
}
