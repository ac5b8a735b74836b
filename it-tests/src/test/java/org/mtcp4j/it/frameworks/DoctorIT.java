/* SPDX-License-Identifier: Apache-2.0 */
package org.mtcp4j.it.frameworks;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import org.junit.jupiter.api.Test;

/** {@code doctor} with the arguments that the agent is to get. */
class DoctorIT {
    private static final int SECONDS = 60;

    private static Running.Ended doctor(String arguments) throws Exception {
        return Running.run(
                SECONDS,
                List.of(Build.java().toString(), "-jar", Build.agentJar().toString(), "doctor", arguments));
    }

    @Test
    void argumentsThatAStackStartsWithPassWhateverElseIsMissing() throws Exception {
        Running.Ended ended = doctor("nic=memory,ip=198.18.0.9/24,contexts=2");
        assertThat(ended.text())
                .contains("OK    a stack starts with these arguments: nic=memory, ip=198.18.0.9/24, 2 context(s)")
                .contains("verdict: PASSED")
                .doesNotContain("WARN");
        assertThat(ended.exitCode()).isZero();
    }

    @Test
    void aNicThatCannotBeHadFailsInTheSentenceThatTheAgentWouldSay() throws Exception {
        Running.Ended ended = doctor("nic=dpdk:net_nope0,ip=198.18.0.9/24");
        assertThat(ended.text()).containsPattern("FAIL  .*DPDK").contains("verdict: FAILED");
        assertThat(ended.exitCode()).isEqualTo(2);
    }

    @Test
    void aTapWhoseLinkStaysDownIsWarnedOf() throws Exception {
        try (Namespace namespace = Namespace.create()) {
            Running.Ended ended = namespace.run(
                    SECONDS,
                    Build.java().toString(),
                    "-jar",
                    Build.agentJar().toString(),
                    "doctor",
                    "nic=tap:mt0,ip=198.18.0.2/24");
            assertThat(ended.text())
                    .contains("WARN  TAP device 'mt0' is down at the kernel's end")
                    .contains("ip link set mt0 up")
                    .contains("verdict: PASSED WITH WARNINGS");
            assertThat(ended.exitCode()).isEqualTo(1);
        }
    }

    @Test
    void aWordThatIsNoKeyFails() throws Exception {
        Running.Ended ended = doctor("nick=memory");
        assertThat(ended.text()).contains("FAIL  ").contains("nick").contains("verdict: FAILED");
        assertThat(ended.exitCode()).isEqualTo(2);
    }
}
