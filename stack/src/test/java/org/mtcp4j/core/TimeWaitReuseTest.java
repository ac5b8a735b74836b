/* SPDX-License-Identifier: Apache-2.0 */
package org.mtcp4j.core;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.ByteBuffer;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.mtcp4j.ip.IpAddress;
import org.mtcp4j.nic.FrameBatch;
import org.mtcp4j.nic.MemoryLink;
import org.mtcp4j.nic.Nic;
import org.mtcp4j.nic.NicQueue;
import org.mtcp4j.tcp.TcpState;
import org.mtcp4j.wire.Arp;
import org.mtcp4j.wire.Checksum;
import org.mtcp4j.wire.Ethernet;
import org.mtcp4j.wire.Ipv4;
import org.mtcp4j.wire.TcpHeader;
import org.mtcp4j.wire.TcpSegment;

/** Tuples in TIME-WAIT (RFC 9293 §3.6.1, RFC 6191), by frames of a peer made by hand; the test owns the context and the time. */
class TimeWaitReuseTest {
    private static final IpAddress PEER = IpAddress.parse("198.18.0.1");
    private static final int OUR_IP = TestEngines.OURS.toIpv4();
    private static final int IP = Ethernet.HEADER_BYTES;
    private static final int L4 = IP + Ipv4.HEADER_BYTES;
    private static final int OUR_PORT = 80;
    private static final int PEER_PORT = 40_000;
    private static final int IRS = 1_000;
    private static final int NO_TIMESTAMP = 0;
    /** Linux's distance. */
    private static final int DISTANCE = 65_537;

    private final FrameBatch batch = new FrameBatch(64);
    private final TcpSegment answer = new TcpSegment();
    private Context context;
    private Nic peer;
    private NicQueue queue;
    private ByteBuffer bytes;
    private Listener listener;
    private long nowNs = System.nanoTime();

    @BeforeEach
    void open() throws Exception {
        MemoryLink link = MemoryLink.create(TestEngines.nicSettings(), TestEngines.nicSettings());
        Engine engine = TestEngines.engine(
                List.of(TestEngines.memory(), link.a()), TestEngines.OURS + "/24", List.of(), "nic=memory");
        context = engine.context(0);
        assertThat(context.ownership.tryAcquire()).isTrue();
        peer = link.b();
        queue = peer.queue(0);
        bytes = peer.memory().bytes();
        PortTable.Binding binding = engine.ports.bind(TestEngines.OURS, OUR_PORT, true, false, port -> false);
        listener = engine.listen(binding, 10, new SocketDefaults(65_536, 65_536), new Endpoint() {});
        int frame = queue.allocate();
        Ethernet.write(bytes, frame, Ethernet.BROADCAST, peer.macAddress(), Ethernet.TYPE_ARP);
        Arp.write(bytes, frame + IP, Arp.REQUEST, peer.macAddress(), PEER.toIpv4(), 0, OUR_IP);
        send(frame, IP + Arp.PACKET_BYTES);
        batch.count = 0;
        assertThat(queue.receive(batch)).isEqualTo(1);
        queue.free(batch.offset[0]);
    }

    private void send(int frame, int lengthBytes) {
        batch.count = 0;
        batch.add(frame, lengthBytes, 0);
        assertThat(queue.transmit(batch)).isEqualTo(1);
        round();
    }

    private void round() {
        nowNs += 1_000_000;
        context.round(nowNs);
    }

    /** A segment of the peer's arrives. */
    private void inject(int flags, int seq, int ack, int payloadBytes, int tsVal) {
        inject(PEER_PORT << 16 | OUR_PORT, flags, seq, ack, payloadBytes, tsVal);
    }

    private void inject(int ports, int flags, int seq, int ack, int payloadBytes, int tsVal) {
        int frame = queue.allocate();
        int tcp = frame + L4;
        int header = tsVal == NO_TIMESTAMP ? 20 : 32;
        bytes.putInt(tcp, ports).putInt(tcp + 4, seq).putInt(tcp + 8, ack);
        bytes.putInt(tcp + 12, (header / 4) << 28 | flags << 16 | 65_535).putInt(tcp + 16, 0);
        if (tsVal != NO_TIMESTAMP) {
            bytes.putInt(tcp + 20, 1 << 24 | 1 << 16 | 8 << 8 | 10)
                    .putInt(tcp + 24, tsVal)
                    .putInt(tcp + 28, 0);
        }
        for (int i = 0; i < payloadBytes; i++) {
            bytes.put(tcp + header + i, (byte) i);
        }
        int l4Bytes = header + payloadBytes;
        Ethernet.write(bytes, frame, context.links[1].mac, peer.macAddress(), Ethernet.TYPE_IPV4);
        Ipv4.write(
                bytes,
                frame + IP,
                Ipv4.HEADER_BYTES + l4Bytes,
                1,
                Ipv4.PROTOCOL_TCP,
                /* source= */ PEER.toIpv4(),
                /* destination= */ OUR_IP);
        int pseudo = Checksum.pseudoIpv4(PEER.toIpv4(), OUR_IP, Ipv4.PROTOCOL_TCP, l4Bytes);
        bytes.putShort(tcp + 16, (short) Checksum.finish(pseudo + Checksum.partial(bytes, tcp, l4Bytes)));
        send(frame, L4 + l4Bytes);
    }

    /** What the context has sent: the one segment, or -1. */
    private int answered() {
        batch.count = 0;
        if (queue.receive(batch) == 0) {
            return -1;
        }
        assertThat(batch.count).isEqualTo(1);
        assertThat(TcpHeader.parse(bytes, batch.offset[0] + L4, batch.lengthBytes[0] - L4, answer))
                .isEqualTo(TcpHeader.OK);
        queue.free(batch.offset[0]);
        return answer.flags & ~TcpSegment.PSH;
    }

    /** A connection that the peer opens and we close first. Returns our SND.NXT; the peer's is {@code IRS + 2}. */
    private int passiveInTimeWait(boolean held, int tsVal) {
        inject(TcpSegment.SYN, IRS, 0, 0, tsVal);
        assertThat(answered()).isEqualTo(TcpSegment.SYN | TcpSegment.ACK);
        int iss = answer.seq;
        inject(TcpSegment.ACK, IRS + 1, iss + 1, 0, tsVal);
        Flow flow = listener.accept();
        flow.attach(new Endpoint() {}, flow.options().copy());
        closes(flow, held, PEER_PORT << 16 | OUR_PORT, iss, tsVal);
        return iss + 2;
    }

    private void closes(Flow flow, boolean held, int ports, int iss, int tsVal) {
        flow.ask(held ? Flow.SHUTDOWN : Flow.CLOSE);
        round();
        assertThat(answered()).isEqualTo(TcpSegment.FIN | TcpSegment.ACK);
        inject(ports, TcpSegment.FIN | TcpSegment.ACK, IRS + 1, iss + 2, 0, tsVal);
        assertThat(answered()).isEqualTo(TcpSegment.ACK);
        assertThat(answer.seq).isEqualTo(iss + 2);
        assertThat(context.timeWaits.size()).isEqualTo(held ? 0 : 1);
        assertThat(context.flows.size()).isEqualTo(held ? 1 : 0);
    }

    private int waiting() {
        return context.timeWaits.size()
                + (int) List.of(context.flows.snapshot()).stream()
                        .filter(flow -> flow.state() == TcpState.TIME_WAIT)
                        .count();
    }

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void rfc9293_3_6_1_connectionThatTakesThePlaceBeginsAboveWhatTheOldOneSent(boolean held) {
        int sndNxt = passiveInTimeWait(held, NO_TIMESTAMP);
        inject(TcpSegment.SYN, IRS + 1_000, 0, 0, NO_TIMESTAMP);
        assertThat(answered()).isEqualTo(TcpSegment.SYN | TcpSegment.ACK);
        assertThat(answer.seq).isEqualTo(sndNxt + DISTANCE);
        assertThat(waiting()).isZero();
        inject(TcpSegment.ACK, IRS + 1_001, answer.seq + 1, 0, NO_TIMESTAMP);
        assertThat(listener.accept()).isNotNull();
    }

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void synThatNobodyListensForDoesNotEndIt(boolean held) {
        int sndNxt = passiveInTimeWait(held, NO_TIMESTAMP);
        context.engine.ports.unlisten(listener);
        inject(TcpSegment.SYN, IRS + 1_000, 0, 0, NO_TIMESTAMP);
        assertThat(answered()).isEqualTo(TcpSegment.ACK);
        assertThat(answer.seq).isEqualTo(sndNxt);
        assertThat(answer.ack).isEqualTo(IRS + 2);
        assertThat(waiting()).isEqualTo(1);
    }

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void synThatTheAcceptQueueHasNoRoomForDoesNotEndIt(boolean held) {
        passiveInTimeWait(held, NO_TIMESTAMP);
        for (int port = 1; !listener.isFull(); port++) {
            inject(port << 16 | OUR_PORT, TcpSegment.SYN, IRS, 0, 0, NO_TIMESTAMP);
            assertThat(answered()).isEqualTo(TcpSegment.SYN | TcpSegment.ACK);
            inject(port << 16 | OUR_PORT, TcpSegment.ACK, IRS + 1, answer.seq + 1, 0, NO_TIMESTAMP);
        }
        inject(TcpSegment.SYN, IRS + 1_000, 0, 0, NO_TIMESTAMP);
        assertThat(answered()).isNegative();
        assertThat(waiting()).isEqualTo(1);
    }

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void rfc9293_3_10_7_4_segmentInTheWindowIsAnswered(boolean held) {
        int sndNxt = passiveInTimeWait(held, NO_TIMESTAMP);
        for (int i = 0; i < 3; i++) {
            inject(TcpSegment.ACK, IRS + 2, sndNxt, 10, NO_TIMESTAMP);
            assertThat(answered()).as("text").isEqualTo(TcpSegment.ACK);
            assertThat(answer.seq).isEqualTo(sndNxt);
            assertThat(answer.ack).isEqualTo(IRS + 2);
        }
        inject(TcpSegment.ACK, IRS + 2, sndNxt, 0, NO_TIMESTAMP);
        assertThat(answered()).as("what says nothing new").isNegative();
        inject(TcpSegment.ACK, IRS + 7, sndNxt, 0, NO_TIMESTAMP);
        assertThat(answered()).as("elsewhere").isEqualTo(TcpSegment.ACK);
        inject(TcpSegment.ACK, IRS + 7, sndNxt, 0, NO_TIMESTAMP);
        assertThat(answered()).as("twice a second").isNegative();
        nowNs += 500_000_000L;
        inject(TcpSegment.ACK, IRS + 7, sndNxt, 0, NO_TIMESTAMP);
        assertThat(answered()).isEqualTo(TcpSegment.ACK);
    }

    private Flow connect(int port) {
        ConnectCall call = new ConnectCall(
                1, TestEngines.OURS, PEER, port << 16 | 80, new SocketDefaults(65_536, 65_536), new Endpoint() {});
        call.execute(context, nowNs);
        return call.flow();
    }

    /** A connection that we open and close first. Returns our SND.NXT. */
    private int activeInTimeWait(boolean held, int tsVal) {
        Flow flow = connect(5_000);
        round();
        assertThat(answered()).isEqualTo(TcpSegment.SYN);
        int iss = answer.seq;
        int ports = 80 << 16 | 5_000;
        inject(ports, TcpSegment.SYN | TcpSegment.ACK, IRS, iss + 1, 0, tsVal);
        assertThat(answered()).isEqualTo(TcpSegment.ACK);
        closes(flow, held, ports, iss, tsVal);
        return iss + 2;
    }

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void rfc6191_activeOpenTakesATupleWithTimestampsAndBeginsAboveWhatTheOldOneSent(boolean held) {
        int sndNxt = activeInTimeWait(held, 7);
        assertThat(connect(5_000)).isNotNull();
        round();
        assertThat(answered()).isEqualTo(TcpSegment.SYN);
        assertThat(answer.seq).isEqualTo(sndNxt + DISTANCE);
        assertThat(waiting()).isZero();
    }

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void rfc6191_activeOpenDoesNotTakeATupleWithoutTimestamps(boolean held) {
        activeInTimeWait(held, NO_TIMESTAMP);
        assertThat(connect(5_000)).isNull();
        assertThat(waiting()).isEqualTo(1);
    }

    @Test
    void openAfterATimeWaitWasTakenBeginsWhereItsOwnTupleDoes() {
        int sndNxt = activeInTimeWait(false, 7);
        assertThat(connect(5_000)).isNotNull();
        assertThat(connect(5_001)).isNotNull();
        round();
        batch.count = 0;
        assertThat(queue.receive(batch)).isEqualTo(2);
        TcpHeader.parse(bytes, batch.offset[1] + L4, batch.lengthBytes[1] - L4, answer);
        assertThat(answer.seq).isNotEqualTo(sndNxt + DISTANCE);
    }
}
