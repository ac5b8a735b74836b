/* SPDX-License-Identifier: Apache-2.0 */
package org.mtcp4j.nic.xdp;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.mtcp4j.nic.Netns;
import org.mtcp4j.nic.NicUnavailableException;
import org.mtcp4j.nic.linux.LinuxCalls;
import org.mtcp4j.nic.linux.LinuxCallsLoader;

/** What is said of an XDP program that an interface has already. */
class XdpProgramsTest {
    @Test
    @Tag("netns")
    void passesInANamespaceOfItsOwn() throws Exception {
        assumeTrue(System.getProperty("user.name").equals("root"), "needs root");
        Netns.Result result = Netns.runTests(List.of(), Inside.class);
        assertThat(result.output()).contains("ran 4 failed 0");
    }

    /** With a veth of its own for each test. */
    static class Inside {
        private static final int PROGRAM_LOAD = 5;
        private static final int LINK_CREATE = 28;
        private static final int ATTACH_XDP = 37;
        private static final int SETLINK = 19;
        private static final int IFLA_XDP = 43;
        private static final int NESTED = 0x8000;
        private static final String DEVICE = "x0";

        private final LinuxCalls calls = load();
        private int index;

        private static LinuxCalls load() {
            try {
                return LinuxCallsLoader.load();
            } catch (NicUnavailableException e) {
                throw new AssertionError(e);
            }
        }

        @BeforeAll
        static void onlyInANamespaceOfItsOwn() throws Exception {
            Netns.requireInside();
        }

        @BeforeEach
        void makeDevice() throws Exception {
            run("ip link del x0 2>/dev/null; ip link add x0 type veth peer name x1");
            InterfaceTable table = new InterfaceTable(calls, new XdpFailures(calls, DEVICE));
            index = table.find(DEVICE).index();
            table.close();
        }

        private static void run(String line) throws Exception {
            Process process = new ProcessBuilder("sh", "-c", line).inheritIO().start();
            assertThat(process.waitFor(10, TimeUnit.SECONDS)).isTrue();
            assertThat(process.exitValue()).as(line).isZero();
        }

        /** Lets every frame pass. */
        private int program() {
            ByteBuffer code = LinuxCalls.memory(16);
            code.putLong(0, 0x0000_0002_0000_00b7L).putLong(8, 0x95L);
            ByteBuffer license = LinuxCalls.memory(16).put(0, "GPL".getBytes(StandardCharsets.US_ASCII));
            ByteBuffer attributes = LinuxCalls.memory(128);
            attributes.putInt(0, 6).putInt(4, 2).putLong(8, calls.address(code));
            attributes.putLong(16, calls.address(license)).put(48, "left".getBytes(StandardCharsets.US_ASCII));
            int fd = calls.bpf(PROGRAM_LOAD, calls.address(attributes), 128);
            assertThat(fd).as("descriptor of the program").isPositive();
            return fd;
        }

        /** As libbpf and {@code ip} attach it: it stays. */
        private void attach(int program, int flags) throws Exception {
            ByteBuffer message = ByteBuffer.allocate(16 + 4 + 8 + 8).order(ByteOrder.nativeOrder());
            message.putInt(4, index);
            message.putShort(16, (short) 20).putShort(18, (short) (IFLA_XDP | NESTED));
            message.putShort(20, (short) 8).putShort(22, (short) 1).putInt(24, program);
            message.putShort(28, (short) 8).putShort(30, (short) 3).putInt(32, flags);
            Netlink netlink = new Netlink(calls, new XdpFailures(calls, DEVICE), 0);
            netlink.send(SETLINK, Netlink.REQUEST, message.array());
            netlink.close();
        }

        private String sentence() {
            return XdpPrograms.sentence(calls, DEVICE);
        }

        @Test
        void nothingIsSaidOfAnInterfaceWithoutOne() {
            assertThat(sentence()).isNull();
            assertThat(XdpPrograms.sentence(calls, "nosuch")).isNull();
        }

        @Test
        void whatADeadProcessHasLeftIsNamedWithTheCureThatRemovesIt() throws Exception {
            int program = program();
            attach(program, XdpProgram.NATIVE);
            assertThat(sentence())
                    .contains("it belongs to process " + ProcessHandle.current().pid() + " (java)");
            calls.close(program);
            assertThat(sentence())
                    .matches(
                            "XDP program \\d+ 'left' is attached to interface 'x0', which takes one; no process that can be seen"
                                    + " from here holds it, .* remove it by 'ip link set dev x0 xdp off'; .*");
            run("ip link set dev x0 xdp off");
            assertThat(sentence()).isNull();
        }

        @Test
        void oneBehindTheDriverHasACureOfItsOwn() throws Exception {
            int program = program();
            attach(program, XdpProgram.GENERIC);
            calls.close(program);
            assertThat(sentence()).contains("'ip link set dev x0 xdpgeneric off'");
            run("ip link set dev x0 xdpgeneric off");
            assertThat(sentence()).isNull();
        }

        @Test
        void whoHoldsALinkIsNamedAndItsInterfaceIsRefused() throws Exception {
            int program = program();
            ByteBuffer attributes = LinuxCalls.memory(128);
            attributes.putInt(0, program).putInt(4, index).putInt(8, ATTACH_XDP).putInt(12, XdpProgram.NATIVE);
            int link = calls.bpf(LINK_CREATE, calls.address(attributes), 64);
            assertThat(link).isPositive();
            calls.close(program);
            String holder = "it belongs to process " + ProcessHandle.current().pid() + " (java): stop that";
            assertThat(sentence()).contains(holder);
            XdpFailures failures = new XdpFailures(calls, DEVICE);
            try (XdpProgram ours = new XdpProgram(calls, failures)) {
                XdpAttachment attachment = new XdpAttachment(calls, failures, DEVICE);
                assertThatThrownBy(() -> attachment.attach(ours, index, "", true))
                        .isInstanceOf(NicUnavailableException.class)
                        .hasMessageContaining("nic=xdp:x0: XDP program ")
                        .hasMessageContaining(holder);
            }
            calls.close(link);
            assertThat(sentence()).isNull();
        }
    }
}
