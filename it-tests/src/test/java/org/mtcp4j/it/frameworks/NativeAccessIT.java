/* SPDX-License-Identifier: Apache-2.0 */
package org.mtcp4j.it.frameworks;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeFalse;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What the JVM says of the native code that a TAP needs: nothing. */
class NativeAccessIT {
    private static final int SECONDS = 60;

    private static Path jdk25() throws Exception {
        List<Path> jdks = Build.otherJdks("25");
        if (jdks.isEmpty()) {
            System.out.println("[it] skipped: no JDK 25 beside this one");
        }
        assumeFalse(jdks.isEmpty(), "no JDK 25 beside this one");
        return jdks.get(0).resolve("bin/java");
    }

    private static Running.Ended overTap(Path java, String nic, List<String> options, String... arguments)
            throws Exception {
        List<String> command = new ArrayList<>(List.of(java.toString()));
        command.addAll(options);
        command.addAll(List.of(
                Server.agent(Server.tap(nic)), "-cp", Build.testClasses().toString(), NativeProgram.class.getName()));
        command.addAll(List.of(arguments));
        try (Namespace namespace = Namespace.create();
                Running running = namespace.start(command)) {
            return running.await(SECONDS);
        }
    }

    @Test
    void jdk25HasNoWarningForTheTap() throws Exception {
        assertThat(overTap(jdk25(), "mt0", List.of()).ok().strip()).isEqualTo("listens on 8080");
    }

    @Test
    void jdk25ThatDeniesNativeCodeLetsTheTapStartAndTheProgramGoDenied() throws Exception {
        List<String> deny = List.of("--illegal-native-access=deny");
        assertThat(overTap(jdk25(), "mt0", deny, "/no/such/library").ok().strip())
                .isEqualTo("listens on 8080\nload: IllegalCallerException");
    }

    @Test
    void checkedJniHasNothingToSay() throws Exception {
        List<String> check = List.of("-Xcheck:jni");
        assertThat(overTap(Build.java(), "mt0", check).ok().strip()).isEqualTo("listens on 8080");
        assertThat(overTap(jdk25(), "mt0", check).ok().strip()).isEqualTo("listens on 8080");
    }

    @Test
    void aStartThatIsRefusedLeavesNoFile(@TempDir Path folder) throws Exception {
        // The loopback interface is no TAP, which only native code finds out.
        Running.Ended ended = overTap(Build.java(), "lo", List.of("-Djava.io.tmpdir=" + folder));
        assertThat(ended.exitCode()).as(ended.text()).isEqualTo(1);
        assertThat(ended.text()).contains("the program is not started");
        try (Stream<Path> left = Files.walk(folder)) {
            assertThat(left.filter(Files::isRegularFile)).isEmpty();
        }
    }
}
