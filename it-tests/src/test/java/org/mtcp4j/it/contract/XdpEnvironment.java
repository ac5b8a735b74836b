/* SPDX-License-Identifier: Apache-2.0 */
package org.mtcp4j.it.contract;

import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.channels.spi.SelectorProvider;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.mtcp4j.config.StackConfig;
import org.mtcp4j.socket.Stack;
import org.mtcp4j.spi.nio.MtcpSelectorProvider;

/**
 * The stack on a veth end that stays the kernel's, and in a namespace beside, at the other end, the kernel's sockets of another JVM, which does
 * what a case wants of a peer. That JVM is told so over the same veth, between the kernels.
 */
final class XdpEnvironment implements ContractEnvironment {
    private static final String HERE = "198.18.1.2";
    private static final String THERE = "198.18.1.1";
    private static final String HERE_6 = "2001:db8:1::2";
    private static final String THERE_6 = "2001:db8:1::1";

    private final boolean serverHere;
    private final boolean ipv6;
    private final Stack stack;
    private final SelectorProvider here;
    private final SelectorProvider there;
    private final Process other;
    private final FullListener silent;
    private final InetSocketAddress silentAddress;

    XdpEnvironment(boolean serverHere, boolean ipv6, String more) throws Exception {
        if (TapEnvironment.namespace()
                .equals(System.getProperty(TapEnvironment.OUTER_NAMESPACE, TapEnvironment.namespace()))) {
            throw new IllegalStateException("runs only in a network namespace of its own: see XdpContractTest");
        }
        this.serverHere = serverHere;
        this.ipv6 = ipv6;
        other = startOther(ipv6 ? THERE_6 : THERE);
        shell("ip link add eth0 type veth peer name v1 netns " + other.pid() + " && ip addr add " + HERE
                + "/24 dev eth0 && ip addr add " + HERE_6 + "/64 dev eth0 nodad && ip link set eth0 up");
        StackConfig config = StackConfig.of("nic=xdp:eth0,time-wait=1s" + more);
        stack = Stack.start(config);
        here = MtcpSelectorProvider.of(stack, config);
        FarEnd end = TwoJvmEnvironment.farEnd(other);
        there = new FarProvider(end);
        silent = serverHere ? new FullListener(here, serverAddress()) : null;
        silentAddress = serverHere ? silent.address() : end.silentAddress();
    }

    private static Process startOther(String address) throws IOException {
        String up = "ip link set lo up; until ip link show v1 >/dev/null 2>&1; do sleep 0.05; done; ip addr add "
                + THERE + "/24 dev v1; ip addr add " + THERE_6 + "/64 dev v1 nodad; ip link set v1 up; exec \"$@\"";
        return new ProcessBuilder(List.of(
                        "unshare",
                        "-n",
                        "sh",
                        "-c",
                        up,
                        "sh",
                        Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                        "-Xmx256m",
                        "-XX:+UseSerialGC",
                        "-Djava.rmi.server.hostname=" + THERE,
                        "-cp",
                        System.getProperty("java.class.path"),
                        FarEndMain.class.getName(),
                        FarEndMain.KERNEL,
                        address))
                .redirectError(ProcessBuilder.Redirect.INHERIT)
                .start();
    }

    private static void shell(String line) throws IOException, InterruptedException {
        Process process = new ProcessBuilder("sh", "-c", line).inheritIO().start();
        if (!process.waitFor(20, TimeUnit.SECONDS) || process.exitValue() != 0) {
            throw new IOException("failed: " + line);
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
        return serverHere ? ofStack() : ofKernel();
    }

    @Override
    public InetAddress clientAddress() {
        return serverHere ? ofKernel() : ofStack();
    }

    private InetAddress ofStack() {
        return MemoryEnvironment.address(ipv6 ? HERE_6 : HERE);
    }

    private InetAddress ofKernel() {
        return MemoryEnvironment.address(ipv6 ? THERE_6 : THERE);
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
