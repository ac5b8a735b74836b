/* SPDX-License-Identifier: Apache-2.0 */
package org.mtcp4j.it.contract;

import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.channels.spi.SelectorProvider;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.mtcp4j.config.StackConfig;
import org.mtcp4j.socket.Stack;
import org.mtcp4j.socket.StackUnavailableException;
import org.mtcp4j.spi.nio.MtcpSelectorProvider;

/** The stack on ports of DPDK: with the kernel, or with another stack, at the other end. Only in a network namespace of its own. */
final class DpdkEnvironment implements ContractEnvironment {
    private static final InetAddress STACK = MemoryEnvironment.address("198.18.1.2");
    private static final InetAddress OTHER = MemoryEnvironment.address("198.18.1.1");

    private final List<Stack> stacks = new ArrayList<>();
    private final SelectorProvider server;
    private final SelectorProvider client;
    private final InetAddress serverAddress;
    private final InetAddress clientAddress;
    private final FullListener silent;

    /** Between the two, or null. */
    private final Process relay;

    private DpdkEnvironment(End server, End client) throws Exception {
        this(server, client, null);
    }

    private interface Between {
        Process start() throws Exception;
    }

    /** @param between started when the server's end is there and the client's is not, or null */
    private DpdkEnvironment(End server, End client, Between between) throws Exception {
        if (TapEnvironment.namespace()
                .equals(System.getProperty(TapEnvironment.OUTER_NAMESPACE, TapEnvironment.namespace()))) {
            throw new IllegalStateException("runs only in a network namespace of its own");
        }
        this.server = provider(server);
        relay = between == null ? null : between.start();
        this.client = provider(client);
        serverAddress = server.address;
        clientAddress = client.address;
        silent = new FullListener(this.server, serverAddress);
    }

    /** One end: a device and further configuration, or null for the kernel. */
    private record End(InetAddress address, String nic) {}

    private SelectorProvider provider(End end) throws StackUnavailableException {
        if (end.nic == null) {
            return SelectorProvider.provider();
        }
        StackConfig config = StackConfig.of("nic=dpdk:" + end.nic + ",ip=" + end.address.getHostAddress()
                + "/24,wildcard=stack,time-wait=1s,dpdk.no-huge=true,dpdk.eal-args=-m 512");
        Stack stack = Stack.start(config);
        stacks.add(stack);
        return MtcpSelectorProvider.of(stack, config);
    }

    /** On a veth whose other end is the kernel's, which has to cut segments itself: the driver's buffers hold no longer frames. */
    static DpdkEnvironment withKernelOverAfPacket(boolean stackServes) throws Exception {
        for (String line : new String[] {
            "ip link add v0 type veth peer name v1",
            "ethtool -K v1 tso off",
            "ip addr add 198.18.1.1/24 dev v1",
            "ip link set v0 up",
            "ip link set v1 up"
        }) {
            Process process = new ProcessBuilder(line.split(" "))
                    .redirectErrorStream(true)
                    .redirectOutput(ProcessBuilder.Redirect.DISCARD)
                    .start();
            if (process.waitFor() != 0) {
                throw new IOException("failed: " + line);
            }
        }
        End stack = new End(STACK, "net_af_packet0+iface=v0+blocksz=4096+framesz=2048+framecnt=1024+qdisc_bypass=1");
        End kernel = new End(OTHER, null);
        return stackServes ? new DpdkEnvironment(stack, kernel) : new DpdkEnvironment(kernel, stack);
    }

    /** Two stacks; what passes between them passes through shared memory, as between two processes. */
    static DpdkEnvironment overMemif(String more) throws Exception {
        String socket = Path.of(
                        System.getProperty("java.io.tmpdir"),
                        "memif" + ProcessHandle.current().pid() + ".sock")
                .toString();
        return new DpdkEnvironment(
                new End(STACK, "net_memif0+role=server+socket-abstract=no+socket=" + socket + more),
                new End(OTHER, "net_memif1+role=client+socket-abstract=no+socket=" + socket + more));
    }

    /** Two stacks, each with a memif link to another JVM, which carries frames from the one to the other. */
    static DpdkEnvironment overMemifThroughAnotherJvm() throws Exception {
        Path directory = Path.of(System.getProperty("java.io.tmpdir"));
        Path near = directory.resolve("near" + ProcessHandle.current().pid() + ".sock");
        Path far = directory.resolve("far" + ProcessHandle.current().pid() + ".sock");
        // The relay has it, and is killed.
        far.toFile().deleteOnExit();
        return new DpdkEnvironment(
                new End(STACK, "net_memif0+role=server+socket-abstract=no+socket=" + near),
                new End(OTHER, "net_memif1+role=client+socket-abstract=no+socket=" + far),
                () -> MemifRelay.start(near, far));
    }

    @Override
    public SelectorProvider server() {
        return server;
    }

    @Override
    public SelectorProvider client() {
        return client;
    }

    @Override
    public InetAddress serverAddress() {
        return serverAddress;
    }

    @Override
    public InetAddress clientAddress() {
        return clientAddress;
    }

    @Override
    public InetSocketAddress silentAddress() {
        return silent.address();
    }

    @Override
    public void close() {
        silent.close();
        stacks.forEach(Stack::close);
        if (relay != null) {
            relay.destroyForcibly();
        }
    }
}
