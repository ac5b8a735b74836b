/* SPDX-License-Identifier: Apache-2.0 */
package org.mtcp4j.it.frameworks;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.nio.file.FileSystem;
import java.nio.file.FileSystems;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** What a program sees of a DPDK port that cannot be had: with {@code on-failure=kernel} and {@code fail}. And the shim, built here. */
class DpdkFailuresIT {
    private static final int SECONDS = 60;
    private static final String SHIMS = "META-INF/mtcp4j/dpdk/";

    @TempDir
    private Path directory;

    @BeforeAll
    static void needsDpdk() {
        Dpdk.assumeAvailable();
    }

    private record Failure(String device, String more, String sentence) {
        @Override
        public String toString() {
            return sentence;
        }
    }

    static Stream<Failure> failures() {
        return Stream.of(
                new Failure("net_nope0", "", "DPDK has no device 'net_nope0' ("),
                new Failure(
                        "net_af_packet0+iface=nosuch0", "", "DPDK cannot open net_af_packet0 on interface 'nosuch0' ("),
                new Failure("net_ring0", ",dpdk.eal-args=--no-such-thing", "DPDK cannot be initialised ("),
                new Failure("net_ring0", ",dpdk.eal-args=-m 64,frames=200000", "for 200000 frames ("),
                new Failure("net_ring0", ",frames=1048576", "for 1048576 frames ("),
                new Failure(
                        "net_pcap0+rx_pcap=/nosuch.pcap", "", "DPDK cannot open 'net_pcap0,rx_pcap=/nosuch.pcap' ("),
                new Failure("0000:ff:1f.7", "", "there is no PCI device 0000:ff:1f.7 here"));
    }

    @ParameterizedTest
    @MethodSource("failures")
    void theProgramRunsOnTheKernelOrNotAtAllAndOneSentenceSaysWhy(Failure failure) throws Exception {
        check(List.of(), Build.agentJar(), failure);
    }

    @Test
    void withoutDpdk() throws Exception {
        assumeTrue(System.getProperty("user.name").equals("root"), "needs root");
        Path overlay = Files.createDirectories(directory.resolve("overlay"));
        String hide = "mount -t tmpfs t " + overlay + " && mkdir " + overlay + "/u " + overlay + "/w && for d in"
                + " /usr/lib/*-linux-gnu; do mount -t overlay o -o lowerdir=$d,upperdir=" + overlay + "/u,workdir="
                + overlay + "/w $d && rm $d/librte_* || exit 99; done; exec \"$@\"";
        List<String> prefix = List.of("unshare", "-m", "sh", "-c", hide, "sh");
        List<String> probe = new ArrayList<>(prefix);
        probe.add("true");
        assumeTrue(Running.run(SECONDS, probe).exitCode() == 0, "no overlay file system");
        check(prefix, Build.agentJar(), new Failure("net_ring0", "", "DPDK is not installed ("));
    }

    /** Twice: the sentence is the same, the end is not. */
    private void check(List<String> prefix, Path agent, Failure failure) throws Exception {
        List<String> command = command(prefix, agent, failure, "fail");
        Running.Ended ended = Running.run(SECONDS, command);
        assertThat(ended.text())
                .contains(failure.sentence)
                .contains("; the program is not started (mtcp.on-failure=fail)")
                .doesNotContain("ready")
                .doesNotContain("Exception");
        assertThat(ended.exitCode()).isEqualTo(1);
        try (Running running = Running.start(command(prefix, agent, failure, "kernel"))) {
            running.awaitLine("ready", SECONDS);
            assertThat(running.text())
                    .contains(failure.sentence)
                    .contains("; the program runs on the kernel")
                    .doesNotContain("Exception");
            assertThat(running.text().lines().filter(line -> line.startsWith("[mtcp] ERROR")))
                    .hasSize(1);
        }
    }

    private List<String> command(List<String> prefix, Path agent, Failure failure, String onFailure) {
        List<String> command = new ArrayList<>(prefix);
        for (String word : Talker.java(directory, "", "serve", "0")) {
            command.add(
                    word.startsWith("-javaagent:")
                            ? "-javaagent:" + agent + "=nic=dpdk:" + failure.device
                                    + ",dpdk.no-huge=true,ip=198.18.7.1/24,log=warn,on-failure=" + onFailure
                                    + failure.more
                            : word);
        }
        return command;
    }

    /** The agent's jar as a machine without DPDK's headers builds it. */
    private Path agentWithoutShim() throws IOException {
        Path jar = Files.copy(Build.agentJar(), directory.resolve("agent.jar"));
        try (FileSystem inside = FileSystems.newFileSystem(jar);
                Stream<Path> shims = Files.list(inside.getPath(SHIMS))) {
            for (Path shim : shims.toList()) {
                if (!shim.toString().endsWith(".c")) {
                    Files.delete(shim);
                }
            }
        }
        return jar;
    }

    @Test
    void doctorBuildsAShimThatIsUsedFromThenOn() throws Exception {
        Path agent = agentWithoutShim();
        Path cache = Files.createDirectory(directory.resolve("cache"));
        List<String> prefix = List.of("env", "XDG_CACHE_HOME=" + cache);
        Failure without =
                new Failure("net_null0+no-rx=1", "", "there is no shim for the DPDK installed here (librte_ethdev");
        check(prefix, agent, without);

        Running.Ended ended = Running.run(SECONDS, doctor(prefix, agent));
        assertThat(ended.exitCode()).as(ended.text()).isLessThan(2);
        try (Stream<Path> files = Files.list(cache.resolve("mtcp4j"))) {
            Path shim = files.filter(file -> file.toString().endsWith(".so"))
                    .findFirst()
                    .orElseThrow();
            assertThat(ended.text()).contains("the shim for DPDK is built: " + shim);
        }
        try (Running running = Running.start(command(prefix, agent, without, "fail"))) {
            running.awaitLine("ready", SECONDS);
            assertThat(running.text()).doesNotContain("[mtcp] ERROR");
        }
    }

    @Test
    void doctorSaysWhatTheBuildNeeds() throws Exception {
        Path cache = Files.createDirectory(directory.resolve("cache"));
        Path tools = Files.createDirectory(directory.resolve("tools"));
        String[] environment = {"env", "XDG_CACHE_HOME=" + cache, "PATH=" + tools};
        Running.Ended ended = Running.run(SECONDS, doctor(List.of(environment), Build.agentJar()));
        assertThat(ended.text()).contains("is not installed, which the shim is built with; install it, as 'apt-get");
        assertThat(ended.exitCode()).isEqualTo(2);
        Path pkgConfig = Files.writeString(tools.resolve("pkg-config"), "#!/bin/sh\nexit 1\n");
        assertThat(pkgConfig.toFile().setExecutable(true)).isTrue();
        ended = Running.run(SECONDS, doctor(List.of(environment), Build.agentJar()));
        assertThat(ended.text()).contains("DPDK's headers are not installed (pkg-config does not know libdpdk)");
        assertThat(ended.exitCode()).isEqualTo(2);
    }

    private static List<String> doctor(List<String> prefix, Path agent) {
        List<String> command = new ArrayList<>(prefix);
        command.addAll(List.of(Build.java().toString(), "-jar", agent.toString(), "doctor", "--build-dpdk"));
        return command;
    }
}
