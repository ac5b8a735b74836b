/* SPDX-License-Identifier: Apache-2.0 */
package org.mtcp4j.it.frameworks;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Temporary directories that no library can be loaded from, or no file written to; and what a killed program leaves in one. */
class TemporaryDirectoryIT {
    private static final int SECONDS = 60;

    @TempDir
    private Path folder;

    /** @param mount a shell's word for what to do before, in a mount namespace of its own */
    private List<String> program(String mount, String agentArguments, Class<?> main) {
        List<String> command = new ArrayList<>(List.of("unshare", "-m", "sh", "-c", mount + " && exec \"$@\"", "sh"));
        command.addAll(List.of("env", "-u", "XDG_RUNTIME_DIR", Build.java().toString(), "-Djava.io.tmpdir=" + folder));
        command.addAll(
                List.of(Server.agent(agentArguments), "-cp", Build.testClasses().toString(), main.getName()));
        return command;
    }

    @Test
    void aTapStartsWhereTheTemporaryDirectoryIsMountedNoexec() throws Exception {
        try (Namespace namespace = Namespace.create();
                Running running = namespace.start(
                        program("mount -t tmpfs -o noexec none " + folder, Server.tap("mt0"), NativeProgram.class))) {
            assertThat(running.await(SECONDS).ok().strip()).isEqualTo("listens on 8080");
        }
    }

    @Test
    void aTemporaryDirectoryThatCannotBeWrittenTakesStatAwayAndSaysSo() throws Exception {
        try (Namespace namespace = Namespace.create();
                Running running = namespace.start(program(
                        "mount -t tmpfs -o ro none " + folder,
                        "nic=memory,loopback=stack,on-failure=fail,log=warn",
                        TrustProgram.class))) {
            running.awaitLine("ready", SECONDS);
            running.awaitLine("[mtcp] WARN stat and capture cannot reach this program: " + folder, SECONDS);
            assertThat(running.text()).contains("Read-only file system", "XDG_RUNTIME_DIR or -Djava.io.tmpdir");
        }
    }

    @Test
    void aProgramThatIsKilledLeavesNoLibrary() throws Exception {
        try (Namespace namespace = Namespace.create();
                Running running =
                        namespace.start(program("true", Server.tap("mt0") + ",loopback=stack", TrustProgram.class))) {
            running.awaitLine("ready", SECONDS);
            Running.run(SECONDS, List.of("kill", "-KILL", "" + running.pid())).ok();
            running.await(SECONDS);
            try (Stream<Path> left = Files.walk(folder)) {
                assertThat(left.filter(Files::isRegularFile)).isEmpty();
            }
        }
    }
}
