/* SPDX-License-Identifier: Apache-2.0 */
package org.mtcp4j.nic.xdp;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.security.SecureRandom;
import java.util.ArrayDeque;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.LongSupplier;
import org.mtcp4j.nic.linux.LinuxCalls;
import org.mtcp4j.wire.Arp;
import org.mtcp4j.wire.Ethernet;
import org.mtcp4j.wire.Icmp6;
import org.mtcp4j.wire.Ipv6;
import org.mtcp4j.wire.Ndp;

/**
 * The kernel's neighbours in the place of the network's. A question that the stack sends is put to the kernel, which asks or probes as if it
 * had a packet for that neighbour, and what the kernel knows, then or later, reaches the stack as that neighbour's answer. So there is one
 * table, and nobody on the link is asked twice.
 */
final class KernelNeighbours {
    static final int NEWNEIGH = 28;
    static final int DELNEIGH = 29;
    private static final int GETNEIGH = 30;
    private static final int NEIGHBOUR_BYTES = 12;
    private static final int NDA_DST = 1;
    private static final int NDA_LLADDR = 2;
    private static final int USE = 1;
    private static final int IS_ROUTER = 0x80;
    /** REACHABLE, STALE, DELAY, PROBE, NOARP, PERMANENT. */
    private static final int KNOWN = 0x02 | 0x04 | 0x08 | 0x10 | 0x40 | 0x80;

    private static final long MAPPED = 0xffff;
    private static final int IP = Ethernet.HEADER_BYTES;
    private static final int ICMP = IP + Ipv6.HEADER_BYTES;
    private static final int ARP_FRAME_BYTES = IP + Arp.PACKET_BYTES;
    private static final int NDP_FRAME_BYTES = ICMP + Ndp.MESSAGE_BYTES;
    private static final int FIRST_NDP = Icmp6.ROUTER_SOLICITATION;
    private static final int LAST_NDP = 137;

    /** Neighbours that have been asked for, of whom news is told; the one asked for longest ago goes first. */
    private static final int MOST_ASKED = 2_048;
    /** Answers that wait for a frame. */
    private static final int MOST_ANSWERS = 1_024;

    /** Questions a second, of all contexts: each is a system call or two within a round, and whoever is on the link can cause as many as it likes. */
    static final int MOST_QUESTIONS = 256;

    private static final long SECOND_NS = 1_000_000_000L;

    private record Answer(ByteBuffer target, ByteBuffer asker, long mac, boolean isRouter) {}

    private final Netlink netlink;
    private final HelperLink helper;
    private final int interfaceIndex;
    private final long ourMac;
    /** Who asked for whom, by address. */
    private final Map<ByteBuffer, ByteBuffer> asked = new LinkedHashMap<>() {
        private static final long serialVersionUID = 1;

        @Override
        protected boolean removeEldestEntry(Map.Entry<ByteBuffer, ByteBuffer> eldest) {
            return size() > MOST_ASKED;
        }
    };

    /** Where questions are answered at once. */
    private final Netlink questions;

    private final ByteBuffer question4;
    private final ByteBuffer question6;
    private final Netlink.Handler knowing = this::answered;
    private boolean known;
    private final KnownNeighbours told = new KnownNeighbours(new SecureRandom().nextLong());
    private final LongSupplier clockNs;
    private volatile long questionsFromNs;
    private final AtomicInteger questionsAsked = new AtomicInteger();

    private final ArrayDeque<Answer> answers = new ArrayDeque<>();

    /** @param helper who has the kernel ask for neighbours in our place; or null */
    KernelNeighbours(
            Netlink netlink,
            Netlink questions,
            int interfaceIndex,
            long ourMac,
            HelperLink helper,
            LongSupplier clockNs) {
        this.helper = helper;
        this.clockNs = clockNs;
        questionsFromNs = clockNs.getAsLong();
        this.netlink = netlink;
        this.questions = questions;
        this.interfaceIndex = interfaceIndex;
        this.ourMac = ourMac;
        question4 = ByteBuffer.wrap(message(LinuxCalls.AF_INET, ByteBuffer.allocate(4), 0));
        question6 = ByteBuffer.wrap(message(LinuxCalls.AF_INET6, ByteBuffer.allocate(16), 0));
    }

    /**
     * Whether the frame is the kernel's affair: what asks for a neighbour is put to the kernel, what tells of ourselves it has told. Any
     * queue's owner.
     */
    boolean takes(ByteBuffer bytes, int frame) {
        int type = Ethernet.type(bytes, frame);
        if (type == Ethernet.TYPE_ARP) {
            int arp = frame + IP;
            int sender = Arp.senderIp(bytes, arp);
            if (Arp.operation(bytes, arp) == Arp.REQUEST && sender != 0 && sender != Arp.targetIp(bytes, arp)) {
                ask(
                        LinuxCalls.AF_INET,
                        copy(bytes, arp + Arp.TARGET_IP_OFFSET, 4),
                        copy(bytes, arp + Arp.SENDER_IP_OFFSET, 4));
            }
            return true;
        }
        if (type != Ethernet.TYPE_IPV6 || Ipv6.nextHeader(bytes, frame + IP) != Ipv6.ICMP) {
            return false;
        }
        int icmp = Icmp6.type(bytes, frame + ICMP);
        boolean hasSource = (Ipv6.sourceHi(bytes, frame + IP) | Ipv6.sourceLo(bytes, frame + IP)) != 0;
        if (icmp == Icmp6.NEIGHBOUR_SOLICITATION && hasSource) {
            ask(
                    LinuxCalls.AF_INET6,
                    copy(bytes, frame + ICMP + Ndp.TARGET_OFFSET, 16),
                    copy(bytes, frame + IP + Ipv6.SOURCE_OFFSET, 16));
        }
        return icmp >= FIRST_NDP && icmp <= LAST_NDP;
    }

    private static ByteBuffer copy(ByteBuffer bytes, int at, int length) {
        byte[] copy = new byte[length];
        bytes.get(at, copy);
        return ByteBuffer.wrap(copy);
    }

    private void ask(int family, ByteBuffer target, ByteBuffer asker) {
        synchronized (asked) {
            asked.remove(target);
            asked.put(target, asker);
        }
        if (helper != null) {
            helper.lookFor(target);
        } else {
            lookFor(netlink, interfaceIndex, target);
        }
        netlink.send(GETNEIGH, Netlink.REQUEST, message(family, target, 0));
    }

    /** Has the kernel ask for a neighbour, or probe it, as if it had a packet for it. Needs CAP_NET_ADMIN. */
    static void lookFor(Netlink netlink, int interfaceIndex, ByteBuffer target) {
        int family = target.capacity() == 4 ? LinuxCalls.AF_INET : LinuxCalls.AF_INET6;
        netlink.send(
                NEWNEIGH,
                Netlink.REQUEST | Netlink.CREATE | Netlink.REPLACE,
                message(family, interfaceIndex, target, USE));
    }

    /**
     * Whether the kernel would look for a neighbour for this process: a question about none, which it refuses for what is missing in it only after it
     * has looked at who asks. CAP_SYS_ADMIN is enough to attach, and not for this.
     */
    boolean mayLookFor() {
        int[] error = {0};
        synchronized (questions) {
            questions.get(NEWNEIGH, new byte[NEIGHBOUR_BYTES], (in, at, type, end) -> {
                if (type == Netlink.ERROR && end - at >= Netlink.HEADER_BYTES + 4) {
                    error[0] = in.getInt(at + Netlink.HEADER_BYTES);
                }
            });
        }
        return error[0] != -LinuxCalls.EPERM;
    }

    /** Reads which neighbours the kernel knows; from then on news tells of changes. */
    void read() {
        synchronized (questions) {
            questions.dump(
                    GETNEIGH,
                    new byte[NEIGHBOUR_BYTES],
                    () -> {},
                    (in, at, type, end) -> note(in, at, end, type == NEWNEIGH));
        }
    }

    /** Whether the kernel has that neighbour's hardware address, by news of it. */
    private void note(ByteBuffer in, int at, int end, boolean isThere) {
        int message = at + Netlink.HEADER_BYTES;
        int address = Netlink.attribute(in, message + NEIGHBOUR_BYTES, end, NDA_DST);
        if (in.getInt(message + 4) != interfaceIndex || address < 0) {
            return;
        }
        int bytes = Netlink.valueBytes(in, address);
        if (bytes != 4 && bytes != 16) {
            return;
        }
        long hi = bytes == 4 ? 0 : bigEndian(in, address);
        long lo = bytes == 4 ? MAPPED << 32 | (bigEndian(in, address - 4) & 0xffff_ffffL) : bigEndian(in, address + 8);
        if (isThere && (in.getShort(message + 8) & KNOWN) != 0) {
            told.add(hi, lo);
        } else {
            told.remove(hi, lo);
        }
    }

    private static long bigEndian(ByteBuffer in, int at) {
        long bits = in.getLong(at);
        return in.order() == ByteOrder.BIG_ENDIAN ? bits : Long.reverseBytes(bits);
    }

    /** A neighbour that the kernel has forgotten. Queue 0's owner. */
    void gone(ByteBuffer in, int at, int end) {
        note(in, at, end, false);
    }

    /**
     * Whether the kernel knows that neighbour now, which is not asked for: by its news, or by a question where news may be on its way. Any thread.
     *
     * @param hi of the address, of IPv4 in its mapped form
     */
    boolean isKnown(long hi, long lo) {
        return told.contains(hi, lo) || (mayAsk() && isKnownByAnswer(hi, lo));
    }

    private boolean mayAsk() {
        long nowNs = clockNs.getAsLong();
        if (nowNs - questionsFromNs >= SECOND_NS) {
            questionsFromNs = nowNs;
            questionsAsked.set(0);
        }
        return questionsAsked.get() < MOST_QUESTIONS && questionsAsked.incrementAndGet() <= MOST_QUESTIONS;
    }

    private boolean isKnownByAnswer(long hi, long lo) {
        boolean ipv4 = hi == 0 && lo >>> 32 == MAPPED;
        synchronized (questions) {
            if (ipv4) {
                question4.putInt(NEIGHBOUR_BYTES + 4, (int) lo);
            } else {
                question6.putLong(NEIGHBOUR_BYTES + 4, hi).putLong(NEIGHBOUR_BYTES + 12, lo);
            }
            known = false;
            questions.get(GETNEIGH, (ipv4 ? question4 : question6).array(), knowing);
            return known;
        }
    }

    private void answered(ByteBuffer in, int at, int type, int end) {
        known = type == NEWNEIGH && (in.getShort(at + Netlink.HEADER_BYTES + 8) & KNOWN) != 0;
    }

    private byte[] message(int family, ByteBuffer target, int flags) {
        return message(family, interfaceIndex, target, flags);
    }

    /** {@code struct ndmsg} and the address. */
    private static byte[] message(int family, int interfaceIndex, ByteBuffer target, int flags) {
        int bytes = target.capacity();
        byte[] message = new byte[NEIGHBOUR_BYTES + 4 + bytes];
        ByteBuffer to = ByteBuffer.wrap(message).order(ByteOrder.nativeOrder());
        to.put(0, (byte) family).putInt(4, interfaceIndex).put(10, (byte) flags);
        to.putShort(NEIGHBOUR_BYTES, (short) (4 + bytes)).putShort(NEIGHBOUR_BYTES + 2, (short) NDA_DST);
        to.put(NEIGHBOUR_BYTES + 4, target, 0, bytes);
        return message;
    }

    /** News of a neighbour, asked for or not. Queue 0's owner. */
    void heard(ByteBuffer in, int at, int end) {
        note(in, at, end, true);
        int message = at + Netlink.HEADER_BYTES;
        int attributes = message + NEIGHBOUR_BYTES;
        int state = in.getShort(message + 8);
        if (in.getInt(message + 4) != interfaceIndex || (state & KNOWN) == 0) {
            return;
        }
        int address = Netlink.attribute(in, attributes, end, NDA_DST);
        int link = Netlink.attribute(in, attributes, end, NDA_LLADDR);
        if (address < 0 || link < 0 || Netlink.valueBytes(in, link) != 6 || answers.size() >= MOST_ANSWERS) {
            return;
        }
        ByteBuffer target = ByteBuffer.wrap(Netlink.value(in, address));
        ByteBuffer asker;
        synchronized (asked) {
            asker = asked.get(target);
        }
        if (asker != null && asker.capacity() == target.capacity()) {
            boolean isRouter = (in.get(message + 10) & IS_ROUTER) != 0;
            answers.add(new Answer(target, asker, macAt(in, link), isRouter));
        }
    }

    private static long macAt(ByteBuffer in, int at) {
        long mac = 0;
        for (int i = 0; i < 6; i++) {
            mac = (mac << 8) | (in.get(at + i) & 0xff);
        }
        return mac;
    }

    boolean hasAnswer() {
        return !answers.isEmpty();
    }

    /** Writes the next answer as a frame; returns its length. Queue 0's owner, with an answer there. */
    int writeAnswer(ByteBuffer bytes, int frame) {
        Answer answer = answers.remove();
        return answer.target.capacity() == 4 ? writeArp(answer, bytes, frame) : writeNdp(answer, bytes, frame);
    }

    private int writeArp(Answer answer, ByteBuffer bytes, int frame) {
        Ethernet.write(bytes, frame, ourMac, answer.mac, Ethernet.TYPE_ARP);
        Arp.write(bytes, frame + IP, Arp.REPLY, answer.mac, answer.target.getInt(0), ourMac, answer.asker.getInt(0));
        return ARP_FRAME_BYTES;
    }

    private int writeNdp(Answer answer, ByteBuffer bytes, int frame) {
        ByteBuffer target = answer.target;
        Ethernet.write(bytes, frame, ourMac, answer.mac, Ethernet.TYPE_IPV6);
        Ipv6.write(bytes, frame + IP, Ndp.MESSAGE_BYTES, Ipv6.ICMP, Ndp.HOPS);
        Ipv6.addresses(
                bytes,
                frame + IP,
                target.getLong(0),
                target.getLong(8),
                answer.asker.getLong(0),
                answer.asker.getLong(8));
        Ndp.write(bytes, frame + ICMP, target.getLong(0), target.getLong(8), Ndp.TARGET_LINK_ADDRESS, answer.mac);
        int flags = Ndp.SOLICITED | Ndp.OVERRIDE | (answer.isRouter ? Ndp.ROUTER : 0);
        Icmp6.write(bytes, frame + IP, frame + ICMP, Ndp.MESSAGE_BYTES, Icmp6.NEIGHBOUR_ADVERTISEMENT << 8, flags);
        return NDP_FRAME_BYTES;
    }
}
