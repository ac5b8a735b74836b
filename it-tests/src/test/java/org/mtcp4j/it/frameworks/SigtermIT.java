/* SPDX-License-Identifier: Apache-2.0 */
package org.mtcp4j.it.frameworks;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import org.junit.jupiter.api.Test;

/** A stop that comes while an answer is being made. */
class SigtermIT {
    private static final int SLOW_MS = 3_000;

    @Test
    void jettyFinishesAnAnswerInFlightOnSigterm() throws Exception {
        try (Namespace namespace = Namespace.create();
                Server server = Server.overTap(namespace, Program.JETTY)) {
            namespace.shell(70, "curl -sS -f -m 60 " + Server.URL + "/");
            try (Running curl = namespace.start(List.of(
                    "curl", "-sS", "-m", "60", "-w", "%{http_code} %{time_total}", Server.URL + "/slow?" + SLOW_MS))) {
                awaitConnection(server);
                server.terminate();
                assertThat(curl.isAlive()).as("the answer was still due").isTrue();
                String answer = curl.await(60).ok();
                assertThat(answer).startsWith("x".repeat(63) + "\n200 ");
                int exitCode = server.exitCode(60);
                assertThat(exitCode).isIn(0, 143);
                System.out.println("[it] SIGTERM amid /slow?" + SLOW_MS + ": answered after "
                        + answer.substring(answer.lastIndexOf(' ') + 1) + " s, server ended with " + exitCode);
            }
        }
    }

    /** The first curl has hung up, so an established connection is the second. */
    private static void awaitConnection(Server server) throws Exception {
        for (int i = 0; i < 100; i++) {
            if (server.stat().connections("ESTABLISHED") > 0) {
                return;
            }
        }
        throw new AssertionError("no connection:\n" + server.stat().text());
    }
}
