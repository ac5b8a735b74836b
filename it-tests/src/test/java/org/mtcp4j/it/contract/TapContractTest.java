/* SPDX-License-Identifier: Apache-2.0 */
package org.mtcp4j.it.contract;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.DynamicTest.dynamicTest;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.TestFactory;

/** The contract between the stack and the kernel, both ways round, in a JVM inside a network namespace; its cases are shown here. */
class TapContractTest {
    private static final int LIMIT_S = 240;

    @TestFactory
    Stream<DynamicTest> stackServes() throws Exception {
        return casesOf(TapContracts.StackServes.class);
    }

    @TestFactory
    Stream<DynamicTest> stackConnects() throws Exception {
        return casesOf(TapContracts.StackConnects.class);
    }

    @TestFactory
    Stream<DynamicTest> stackServesOverIpv6() throws Exception {
        return casesOf(TapContracts.StackServesOverIpv6.class);
    }

    @TestFactory
    Stream<DynamicTest> stackConnectsOverIpv6() throws Exception {
        return casesOf(TapContracts.StackConnectsOverIpv6.class);
    }

    @TestFactory
    Stream<DynamicTest> stackServesDedicatedTwoContexts() throws Exception {
        return casesOf(TapContracts.StackServesDedicatedTwoContexts.class);
    }

    @TestFactory
    Stream<DynamicTest> stackConnectsDedicatedTwoContexts() throws Exception {
        return casesOf(TapContracts.StackConnectsDedicatedTwoContexts.class);
    }

    static Stream<DynamicTest> casesOf(Class<?> contract) throws Exception {
        Assumptions.assumeTrue(Files.isWritable(Path.of("/dev/net/tun")), "/dev/net/tun is missing or not writable");
        List<String> namespace = new ArrayList<>(List.of("unshare", "-n"));
        if (!System.getProperty("user.name").equals("root")) {
            namespace.add(1, "-r");
        }
        Assumptions.assumeTrue(run(namespace, List.of("true"), 10).isEmpty(), "no network namespace can be made here");
        List<String> java = List.of(
                "sh",
                "-c",
                "ip link set lo up && exec \"$@\"",
                "sh",
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-Xmx512m",
                "-D" + TapEnvironment.OUTER_NAMESPACE + "=" + TapEnvironment.namespace(),
                "-cp",
                System.getProperty("java.class.path"),
                ContractMain.class.getName(),
                contract.getName());
        List<String> lines = run(namespace, java, LIMIT_S);
        List<DynamicTest> tests = new ArrayList<>();
        int leftOut = 0;
        for (String line : lines) {
            String[] parts = line.split("\t", -1);
            if (parts.length == 3 && parts[2].contains(TwoJvmEnvironment.LEFT_OUT)) {
                leftOut++;
            } else if (parts.length == 3) {
                tests.add(dynamicTest(parts[1], () -> report(parts[0], parts[2])));
            }
        }
        if (leftOut > 0) {
            System.out.println("[it] " + contract.getSimpleName() + ": " + tests.size()
                    + " cases with the peer in another JVM; " + leftOut + " others want both ends in one");
        }
        assertThat(tests).as(() -> String.join("\n", lines)).hasSizeGreaterThan(120);
        return tests.stream();
    }

    private static void report(String status, String detail) {
        Assumptions.assumeFalse(status.equals("SKIPPED"), detail);
        assertThat(status).as(() -> detail.replace("\\n", "\n")).isEqualTo("PASSED");
    }

    private static List<String> run(List<String> prefix, List<String> command, int limitS)
            throws IOException, InterruptedException {
        List<String> all = new ArrayList<>(prefix);
        all.addAll(command);
        Path output = Files.createTempFile("contract", ".out");
        try {
            Process process = new ProcessBuilder(all)
                    .redirectErrorStream(true)
                    .redirectOutput(output.toFile())
                    .start();
            if (!process.waitFor(limitS, TimeUnit.SECONDS)) {
                process.destroyForcibly().waitFor();
            }
            return Files.readAllLines(output, StandardCharsets.UTF_8);
        } finally {
            Files.delete(output);
        }
    }
}
