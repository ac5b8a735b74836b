/* SPDX-License-Identifier: Apache-2.0 */
package org.mtcp4j.it.frameworks;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

/** What a start on a shared interface needs, and what it says where that is missing. */
class SharedStartIT extends SharedInterfaceCases {
    /** Attaches a program that passes every packet on, by bpf(2), and keeps it. */
    private static final String PERL_XDP =
            "use strict; my ($license, $name) = (\"Apache-2.0\\0\", \"\"); my $code = pack(\"Q2\", 0x2000000b7, 0x95); my $load ="
                    + " pack(\"L2 p p x44 L x48\", 6, 2, $code, $license, 37); my $program = syscall(321, 5, $load, length $load); die \"load: $!\" if"
                    + " $program < 0; my $at = pack(\"L4 x48\", $program, shift, 37, 0); my $link = syscall(321, 28, $at, length $at); die"
                    + " \"link: $!\" if $link < 0; $| = 1; print \"ready\\n\"; <STDIN>";

    /** Something that is missing, the words before the command that make it so, and what the start says. */
    enum Missing {
        NET_RAW(
                "setpriv --bounding-set=-net_raw --inh-caps=-net_raw",
                "opening an AF_XDP socket failed: Operation not permitted; run as root, or give the program the capabilities NET_RAW, NET_ADMIN"
                        + " and BPF: in Docker --cap-add NET_ADMIN --cap-add BPF --ulimit memlock=-1, in Kubernetes"
                        + " securityContext.capabilities.add"),
        NET_ADMIN(
                "setpriv --bounding-set=-net_admin --inh-caps=-net_admin",
                "looking for neighbours failed: Operation not permitted; run as root, or give"),
        BPF(
                "setpriv --bounding-set=-bpf,-sys_admin --inh-caps=-bpf,-sys_admin",
                "bpf(BPF_MAP_CREATE) of xsks_map failed: Operation not permitted; run as root, or give"),
        LOCKED_MEMORY(
                "prlimit --memlock=65536:65536 setpriv --bounding-set=-ipc_lock,-sys_resource --inh-caps=-ipc_lock,-sys_resource",
                "registering 1024 KiB for packets failed: No buffer space available; allow the process to lock memory: 'ulimit -l unlimited', in"
                        + " Docker --ulimit memlock=-1"),
        OWNERSHIP("unshare -U -r", "failed: Operation not permitted; run as root, or give");

        private final List<String> before;
        private final String sentence;

        Missing(String before, String sentence) {
            this.before = List.of(before.split(" ", -1));
            this.sentence = sentence;
        }
    }

    private void servedByTheKernel(Running server, String sentence) throws Exception {
        assertThat(server.text())
                .contains("[mtcp] ERROR nic=xdp:eth0: ")
                .contains(sentence)
                .doesNotContain("\tat ");
        long before = acceptedByKernel();
        assertThat(curl(peer, URL)).isEqualTo("got 0");
        assertThat(acceptedByKernel()).isEqualTo(before + 1);
        assertThat(pod.shell(5, "ip link show eth0")).doesNotContain("xdp");
    }

    @ParameterizedTest
    @EnumSource
    void whatIsMissingIsSaidWithItsCureAndTheProgramRunsOnTheKernel(Missing missing) throws Exception {
        servedByTheKernel(serve(PORT, missing.before, "-Dmtcp.nic=xdp:eth0"), missing.sentence);
    }

    @ParameterizedTest
    @ValueSource(strings = {"-Xmx24m", "-Xmx64m", "-XX:MaxDirectMemorySize=10M"})
    void aJvmWithLittleMemoryIsServedByTheStack(String memory) throws Exception {
        long before = acceptedByKernel();
        serve("-Dmtcp.nic=xdp:eth0", "-Dmtcp.on-failure=fail", memory);
        assertThat(curl(peer, URL)).isEqualTo("got 0");
        assertThat(acceptedByKernel()).isEqualTo(before);
    }

    @Test
    void anotherProgramsXdpIsLeftAloneAndSaid() throws Exception {
        assumeTrue(System.getProperty("os.arch").equals("amd64"), "the number of bpf(2) is another one");
        String index = pod.shell(5, "ip -o link show eth0 2>/dev/null").split(":", 2)[0];
        Running foreign = closed(pod.start(List.of("perl", "-e", PERL_XDP, index)));
        foreign.awaitLine("ready", 10);
        String before = pod.shell(5, "ip link show eth0");
        assertThat(before).contains("xdp");
        Running server = serve("-Dmtcp.nic=xdp:eth0");
        assertThat(server.text())
                .contains("nic=xdp:eth0: XDP program ")
                .contains("it belongs to process " + foreign.pid() + " (perl): stop that");
        assertThat(pod.shell(5, "ip link show eth0")).isEqualTo(before);
        assertThat(curl(peer, URL)).isEqualTo("got 0");
    }

    @Test
    void anOrdinaryUserNeedsThreeCapabilitiesAndNoMore() throws Exception {
        List<String> nobody = List.of(
                "setpriv",
                "--reuid=65534",
                "--regid=65534",
                "--clear-groups",
                "--bounding-set=-all,+net_raw,+net_admin,+bpf",
                "--inh-caps=-all,+net_raw,+net_admin,+bpf",
                "--ambient-caps=-all,+net_raw,+net_admin,+bpf");
        assumeTrue(
                pod.run(
                                        5,
                                        "setpriv",
                                        "--reuid=65534",
                                        "test",
                                        "-r",
                                        Build.agentJar().toString())
                                .exitCode()
                        == 0,
                "nobody cannot read the jar here");
        Running server = serveUnderAgent(nobody, "nic=xdp:eth0");
        assertThat(pod.shell(5, "grep -E '^(Uid|CapEff)' /proc/" + server.pid() + "/status"))
                .contains("Uid:\t65534\t65534\t65534\t65534")
                .contains("CapEff:\t0000008000003000");
        long before = acceptedByKernel();
        assertThat(curl(peer, URL)).isEqualTo("got 0");
        assertThat(curl(peer, "http://[2001:db8::2]:8080/")).isEqualTo("got 0");
        assertThat(curl(peer, URL + "big -o /dev/null -w '%{size_download}'")).isEqualTo("" + SharedServer.BIG_BYTES);
        assertThat(acceptedByKernel()).isEqualTo(before);
    }

    @Test
    void jumboFramesAreTakenInPiecesAndSegmentsSentAsLongAsAFrameHolds() throws Exception {
        pod.shell(5, "ip link set eth0 mtu 9000");
        peer.shell(5, "ip link set v1 mtu 9000");
        Running server = serve("-Dmtcp.nic=xdp:eth0/native", "-Dmtcp.on-failure=fail");
        long before = acceptedByKernel();
        assertThat(curl(peer, "-T <(head -c 20000000 /dev/zero) " + URL)).isEqualTo("got 20000000");
        assertThat(peer.shell(40, "curl -gsS -m 30 " + URL + "big | sha256sum")).startsWith(SharedServer.sha256OfBig());
        assertThat(acceptedByKernel()).isEqualTo(before);
        assertThat(server.isAlive()).isTrue();
    }
}
