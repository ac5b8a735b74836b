/* SPDX-License-Identifier: Apache-2.0 */
package org.mtcp4j.core;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.ByteBuffer;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.mtcp4j.ip.IpAddress;
import org.mtcp4j.nic.FrameBatch;
import org.mtcp4j.nic.MemoryLink;
import org.mtcp4j.nic.Nic;
import org.mtcp4j.nic.NicQueue;
import org.mtcp4j.wire.Arp;
import org.mtcp4j.wire.Checksum;
import org.mtcp4j.wire.Ethernet;
import org.mtcp4j.wire.Ipv4;
import org.mtcp4j.wire.TcpHeader;
import org.mtcp4j.wire.TcpSegment;

/** LISTEN and CLOSED against every kind of segment (RFC 9293 §3.10.7.1 and §3.10.7.2), by frames; the other states: StateEventAuditTest. */
class ListenEventTest {
    private static final IpAddress PEER = IpAddress.parse("198.18.0.1");
    private static final int OUR_IP = TestEngines.OURS.toIpv4();
    private static final int IP = Ethernet.HEADER_BYTES;
    private static final int L4 = IP + Ipv4.HEADER_BYTES;
    private static final int LISTENING = 80;
    private static final int CLOSED = 9;
    private static final int SEQ = 1_000;
    private static final int ACK_OF = 77;

    private static final int NOTHING = 0;
    private static final int SYN_ACK = TcpSegment.SYN | TcpSegment.ACK;
    /** Takes its number from the segment's acknowledgement (§3.10.7.1). */
    private static final int RST = TcpSegment.RST;
    /** Has number 0 and acknowledges the segment. */
    private static final int RST_ACK = TcpSegment.RST | TcpSegment.ACK;

    private final FrameBatch batch = new FrameBatch(64);
    private Context context;
    private Nic peer;
    private NicQueue queue;
    private ByteBuffer bytes;
    private long nowNs = System.nanoTime();

    /** A segment, and what answers it in each of the two states. */
    enum Event {
        SYN(TcpSegment.SYN, 0, SYN_ACK, RST_ACK),
        SYN_WITH_DATA(TcpSegment.SYN, 10, SYN_ACK, RST_ACK),
        BARE_ACK(TcpSegment.ACK, 0, ListenEventTest.RST, ListenEventTest.RST),
        SYN_AND_ACK(TcpSegment.SYN | TcpSegment.ACK, 0, ListenEventTest.RST, ListenEventTest.RST),
        DATA(TcpSegment.ACK, 10, ListenEventTest.RST, ListenEventTest.RST),
        URGENT(TcpSegment.ACK | TcpSegment.URG, 10, ListenEventTest.RST, ListenEventTest.RST),
        FIN(TcpSegment.FIN | TcpSegment.ACK, 0, ListenEventTest.RST, ListenEventTest.RST),
        DATA_WITHOUT_ACK(0, 10, NOTHING, RST_ACK),
        FIN_WITHOUT_ACK(TcpSegment.FIN, 0, NOTHING, RST_ACK),
        RST(TcpSegment.RST, 0, NOTHING, NOTHING),
        RST_AND_ACK(TcpSegment.RST | TcpSegment.ACK, 0, NOTHING, NOTHING);

        final int flags;
        final int payloadBytes;
        final int inListen;
        final int inClosed;

        Event(int flags, int payloadBytes, int inListen, int inClosed) {
            this.flags = flags;
            this.payloadBytes = payloadBytes;
            this.inListen = inListen;
            this.inClosed = inClosed;
        }
    }

    private void open() throws Exception {
        MemoryLink link = MemoryLink.create(TestEngines.nicSettings(), TestEngines.nicSettings());
        Engine engine = TestEngines.engine(
                List.of(TestEngines.memory(), link.a()), TestEngines.OURS + "/24", List.of(), "nic=memory");
        context = engine.context(0);
        peer = link.b();
        queue = peer.queue(0);
        bytes = peer.memory().bytes();
        PortTable.Binding binding = engine.bind(TestEngines.OURS, LISTENING, true, false);
        engine.listen(binding, 10, new SocketDefaults(65_536, 65_536), new Endpoint() {});
        int frame = queue.allocate();
        Ethernet.write(bytes, frame, Ethernet.BROADCAST, peer.macAddress(), Ethernet.TYPE_ARP);
        Arp.write(bytes, frame + IP, Arp.REQUEST, peer.macAddress(), PEER.toIpv4(), 0, OUR_IP);
        assertThat(send(frame, IP + Arp.PACKET_BYTES)).isTrue();
        queue.free(batch.offset[0]);
    }

    /** Whether it was answered; the answer is the batch's first frame then. */
    private boolean send(int frame, int lengthBytes) {
        batch.count = 0;
        batch.add(frame, lengthBytes, 0);
        assertThat(queue.transmit(batch)).isEqualTo(1);
        nowNs += 1_000_000;
        assertThat(context.ownership.tryAcquire()).isTrue();
        context.round(nowNs);
        context.ownership.releaseOrReacquire();
        batch.count = 0;
        return queue.receive(batch) > 0;
    }

    private int answerTo(Event event, int port) {
        int frame = queue.allocate();
        int tcp = frame + L4;
        int l4Bytes = TcpHeader.MIN_BYTES + event.payloadBytes;
        int ack = (event.flags & TcpSegment.ACK) != 0 ? ACK_OF : 0;
        bytes.putInt(tcp, 40_000 << 16 | port).putInt(tcp + 4, SEQ).putInt(tcp + 8, ack);
        bytes.putInt(tcp + 12, 5 << 28 | event.flags << 16 | 65_535).putInt(tcp + 16, 0);
        for (int i = 0; i < event.payloadBytes; i++) {
            bytes.put(tcp + TcpHeader.MIN_BYTES + i, (byte) i);
        }
        Ethernet.write(bytes, frame, context.links[1].mac, peer.macAddress(), Ethernet.TYPE_IPV4);
        int total = Ipv4.HEADER_BYTES + l4Bytes;
        Ipv4.write(bytes, frame + IP, total, 1, Ipv4.PROTOCOL_TCP, PEER.toIpv4(), OUR_IP);
        int pseudo = Checksum.pseudoIpv4(PEER.toIpv4(), OUR_IP, Ipv4.PROTOCOL_TCP, l4Bytes);
        bytes.putShort(tcp + 16, (short) Checksum.finish(pseudo + Checksum.partial(bytes, tcp, l4Bytes)));
        if (!send(frame, L4 + l4Bytes)) {
            return NOTHING;
        }
        TcpSegment answer = new TcpSegment();
        assertThat(TcpHeader.parse(bytes, batch.offset[0] + L4, batch.lengthBytes[0] - L4, answer))
                .isEqualTo(TcpHeader.OK);
        if (answer.flags == RST) {
            assertThat(answer.seq).isEqualTo(ACK_OF);
        } else if (answer.flags == RST_ACK) {
            int length = event.payloadBytes + Integer.bitCount(event.flags & (TcpSegment.SYN | TcpSegment.FIN));
            assertThat(answer.seq).isZero();
            assertThat(answer.ack).isEqualTo(SEQ + length);
        } else {
            assertThat(answer.ack).as("data with a SYN is not taken").isEqualTo(SEQ + 1);
        }
        return answer.flags;
    }

    @ParameterizedTest
    @EnumSource
    void rfc9293_3_10_7_2_inListen(Event event) throws Exception {
        open();
        assertThat(answerTo(event, LISTENING)).isEqualTo(event.inListen);
    }

    @ParameterizedTest
    @EnumSource
    void rfc9293_3_10_7_1_inClosed(Event event) throws Exception {
        open();
        assertThat(answerTo(event, CLOSED)).isEqualTo(event.inClosed);
    }

    @Test
    void rfc9293_3_10_7_2_theListenerGoesOnWhateverCame() throws Exception {
        open();
        for (Event event : Event.values()) {
            if ((event.flags & TcpSegment.SYN) == 0) {
                answerTo(event, LISTENING);
            }
        }
        assertThat(answerTo(Event.SYN, LISTENING)).isEqualTo(SYN_ACK);
    }
}
