/* SPDX-License-Identifier: Apache-2.0 */
package org.mtcp4j.it.frameworks;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/**
 * Unmodified servers in containers of {@code bin/engine}, on the address that the engine has given them, with a published port. What docs/getting-started.md
 * says of Docker is what is done here.
 */
class SharedContainerIT {
    private static final String NAME = "mtcp4j-shared";
    private static final String GATEWAY = "198.18.200.1";
    private static final String PUBLISHED = "http://" + GATEWAY + ":8080/";
    private static final int SECONDS = 60;

    /** Answers every question for an address with the bridge's. */
    private static final String PERL_DNS =
            "exec perl -MIO::Socket::INET -e '$s = IO::Socket::INET->new(Proto => \"udp\", LocalAddr => \"" + GATEWAY
                    + "\", LocalPort => 53) or die $!; $| = 1; print \"ready\\n\"; while ($from = $s->recv($_, 512)) { $q = substr($_, 12);"
                    + " $end = index($q, \"\\0\") + 5; $a = unpack(\"n\", substr($q, $end - 4, 2)) == 1; $s->send(substr($_, 0, 2) ."
                    + " pack(\"n5\", 0x8180, 1, $a, 0, 0) . substr($q, 0, $end) . ($a ? pack(\"n3Nn C4\", 0xc00c, 1, 1, 60, 4, 198, 18, 200, 1)"
                    + " : \"\"), 0, $from) }'";

    private final List<AutoCloseable> toClose = new ArrayList<>();
    private String engine;
    private String image;

    @BeforeEach
    void find() throws Exception {
        engine = System.getenv("ENGINE_PID");
        image = System.getenv("PEER_IMAGE");
        assumeTrue(engine != null && image != null, "no container engine: see bin/engine");
        assumeTrue(outside("ip -br addr show docker0").text().contains(GATEWAY), "the engine has no bridge");
    }

    @AfterEach
    void close() throws Exception {
        for (AutoCloseable each : toClose) {
            each.close();
        }
        docker("rm", "-f", NAME);
    }

    private static Running.Ended docker(String... arguments) throws Exception {
        List<String> command = new ArrayList<>(List.of("docker"));
        command.addAll(List.of(arguments));
        return Running.run(SECONDS, command);
    }

    /** In the engine's network namespace, where its bridge is. */
    private Running.Ended outside(String line) throws Exception {
        return Running.run(SECONDS, List.of("nsenter", "-t", engine, "-n", "bash", "-c", line));
    }

    private void serveOutside(String line) throws Exception {
        Running running = Running.start(List.of("nsenter", "-t", engine, "-n", "bash", "-c", line));
        toClose.add(running);
        running.awaitLine("ready", 10);
    }

    /** This machine's JDK and libraries in the peers' image, as an image with a JDK has them. */
    private void run(String arguments) throws Exception {
        String java = Build.java().toRealPath().toString();
        List<String> command = new ArrayList<>(List.of(
                ("run -di --name " + NAME + " --dns " + GATEWAY + " -p 8080:8080 --cap-add NET_ADMIN").split(" ", -1)));
        for (String path :
                new String[] {"/usr", "/lib", "/lib64", "/etc/java-17-openjdk", java.substring(0, java.indexOf("/bin/"))
                }) {
            if (Files.exists(Path.of(path))) {
                command.addAll(List.of("-v", path + ":" + path + ":ro"));
            }
        }
        command.addAll(List.of("-v", Build.docs().getParent() + ":/project:ro"));
        command.addAll(List.of(
                "-e",
                "JAVA_TOOL_OPTIONS=-javaagent:/project/agent/target/mtcp4j-agent.jar=nic=xdp:eth0,on-failure=fail"));
        List<String> rest = new ArrayList<>(List.of(image, java, "-Xmx300m"));
        rest.addAll(List.of(arguments.split(" ", -1)));
        Running.Ended started = withCapability("BPF", command, rest);
        if (started.text().contains("unknown capability")) {
            // Docker 20.10.
            started = withCapability("SYS_ADMIN", command, rest);
        }
        started.ok();
    }

    private static Running.Ended withCapability(String name, List<String> command, List<String> rest) throws Exception {
        List<String> all = new ArrayList<>(command);
        all.addAll(List.of("--cap-add", name));
        all.addAll(rest);
        return docker(all.toArray(String[]::new));
    }

    private void awaitServed(String path, String answer) throws Exception {
        String text = outside("for i in $(seq 100); do curl -sS -m 5 " + PUBLISHED + path + " && exit; sleep 0.2; done")
                .text();
        assertThat(text).as(docker("logs", NAME).text()).contains(answer);
    }

    /** Connections that the container's kernel has accepted. */
    private static long acceptedByKernel() throws Exception {
        String pid = docker("inspect", "-f", "{{.State.Pid}}", NAME).ok().trim();
        return SharedInterfaceCases.passiveOpens(Files.readString(Path.of("/proc/" + pid + "/net/snmp")));
    }

    private void served(String path, String answer) throws Exception {
        long before = acceptedByKernel();
        for (int i = 0; i < 10; i++) {
            assertThat(outside("curl -sS -m 10 " + PUBLISHED + path).ok()).contains(answer);
        }
        assertThat(acceptedByKernel()).as("all of them the stack's").isEqualTo(before);
    }

    @Test
    void jettyServesAtItsPublishedPortAndLivesThroughKillAndRestart() throws Exception {
        run(
                "-cp /project/examples/target/classes:/project/examples/target/lib/* org.mtcp4j.examples.JettyExample 8080");
        awaitServed("", "xxx");
        served("", "xxx");
        assertThat(outside("curl -sS -m 30 " + PUBLISHED + "big | md5sum").ok())
                .startsWith(outside("curl -sS -m 10 " + PUBLISHED + "big.md5").ok());
        // A health check, which is inside.
        assertThat(docker("exec", NAME, "curl", "-sS", "-m", "10", "http://127.0.0.1:8080/")
                        .ok())
                .startsWith("xxx");
        serveOutside(PERL_DNS);
        serveOutside(SharedInterfaceCases.PERL_SERVER);
        assertThat(docker("exec", NAME, "curl", "-sS", "-m", "10", "http://somewhere.example:9090/")
                        .text())
                .as("a name, by UDP over the kernel")
                .isEqualTo("kernel\n");
        docker("kill", NAME).ok();
        assertThat(outside("curl -sS -m 2 " + PUBLISHED).exitCode()).isNotZero();
        docker("start", NAME).ok();
        awaitServed("", "xxx");
        served("", "xxx");
        docker("restart", NAME).ok();
        awaitServed("", "xxx");
        served("", "xxx");
        docker("stop", NAME).ok();
        assertThat(docker("inspect", "-f", "{{.State.ExitCode}}", NAME).ok().trim())
                .isEqualTo("143");
    }

    @Test
    void springBootServesAtItsPublishedPort() throws Exception {
        run("-XX:TieredStopAtLevel=1 -jar /project/compat-boot/target/"
                + Build.boot().getFileName() + " --server.port=8080");
        awaitServed("hello", "hello");
        // It asks itself at first, over loopback, which is the kernel's.
        Running.run(
                        SECONDS,
                        List.of(
                                "bash",
                                "-c",
                                "for i in $(seq 100); do docker logs " + NAME
                                        + " 2>&1 | grep -q ^served && exit; sleep 0.2; done; exit 1"))
                .ok();
        served("hello", "hello");
    }
}
