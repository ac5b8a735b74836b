/* SPDX-License-Identifier: Apache-2.0 */
package org.mtcp4j.it.frameworks;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;

/** One of the examples in a JVM of its own in a namespace, up and serving. */
final class Server implements AutoCloseable {
    static final int PORT = 8080;
    static final String STACK_IP = "198.18.0.2";
    static final String HOST_IP = "198.18.0.1";
    static final String URL = "http://" + STACK_IP + ":" + PORT;

    private static final int START_SECONDS = 60;

    private final Running running;

    private Server(Running running) {
        this.running = running;
    }

    /** Agent arguments for a TAP; the stack answers at {@link #STACK_IP}. */
    static String tap(String name) {
        return "nic=tap:" + name + ",tap.host-ip=" + HOST_IP + "/24,on-failure=fail,log=warn";
    }

    static String agent(String arguments) {
        return "-javaagent:" + Build.agentJar() + "=" + arguments;
    }

    /** Under the agent on a TAP. */
    static Server overTap(Namespace namespace, Program program) throws Exception {
        return start(namespace, List.of(), Build.java(), program, List.of(agent(tap("mt0"))));
    }

    /**
     * @param before words before the command, as {@code taskset -c 0}
     * @param options for the JVM
     */
    static Server start(Namespace namespace, List<String> before, Path java, Program program, List<String> options)
            throws Exception {
        return start(namespace, before, java, program, options, "");
    }

    static Server start(
            Namespace namespace,
            List<String> before,
            Path java,
            Program program,
            List<String> options,
            String classPathPrefix)
            throws Exception {
        List<String> command = new ArrayList<>(before);
        command.add(java.toString());
        command.addAll(List.of("-Xmx600m", "-XX:+UseSerialGC", "-Dio.netty.transport.noNative=true"));
        command.addAll(options);
        command.addAll(List.of("-cp", classPathPrefix + Build.examples(program), program.mainClass(), "" + PORT));
        Running running = namespace.start(command);
        try {
            running.awaitLine("ready", START_SECONDS);
        } catch (AssertionError | Exception e) {
            running.close();
            throw e;
        }
        return new Server(running);
    }

    long pid() {
        return running.pid();
    }

    Stat stat() throws Exception {
        return Stat.of(pid());
    }

    String text() throws Exception {
        return running.text();
    }

    void terminate() {
        running.terminate();
    }

    /** After SIGTERM. */
    int exitCode(int seconds) throws Exception {
        return running.await(seconds).exitCode();
    }

    /** Nanoseconds of processor time of all threads that live. */
    long cpuNs() throws Exception {
        long sum = 0;
        try (Stream<Path> tasks = Files.list(Path.of("/proc/" + pid() + "/task"))) {
            for (Path task : (Iterable<Path>) tasks::iterator) {
                sum += Long.parseLong(
                        Files.readString(task.resolve("schedstat")).split(" ", 2)[0]);
            }
        }
        return sum;
    }

    @Override
    public void close() throws IOException {
        running.close();
    }
}
