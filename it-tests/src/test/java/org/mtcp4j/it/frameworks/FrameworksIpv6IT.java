/* SPDX-License-Identifier: Apache-2.0 */
package org.mtcp4j.it.frameworks;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.File;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Each server on an any-address listener of a stack with an address of each kind, for the kernel's clients and the JDK's HttpClient. */
class FrameworksIpv6IT {
    private static final String V6 = "http://[2001:db8::2]:" + Server.PORT;
    private static final String[] URLS = {V6, Server.URL};
    private static final String UP =
            "echo 0 >/proc/sys/net/ipv6/conf/mt0/disable_ipv6 && ip -6 addr add 2001:db8::1/64 dev mt0 nodad";
    private static final int BODY_BYTES = 4 << 20;
    private static final int SECONDS = 60;

    @TempDir
    private Path directory;

    @ParameterizedTest
    @EnumSource(Program.class)
    void servesKernelClientsOfBothKinds(Program program) throws Exception {
        Path file = directory.resolve("body");
        byte[] body = new byte[BODY_BYTES];
        new SplittableRandom(1).nextBytes(body);
        Files.write(file, body);
        String agent = Server.agent(Server.tap("mt0") + ",ip=" + Server.STACK_IP + "/24+2001:db8::2/64");
        try (Namespace made = Namespace.create();
                Server server = Server.start(made, List.of(), Build.java(), program, List.of(agent))) {
            made.shell(10, UP);
            String md5 = made.shell(10, "md5sum <" + file).substring(0, 32);
            for (String url : URLS) {
                assertThat(made.shell(20, "curl -gsSf -m 15 " + url + "/")).isEqualTo("x".repeat(63) + "\n");
                assertThat(made.shell(20, "curl -gsSf -m 15 -H Expect: --data-binary @" + file + " " + url + "/post"))
                        .isEqualTo(BODY_BYTES + " " + md5 + "\n");
                assertThat(made.shell(20, "ab -q -k -s 15 -n 1000 -c 20 " + url + "/ 2>&1"))
                        .containsPattern("Failed requests:\\s+0\\n")
                        .containsPattern("Keep-Alive requests:\\s+1000\\n");
            }
            assertThat(server.stat().counter("TcpPassiveOpens")).isGreaterThanOrEqualTo(44);
        }
    }

    /** Server and HttpClient of one JVM, by {@code ::1}. */
    @ParameterizedTest
    @EnumSource(names = "JETTY")
    void servesItself(Program program) throws Exception {
        List<String> command = new ArrayList<>(List.of(Build.java().toString(), "-Xmx1g", "-XX:+UseSerialGC"));
        command.addAll(
                List.of("-Dio.netty.transport.noNative=true", "-Djdk.httpclient.allowRestrictedHeaders=connection"));
        command.addAll(List.of("-Djava.net.preferIPv6Addresses=true"));
        command.add(Server.agent("nic=memory,loopback=stack,on-failure=fail,log=warn"));
        command.addAll(List.of("-cp", Build.examples(program) + File.pathSeparator + Build.testClasses()));
        command.addAll(List.of(SelfServing.class.getName(), program.name(), "" + Server.PORT));
        try (Running running = Running.start(command)) {
            running.awaitLine("served", SECONDS);
            Stat stat = Stat.of(running.pid());
            running.enter();
            assertThat(running.await(SECONDS).ok())
                    .contains("at http://[0:0:0:0:0:0:0:1]:" + Server.PORT)
                    .contains("1000 connections at once")
                    .contains("refused java.net.ConnectException");
            assertThat(stat.counter("InFrames")).as("frames through the stack").isGreaterThan(10_000);
        }
    }
}
