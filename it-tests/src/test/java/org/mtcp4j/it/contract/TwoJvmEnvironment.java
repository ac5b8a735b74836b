/* SPDX-License-Identifier: Apache-2.0 */
package org.mtcp4j.it.contract;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.ObjectInputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.channels.spi.SelectorProvider;
import java.nio.file.Path;
import java.util.Base64;
import java.util.List;
import org.mtcp4j.config.StackConfig;
import org.mtcp4j.socket.Stack;
import org.mtcp4j.spi.nio.MtcpSelectorProvider;

/**
 * Two JVMs with a memif link between them: one end of every connection is here, where it is tried, and the other is the other JVM's, and does
 * what the case wants of a peer.
 */
final class TwoJvmEnvironment implements ContractEnvironment {
    /** How reasons of cases begin that cannot be split. */
    static final String LEFT_OUT = "at the far end this case wants ";

    private static final InetAddress HERE = MemoryEnvironment.address("198.18.1.2");
    private static final InetAddress THERE = MemoryEnvironment.address("198.18.1.1");

    private final boolean serverHere;
    private final Stack stack;
    private final SelectorProvider here;
    private final SelectorProvider there;
    private final Process other;
    private final FullListener silent;
    private final InetSocketAddress silentAddress;

    TwoJvmEnvironment(boolean serverHere) throws Exception {
        this.serverHere = serverHere;
        Path socket = Path.of(
                System.getProperty("java.io.tmpdir"),
                "two" + ProcessHandle.current().pid() + ".sock");
        StackConfig config = StackConfig.of(configuration("net_memif0+role=server", socket, HERE));
        stack = Stack.start(config);
        here = MtcpSelectorProvider.of(stack, config);
        other = new ProcessBuilder(List.of(
                        Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                        "-Xmx256m",
                        "-XX:+UseSerialGC",
                        "-Djava.rmi.server.hostname=127.0.0.1",
                        "-cp",
                        System.getProperty("java.class.path"),
                        FarEndMain.class.getName(),
                        configuration("net_memif1+role=client", socket, THERE),
                        THERE.getHostAddress()))
                .redirectError(ProcessBuilder.Redirect.INHERIT)
                .start();
        FarEnd end = farEnd(other);
        there = new FarProvider(end);
        silent = serverHere ? new FullListener(here, HERE) : null;
        silentAddress = serverHere ? silent.address() : end.silentAddress();
    }

    private static String configuration(String device, Path socket, InetAddress address) {
        return "nic=dpdk:" + device + "+socket-abstract=no+socket=" + socket + ",ip=" + address.getHostAddress()
                + "/24,wildcard=stack,time-wait=1s,dpdk.no-huge=true,dpdk.eal-args=-m 512";
    }

    static FarEnd farEnd(Process other) throws IOException, ClassNotFoundException {
        String line = other.inputReader().readLine();
        if (line == null) {
            throw new IOException("the other JVM has ended");
        }
        try (ObjectInputStream in = new ObjectInputStream(
                new ByteArrayInputStream(Base64.getDecoder().decode(line)))) {
            return (FarEnd) in.readObject();
        }
    }

    @Override
    public SelectorProvider server() {
        return serverHere ? here : there;
    }

    @Override
    public SelectorProvider client() {
        return serverHere ? there : here;
    }

    @Override
    public boolean hasClientHere() {
        return !serverHere;
    }

    @Override
    public InetAddress serverAddress() {
        return serverHere ? HERE : THERE;
    }

    @Override
    public InetAddress clientAddress() {
        return serverHere ? THERE : HERE;
    }

    @Override
    public InetSocketAddress silentAddress() {
        return silentAddress;
    }

    @Override
    public void close() {
        if (silent != null) {
            silent.close();
        }
        stack.close();
        other.destroyForcibly();
    }
}
