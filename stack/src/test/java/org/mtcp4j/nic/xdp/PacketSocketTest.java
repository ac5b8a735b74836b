/* SPDX-License-Identifier: Apache-2.0 */
package org.mtcp4j.nic.xdp;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;
import org.mtcp4j.nic.linux.LinuxCalls;

/** The kernel's side is played by {@link FakeCalls}. */
class PacketSocketTest {
    private static final int PACKET_VNET_HDR = 15;
    private static final int SO_SNDBUFFORCE = 32;

    private final FakeCalls kernel = new FakeCalls();

    @Test
    void whereTheKernelCutsNothingThereIsNoneAndNoDescriptorStaysOpen() {
        kernel.refusedOptions.add(PACKET_VNET_HDR);
        assertThat(PacketSocket.open(kernel.calls(), 7)).isNull();
        assertThat(kernel.closed).hasSize(1);
    }

    @Test
    void aProcessThatMayNotForceItsBufferSendsAllTheSame() {
        kernel.refusedOptions.add(SO_SNDBUFFORCE);
        try (PacketSocket socket = PacketSocket.open(kernel.calls(), 7)) {
            assertThat(socket).isNotNull();
            assertThat(socket.send(1 << 16, 20_000)).isZero();
        }
    }

    @Test
    void aFullInterfaceIsToldFromAFrameThatIsLost() {
        PacketSocket socket = PacketSocket.open(kernel.calls(), 7);
        kernel.sendResults.add((long) -LinuxCalls.EAGAIN);
        kernel.sendResults.add((long) -LinuxCalls.ENOBUFS);
        assertThat(socket.send(1 << 16, 20_000)).isEqualTo(-LinuxCalls.EAGAIN);
        assertThat(socket.send(1 << 16, 20_000)).isEqualTo(-LinuxCalls.ENOBUFS);
        assertThat(socket.send(1 << 16, 20_000)).isZero();
        socket.close();
        socket.close();
        assertThat(kernel.closed).hasSize(1);
    }
}
