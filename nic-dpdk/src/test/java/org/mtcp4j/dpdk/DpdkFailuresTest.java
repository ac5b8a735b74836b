/* SPDX-License-Identifier: Apache-2.0 */
package org.mtcp4j.dpdk;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assumptions.abort;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.mtcp4j.nic.NicUnavailableException;

/** What cannot be had is one sentence with the cure. */
class DpdkFailuresTest {
    private static final String BUILD = "'java -jar mtcp4j-agent.jar doctor --build-dpdk'";

    @TempDir
    private Path directory;

    private static void needsDpdk() {
        String reason = new DpdkNicProvider().unavailable();
        if (reason != null) {
            System.out.println("[dpdk] skipped: " + reason);
            abort(reason);
        }
    }

    private static void needsRoot() {
        assumeTrue(System.getProperty("user.name").equals("root"), "needs root");
    }

    private String probe(List<String> prefix, Path firstOnClassPath, String... arguments) throws Exception {
        String text = DpdkProbe.run(directory, DpdkProbe.command(prefix, firstOnClassPath, arguments));
        assertThat(text).endsWith("exit code 0").doesNotContain("Exception");
        return text;
    }

    /** A directory whose shim, if any, comes before the build's on a class path. */
    private Path shims(String index) throws IOException {
        Path resources = Files.createDirectories(directory.resolve("front/META-INF/mtcp4j/dpdk"));
        Files.writeString(resources.resolve("index"), index);
        return directory.resolve("front");
    }

    @Test
    void withoutAShimItSaysHowToBuildOne() throws Exception {
        needsDpdk();
        assertThat(probe(List.of(), shims(""), "net_ring0"))
                .contains("unavailable: there is no shim for the DPDK installed here (librte_ethdev.so.")
                .contains(BUILD);
    }

    @Test
    void aShimForAnotherAbiIsNoShim() throws Exception {
        needsDpdk();
        String name = "other-" + System.getProperty("os.arch") + ".so";
        Path front = shims(name);
        Files.write(front.resolve("META-INF/mtcp4j/dpdk/" + name), shimThatNeeds(".so.99"));
        assertThat(probe(List.of(), front, "net_ring0"))
                .contains("unavailable: there is no shim for the DPDK installed here (librte_ethdev.so.")
                .contains(BUILD);
    }

    /** This build's shim, bound to libraries of another ABI version. */
    private static byte[] shimThatNeeds(String suffix) throws IOException {
        try (var index = Shim.class.getResourceAsStream("/META-INF/mtcp4j/dpdk/index");
                var shim = Shim.class.getResourceAsStream("/META-INF/mtcp4j/dpdk/"
                        + new String(index.readAllBytes(), StandardCharsets.US_ASCII).strip())) {
            String text = new String(shim.readAllBytes(), StandardCharsets.ISO_8859_1);
            String other = text.replaceAll("(librte_[a-z]+)\\.so\\.\\d\\d", "$1" + suffix);
            assertThat(other).isNotEqualTo(text);
            return other.getBytes(StandardCharsets.ISO_8859_1);
        }
    }

    @Test
    void aShimOfAnotherVersionOfOursIsBuiltAnew() throws Exception {
        needsDpdk();
        Path front = shims("");
        Path source = front.resolve("META-INF/mtcp4j/dpdk/mtcp4j_dpdk.c");
        Files.writeString(source, "/* another version */");
        Files.delete(front.resolve("META-INF/mtcp4j/dpdk/index"));
        assertThat(probe(List.of(), front, "net_ring0"))
                .contains("the shim was built for another version of mtcp4j")
                .contains(BUILD);
    }

    @Test
    void aShimInACacheThatOthersMayWriteIsNotLoaded() throws Exception {
        needsDpdk();
        Path cache = Files.createDirectories(directory.resolve("cache/mtcp4j"));
        Files.setPosixFilePermissions(cache, PosixFilePermissions.fromString("rwxrwxrwx"));
        assertThat(probe(List.of("env", "XDG_CACHE_HOME=" + directory.resolve("cache")), null, "net_ring0"))
                .contains("unavailable: DPDK's shim is not loaded from its cache, since " + cache
                        + " can be written by others (mode 777); remove it");
    }

    @Test
    void theShimIsLoadedFromElsewhereWhereTheTemporaryDirectoryIsMountedNoexec() throws Exception {
        needsDpdk();
        needsRoot();
        Path noexec = Files.createDirectory(directory.resolve("noexec"));
        String mount = "mount -t tmpfs -o noexec t " + noexec + " || exit 99; \"$@\"; code=$?; ls " + noexec
                + " /var/tmp /dev/shm | grep -c mtcp4j; exit $code";
        List<String> prefix = List.of(
                "unshare",
                "-m",
                "env",
                "-u",
                "XDG_RUNTIME_DIR",
                // The build's class path has no inner jar, so that jffi looks after its own library.
                "JAVA_TOOL_OPTIONS=-Djffi.extract.dir=/var/tmp -Djava.io.tmpdir=" + noexec + " -Duser.home=" + noexec,
                "sh",
                "-c",
                mount,
                "sh");
        String text = probe(prefix, null, "net_ring0");
        assumeTrue(!text.endsWith("exit code 99"), "no mount");
        assertThat(text).contains("opened dpdk:net_ring0").contains("\n0\n");
    }

    /** DPDK keeps files by the process's id where all users may write, and what is there afterwards is removed: not through another's link. */
    @Test
    void filesBehindAnotherUsersLinkInPlaceOfDpdksDirectoryStay() throws Exception {
        needsDpdk();
        needsRoot();
        // The shell's process id is that of the JVM.
        String link = "d=/run/precious/mtcp4j-$$; mkdir -p $d && echo precious > $d/file && ln -s precious /run/dpdk"
                + " && chown -h 65534 /run/dpdk && exec \"$@\"";
        String run = "mount -t tmpfs t /run || exit 99; sh -c '" + link
                + "' sh \"$@\"; code=$?; cat /run/precious/*/file;" + " exit $code";
        String text = probe(List.of("unshare", "-m", "sh", "-c", run, "sh"), null, "net_ring0");
        assumeTrue(!text.endsWith("exit code 99"), "no mount");
        assertThat(text).contains("opened dpdk:net_ring0").contains("\nprecious\n");
    }

    @Test
    void withoutDpdkItSaysHowToInstallIt() throws Exception {
        needsDpdk();
        needsRoot();
        String hide = "mount -t tmpfs t " + directory + " && cd " + directory + " && mkdir u w && for d in"
                + " /usr/lib/*-linux-gnu; do mount -t overlay o -o lowerdir=$d,upperdir=u,workdir=w $d && rm $d/librte_*"
                + " || exit 99; done; exec \"$@\"";
        List<String> prefix = List.of("unshare", "-m", "sh", "-c", hide, "sh");
        String text = DpdkProbe.run(directory, DpdkProbe.command(prefix, null, "net_ring0"));
        assumeTrue(!text.endsWith("exit code 99") && !text.endsWith("exit code 1"), "no overlay file system");
        assertThat(text)
                .contains("unavailable: DPDK is not installed (")
                .contains("; install it, as 'apt-get install dpdk'")
                .endsWith("exit code 0");
    }

    @Test
    void anUnknownDeviceIsNamedBesideThoseThatAreKnown() throws Exception {
        needsDpdk();
        assertThat(probe(List.of(), null, "net_nope0,x=1"))
                .contains("refused: DPDK has no device 'net_nope0,x=1' (")
                .contains("known names begin with net_memif,");
    }

    @Test
    void checksumsAreTrustedOverSharedMemoryOnly() throws Exception {
        needsDpdk();
        assertThat(probe(List.of("env", "JAVA_TOOL_OPTIONS=-Dchecksums=trusted"), null, "net_ring0"))
                .contains("refused: net_ring0 may lead out of the machine, where checksums are needed; take"
                        + " mtcp.dpdk.checksums=full, trusted is for net_memif");
    }

    @Test
    void anInterfaceThatIsNotThereIsNamed() throws Exception {
        needsDpdk();
        assertThat(probe(List.of(), null, "net_af_packet0,iface=nosuch0"))
                .contains("refused: DPDK cannot open net_af_packet0 on interface 'nosuch0' (")
                .contains("does 'ip link show nosuch0' know it here");
    }

    @Test
    void withoutTheCapabilityItSaysWhichOne() throws Exception {
        needsDpdk();
        needsRoot();
        List<String> prefix =
                List.of("unshare", "-n", "setpriv", "--bounding-set", "-net_raw", "--inh-caps", "-net_raw");
        assertThat(probe(prefix, null, "net_af_packet0,iface=lo"))
                .contains("refused: DPDK cannot open net_af_packet0 on interface 'lo' (")
                .contains("is this process root or has it CAP_NET_RAW and CAP_NET_ADMIN?");
    }

    @Test
    void moreXdpQueuesThanTheInterfaceHasAreRefusedWithBothNumbers() throws Exception {
        needsDpdk();
        needsRoot();
        List<String> prefix = List.of(
                "unshare",
                "-n",
                "sh",
                "-c",
                "ip link add xq0 numrxqueues 2 numtxqueues 2 type veth peer name xq1 || exit 99; exec \"$@\"",
                "sh");
        assertThat(probe(prefix, null, "net_af_xdp0,iface=xq0,start_queue=1,queue_count=2"))
                .contains("refused: interface 'xq0' has 2 receive queue(s), and net_af_xdp0,iface=xq0,start_queue=1,"
                        + "queue_count=2 wants queue 2, counted from 0; set queue_count to 2 or less");
    }

    @Test
    void whatDpdkPrintsSaysThatItIsDpdks() throws Exception {
        needsDpdk();
        needsRoot();
        // Loopback's hardware address cannot be set, of which the driver complains.
        String text = probe(List.of("unshare", "-n"), null, "net_af_packet0,iface=lo");
        assertThat(text.lines().filter(line -> line.contains("SIOCSIFHWADDR")))
                .isNotEmpty()
                .allMatch(line -> line.startsWith("[mtcp] DPDK: eth_dev_macaddr_set(): "));
    }

    @Test
    void argumentsOfDpdksThatItDoesNotKnowAreNamed() throws Exception {
        needsDpdk();
        assertThat(probe(List.of("env", "JAVA_TOOL_OPTIONS=-Deal-args=--no-such-thing"), null, "net_ring0"))
                .contains("refused: DPDK cannot be initialised (")
                .contains("check mtcp.dpdk.eal-args");
    }

    @Test
    void aPciDeviceThatTheKernelHasIsLeftAlone() throws Exception {
        Path device = Files.createDirectories(directory.resolve("0000:3b:00.0"));
        Files.createSymbolicLink(device.resolve("driver"), Path.of("../../../bus/pci/drivers/ixgbe"));
        assertThatThrownBy(() -> PciDevices.check(directory, DevArgs.parse("3b:00.0")))
                .isInstanceOf(NicUnavailableException.class)
                .hasMessageContaining("PCI device 0000:3b:00.0 is held by the kernel's driver 'ixgbe'; give it to DPDK")
                .hasMessageContaining("dpdk-devbind.py -b vfio-pci 0000:3b:00.0");
        assertThatThrownBy(() -> PciDevices.check(directory, DevArgs.parse("3b:00.1")))
                .hasMessageContaining("there is no PCI device 0000:3b:00.1 here");
        Files.delete(device.resolve("driver"));
        assertThatThrownBy(() -> PciDevices.check(directory, DevArgs.parse("3b:00.0")))
                .hasMessageContaining("0000:3b:00.0 has no driver; give it to DPDK");
        Files.createSymbolicLink(device.resolve("driver"), Path.of("../../../bus/pci/drivers/vfio-pci"));
        assertThatCode(() -> PciDevices.check(directory, DevArgs.parse("3b:00.0")))
                .doesNotThrowAnyException();
        assertThatCode(() -> PciDevices.check(directory, DevArgs.parse("net_ring0")))
                .doesNotThrowAnyException();
    }

    @Test
    void aCardOfThisMachineThatTheKernelHasIsRefusedBeforeDpdkSeesIt() throws Exception {
        needsDpdk();
        try (Stream<Path> devices = Files.list(PciDevices.DEVICES)) {
            String held = devices.filter(device -> Files.isSymbolicLink(device.resolve("driver")))
                    .map(device -> device.getFileName().toString())
                    .findFirst()
                    .orElse(null);
            assumeTrue(held != null, "no PCI device here");
            assertThat(probe(List.of(), null, held)).containsAnyOf("is held by the kernel's driver '", "hugepages");
        } catch (IOException e) {
            abort("no PCI bus here");
        }
    }

    @Test
    void aFailureOfXdpNamesTheProgramThatADeadProcessMayHaveLeft() throws Exception {
        DevArgs device = DevArgs.parse("net_af_xdp0,iface=eth7");
        assertThat(EalFailures.device(device, "", "Device or resource busy", "XDP program 7 is attached"))
                .contains("(Device or resource busy)")
                .endsWith("CAP_NET_ADMIN? XDP program 7 is attached");
        assertThat(EalFailures.device(device, "", "x", null)).doesNotContain("XDP program");
    }

    @Test
    void whatDpdkPrintsBecomesASentence() {
        assertThat(EalFailures.sentence(
                        "EAL: get_seg_fd(): open '/dev/hugepages/x' failed: Permission denied\nEAL: Cannot init memory",
                        true,
                        "Cannot allocate memory"))
                .contains("DPDK may not use hugepages as this user (get_seg_fd(): open '/dev/hugepages/x'")
                .contains("set mtcp.dpdk.no-huge=true");
        assertThat(EalFailures.sentence("EAL: No free 2048 kB hugepages reported on node 0", true, "x"))
                .isEqualTo("DPDK found no free hugepages; reserve some, or set mtcp.dpdk.no-huge=true");
        assertThat(EalFailures.sentence("EAL: Cannot init memory", false, "Cannot allocate memory"))
                .contains("DPDK got no memory (Cannot init memory); set a smaller mtcp.frames");
    }
}
