/* SPDX-License-Identifier: Apache-2.0 */
package org.mtcp4j.agent.cli;

import java.io.IOException;
import java.net.InetSocketAddress;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ServiceLoader;
import java.util.concurrent.Callable;
import org.mtcp4j.config.ConfigException;
import org.mtcp4j.config.Key;
import org.mtcp4j.config.StackConfig;
import org.mtcp4j.dpdk.Shim;
import org.mtcp4j.nic.NicProvider;
import org.mtcp4j.nic.NicUnavailableException;
import org.mtcp4j.socket.Pollable;
import org.mtcp4j.socket.Stack;
import org.mtcp4j.socket.StackListener;
import org.mtcp4j.socket.StackSocket;
import org.mtcp4j.socket.StackUnavailableException;
import org.mtcp4j.spi.nio.MtcpRuntime;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** Looks whether the stack can work here and ends in a verdict: exit code 0 passed, 1 with warnings, 2 failed. */
@Command(
        name = "doctor",
        description = "Checks this machine and JVM; exit code 0: passed, 1: with warnings, 2: failed.")
final class Doctor implements Callable<Integer> {
    private static final int CAP_NET_ADMIN = 12;
    private static final long HANDSHAKE_NS = 5_000_000_000L;

    @Option(
            names = "--build-dpdk",
            description =
                    "First builds the shim for the DPDK of this machine, with gcc, and keeps it in the user's cache.")
    private boolean buildDpdk;

    @Parameters(
            arity = "0..1",
            description =
                    "agent arguments to try: key=value,...; a stack is started with them and stopped again, and a NIC that they do not name"
                            + " may be missing")
    private String arguments;

    private int warnings;
    private int failures;

    @Override
    public Integer call() {
        System.out.println("mtcp4j " + MtcpRuntime.version() + " doctor");
        jdk();
        if (buildDpdk) {
            buildDpdk();
        }
        configuration();
        nics();
        capabilities();
        handshake();
        String verdict = failures > 0 ? "FAILED" : warnings > 0 ? "PASSED WITH WARNINGS" : "PASSED";
        System.out.println("verdict: " + verdict);
        return failures > 0 ? 2 : warnings > 0 ? 1 : 0;
    }

    private void jdk() {
        int feature = Runtime.version().feature();
        if (feature < 17) {
            fail("JDK " + feature + " is too old", "use 17 or newer");
        } else {
            ok("JDK " + Runtime.version() + ", " + System.getProperty("os.name") + " " + System.getProperty("os.arch"));
        }
        ok(
                "Netty's native transports are steered to NIO (mtcp.netty); Tomcat's APR connector bypasses the stack: stat names both");
        ok("without the agent (property only) add --add-exports=java.base/sun.nio.ch=ALL-UNNAMED"
                + (feature >= 24 ? ", and for TAP and DPDK --enable-native-access=ALL-UNNAMED" : ""));
    }

    private void buildDpdk() {
        try {
            ok("the shim for DPDK is built: " + Shim.build());
        } catch (NicUnavailableException e) {
            failures++;
            System.out.println("FAIL  " + e.getMessage());
        }
    }

    private void configuration() {
        StackConfig config;
        try {
            config = StackConfig.load(arguments);
            ok("configuration of this shell is valid");
            config.warnings().forEach(this::warn);
        } catch (ConfigException e) {
            fail(e.getMessage(), "correct or unset it");
            return;
        }
        if (arguments == null) {
            return;
        }
        try (Stack stack = Stack.start(config)) {
            ok("a stack starts with these arguments: nic=" + config.text(Key.NIC) + ", ip=" + Stack.ipText(config)
                    + (stack.learnsAddresses() ? " (" + stack.addressText() + ")" : "") + ", "
                    + stack.engine().contexts().size() + " context(s)");
            stack.warnings(config).forEach(this::warn);
        } catch (StackUnavailableException e) {
            failures++;
            System.out.println("FAIL  " + e.getMessage());
        }
    }

    private void nics() {
        for (NicProvider provider : ServiceLoader.load(NicProvider.class)) {
            String reason = provider.unavailable();
            if (reason == null) {
                ok("NIC " + provider.kind() + " is available");
            } else {
                matters("NIC " + provider.kind() + ": " + reason);
            }
        }
    }

    private void capabilities() {
        try {
            for (String line : Files.readAllLines(Path.of("/proc/self/status"))) {
                if (line.startsWith("CapEff:")) {
                    long effective = Long.parseUnsignedLong(line.substring(7).trim(), 16);
                    if ((effective >>> CAP_NET_ADMIN & 1) != 0) {
                        ok("CAP_NET_ADMIN is held: TAP devices can be made");
                    } else {
                        matters(
                                "CAP_NET_ADMIN is missing: for a TAP run as root, or under unshare --user --map-root-user --net;"
                                        + " in a container give it --cap-add NET_ADMIN --device /dev/net/tun, in Kubernetes"
                                        + " securityContext.capabilities.add: [NET_ADMIN]");
                    }
                }
            }
        } catch (IOException | NumberFormatException e) {
            warn("capabilities cannot be read (" + e.getMessage() + ")");
        }
    }

    private void handshake() {
        try (Stack stack = Stack.start(StackConfig.of("nic=memory"))) {
            StackListener listener = stack.newListener();
            listener.bind(new InetSocketAddress("198.18.0.2", 0), 1);
            StackSocket client = stack.newSocket();
            client.startConnect(listener.localAddress());
            StackSocket server = null;
            ByteBuffer got = ByteBuffer.allocate(4);
            boolean sent = false;
            long endNs = System.nanoTime() + HANDSHAKE_NS;
            while (got.hasRemaining() && System.nanoTime() < endNs) {
                if (!sent && client.finishConnect()) {
                    client.write(ByteBuffer.wrap(new byte[4]));
                    sent = true;
                }
                if (server == null) {
                    server = listener.accept();
                    listener.await(Pollable.ACCEPT, 1_000_000);
                } else if (server.read(got) == StackSocket.UNAVAILABLE) {
                    server.await(Pollable.READ, 1_000_000);
                }
            }
            if (got.hasRemaining()) {
                fail("handshake over the memory NIC did not end within 5 s", "report this with the output of jstack");
            } else {
                ok("handshake and data over the memory NIC");
            }
        } catch (IOException | StackUnavailableException e) {
            fail("handshake over the memory NIC: " + e.getMessage(), "report this");
        }
    }

    private static void ok(String text) {
        System.out.println("OK    " + text);
    }

    private void warn(String text) {
        warnings++;
        System.out.println("WARN  " + text);
    }

    /** A lack that the given arguments, if any, were tried with: then it is told, and no more. */
    private void matters(String text) {
        if (arguments == null) {
            warn(text);
        } else {
            System.out.println("      " + text);
        }
    }

    private void fail(String text, String cure) {
        failures++;
        System.out.println("FAIL  " + text + "; " + cure);
    }
}
