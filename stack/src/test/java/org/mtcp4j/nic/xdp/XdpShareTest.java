/* SPDX-License-Identifier: Apache-2.0 */
package org.mtcp4j.nic.xdp;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** What becomes of an interface's state when the kernel tells of a change. The kernel's side is played by {@link FakeCalls}. */
class XdpShareTest {
    private static final int NEWLINK = 16;
    private static final int GETLINK = 18;
    private static final int NEWADDR = 20;
    private static final long SECOND = 1_000_000_000L;

    private final FakeCalls kernel = new FakeCalls();
    private long nowNs = -3 * SECOND;
    private boolean answers = true;
    private boolean hasLink = true;
    private int mtuBytes = 1500;
    private int dumps;
    private XdpShare share;

    @BeforeEach
    void open() throws Exception {
        kernel.onSend = this::answer;
        XdpFailures failures = new XdpFailures(kernel.calls(), "eth0");
        InterfaceTable table = new InterfaceTable(kernel.calls(), failures);
        InterfaceTable.Link link = table.find("eth0");
        XdpProgram program = new XdpProgram(kernel.calls(), failures);
        share = new XdpShare(kernel.calls(), failures, table, link, program, null, () -> nowNs);
        dumps = 0;
    }

    private void answer() {
        boolean isLink = kernel.sent.get(kernel.sent.size() - 1).getShort(4) == GETLINK;
        dumps += isLink ? 1 : 0;
        if (!answers) {
            return;
        }
        if (isLink && hasLink) {
            ByteBuffer link = ByteBuffer.allocate(48).order(ByteOrder.nativeOrder());
            link.putInt(4, 5).putInt(8, 1);
            link.putShort(16, (short) 9).putShort(18, (short) 3).put(20, "eth0".getBytes(StandardCharsets.US_ASCII));
            link.putShort(28, (short) 8).putShort(30, (short) 4).putInt(32, mtuBytes);
            link.putShort(36, (short) 10).putShort(38, (short) 1).put(40, new byte[] {2, 0, 0, 0, 0, 1});
            kernel.arrives(NEWLINK, 0, kernel.lastSequence(), link.array());
        }
        kernel.arrives(Netlink.DONE, 0, kernel.lastSequence(), new byte[4]);
    }

    private void news() {
        kernel.arrives(NEWADDR, 0, 0);
        share.look();
    }

    @Test
    void aKernelThatDoesNotAnswerChangesNothingAndIsAskedAgain() {
        answers = false;
        mtuBytes = 1400;
        nowNs += SECOND;
        news();
        assertThat(share.state().isUp()).isTrue();
        assertThat(share.version()).isEqualTo(1);
        assertThat(share.nextDueNs()).isEqualTo(nowNs + SECOND);
        answers = true;
        nowNs += SECOND - 1;
        share.look();
        assertThat(share.state().mtuBytes()).isEqualTo(1500);
        nowNs++;
        share.look();
        assertThat(share.state().mtuBytes()).isEqualTo(1400);
        assertThat(share.version()).isEqualTo(2);
        assertThat(share.nextDueNs()).isEqualTo(Long.MAX_VALUE);
    }

    @Test
    void aKernelThatNeverAnswersIsAskedEverMoreSeldom() {
        answers = false;
        nowNs += SECOND;
        news();
        for (int i = 0; i < 600; i++) {
            nowNs += SECOND;
            share.look();
        }
        assertThat(dumps).isBetween(15, 30);
    }

    @Test
    void aStreamOfNewsHasTheTablesReadTenTimesASecond() {
        nowNs += SECOND;
        for (int i = 0; i < 1_000; i++) {
            mtuBytes = 1_000 + i % 400;
            news();
            nowNs += SECOND / 1_000;
        }
        // A reading asks for links once.
        assertThat(dumps).isBetween(9, 11);
        nowNs = share.nextDueNs();
        share.look();
        assertThat(share.state().mtuBytes()).isEqualTo(mtuBytes);
        assertThat(share.nextDueNs()).isEqualTo(Long.MAX_VALUE);
    }

    @Test
    void anInterfaceThatIsGoneIsDownAndKeepsItsAddresses() {
        hasLink = false;
        nowNs += SECOND;
        news();
        assertThat(share.state().isUp()).isFalse();
        assertThat(share.state().mtuBytes()).isEqualTo(1500);
        hasLink = true;
        nowNs += SECOND;
        news();
        assertThat(share.state().isUp()).isTrue();
        assertThat(share.version()).isEqualTo(3);
    }
}
