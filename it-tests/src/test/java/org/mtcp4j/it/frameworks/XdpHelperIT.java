/* SPDX-License-Identifier: Apache-2.0 */
package org.mtcp4j.it.frameworks;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** {@code xdp-helper}: a program that has CAP_NET_RAW alone shares an interface. */
class XdpHelperIT extends SharedInterfaceCases {
    private static final List<String> NET_RAW_ALONE =
            List.of("setpriv", "--bounding-set=-all,+net_raw", "--inh-caps=-all,+net_raw");

    @TempDir
    Path directory;

    private Running helper(String interfaceName) throws Exception {
        Running helper = closed(pod.start(List.of(
                Build.java().toString(),
                "-XX:+UseSerialGC",
                "-jar",
                Build.agentJar().toString(),
                "xdp-helper",
                interfaceName,
                socket())));
        helper.awaitLine("ready", 60);
        return helper;
    }

    private String socket() {
        return directory.resolve("xdp.sock").toString();
    }

    private Running serveByHelper() throws Exception {
        return serveUnderAgent(NET_RAW_ALONE, "nic=xdp:eth0,xdp.helper=" + socket());
    }

    @Test
    void aProgramWithNetRawAloneServesAndNothingIsLeftWhenItIsKilled() throws Exception {
        Running helper = helper("eth0");
        assertThat(pod.shell(5, "ip link show eth0")).doesNotContain("xdp");
        Running server = serveByHelper();
        assertThat(pod.shell(5, "grep CapEff /proc/" + server.pid() + "/status").trim())
                .isEqualTo("CapEff:\t0000000000002000");
        long before = acceptedByKernel();
        assertThat(curl(peer, URL)).isEqualTo("got 0");
        assertThat(curl(peer, "http://[2001:db8::2]:8080/")).isEqualTo("got 0");
        assertThat(curl(peer, URL + "big -o /dev/null -w '%{size_download}'")).isEqualTo("" + SharedServer.BIG_BYTES);
        assertThat(acceptedByKernel()).isEqualTo(before);
        // The helper holds nothing of it: it may end, and be started again.
        helper.kill();
        assertThat(curl(peer, URL)).isEqualTo("got 0");
        helper("eth0");
        // A neighbour that nobody has spoken to yet.
        kernelServer(peer);
        peer.shell(5, "ip addr add 198.18.0.30/24 dev v1");
        assertThat(curl(peer, "'" + URL + "connect?198.18.0.30,9090'")).contains("200");
        server.kill();
        assertThat(pod.shell(5, "ip link show eth0")).doesNotContain("xdp");
        assertThat(refused(8080)).isTrue();
        serveByHelper();
        assertThat(curl(peer, URL)).isEqualTo("got 0");
        assertThat(acceptedByKernel()).isEqualTo(before);
    }

    @Test
    void whatAHelperCannotDoIsSaid() throws Exception {
        Running alone = serve(PORT, NET_RAW_ALONE, "-Dmtcp.nic=xdp:eth0", "-Dmtcp.xdp.helper=" + socket());
        assertThat(alone.text())
                .contains("reaching the helper at mtcp.xdp.helper=" + socket())
                .contains("xdp-helper eth0");
        alone.close();
        pod.shell(5, "ip link add eth1 type veth peer name v9; ip link set eth1 up");
        Running helper = helper("eth1");
        Running other = serve(PORT, NET_RAW_ALONE, "-Dmtcp.nic=xdp:eth0", "-Dmtcp.xdp.helper=" + socket());
        assertThat(other.text()).contains("is for eth1 of its own network namespace, not for eth0:");
        other.close();
        helper.terminate();
        helper.await(10);
        assertThat(Files.exists(Path.of(socket()))).isFalse();
        Running unable = closed(pod.start(List.of(
                "setpriv",
                "--bounding-set=-all,+net_raw",
                "--inh-caps=-all,+net_raw",
                Build.java().toString(),
                "-jar",
                Build.agentJar().toString(),
                "xdp-helper",
                "eth0",
                socket())));
        Running.Ended ended = unable.await(60);
        assertThat(ended.exitCode()).isEqualTo(2);
        assertThat(ended.text()).contains("Operation not permitted").doesNotContain("\tat ");
    }
}
