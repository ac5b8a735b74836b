/* SPDX-License-Identifier: Apache-2.0 */
package org.mtcp4j.it.frameworks;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeFalse;

import java.io.File;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** {@link DropInProgram} sees the same with the agent as without it: linger, collection, class loaders, a security manager, foreign memory. */
class DropInIT {
    private static final int SECONDS = 120;
    private static final String PROVIDER = "java.nio.channels.spi.AsynchronousChannelProvider";

    private static List<String> lines(Running running) throws Exception {
        running.awaitLine("done", SECONDS);
        return running.text().lines().filter(line -> line.contains("\t")).toList();
    }

    private static void seesTheSameAs(Path java, String driver) throws Exception {
        List<String> command = new ArrayList<>(
                List.of(java.toString(), "-Xmx256m", "-XX:+UseSerialGC", "--add-opens=java.base/java.net=ALL-UNNAMED"));
        if (java.equals(Build.java()) && Runtime.version().feature() < 18) {
            command.add("-Djava.security.manager=allow");
        }
        List<String> program = List.of("-cp", Build.testClasses().toString(), DropInProgram.class.getName());
        List<String> plain = new ArrayList<>(command);
        plain.addAll(program);
        command.add(Server.agent("nic=memory,loopback=stack,on-failure=fail,log=warn," + driver));
        command.addAll(program);
        try (Running kernel = Running.start(plain);
                Running stack = Running.start(command)) {
            List<String> seen = lines(stack);
            assertThat(seen).hasSize(23).containsExactlyElementsOf(lines(kernel));
            seen.forEach(line -> System.out.println("[it] " + line));
            Stat stat = Stat.asked(stack.pid());
            assertThat(stat.counter("TcpActiveOpens"))
                    .as("connections over the stack")
                    .isGreaterThan(30);
            assertThat(stat.counters("Kernel"))
                    .as("sockets that went to the kernel")
                    .isZero();
            stack.enter();
            kernel.enter();
            stack.await(SECONDS).ok();
        }
    }

    @Test
    void seesTheSameWithTheInlineDriver() throws Exception {
        seesTheSameAs(Build.java(), "driver=inline");
    }

    @Test
    void seesTheSameWithTheDedicatedDriver() throws Exception {
        seesTheSameAs(Build.java(), "driver=dedicated");
    }

    /** Its sockets are native code's: nothing can be done about them but to say so. */
    @Test
    void tomcatsAprConnectorIsReported() throws Exception {
        try (Running tomcat = Running.start(List.of(
                Build.java().toString(),
                Server.agent("nic=memory,on-failure=fail,log=warn"),
                "-cp",
                Build.testClasses() + File.pathSeparator + Build.tomcat9(),
                LoadProgram.class.getName(),
                "org.apache.tomcat.util.net.AprEndpoint"))) {
            tomcat.awaitLine("done", SECONDS);
            String sentence = "Tomcat's APR connector makes its sockets in native code, they are the kernel's";
            assertThat(tomcat.text()).contains("[mtcp] WARN " + sentence);
            assertThat(Stat.asked(tomcat.pid()).text()).contains("native: " + sentence);
            tomcat.enter();
            tomcat.await(SECONDS).ok();
        }
    }

    private static void leavesTheProvider(String named, String classPath, List<String> options) throws Exception {
        List<String> command = new ArrayList<>(List.of(
                Build.java().toString(),
                Server.agent("nic=memory,loopback=stack,on-failure=fail,log=warn"),
                "-cp",
                classPath));
        command.addAll(options);
        command.add(BroughtProvider.class.getName());
        try (Running program = Running.start(command)) {
            program.awaitLine("done", SECONDS);
            assertThat(program.text())
                    .contains("asynchronous channels by " + BroughtProvider.class.getName())
                    .contains("[mtcp] WARN " + named + " names a provider of asynchronous channels");
            assertThat(Stat.asked(program.pid()).counter("TcpActiveOpens"))
                    .as("connections over the stack")
                    .isEqualTo(1);
            program.enter();
            program.await(SECONDS).ok();
        }
    }

    @Test
    void aProviderOfAsynchronousChannelsThatAPropertyNamesIsLeftInItsPlace() throws Exception {
        String option = "-D" + PROVIDER + "=" + BroughtProvider.class.getName();
        leavesTheProvider(option, Build.testClasses().toString(), List.of(option));
    }

    @Test
    void aProviderOfAsynchronousChannelsOnTheClassPathIsLeftInItsPlace(@TempDir Path folder) throws Exception {
        Path service =
                Files.createDirectories(folder.resolve("META-INF/services")).resolve(PROVIDER);
        Files.writeString(service, BroughtProvider.class.getName() + "\n");
        leavesTheProvider(
                "META-INF/services/" + PROVIDER + " on the class path",
                folder + File.pathSeparator + Build.testClasses(),
                List.of());
    }

    @Test
    void seesTheSameOnALaterJdk() throws Exception {
        List<Path> jdks = Build.otherJdks("25");
        if (jdks.isEmpty()) {
            System.out.println("[it] skipped: no JDK 25 for memory segments");
        }
        assumeFalse(jdks.isEmpty(), "no JDK 25");
        seesTheSameAs(jdks.get(0).resolve("bin/java"), "driver=inline");
    }
}
