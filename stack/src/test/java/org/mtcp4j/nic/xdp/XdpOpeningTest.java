/* SPDX-License-Identifier: Apache-2.0 */
package org.mtcp4j.nic.xdp;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.junit.jupiter.api.Test;
import org.mtcp4j.nic.NicSettings;
import org.mtcp4j.nic.NicUnavailableException;

/** The kernel's side is played by {@link FakeCalls}. */
class XdpOpeningTest {
    private static XdpOpening opening() {
        return new XdpOpening(
                new FakeCalls().calls(), "eth0", new NicSettings(1, 1500, 0, 512, null, System::nanoTime));
    }

    @Test
    void allReceiveQueuesTogetherGetAQuarterOfTheFrames() throws Exception {
        assertThat(opening().fillFrames(8_192, 1)).isEqualTo(2_048);
        assertThat(opening().fillFrames(4_096, 64)).isEqualTo(16);
        assertThat(opening().fillFrames(512, 8)).isEqualTo(16);
    }

    @Test
    void tooFewFramesForTheReceiveQueuesAreRefused() {
        assertThatThrownBy(() -> opening().fillFrames(512, 64))
                .isInstanceOf(NicUnavailableException.class)
                .hasMessage(
                        "nic=xdp:eth0: 512 frames are too few for 64 receive queues; set mtcp.frames to 2048 or more and"
                                + " allow the process to lock memory ('ulimit -l unlimited', in Docker --ulimit memlock=-1, under systemd"
                                + " LimitMEMLOCK=infinity), or have fewer queues with 'ethtool -L eth0 combined N'");
    }
}
