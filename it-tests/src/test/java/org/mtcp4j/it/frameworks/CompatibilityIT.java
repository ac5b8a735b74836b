/* SPDX-License-Identifier: Apache-2.0 */
package org.mtcp4j.it.frameworks;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.mtcp4j.compat.Compatibility;
import org.mtcp4j.compat.Subject;

/**
 * Released servers and clients, unmodified, over the stack: most in one JVM that talks to itself over memory. {@code docs/compatibility.md} has a
 * line for each; {@code -Dmtcp.docs.update=true} writes it.
 */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class CompatibilityIT {
    private static final int SECONDS = 120;
    private static final Path PAGE = Build.docs().resolve("compatibility.md");

    private final Map<Subject, String> rows = new LinkedHashMap<>();
    private Running withItself;
    private Stat before = new Stat("");

    private static List<String> command(String agent, List<String> options, Stream<Subject> subjects) {
        List<String> command = new ArrayList<>(List.of(
                Build.java().toString(), "-Xmx1g", "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1", Server.agent(agent)));
        command.addAll(options);
        command.addAll(List.of("-cp", Build.compat(), Compatibility.class.getName()));
        subjects.map(Subject::name).forEach(command::add);
        return command;
    }

    private static Stream<Subject> withItself() {
        return Arrays.stream(Subject.values()).filter(s -> s.compareTo(Subject.LAST_WITH_ITSELF) <= 0);
    }

    private static Stream<Subject> withRedis() {
        return Arrays.stream(Subject.values()).filter(s -> s.compareTo(Subject.LAST_WITH_ITSELF) > 0);
    }

    @ParameterizedTest
    @MethodSource("withItself")
    void talksToItselfOverMemory(Subject subject) throws Exception {
        if (withItself == null) {
            withItself = Running.start(
                    command("nic=memory,loopback=stack,on-failure=fail,log=warn", List.of(), withItself()));
        }
        String[] outcome = outcome(withItself, subject);
        Stat after = Stat.asked(withItself.pid());
        assertThat(after.counter("TcpActiveOpens") - before.counter("TcpActiveOpens"))
                .as("connections over the stack")
                .isPositive();
        assertThat(after.counters("Kernel"))
                .as("sockets that went to the kernel")
                .isZero();
        before = after;
        withItself.enter();
        rows.put(subject, row(subject, outcome, "memory"));
    }

    /** The fields of its line; fails where it did. */
    private static String[] outcome(Running running, Subject subject) throws Exception {
        long endNs = System.nanoTime() + SECONDS * 1_000_000_000L;
        while (System.nanoTime() < endNs) {
            List<String> lines = running.text()
                    .lines()
                    .filter(line -> line.matches("(ok|failed)\t" + subject.name() + "\t.*"))
                    .toList();
            if (!lines.isEmpty()) {
                String[] fields = lines.get(0).split("\t", -1);
                assertThat(fields[0]).as(() -> textOf(running)).isEqualTo("ok");
                System.out.println("[it] " + lines.get(0));
                return fields;
            }
            assertThat(running.isAlive()).as(() -> textOf(running)).isTrue();
            Thread.sleep(20);
        }
        throw new AssertionError("no outcome of " + subject + ":\n" + running.text());
    }

    private static String textOf(Running running) {
        try {
            return running.text();
        } catch (IOException e) {
            return e.toString();
        }
    }

    private static String row(Subject subject, String[] outcome, String nic) {
        return "| " + subject.sentence() + " | " + outcome[2] + " | " + nic + " |";
    }

    @Test
    void clientsTalkToRedisOverATap() throws Exception {
        try (Namespace namespace = Namespace.create();
                Running client = namespace.start(
                        command(Server.tap("mt0"), List.of("-Dredis.host=" + Server.HOST_IP), withRedis()));
                Running redis = redis(namespace)) {
            for (Subject subject : withRedis().toList()) {
                String[] outcome = outcome(client, subject);
                rows.put(subject, row(subject, outcome, "TAP"));
                assertThat(Stat.asked(client.pid()).counter("TcpActiveOpens")).isPositive();
                client.enter();
            }
            assertThat(redis.isAlive()).isTrue();
        }
    }

    /** Where the namespace has the address that the TAP brings: the client's JVM makes it. */
    private static Running redis(Namespace namespace) throws Exception {
        return namespace.start(List.of(
                "sh",
                "-c",
                "until ip addr show | grep -q " + Server.HOST_IP + "; do sleep 0.05; done; exec redis-server --bind "
                        + Server.HOST_IP + " --protected-mode no --save '' --appendonly no --dir /tmp"));
    }

    @AfterAll
    void thePageSaysWhatWasRun() throws IOException {
        if (withItself != null) {
            withItself.close();
        }
        if (Boolean.getBoolean("mtcp.docs.update")) {
            Files.writeString(PAGE, page());
        }
        assertThat(Files.readString(PAGE))
                .as("compatibility.md; -Dmtcp.docs.update=true writes it anew")
                .contains(rows.values());
    }

    private String page() {
        StringBuilder page = new StringBuilder("""
                # Compatibility

                Made by `CompatibilityIT`: released jars, unmodified, each made to serve and fetch over the stack while the test looks at the
                counters. Versions are those that were run.

                | what | version | over |
                |---|---|---|
                """);
        rows.values().forEach(row -> page.append(row).append('\n'));
        return page.append("""

                        `SpringBootIT` runs a Spring Boot web application with `java -jar`, alone and with OpenTelemetry's javaagent before and after ours.

                        `FrameworksMemoryIT`, `FrameworksTapIT`, `FrameworksMemifIT` and `FrameworksAfPacketIT` run Jetty 12, Tomcat 10.1 (NIO), Netty 4.1 and
                        Netty 4.2 harder: 1,000 connections at once, 100 MB both ways, stop and start again, the kernel's `curl`, `ab` and `wrk`.

                        `RealPeersIT` has Debian's nginx, redis, curl, wrk and iperf3 as peers, each in a container (or a network namespace) of its own, over the stack's
                        TAP and over veths bridged with it.

                        What is steered: Netty's native transports (epoll, io_uring, kqueue; also in relocated copies) say that they are not available, so
                        programs take NIO: `mtcp.netty`. What is only reported, in the log and by `stat`: Tomcat's APR connector (Tomcat 9 and older).
                        """).toString();
    }
}
