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
    private static final int GETNEIGH = 30;
    private static final short INCOMPLETE = 1;
    private static final short STALE = 4;
    private static final IpAddress PEER = IpAddress.parse("198.18.0.9");
    private static final IpAddress PEER_6 = IpAddress.parse("2001:db8::9");

    private final FakeCalls kernel = new FakeCalls();
    private KernelNeighbours neighbours;

    @BeforeEach
    void open() throws Exception {
        XdpFailures failures = new XdpFailures(kernel.calls(), "eth0");
        neighbours = new KernelNeighbours(
                new Netlink(kernel.calls(), failures, 4), new Netlink(kernel.calls(), failures, 0), 5, 2, null);
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
}
