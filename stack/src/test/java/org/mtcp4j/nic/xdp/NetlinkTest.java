/* SPDX-License-Identifier: Apache-2.0 */
package org.mtcp4j.nic.xdp;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.mtcp4j.nic.linux.LinuxCalls;

/** The kernel's side is played by {@link FakeCalls}. */
class NetlinkTest {
    private static final int NEWLINK = 16;
    private static final int GETLINK = 18;

    private final FakeCalls kernel = new FakeCalls();

    private Netlink open() throws Exception {
        return new Netlink(kernel.calls(), new XdpFailures(kernel.calls(), "eth0"), 0);
    }

    @Test
    void whatIsClosedTwiceClosesItsDescriptorOnceAndUsesItNoMore() throws Exception {
        Netlink netlink = open();
        netlink.close();
        netlink.close();
        netlink.send(18, Netlink.REQUEST, new byte[16]);
        kernel.arrives(16, 0, 1);
        assertThat(netlink.receive((in, at, type, end) -> {})).isEqualTo(Netlink.Received.NOTHING);
        assertThat(kernel.closed).containsExactly(netlink.fd);
        assertThat(kernel.sent).isEmpty();
    }

    @Test
    void theRestOfAnAnswerThatWasGivenUpIsNoAnswerToTheNextQuestion() throws Exception {
        Netlink netlink = open();
        List<Integer> heard = new ArrayList<>();
        kernel.onSend = () -> kernel.arrives(NEWLINK, 0, kernel.lastSequence(), (byte) 1);
        assertThat(dump(netlink, heard)).isFalse();
        assertThat(heard).containsExactly(1);
        int before = kernel.lastSequence();
        kernel.arrives(NEWLINK, 0, before, (byte) 2);
        kernel.onSend = () -> {
            kernel.arrives(NEWLINK, 0, before, (byte) 3);
            kernel.arrives(Netlink.DONE, 0, before, new byte[4]);
            kernel.arrives(NEWLINK, 0, kernel.lastSequence(), (byte) 4);
            kernel.arrives(Netlink.DONE, 0, kernel.lastSequence(), new byte[4]);
        };
        assertThat(dump(netlink, heard)).isTrue();
        assertThat(heard).containsExactly(4);
    }

    @Test
    void anAnswerThatEndsWithAnErrorIsNone() throws Exception {
        Netlink netlink = open();
        byte[] error = new byte[4];
        kernel.onSend = () -> kernel.arrives(Netlink.DONE, 0, kernel.lastSequence(), error);
        ByteBuffer.wrap(error).order(ByteOrder.nativeOrder()).putInt(-LinuxCalls.ENOBUFS);
        assertThat(dump(netlink, new ArrayList<>())).isFalse();
        ByteBuffer.wrap(error).order(ByteOrder.nativeOrder()).putInt(-LinuxCalls.ENOENT);
        assertThat(dump(netlink, new ArrayList<>()))
                .as("of a table without entries")
                .isTrue();
    }

    /** Of each message heard, the first byte behind its header. */
    private static boolean dump(Netlink netlink, List<Integer> heard) {
        return netlink.dump(
                GETLINK,
                new byte[16],
                heard::clear,
                (in, at, type, end) -> heard.add((int) in.get(at + Netlink.HEADER_BYTES)));
    }
}
