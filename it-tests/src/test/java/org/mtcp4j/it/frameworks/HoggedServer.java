/* SPDX-License-Identifier: Apache-2.0 */
package org.mtcp4j.it.frameworks;

import java.io.BufferedReader;
import java.io.File;
import java.io.IOException;
import java.io.InputStreamReader;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.mtcp4j.config.StackConfig;
import org.mtcp4j.nic.FrameBatch;
import org.mtcp4j.nic.Nic;
import org.mtcp4j.nic.NicDecorator;
import org.mtcp4j.nic.NicProvider;
import org.mtcp4j.nic.NicQueue;
import org.mtcp4j.socket.Stack;
import org.mtcp4j.spi.nio.MtcpSelectorProvider;

/**
 * An echo server whose NIC's frames can be taken away, all of them: nothing that a peer or an application does takes them, since the stack
 * gives each back within a round and the pool has more than the port's rings. Obeys the lines {@code hog}, {@code release} and {@code
 * report}.
 */
public final class HoggedServer {
    static final String IP = "198.18.9.1";
    static final int FRAMES = 256;

    private static volatile boolean hogging;
    private static volatile int held;

    private HoggedServer() {}

    /** A JVM with one, at the server's end of a memif link with the socket {@code memif.sock} in the directory. */
    static Running start(Path directory) throws Exception {
        Path services = Files.createDirectories(directory.resolve("hog/META-INF/services"));
        Files.writeString(services.resolve(NicProvider.class.getName()), Provider.class.getName() + "\n");
        return Running.start(List.of(
                Build.java().toString(),
                "-Xmx128m",
                "-XX:+UseSerialGC",
                "-XX:ErrorFile=" + directory.resolve("crash-%p.log"),
                "-cp",
                directory.resolve("hog") + File.pathSeparator + System.getProperty("java.class.path"),
                HoggedServer.class.getName(),
                directory.resolve("memif.sock").toString()));
    }

    public static void main(String[] arguments) throws Exception {
        StackConfig config = StackConfig.of("nic=hog:" + arguments[0] + ",dpdk.no-huge=true,ip=" + IP + "/24,frames="
                + FRAMES + ",wildcard=stack" + Talker.FIXED_BUFFERS);
        Stack stack = Stack.start(config);
        var server = MtcpSelectorProvider.of(stack, config).openServerSocketChannel();
        server.bind(new InetSocketAddress(IP, Server.PORT));
        Thread accepting = new Thread(() -> {
            try {
                Talker.serve(server);
            } catch (IOException e) {
                System.out.println("no longer accepts, " + e);
            }
        });
        accepting.setDaemon(true);
        accepting.start();
        System.out.println("ready");
        BufferedReader lines = new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8));
        for (String line = lines.readLine(); line != null; line = lines.readLine()) {
            switch (line) {
                case "hog" -> hogging = true;
                case "release" -> hogging = false;
                default -> {
                    // Only wants the report.
                }
            }
            System.out.println(line + ": " + held + " held|" + stack.report().replace('\n', '|'));
        }
        System.exit(0);
    }

    /** What one that was {@link #start}ed answers, as {@code stat} would print it. */
    static Stat ask(Running running, String line) throws Exception {
        return new Stat(running.ask(line, 20).replace('|', '\n'));
    }

    /** Of the kind {@code hog}, a memif server; what follows is its socket. */
    public static final class Provider extends WrappedMemif {
        public Provider() {
            super("hog", "server");
        }

        @Override
        NicQueue wrap(Nic port) {
            return new Hog(port.queue(0), port.totalFrames());
        }
    }

    /** Takes every free frame before each burst, and gives all back when told to. */
    private static final class Hog extends NicDecorator.Queue {
        private final int[] frames;
        private int count;

        Hog(NicQueue inner, int most) {
            super(inner);
            frames = new int[most];
        }

        @Override
        public int receive(FrameBatch batch) {
            if (hogging) {
                for (int frame = inner.allocate(); frame >= 0; frame = inner.allocate()) {
                    frames[count++] = frame;
                }
            } else {
                while (count > 0) {
                    inner.free(frames[--count]);
                }
            }
            held = count;
            return inner.receive(batch);
        }
    }
}
