/* SPDX-License-Identifier: Apache-2.0 */
package org.mtcp4j.nic.xdp;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;
import org.mtcp4j.nic.NicUnavailableException;
import org.mtcp4j.nic.linux.LinuxCalls;
import org.mtcp4j.nic.linux.LinuxCallsLoader;

/** What a helper does before it needs any capability. */
@EnabledOnOs(OS.LINUX)
@Timeout(60)
class XdpHelperTest {
    private static final int PATIENCE_S = 10;

    @TempDir
    Path directory;

    private LinuxCalls calls;
    private Path path;
    private XdpHelper helper;

    @BeforeEach
    void create() throws Exception {
        calls = LinuxCallsLoader.load();
        path = directory.resolve("s");
        helper = new XdpHelper(calls, "lo", path);
    }

    @AfterEach
    void delete() throws Exception {
        Files.deleteIfExists(path);
    }

    private void refusesTheFile() {
        assertThatThrownBy(helper::listener)
                .isInstanceOf(NicUnavailableException.class)
                .hasMessageContaining(path + " is there, and is no socket of a helper; name another file");
    }

    @Test
    void aFileThatIsNoSocketIsRefusedAndStays() throws Exception {
        Files.writeString(path, "settings");
        refusesTheFile();
        assertThat(path).hasContent("settings");
        Files.delete(path);
        Files.createDirectory(path);
        refusesTheFile();
        assertThat(path).isEmptyDirectory();
        Files.delete(path);
        Path other = Files.createFile(directory.resolve("other"));
        Files.createSymbolicLink(path, other);
        refusesTheFile();
        assertThat(path).isSymbolicLink();
        assertThat(other).exists();
    }

    @Test
    void theSocketOfADeadHelperIsReplacedAndThatOfALivingOneIsNot() throws Exception {
        int dead = HelperChannel.bound(calls, path.toString());
        assertThat(dead).isPositive();
        calls.close(dead);
        int listener = helper.listener();
        assertThat(listener).isPositive();
        assertThatThrownBy(helper::listener).hasMessageContaining("a helper serves there; end it");
        calls.close(listener);
    }

    @Test
    void anInterfaceOfAnotherNetworkNamespaceIsRefusedThoughNameAndIndexAreTheSame() throws Exception {
        int listener = helper.listener();
        try (HelperChannel program = connected(listener)) {
            program.send(HelperChannel.MAPS, "lo:1:net:[1]".getBytes(StandardCharsets.UTF_8));
            assertThat(program.receive()).isEqualTo(HelperChannel.FAILED);
            assertThat(program.text())
                    .contains("is for lo of its own network namespace, not for lo:1:net:[1]; start one");
        }
        calls.close(listener);
    }

    private HelperChannel connected(int listener) {
        int fd = HelperChannel.connect(calls, path.toString(), PATIENCE_S);
        assertThat(fd).isPositive();
        helper.take(HelperChannel.of(calls, HelperChannel.accept(calls, listener), PATIENCE_S));
        return HelperChannel.of(calls, fd, PATIENCE_S);
    }

    @Test
    void aProgramWithoutAPlaceIsToldSoWheneverItAsks() throws Exception {
        int listener = helper.listener();
        List<HelperChannel> programs = new ArrayList<>();
        for (int i = 0; i < XdpHelper.MOST_PROGRAMS; i++) {
            programs.add(connected(listener));
        }
        XdpFailures failures = new XdpFailures(calls, "lo");
        InterfaceTable.Link link = new InterfaceTable.Link(1, "lo", 1500, 0, true, 1);
        try (HelperLink late = new HelperLink(calls, failures, path.toString())) {
            helper.take(HelperChannel.of(calls, HelperChannel.accept(calls, listener), PATIENCE_S));
            assertThatThrownBy(() -> late.maps(link)).hasMessageContaining("serves 16 programs already");
        }
        try (HelperChannel early =
                HelperChannel.of(calls, HelperChannel.connect(calls, path.toString(), PATIENCE_S), PATIENCE_S)) {
            early.send(HelperChannel.MAPS, new byte[] {1});
            helper.take(HelperChannel.of(calls, HelperChannel.accept(calls, listener), PATIENCE_S));
            assertThat(early.receive()).as("its message was not read").isEqualTo(-LinuxCalls.ECONNRESET);
            assertThat(early.receive()).isEqualTo(HelperChannel.FAILED);
        }
        programs.forEach(HelperChannel::close);
        calls.close(listener);
    }
}
