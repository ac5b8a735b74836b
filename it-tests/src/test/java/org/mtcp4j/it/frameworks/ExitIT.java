/* SPDX-License-Identifier: Apache-2.0 */
package org.mtcp4j.it.frameworks;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** A JVM ends when it is told to, and what is left of its connections hears what it hears on the kernel. */
class ExitIT {
    private static final String ADDRESS = "198.18.0.2";
    /** Of {@code mtcp.linger-on-exit} and two seconds, and what a busy machine adds. */
    private static final int SECONDS = 20;

    private static final int LINGER_SECONDS = 2;
    private static final int TIMES = 8;

    private static List<String> command(String configuration, String... program) {
        List<String> command = new ArrayList<>(List.of(Build.java().toString(), "-Xmx128m", "-XX:+UseSerialGC"));
        command.add(Server.agent(configuration));
        command.addAll(List.of("-cp", Build.testClasses().toString(), ExitProgram.class.getName()));
        command.addAll(List.of(program));
        return command;
    }

    private static String memory(String driver) {
        return "nic=memory,on-failure=fail,log=warn,driver=" + driver;
    }

    @ParameterizedTest
    @ValueSource(strings = {"inline", "dedicated", "auto"})
    void aJvmWithBothEndsEndsOnSigtermAndNeitherHearsOfTheOthers(String driver) throws Exception {
        for (int i = 0; i < TIMES; i++) {
            try (Running running = Running.start(command(memory(driver), "both", ADDRESS))) {
                running.awaitLine("ready", 60);
                String before = running.text();
                running.terminate();
                Running.Ended ended = running.await(SECONDS);
                assertThat(ended.exitCode()).isEqualTo(143);
                assertThat(ended.text()).as("run " + i).isEqualTo(before);
            }
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"inline", "dedicated", "auto"})
    void systemExitEndsAJvmInWhichAThreadRunsOutOfStackAmidWrites(String driver) throws Exception {
        try (Running running = Running.start(command(memory(driver), "recursing", ADDRESS))) {
            running.awaitLine("exits", 60);
            assertThat(running.await(SECONDS).exitCode()).isEqualTo(7);
        }
    }

    @Test
    void aPeerOutsideGetsAllThatWasWrittenAndTheEndOfTheStream() throws Exception {
        try (Namespace namespace = Namespace.create();
                Running program = namespace.start(command(Server.tap("mt0"), "serve", ADDRESS))) {
            String port = program.awaitLine("port ", 0, 60).substring("port ".length());
            String said =
                    namespace.shell(60, "exec 3<>/dev/tcp/" + ADDRESS + "/" + port + " && cat <&3 && echo the end");
            assertThat(said).isEqualTo("all of it\nthe end\n");
            assertThat(program.await(SECONDS).exitCode()).isEqualTo(7);
        }
    }

    /** Peers that read nothing, and whose machine is gone by then or not: what was written to them holds the end up for the linger alone. */
    @ParameterizedTest
    @ValueSource(strings = {"true", "ip link set mt0 down"})
    void aPeerThatTakesNothingHoldsTheEndUpForTheLingerAlone(String before) throws Exception {
        String more = ",linger-on-exit=" + LINGER_SECONDS + "s,frames=256";
        try (Namespace namespace = Namespace.create();
                Running program = namespace.start(command(Server.tap("mt0") + more, "full", ADDRESS))) {
            String port = program.awaitLine("port ", 0, 60).substring("port ".length());
            String peer = "exec 3<>/dev/tcp/" + ADDRESS + "/" + port + " 4<>/dev/tcp/" + ADDRESS + "/" + port
                    + " 5<>/dev/tcp/" + ADDRESS + "/" + port + " 6<>/dev/tcp/" + ADDRESS + "/" + port
                    + " && echo connected && exec cat";
            try (Running peers = namespace.start(List.of("bash", "-c", peer))) {
                peers.awaitLine("connected", 60);
                program.awaitLine("full", 60);
                namespace.shell(10, before);
                program.terminate();
                long beganNs = System.nanoTime();
                Running.Ended ended = program.await(SECONDS);
                long tookNs = System.nanoTime() - beganNs;
                assertThat(ended.exitCode()).isEqualTo(143);
                assertThat(ended.text()).contains("[mtcp] WARN exit cut 4 connections");
                assertThat(tookNs).as("ns").isLessThan((LINGER_SECONDS + 2) * 1_000_000_000L);
            }
        }
    }
}
