/* SPDX-License-Identifier: Apache-2.0 */
package org.mtcp4j.it.frameworks;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The agent is attached to a program that runs: while it has opened nothing, that works; else nothing is changed. */
class LateAttachIT {
    private static final int SECONDS = 60;

    private static String attached(String... arguments) throws Exception {
        List<String> command = new ArrayList<>(
                List.of(Build.java().toString(), "-cp", Build.testClasses().toString(), LateProgram.class.getName()));
        command.addAll(List.of(arguments));
        try (Running running = Running.start(command)) {
            running.awaitLine("ready", SECONDS);
            Running.Ended attach = Running.run(
                    SECONDS,
                    List.of(
                            Build.java().toString(),
                            "-jar",
                            Build.agentJar().toString(),
                            "attach",
                            Long.toString(running.pid()),
                            "nic=memory,loopback=stack"));
            assertThat(attach.exitCode()).as(attach.text()).isEqualTo(arguments.length == 0 ? 0 : 1);
            running.enter();
            return running.await(SECONDS).ok();
        }
    }

    @Test
    void aProgramThatHasOpenedNothingIsDiverted() throws Exception {
        assertThat(attached())
                .contains("talked over org.mtcp4j.spi.nio.MtcpSelectorProvider")
                .doesNotContain("ERROR");
    }

    @ParameterizedTest
    @ValueSource(strings = {"socket", "channel"})
    void aProgramThatHasOpenedSomethingIsLeftAlone(String what) throws Exception {
        assertThat(attached(what))
                .contains("talked over sun.nio.ch.")
                .contains("[mtcp] ERROR the agent was attached too late: the program has opened a " + what)
                .contains("nothing was changed");
    }
}
