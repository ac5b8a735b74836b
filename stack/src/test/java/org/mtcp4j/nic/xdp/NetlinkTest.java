/* SPDX-License-Identifier: Apache-2.0 */
package org.mtcp4j.nic.xdp;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

/** The kernel's side is played by {@link FakeCalls}. */
class NetlinkTest {
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
}
