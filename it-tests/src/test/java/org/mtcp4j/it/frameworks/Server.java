/* SPDX-License-Identifier: Apache-2.0 */
package org.mtcp4j.it.frameworks;

import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/** One of the examples in a JVM of its own in a namespace, up and serving. */
final class Server implements AutoCloseable {
    static final int PORT = 8080;
    static final String STACK_IP = "198.18.0.2";
    static final String HOST_IP = "198.18.0.1";
    static final String URL = "http://" + STACK_IP + ":" + PORT;

    /** Agent arguments for packet sockets on the veth's end {@code v0}. */
    static final String AF_PACKET =
            "nic=dpdk:net_af_packet0+iface=v0+blocksz=4096+framesz=2048+framecnt=1024+qdisc_bypass=1,"
                    + "dpdk.no-huge=true,ip=" + STACK_IP + "/24,on-failure=fail,log=warn";

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
     * Under the agent on a veth by packet sockets, whose buffers are no longer than a segment, so the kernel must not leave cutting to the veth;
     * that is made unless it is there.
     */
    static Server overAfPacket(Namespace namespace, Program program) throws Exception {
        namespace.shell(
                20,
                "ip link show v0 >/dev/null 2>&1 || { ip link add v0 type veth peer name v1 && ethtool -K v1 tso off"
                        + " >/dev/null && ip addr add " + HOST_IP
                        + "/24 dev v1 && ip link set v0 up && ip link set v1 up; }");
        return start(namespace, List.of(), Build.java(), program, List.of(agent(AF_PACKET)));
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

    long cpuNs() throws Exception {
        return running.cpuNs();
    }

    @Override
    public void close() throws IOException {
        running.close();
    }
}
