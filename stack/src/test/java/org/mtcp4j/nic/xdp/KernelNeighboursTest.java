/* SPDX-License-Identifier: Apache-2.0 */
package org.mtcp4j.nic.xdp;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.mtcp4j.ip.IpAddress;

/** The kernel's side is played by {@link FakeCalls}. */
class KernelNeighboursTest {
    private static final int INTERFACE = 5;
    private static final int GETNEIGH = 30;
    private static final short FAILED = 0x20;
    private static final short INCOMPLETE = 1;
    private static final short STALE = 4;
    private static final IpAddress PEER = IpAddress.parse("198.18.0.9");
    private static final IpAddress PEER_6 = IpAddress.parse("2001:db8::9");

    private final FakeCalls kernel = new FakeCalls();
    private long nowNs = -7;
    private Netlink news;
    private KernelNeighbours neighbours;

    @BeforeEach
    void open() throws Exception {
        XdpFailures failures = new XdpFailures(kernel.calls(), "eth0");
        news = new Netlink(kernel.calls(), failures, 4);
        neighbours =
                new KernelNeighbours(news, new Netlink(kernel.calls(), failures, 0), INTERFACE, 2, null, () -> nowNs);
    }

    private void answersWith(short state) {
        ByteBuffer body = ByteBuffer.allocate(12).order(ByteOrder.nativeOrder()).putShort(8, state);
        kernel.onSend = () -> kernel.arrives(KernelNeighbours.NEWNEIGH, 0, kernel.lastSequence(), body.array());
    }

    @Test
    void aNeighbourIsKnownIfTheKernelHasItsAddressAndNothingIsEntered() {
        answersWith(STALE);
        assertThat(neighbours.isKnown(PEER.hi(), PEER.lo())).isTrue();
        assertThat(neighbours.isKnown(PEER_6.hi(), PEER_6.lo())).isTrue();
        assertThat(kernel.sent).hasSize(2);
        for (int i = 0; i < 2; i++) {
            ByteBuffer question = kernel.sent.get(i);
            byte[] address = (i == 0 ? PEER : PEER_6).toBytes();
            byte[] asked = new byte[address.length];
            question.get(Netlink.HEADER_BYTES + 16, asked);
            assertThat(asked).isEqualTo(address);
            assertThat(question.getShort(4)).isEqualTo((short) GETNEIGH);
            assertThat(question.getShort(6)).isEqualTo((short) Netlink.REQUEST);
        }
    }

    @Test
    void aNeighbourIsUnknownIfTheKernelHasNoneOrIsStillAskingOrDoesNotAnswer() {
        answersWith(STALE);
        assertThat(neighbours.isKnown(PEER.hi(), PEER.lo())).isTrue();
        answersWith(INCOMPLETE);
        assertThat(neighbours.isKnown(PEER.hi(), PEER.lo())).isFalse();
        kernel.onSend = () -> kernel.arrives(Netlink.ERROR, 0, kernel.lastSequence(), new byte[20]);
        assertThat(neighbours.isKnown(PEER.hi(), PEER.lo())).isFalse();
        kernel.onSend = () -> {};
        assertThat(neighbours.isKnown(PEER.hi(), PEER.lo())).isFalse();
    }

    @Test
    void theLateAnswerToAnEarlierQuestionIsNotThisOnes() {
        kernel.onSend = () -> {
            kernel.arrives(KernelNeighbours.NEWNEIGH, 0, kernel.lastSequence() - 1, stale());
            kernel.arrives(Netlink.ERROR, 0, kernel.lastSequence(), new byte[20]);
        };
        assertThat(neighbours.isKnown(PEER.hi(), PEER.lo())).isFalse();
    }

    private static byte[] stale() {
        return ByteBuffer.allocate(12)
                .order(ByteOrder.nativeOrder())
                .putShort(8, STALE)
                .array();
    }

    /** {@code struct ndmsg} and the address. */
    private static byte[] neighbour(IpAddress address, int interfaceIndex, short state) {
        byte[] bytes = address.toBytes();
        ByteBuffer body = ByteBuffer.allocate(16 + bytes.length).order(ByteOrder.nativeOrder());
        body.putInt(4, interfaceIndex).putShort(8, state);
        return body.putShort(12, (short) (4 + bytes.length))
                .putShort(14, (short) 1)
                .put(16, bytes)
                .array();
    }

    private void hears(int type, byte[] body) {
        kernel.arrives(type, 0, 0, body);
        news.receive((in, at, heard, end) -> {
            if (heard == KernelNeighbours.NEWNEIGH) {
                neighbours.heard(in, at, end);
            } else {
                neighbours.gone(in, at, end);
            }
        });
    }

    @Test
    void whatTheKernelHasToldIsNotAskedFor() {
        kernel.onSend = () -> kernel.arrives(KernelNeighbours.NEWNEIGH, 0, kernel.lastSequence(), new byte[12]);
        for (IpAddress peer : new IpAddress[] {PEER, PEER_6}) {
            hears(KernelNeighbours.NEWNEIGH, neighbour(peer, INTERFACE, STALE));
            kernel.sent.clear();
            assertThat(neighbours.isKnown(peer.hi(), peer.lo())).isTrue();
            assertThat(kernel.sent).isEmpty();
            hears(KernelNeighbours.NEWNEIGH, neighbour(peer, INTERFACE, FAILED));
            assertThat(neighbours.isKnown(peer.hi(), peer.lo())).isFalse();
            hears(KernelNeighbours.NEWNEIGH, neighbour(peer, INTERFACE, STALE));
            hears(KernelNeighbours.DELNEIGH, neighbour(peer, INTERFACE, STALE));
            assertThat(neighbours.isKnown(peer.hi(), peer.lo())).isFalse();
            hears(KernelNeighbours.NEWNEIGH, neighbour(peer, INTERFACE + 1, STALE));
            assertThat(neighbours.isKnown(peer.hi(), peer.lo())).isFalse();
        }
    }

    @Test
    void whoTheKernelKnowsAlreadyIsRead() {
        kernel.onSend = () -> {
            int asked = kernel.lastSequence();
            kernel.arrives(KernelNeighbours.NEWNEIGH, 2, asked, neighbour(PEER, INTERFACE, STALE));
            kernel.arrives(Netlink.DONE, 2, asked, new byte[4]);
        };
        neighbours.read();
        kernel.sent.clear();
        assertThat(neighbours.isKnown(PEER.hi(), PEER.lo())).isTrue();
        assertThat(kernel.sent).isEmpty();
    }

    @Test
    void aFloodOfStrangersHasTheKernelAskedSoOftenASecondAndNoOftener() {
        answersWith(INCOMPLETE);
        for (int second = 1; second <= 3; second++) {
            for (int i = 0; i < 10_000; i++) {
                assertThat(neighbours.isKnown(0, IpAddress.mapped(0xc6130000 + i)))
                        .isFalse();
            }
            assertThat(kernel.sent).hasSize(second * KernelNeighbours.MOST_QUESTIONS);
            nowNs += 1_000_000_000L;
        }
    }
}
