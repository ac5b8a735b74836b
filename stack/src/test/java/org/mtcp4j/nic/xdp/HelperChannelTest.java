/* SPDX-License-Identifier: Apache-2.0 */
package org.mtcp4j.nic.xdp;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
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

/** Over sockets of the kernel's. */
@EnabledOnOs(OS.LINUX)
class HelperChannelTest {
    private static final int PATIENCE_S = 10;

    @TempDir
    Path directory;

    private LinuxCalls calls;
    private int listener;
    private HelperChannel here;
    private HelperChannel there;
    private final List<Integer> others = new ArrayList<>();

    @BeforeEach
    void connect() throws Exception {
        calls = LinuxCallsLoader.load();
        listener = HelperChannel.bound(calls, path());
        assertThat(listener).isPositive();
        assertThat(HelperChannel.connect(calls, path(), PATIENCE_S))
                .as("before it listens")
                .isEqualTo(-LinuxCalls.ECONNREFUSED);
        assertThat(HelperChannel.listen(calls, listener)).isZero();
        here = HelperChannel.of(calls, HelperChannel.connect(calls, path(), PATIENCE_S), PATIENCE_S);
        there = HelperChannel.of(calls, HelperChannel.accept(calls, listener), PATIENCE_S);
    }

    @AfterEach
    void close() {
        here.close();
        there.close();
        calls.close(listener);
    }

    private String path() {
        return directory.resolve("s").toString();
    }

    /** Descriptors of this process that are the listener. */
    private long listeners() throws Exception {
        Path own = Files.readSymbolicLink(Path.of("/proc/self/fd/" + listener));
        long number = 0;
        try (Stream<Path> all = Files.list(Path.of("/proc/self/fd"))) {
            for (Path each : all.toList()) {
                number += Files.isSymbolicLink(each)
                                && Files.readSymbolicLink(each).equals(own)
                        ? 1
                        : 0;
            }
        }
        return number;
    }

    @Test
    void descriptorsArriveWithTheirMessageAndNameTheSameThing() {
        int event = calls.eventfd(7, LinuxCalls.EFD_CLOEXEC);
        assertThat(here.send(HelperChannel.ATTACHED, new byte[] {'g', 'o'}, event, event))
                .isZero();
        calls.close(event);
        assertThat(there.receive()).isEqualTo(HelperChannel.ATTACHED);
        assertThat(there.text()).isEqualTo("go");
        int[] got = there.takeDescriptors();
        assertThat(got).hasSize(2);
        ByteBuffer value = ByteBuffer.allocateDirect(8).order(ByteOrder.nativeOrder());
        assertThat(calls.read(got[0], calls.address(value), 8)).isEqualTo(8);
        assertThat(value.getLong(0)).isEqualTo(7);
        for (int fd : got) {
            calls.close(fd);
        }
    }

    @Test
    void messagesStayApartAndDescriptorsThatNobodyTakesAreClosed() throws Exception {
        here.send(HelperChannel.MAPS_MADE, new byte[0], listener);
        here.send(HelperChannel.NEIGHBOUR, new byte[] {99, 18, 0, 1});
        assertThat(there.receive()).isEqualTo(HelperChannel.MAPS_MADE);
        assertThat(listeners()).isEqualTo(2);
        assertThat(there.receive()).isEqualTo(HelperChannel.NEIGHBOUR);
        assertThat(listeners()).isEqualTo(1);
        assertThat(there.takeDescriptors()).isEmpty();
        assertThat(there.message()).isEqualTo(new byte[] {99, 18, 0, 1});
        here.send(HelperChannel.MAPS_MADE, new byte[0], listener);
        here.close();
        there.receive();
        assertThat(listeners()).isEqualTo(2);
        assertThat(there.receive()).as("the end").isZero();
        assertThat(listeners()).isEqualTo(1);
    }

    @Test
    void aMessageThatIsTooLongIsCut() {
        assertThat(here.send(HelperChannel.FAILED, new byte[2 * HelperChannel.MOST_BYTES]))
                .isZero();
        assertThat(there.receive()).isEqualTo(HelperChannel.FAILED);
        assertThat(there.message()).hasSize(HelperChannel.MOST_BYTES - 1);
    }

    @Test
    void whatAHelperThatIsAnothersSaysIsTold() throws Exception {
        XdpFailures failures = new XdpFailures(calls, "eth0");
        InterfaceTable.Link link = new InterfaceTable.Link(5, "eth0", 1500, 2, true, 1);
        try (HelperLink helper = new HelperLink(calls, failures, path())) {
            HelperChannel theirs = HelperChannel.of(calls, HelperChannel.accept(calls, listener), PATIENCE_S);
            theirs.send(HelperChannel.FAILED, "not today".getBytes(java.nio.charset.StandardCharsets.UTF_8));
            assertThatThrownBy(() -> helper.maps(link))
                    .isInstanceOf(NicUnavailableException.class)
                    .hasMessage("not today");
            theirs.receive();
            assertThat(theirs.text()).isEqualTo("eth0:5:" + Files.readSymbolicLink(Path.of("/proc/self/ns/net")));
            theirs.close();
            assertThatThrownBy(() -> helper.maps(link)).hasMessageContaining("making the maps by the helper at");
        }
        assertThatThrownBy(() -> new HelperLink(calls, failures, "x".repeat(108)))
                .hasMessageContaining("reaching the helper at mtcp.xdp.helper=");
    }

    @Test
    void descriptorsOfAWrongAnswerAreClosed() throws Exception {
        XdpFailures failures = new XdpFailures(calls, "eth0");
        InterfaceTable.Link link = new InterfaceTable.Link(5, "eth0", 1500, 2, true, 1);
        try (HelperLink helper = new HelperLink(calls, failures, path())) {
            HelperChannel theirs = HelperChannel.of(calls, HelperChannel.accept(calls, listener), PATIENCE_S);
            theirs.send(HelperChannel.ATTACHED, new byte[0], listener, listener);
            assertThatThrownBy(() -> helper.maps(link)).hasMessageContaining("making the maps by the helper at");
            theirs.send(HelperChannel.MAPS_MADE, new byte[0], listener, listener);
            assertThatThrownBy(() -> helper.maps(link)).hasMessageContaining("is of another version of mtcp4j");
            theirs.close();
        }
        assertThat(listeners()).isEqualTo(1);
    }

    @Test
    @Timeout(60)
    void aHelperThatHangsIsNeverWaitedForByAQuestion() throws Exception {
        XdpFailures failures = new XdpFailures(calls, "eth0");
        ByteBuffer address = ByteBuffer.wrap(new byte[] {99, 18, 0, 1});
        try (HelperLink helper = new HelperLink(calls, failures, path())) {
            HelperChannel theirs = HelperChannel.of(calls, HelperChannel.accept(calls, listener), PATIENCE_S);
            long beforeNs = System.nanoTime();
            for (int i = 0; i < 10_000 && System.nanoTime() - beforeNs < PATIENCE_S * 1_000_000_000L; i++) {
                helper.lookFor(address);
            }
            assertThat(System.nanoTime() - beforeNs).isLessThan(PATIENCE_S * 1_000_000_000L);
            // It accepts nobody either.
            int fd = 0;
            for (int i = 0; i < 1_000 && fd >= 0; i++) {
                fd = HelperChannel.connect(calls, path(), 0);
                if (fd >= 0) {
                    others.add(fd);
                }
            }
            assertThat(fd).isEqualTo(-LinuxCalls.EAGAIN);
            theirs.close();
            beforeNs = System.nanoTime();
            helper.lookFor(address);
            assertThat(System.nanoTime() - beforeNs).isLessThan(PATIENCE_S * 1_000_000_000L);
        }
        others.forEach(calls::close);
    }
}
