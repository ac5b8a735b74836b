/* SPDX-License-Identifier: Apache-2.0 */
package org.mtcp4j.it.contract;

import java.io.PrintStream;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import org.junit.platform.engine.TestExecutionResult;
import org.junit.platform.engine.discovery.DiscoverySelectors;
import org.junit.platform.launcher.LauncherDiscoveryRequest;
import org.junit.platform.launcher.TestExecutionListener;
import org.junit.platform.launcher.TestIdentifier;
import org.junit.platform.launcher.core.LauncherDiscoveryRequestBuilder;
import org.junit.platform.launcher.core.LauncherFactory;

/**
 * Runs contract classes in a JVM of their own, as one in a network namespace has to be: arguments are class names and, after a {@code
 * #}, names of cases. Prints a line a case: {@code PASSED}, {@code FAILED} or {@code SKIPPED}, its name, and what was thrown.
 */
public final class ContractMain implements TestExecutionListener {
    private final PrintStream out = System.out;
    private final List<String> only = new ArrayList<>();
    private int failures;

    private ContractMain() {}

    public static void main(String[] arguments) {
        ContractMain main = new ContractMain();
        LauncherDiscoveryRequestBuilder request = LauncherDiscoveryRequestBuilder.request();
        for (String argument : arguments) {
            if (argument.startsWith("#")) {
                main.only.add(argument.substring(1) + "()");
            } else {
                request.selectors(DiscoverySelectors.selectClass(argument));
            }
        }
        if (!main.only.isEmpty()) {
            request.filters((org.junit.platform.launcher.PostDiscoveryFilter)
                    descriptor -> org.junit.platform.engine.FilterResult.includedIf(
                            main.only.contains(descriptor.getLegacyReportingName())));
        }
        LauncherDiscoveryRequest built = request.build();
        LauncherFactory.create().execute(built, main);
        System.exit(main.failures == 0 ? 0 : 1);
    }

    @Override
    public void executionSkipped(TestIdentifier test, String reason) {
        print("SKIPPED", test, reason);
    }

    @Override
    public void executionFinished(TestIdentifier test, TestExecutionResult result) {
        boolean failed = result.getStatus() == TestExecutionResult.Status.FAILED;
        if (failed) {
            failures++;
        }
        if (test.isTest() || failed) {
            String status =
                    switch (result.getStatus()) {
                        case SUCCESSFUL -> "PASSED";
                        case ABORTED -> "SKIPPED";
                        case FAILED -> "FAILED";
                    };
            print(status, test, result.getThrowable().map(ContractMain::trace).orElse(""));
        }
    }

    private void print(String status, TestIdentifier test, String detail) {
        out.println(status + "\t" + test.getDisplayName().replace("()", "") + "\t"
                + detail.replace("\n", "\\n").replace("\t", " "));
        out.flush();
    }

    private static String trace(Throwable thrown) {
        StringWriter text = new StringWriter();
        thrown.printStackTrace(new PrintWriter(text));
        byte[] bytes = text.toString().getBytes(StandardCharsets.UTF_8);
        return new String(bytes, 0, Math.min(bytes.length, 4_000), StandardCharsets.UTF_8);
    }
}
