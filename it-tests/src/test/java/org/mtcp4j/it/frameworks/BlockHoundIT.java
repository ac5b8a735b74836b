/* SPDX-License-Identifier: Apache-2.0 */
package org.mtcp4j.it.frameworks;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.File;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** BlockHound finds in the event loops of Reactor Netty what it finds on the kernel: what the program does, and nothing of ours. */
class BlockHoundIT {
    private static final int SECONDS = 180;
    private static final String PROGRAM = "org.mtcp4j.compat.BlockHoundProgram";

    private static List<String> java(String agent) {
        List<String> command = new ArrayList<>(List.of(
                Build.java().toString(), "-XX:+AllowRedefinitionToAddDeleteMethods", "-Dreactor.netty.native=false"));
        if (!agent.isEmpty()) {
            command.add(Server.agent(agent + ",loopback=stack,on-failure=fail,log=warn"));
        }
        return command;
    }

    private static void findsTheSleepAlone(List<String> command) throws Exception {
        assertThat(Running.run(SECONDS, command).ok())
                .contains("found of a handler that sleeps: 1")
                .contains("found else: 0")
                .doesNotContain("[mtcp] WARN");
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "nic=memory", "nic=memory,driver=dedicated", "nic=memory,contexts=2"})
    void findsTheProgramsSleepAndNoWaitOfOurs(String agent) throws Exception {
        List<String> command = java(agent);
        command.addAll(List.of("-cp", Build.compat(), PROGRAM));
        findsTheSleepAlone(command);
    }

    @Test
    void findsNoWaitOfOursWhereAnInnerLoaderHasIt() throws Exception {
        List<String> command = java("nic=memory");
        command.addAll(List.of("-cp", Build.testClasses().toString(), NestedMain.class.getName(), PROGRAM));
        command.addAll(List.of(Build.compat().replace("/*", "").split(File.pathSeparator)));
        findsTheSleepAlone(command);
    }
}
