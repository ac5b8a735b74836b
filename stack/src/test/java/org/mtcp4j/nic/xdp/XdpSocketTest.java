/* SPDX-License-Identifier: Apache-2.0 */
package org.mtcp4j.nic.xdp;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.mtcp4j.nic.NicUnavailableException;
import org.mtcp4j.nic.linux.LinuxCalls;

/** The kernel's side is played by {@link FakeCalls}. */
class XdpSocketTest {
    private static final long AGAIN = -LinuxCalls.EAGAIN;

    private final FakeCalls kernel = new FakeCalls();
    private final AtomicInteger calls = new AtomicInteger();
    private XdpSocket socket;

    @BeforeEach
    void open() throws Exception {
        kernel.onSend = calls::incrementAndGet;
        socket = new XdpSocket(kernel.calls(), new XdpFailures(kernel.calls(), "eth0"), 0);
    }

    @Test
    void aKernelThatTakes32FramesACallIsCalledUntilItHasTakenAll() {
        kernel.sendResults.add(AGAIN);
        kernel.sendResults.add(AGAIN);
        socket.kick(96);
        assertThat(calls).hasValue(3);
    }

    @Test
    void aKernelThatTakesNothingIsNotCalledForEver() {
        for (int i = 0; i < 10; i++) {
            kernel.sendResults.add(AGAIN);
        }
        socket.kick(33);
        assertThat(calls).hasValue(2);
        socket.kick(0);
        assertThat(calls).hasValue(2);
    }

    @Test
    void aKernelThatHasNoRoomIsLeftAlone() {
        kernel.sendResults.add((long) -LinuxCalls.ENOBUFS);
        socket.kick(96);
        assertThat(calls).hasValue(1);
    }

    @Test
    void aKernelWithoutAfXdpIsSaidInOneSentence() {
        kernel.unknownFamilies.add(44);
        assertThatThrownBy(() -> new XdpSocket(kernel.calls(), new XdpFailures(kernel.calls(), "eth0"), 0))
                .isInstanceOf(NicUnavailableException.class)
                .hasMessage(
                        "nic=xdp:eth0: opening an AF_XDP socket failed: errno 97; the kernel must be 5.10 or later, with"
                                + " CONFIG_XDP_SOCKETS; use nic=tap:NAME on others");
    }

    @Test
    void whatIsClosedTwiceClosesItsDescriptorOnce() {
        socket.close();
        socket.close();
        assertThat(kernel.closed).containsExactly(socket.fd);
    }
}
