/* SPDX-License-Identifier: Apache-2.0 */
package org.mtcp4j.agent.cli;

import java.io.IOException;
import java.util.List;
import java.util.concurrent.Callable;
import org.mtcp4j.agent.SocketDirectory;
import picocli.CommandLine.ArgGroup;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code stat}. */
@Command(
        name = "stat",
        description = "Prints connections, listeners and counters of a running program, or of all of this user's.")
final class Stat implements Callable<Integer> {
    @Parameters(
            arity = "0..1",
            paramLabel = "<pid>",
            description = "process id; without it every program of this user that runs under the agent")
    private Long pid;

    @Option(names = "--state", paramLabel = "NAME", description = "connections in that state only, as ESTABLISHED")
    private String state;

    @Option(names = "--port", paramLabel = "PORT", description = "connections with that port at either end only")
    private Integer port;

    @Option(names = "--address", paramLabel = "IP", description = "connections with that address at either end only")
    private String address;

    @Option(
            names = "--top",
            paramLabel = "N",
            description = "only the N connections that have moved the most bytes, the most first")
    private Integer top;

    @Option(
            names = {"-i", "--info"},
            description = "a line more for each connection: round trip, windows, bytes, options")
    private boolean info;

    @Option(
            names = {"-s", "--summary"},
            description = "how many there are of each, pools and counters, but no connection")
    private boolean summary;

    @ArgGroup
    private Form form;

    @Option(
            names = "--watch",
            paramLabel = "SECONDS",
            description = "prints it again after so long, until it is interrupted or the program has ended")
    private Integer watchSeconds;

    @Spec
    private CommandSpec spec;

    /** One of them. */
    static final class Form {
        @Option(names = "--json", description = "one JSON object")
        private boolean json;

        @Option(
                names = "--openmetrics",
                description = "counters and gauges as Prometheus reads them, but no connection")
        private boolean openMetrics;
    }

    @Override
    public Integer call() throws InterruptedException {
        if (watchSeconds != null && watchSeconds < 1) {
            throw new ParameterException(
                    spec.commandLine(), "--watch=" + watchSeconds + " is no time; write 1 or more seconds");
        }
        while (true) {
            int exitCode = print();
            if (watchSeconds == null || exitCode != 0) {
                return exitCode;
            }
            Thread.sleep(1_000L * watchSeconds);
            System.out.println();
        }
    }

    private int print() {
        if (pid != null) {
            return ask(pid);
        }
        List<Long> pids = SocketDirectory.programs();
        if (pids.isEmpty()) {
            System.err.println(
                    "no program of this user runs under the agent here; one that opens no socket is there 5 s after its start");
            return 1;
        }
        int exitCode = 0;
        for (long each : pids) {
            if (form == null) {
                System.out.println("process " + each);
            }
            exitCode = Math.max(exitCode, ask(each));
        }
        return exitCode;
    }

    private int ask(long of) {
        try (Question question = new Question(of, line())) {
            String beginning = question.printAnswer();
            return beginning.startsWith("ERROR ") ? 1 : 0;
        } catch (IOException e) {
            System.err.println(e.getMessage());
            return 1;
        }
    }

    private String line() {
        StringBuilder line = new StringBuilder("stat");
        word(line, "state=", state);
        word(line, "port=", port);
        word(line, "address=", address);
        word(line, "top=", top);
        word(line, "info", info ? "" : null);
        word(line, "summary", summary ? "" : null);
        word(line, "json", form != null && form.json ? "" : null);
        word(line, "openmetrics", form != null && form.openMetrics ? "" : null);
        return line.toString();
    }

    private static void word(StringBuilder line, String name, Object value) {
        if (value != null) {
            line.append(' ').append(name).append(value);
        }
    }
}
