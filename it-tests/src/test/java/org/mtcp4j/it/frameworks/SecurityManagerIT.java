/* SPDX-License-Identifier: Apache-2.0 */
package org.mtcp4j.it.frameworks;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** A security manager from the command line, whose policy names the agent's jar: the program needs no permission that it does not need on the kernel. */
class SecurityManagerIT {
    private static final int SECONDS = 60;
    private static final int LAST_WITH_SECURITY_MANAGER = 23;

    @TempDir
    private Path folder;

    private List<String> program(String agent) throws Exception {
        assumeTrue(Runtime.version().feature() <= LAST_WITH_SECURITY_MANAGER, "this JDK has no security manager");
        Path policy = Files.writeString(
                folder.resolve("policy"),
                "grant codeBase \"file:" + Build.agentJar() + "\" { permission java.security.AllPermission; };\n"
                        + "grant { permission java.util.PropertyPermission \"*\", \"read,write\";\n"
                        + " permission java.net.SocketPermission \"*\", \"listen,accept,connect,resolve\"; };\n");
        List<String> command = new ArrayList<>(
                List.of(Build.java().toString(), "-Djava.security.manager", "-Djava.security.policy=" + policy));
        if (!agent.isEmpty()) {
            command.add(agent);
        }
        command.addAll(List.of("-cp", Build.testClasses().toString(), SettingsProgram.class.getName(), "mine", "set"));
        return command;
    }

    private static String withoutWarnings(String text) {
        return String.join(
                "\n", text.lines().filter(line -> !line.startsWith("WARNING: ")).toList());
    }

    @ParameterizedTest
    @ValueSource(strings = {"nic=memory", "nic=memory,loopback=stack", "nic=memory,loopback=stack,driver=dedicated"})
    void theProgramsSocketsWorkAsOnTheKernel(String arguments) throws Exception {
        String kernel = withoutWarnings(Running.run(SECONDS, program("")).ok());
        String agent = Server.agent(arguments + ",on-failure=fail,log=warn");
        assertThat(withoutWarnings(Running.run(SECONDS, program(agent)).ok()))
                .isEqualTo(kernel)
                .contains("done");
    }

    @Test
    void theTapStarts() throws Exception {
        try (Namespace namespace = Namespace.create();
                Running running = namespace.start(program(Server.agent(Server.tap("mt0"))))) {
            assertThat(running.await(SECONDS).ok()).contains("done").doesNotContain("ERROR");
        }
    }
}
