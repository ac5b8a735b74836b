/* SPDX-License-Identifier: Apache-2.0 */
package org.mtcp4j.nic;

import static org.junit.jupiter.api.Assumptions.abort;
import static org.junit.platform.engine.discovery.DiscoverySelectors.selectClass;

import java.io.IOException;
import java.io.PrintWriter;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.platform.launcher.Launcher;
import org.junit.platform.launcher.core.LauncherDiscoveryRequestBuilder;
import org.junit.platform.launcher.core.LauncherFactory;
import org.junit.platform.launcher.listeners.SummaryGeneratingListener;

/**
 * Runs test classes in a JVM of its own inside a network namespace of its own: as root by {@code unshare -n}, else with a user
 * namespace. Nothing it does touches the machine's interfaces; it all ends with the process.
 */
public final class Netns {
    /** What a run printed, and how it ended. */
    public record Result(int exitCode, String output) {}

    private static final Path IPV6_OFF = Path.of("/proc/sys/net/ipv6/conf/default/disable_ipv6");

    private static final String OUTER = "mtcp.test.outer-netns";

    private Netns() {}

    /**
     * For a test class's {@code @BeforeAll}: aborts unless this JVM is in a network namespace that a test has made, so that no pattern
     * of test names can ever run it on the machine's own interfaces.
     */
    public static void requireInside() throws IOException {
        if (!isInside()) {
            skip("runs only in a network namespace of its own, through Netns.runTests");
        }
    }

    private static boolean isInside() throws IOException {
        String outer = System.getProperty(OUTER);
        return outer != null && !outer.equals(current());
    }

    private static String current() throws IOException {
        return Files.readSymbolicLink(Path.of("/proc/self/ns/net")).toString();
    }

    /** Runs the classes' tests in the namespace; aborts the calling test, with the reason, where there can be none. */
    public static Result runTests(List<String> prefix, Class<?>... testClasses) throws Exception {
        if (!Files.exists(Path.of("/dev/net/tun"))) {
            skip("/dev/net/tun is missing");
        }
        List<String> unshare = new ArrayList<>(List.of("unshare"));
        if (!System.getProperty("user.name").equals("root")) {
            unshare.add("-r");
        }
        unshare.add("-n");
        List<String> probe = new ArrayList<>(unshare);
        probe.add("true");
        try {
            Result can = run(probe, 10);
            if (can.exitCode != 0) {
                skip("no network namespace: " + can.output.trim());
            }
        } catch (IOException e) {
            skip("no network namespace: " + e.getMessage());
        }
        List<String> command = new ArrayList<>(unshare);
        command.addAll(prefix);
        command.addAll(List.of(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-ea",
                "-Xmx256m",
                "-D" + OUTER + "=" + current(),
                "-cp",
                System.getProperty("java.class.path"),
                Netns.class.getName()));
        for (Class<?> testClass : testClasses) {
            command.add(testClass.getName());
        }
        return run(command, 120);
    }

    private static void skip(String reason) {
        System.out.println("[netns] skipped: " + reason);
        abort(reason);
    }

    private static Result run(List<String> command, int seconds) throws IOException, InterruptedException {
        Path out = Files.createTempFile("netns", ".out");
        try {
            Process process = new ProcessBuilder(command)
                    .redirectErrorStream(true)
                    .redirectOutput(out.toFile())
                    .start();
            if (!process.waitFor(seconds, TimeUnit.SECONDS)) {
                process.destroyForcibly().waitFor();
            }
            return new Result(process.exitValue(), Files.readString(out, StandardCharsets.UTF_8));
        } finally {
            Files.delete(out);
        }
    }

    /** In the namespace: loopback and IPv6 are as the kernel makes them but for IPv6's chatter on new interfaces. */
    public static void main(String[] testClasses) throws Exception {
        if (!isInside()) {
            throw new IllegalStateException("not in a network namespace of its own");
        }
        if (Files.isWritable(IPV6_OFF)) {
            Files.writeString(IPV6_OFF, "1");
        }
        LauncherDiscoveryRequestBuilder request = LauncherDiscoveryRequestBuilder.request();
        for (String name : testClasses) {
            request.selectors(selectClass(name));
        }
        SummaryGeneratingListener listener = new SummaryGeneratingListener();
        Launcher launcher = LauncherFactory.create();
        launcher.execute(request.build(), listener);
        PrintWriter out = new PrintWriter(System.out, true, StandardCharsets.UTF_8);
        listener.getSummary().printFailuresTo(out);
        out.println("ran " + listener.getSummary().getTestsSucceededCount() + " failed "
                + listener.getSummary().getTotalFailureCount());
        System.exit(
                listener.getSummary().getTotalFailureCount() == 0
                                && listener.getSummary().getTestsSucceededCount() > 0
                        ? 0
                        : 1);
    }
}
