/* SPDX-License-Identifier: Apache-2.0 */
package org.mtcp4j.tcp;

import org.mtcp4j.wire.Seq;
import org.mtcp4j.wire.TcpSegment;

/** TIME-WAIT (RFC 9293 §3.6.1, RFC 6191). */
final class TimeWait {
    private TimeWait() {}

    static void start(Connection c, long nowNs) {
        c.enter(TcpState.TIME_WAIT);
        c.retransmitDeadlineNs = ControlBlock.NEVER;
        c.persisting = false;
        Receiver.forgetReassembly(c);
        Retransmission.forgetRecovery(c);
        c.due &= ~(ControlBlock.DUE_DATA | ControlBlock.DUE_PROBE | ControlBlock.DUE_KEEP_ALIVE);
        restart(c, nowNs);
    }

    /**
     * A segment in the window, its acknowledgement taken (RFC 9293 §3.10.7.4). Nothing new can come, so what carries something, or stands
     * where the peer has not sent, is old: the answer tells its sender where we are.
     */
    static void arrives(Connection c, TcpSegment s, long nowNs) {
        if (s.segLen() > 0 || s.seq != c.rcvNxt) {
            OutOfWindow.answer(c, s, nowNs);
        }
    }

    /** The peer's FIN once more: our acknowledgement of it was lost. */
    static void restart(Connection c, long nowNs) {
        c.slowDeadlineNs = nowNs + c.settings.timeWaitNs;
    }

    /** RFC 6191 §2: a timestamp, or else a sequence number, that no old segment can have. */
    static boolean mayReuse(Connection c, TcpSegment syn) {
        int control = TcpSegment.SYN | TcpSegment.ACK | TcpSegment.RST | TcpSegment.FIN;
        if (c.state != TcpState.TIME_WAIT || (syn.flags & control) != TcpSegment.SYN) {
            return false;
        }
        if (c.timestamps && syn.timestamps && syn.tsVal != c.tsRecent) {
            return Seq.gt(syn.tsVal, c.tsRecent);
        }
        return Seq.gt(syn.seq, c.rcvNxt);
    }
}
