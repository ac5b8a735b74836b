/* SPDX-License-Identifier: Apache-2.0 */
package org.mtcp4j.it.frameworks;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Two users and one temporary directory: what another has put under our names is neither used, nor followed, nor asked. */
class TrustIT {
    private static final int SECONDS = 60;
    private static final String OTHER = "65534";

    private Path temporary;

    @BeforeEach
    void aSharedDirectory() throws Exception {
        assumeTrue(System.getProperty("user.name").equals("root"), "two users need root");
        temporary = Files.createTempDirectory("mtcp4j-trust");
        Files.setPosixFilePermissions(temporary, PosixFilePermissions.fromString("rwxrwxrwx"));
        Running.run(SECONDS, List.of("chmod", "1777", temporary.toString())).ok();
    }

    @AfterEach
    void remove() throws Exception {
        if (temporary != null) {
            Running.run(SECONDS, List.of("rm", "-rf", temporary.toString())).ok();
        }
    }

    private static List<String> asOther(String... command) {
        List<String> all =
                new ArrayList<>(List.of("setpriv", "--reuid=" + OTHER, "--regid=" + OTHER, "--clear-groups"));
        all.addAll(List.of(command));
        return all;
    }

    private List<String> java(String... arguments) {
        List<String> command = new ArrayList<>(
                List.of("env", "-u", "XDG_RUNTIME_DIR", Build.java().toString()));
        command.add("-Djava.io.tmpdir=" + temporary);
        command.addAll(List.of(arguments));
        return command;
    }

    private Running program(String more) throws Exception {
        return Running.start(java(
                Server.agent("nic=memory,loopback=stack,on-failure=fail,log=warn" + more),
                "-cp",
                Build.testClasses().toString(),
                TrustProgram.class.getName()));
    }

    private Running.Ended stat(long pid) throws Exception {
        return Running.run(SECONDS, java("-jar", Build.agentJar().toString(), "stat", Long.toString(pid)));
    }

    private Path directory() {
        return temporary.resolve("mtcp4j-root");
    }

    @Test
    void aProgramIsAskedThroughADirectoryThatOnlyItsUserMayEnter() throws Exception {
        try (Running program = program("")) {
            program.awaitLine("ready", SECONDS);
            Path socket = directory().resolve(program.pid() + ".sock");
            for (int i = 0; i < 500 && !Files.exists(socket); i++) {
                Thread.sleep(10);
            }
            assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(directory())))
                    .isEqualTo("rwx------");
            assertThat(stat(program.pid()).ok()).contains("TcpActiveOpens");
            List<String> other = asOther();
            other.addAll(java("-Duser.name=root", "-jar", Build.agentJar().toString(), "stat", "" + program.pid()));
            assertThat(Running.run(SECONDS, other).exitCode()).isEqualTo(1);
        }
    }

    /** Where a session has a directory of its user's own, nobody else can have been there first. */
    @Test
    void theUsersRuntimeDirectoryComesBeforeTheTemporaryOne() throws Exception {
        Path runtime = Files.createDirectory(
                temporary.resolve("runtime"),
                PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rwx------")));
        List<String> inSession = List.of("env", "XDG_RUNTIME_DIR=" + runtime);
        try (Running program = Running.start(with(
                inSession,
                List.of(
                        Build.java().toString(),
                        "-Djava.io.tmpdir=" + temporary,
                        Server.agent("nic=memory,loopback=stack,on-failure=fail,log=warn"),
                        "-cp",
                        Build.testClasses().toString(),
                        TrustProgram.class.getName())))) {
            program.awaitLine("ready", SECONDS);
            Path socket = runtime.resolve("mtcp4j/" + program.pid() + ".sock");
            for (int i = 0; i < 500 && !Files.exists(socket); i++) {
                Thread.sleep(10);
            }
            assertThat(socket).exists();
            assertThat(directory()).doesNotExist();
            // What another user has put into the temporary directory meanwhile is not looked at.
            Running.run(SECONDS, asOther("mkdir", "-m", "777", directory().toString()))
                    .ok();
            List<String> stat = List.of(
                    Build.java().toString(),
                    "-Djava.io.tmpdir=" + temporary,
                    "-jar",
                    Build.agentJar().toString(),
                    "stat",
                    "" + program.pid());
            assertThat(Running.run(SECONDS, with(inSession, stat)).ok()).contains("TcpActiveOpens");
        }
    }

    private static List<String> with(List<String> words, List<String> command) {
        List<String> all = new ArrayList<>(words);
        all.addAll(command);
        return all;
    }

    @Test
    void aDirectoryOfAnotherUsersIsNotUsed() throws Exception {
        Running.run(SECONDS, asOther("mkdir", "-m", "777", directory().toString()))
                .ok();
        try (Running program = program("")) {
            program.awaitLine("ready", SECONDS);
            program.awaitLine(
                    "[mtcp] WARN stat and capture cannot reach this program: " + directory()
                            + " belongs to another user (uid " + OTHER + ")",
                    SECONDS);
            assertThat(directory()).isEmptyDirectory();
        }
    }

    @Test
    void aLinkIsNotFollowed() throws Exception {
        Path target = Files.createDirectory(temporary.resolve("target"));
        Running.run(SECONDS, asOther("ln", "-s", target.toString(), directory().toString()))
                .ok();
        try (Running program = program("")) {
            program.awaitLine(
                    "[mtcp] WARN stat and capture cannot reach this program: " + directory() + " is a symbolic link",
                    SECONDS);
            assertThat(target).isEmptyDirectory();
        }
    }

    @Test
    void somebodyWhoListensInsteadOfTheProgramIsNotAsked() throws Exception {
        try (Running silent = Running.start(List.of("cat"))) {
            Path socket = directory().resolve(silent.pid() + ".sock");
            List<String> liar = asOther(
                    Build.java().toString(),
                    "-cp",
                    Build.testClasses().toString(),
                    TrustProgram.class.getName(),
                    socket.toString());
            try (Running listening = Running.start(liar)) {
                listening.awaitLine("listening", SECONDS);
                Running.Ended asked = stat(silent.pid());
                assertThat(asked.exitCode()).isEqualTo(1);
                assertThat(asked.text()).contains("belongs to another user (uid " + OTHER + ")", "is not asked");
                assertThat(listening.text()).doesNotContain("connected");
            }
        }
    }

    @Test
    void aCaptureFileThatIsALinkOrAnotherUsersIsRefused() throws Exception {
        Path precious = Files.writeString(temporary.resolve("precious"), "precious");
        Path link = temporary.resolve("link.pcapng");
        Running.run(SECONDS, asOther("ln", "-s", precious.toString(), link.toString()))
                .ok();
        refuses(link, "the capture file '" + link + "' cannot be written");
        assertThat(precious).hasContent("precious");
        Path theirs = temporary.resolve("theirs.pcapng");
        Running.run(SECONDS, asOther("sh", "-c", "echo theirs > " + theirs)).ok();
        refuses(theirs, theirs + " belongs to another user (uid " + OTHER + ")");
        assertThat(theirs).hasContent("theirs\n");
    }

    @Test
    void aCaptureIsReadableForItsUserAlone() throws Exception {
        Path file = temporary.resolve("own.pcapng");
        try (Running program = program(",capture=" + file)) {
            program.awaitLine("ready", SECONDS);
            assertThat(Files.getPosixFilePermissions(file, LinkOption.NOFOLLOW_LINKS))
                    .isEqualTo(PosixFilePermissions.fromString("rw-------"));
        }
    }

    private void refuses(Path capture, String sentence) throws Exception {
        try (Running program = program(",capture=" + capture)) {
            Running.Ended ended = program.await(SECONDS);
            assertThat(ended.exitCode()).isEqualTo(1);
            assertThat(ended.text()).contains(sentence);
        }
    }
}
