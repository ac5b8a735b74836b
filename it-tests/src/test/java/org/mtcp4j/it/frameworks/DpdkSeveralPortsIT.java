/* SPDX-License-Identifier: Apache-2.0 */
package org.mtcp4j.it.frameworks;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A context with three ports and an address at each: two that are polled, and a TAP, which has a descriptor. */
class DpdkSeveralPortsIT {
    private static final int START_SECONDS = 60;
    private static final int ROUNDS = 5;
    /** A sleeper that does not look at a port answers with its next timer, if it has any. */
    private static final long MOST_ANSWER_US = 50_000;

    @TempDir
    private Path directory;

    @BeforeAll
    static void needsDpdk() {
        Dpdk.assumeAvailable();
    }

    private List<String> java(String role, String first, String firstIp, String... words) {
        String ports = "";
        for (int i = 0; i < 2; i++) {
            ports += ";dpdk:net_memif" + i + "+role=" + role + "+socket=" + directory.resolve("memif" + i + ".sock")
                    + "+socket-abstract=no";
        }
        int host = role.equals("server") ? 1 : 2;
        String nic = (first + ports).replaceFirst("^;", "");
        String ip = firstIp + "198.18.9." + host + "/24;198.18.8." + host + "/24";
        return Talker.java(
                directory, "nic=" + nic + ",ip=" + ip + ",dpdk.no-huge=true,on-failure=fail,log=warn", words);
    }

    @Test
    void oneSleeperIsAwakeForEachOfItsPorts() throws Exception {
        try (Namespace ours = Namespace.create();
                Running server =
                        ours.start(java("server", "tap:mt0", Server.STACK_IP + "/24;", "serve", "" + Server.PORT))) {
            server.awaitLine("ready", START_SECONDS);
            ours.shell(10, "ip address add " + Server.HOST_IP + "/24 dev mt0 && ip link set mt0 up");
            try (Running client = Running.start(java("client", "", "", "talk", "198.18.9.1", "" + Server.PORT))) {
                client.awaitLine("ready", START_SECONDS);
                assertThat(client.ask("open", 20)).isEqualTo("opened 0");
                assertThat(client.ask("open 198.18.8.1", 20)).isEqualTo("opened 1");
                String kernel = "timeout 10 bash -c 'exec 3<>/dev/tcp/" + Server.STACK_IP + "/" + Server.PORT
                        + "; echo hello >&3; head -c 6 <&3'";
                long[] bestUs = {Long.MAX_VALUE, Long.MAX_VALUE};
                for (int i = 0; i < ROUNDS; i++) {
                    for (int connection = 0; connection < 2; connection++) {
                        TimeUnit.MILLISECONDS.sleep(300);
                        String answer = client.ask("echo " + connection, 20);
                        assertThat(answer).startsWith("came back");
                        bestUs[connection] =
                                Math.min(bestUs[connection], Long.parseLong(answer.replaceAll("[^0-9]", "")));
                    }
                    assertThat(ours.shell(20, kernel)).isEqualTo("hello\n");
                }
                assertThat(bestUs[0]).isLessThan(MOST_ANSWER_US);
                assertThat(bestUs[1]).isLessThan(MOST_ANSWER_US);
            }
        }
    }
}
