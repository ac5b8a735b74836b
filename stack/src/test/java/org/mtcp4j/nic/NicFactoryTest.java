/* SPDX-License-Identifier: Apache-2.0 */
package org.mtcp4j.nic;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.mtcp4j.nic.capture.CapturingNic;
import org.mtcp4j.nic.fault.Faults;
import org.mtcp4j.nic.fault.FaultyNic;

class NicFactoryTest {
    private static Nic open(String spec) throws NicUnavailableException {
        return NicFactory.open(spec, Frames.settings(1, 64), "");
    }

    @Test
    void opensWhatTheSpecSays() throws Exception {
        assertThat(open("memory")).isInstanceOf(MemoryNic.class);
        assertThat(open("memory:")).isInstanceOf(MemoryNic.class);
        assertThat(open("memory:seed=3")).isInstanceOf(MemoryNic.class);
        assertThat(open("memory:loss=0.05")).isInstanceOf(FaultyNic.class);
        assertThat(NicFactory.providers()).containsKeys("memory", "tap");
    }

    @Test
    void readsEveryOption() throws Exception {
        NicSpec spec = NicSpec.parse("memory:loss=0.05,reorder=5%,dup=0.02,corrupt=1%,delay=1.5ms,rate=1g,seed=-42");
        assertThat(spec.faults()).isEqualTo(new Faults(0.05, 0.05, 0.02, 0.01, 1_500_000, 1_000_000_000, -42));
        NicSpec tap = NicSpec.parse("tap:mt0, delay=200us ,rate=2.5m");
        assertThat(tap.kind()).isEqualTo("tap");
        assertThat(tap.arguments()).isEqualTo("mt0");
        assertThat(tap.faults().delayNs()).isEqualTo(200_000);
        assertThat(tap.faults().rateBitsPerSecond()).isEqualTo(2_500_000);
        NicSpec dpdk = NicSpec.parse("dpdk:net_memif0,role=server,loss=1");
        assertThat(dpdk.arguments()).isEqualTo("net_memif0,role=server,loss=1");
        assertThat(dpdk.faults().isNone()).isTrue();
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "memori | no kind 'memori'; did you mean 'memory'?",
                "tab:mt0 | no kind 'tab'; did you mean 'tap'?",
                "lo | mtcp.nic=lo is a network interface of the kernel's",
                "'' | mtcp.nic has no kind ''",
                "memory:los=0.1 | no option 'los'; did you mean 'loss'?",
                "memory:duplicate=0.1 | no option 'duplicate'; did you mean 'dup'?",
                "memory:loss=1.5 | option 'loss' in mtcp.nic cannot be '1.5'; it is a probability from 0 to 1",
                "memory:loss=-1 | option 'loss' in mtcp.nic cannot be '-1'",
                "memory:corrupt=101% | option 'corrupt'",
                "memory:delay=2h | option 'delay' in mtcp.nic cannot be '2h'; it is a time from 0 to 60s",
                "memory:delay=61s | option 'delay'",
                "memory:rate=fast | option 'rate' in mtcp.nic cannot be 'fast'; it is bits per second",
                "memory:rate=10 | option 'rate'",
                "memory:seed=x | option 'seed' in mtcp.nic cannot be 'x'; it is a whole number",
                "memory:loss=0.1,what | 'what' in mtcp.nic is no OPTION=VALUE",
                "memory:mt0 | mtcp.nic=memory takes no name, but got 'mt0'",
                "tap: | is no name for a TAP device"
            })
    void saysInOneSentenceWhatIsWrong(String spec, String sentence) {
        assertThatThrownBy(() -> open(spec))
                .isInstanceOf(NicUnavailableException.class)
                .hasMessageContaining(sentence)
                .message()
                .doesNotContain("\n");
    }

    @Test
    void capturesIntoTheFileWithTheProcessIdInItsName(@TempDir Path directory) throws Exception {
        Nic nic = NicFactory.open(
                "memory:loss=0.1",
                Frames.settings(1, 64),
                directory.resolve("x-%p.pcapng").toString());
        assertThat(nic).isInstanceOf(CapturingNic.class);
        nic.close();
        assertThat(directory.resolve("x-" + ProcessHandle.current().pid() + ".pcapng"))
                .exists();
    }

    @Test
    void aCaptureFileThatCannotBeWrittenIsOneSentence(@TempDir Path directory) throws Exception {
        String file = Files.createDirectory(directory.resolve("d")).toString();
        assertThatThrownBy(() -> NicFactory.open("memory", Frames.settings(1, 64), file))
                .isInstanceOf(NicUnavailableException.class)
                .hasMessageContaining("the capture file '" + file + "' cannot be written")
                .hasMessageContaining("set mtcp.capture to a file in a directory");
    }
}
