/* SPDX-License-Identifier: Apache-2.0 */
package org.mtcp4j.it.frameworks;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** In a JVM with little memory the stack starts, leaves the program its share, and gets on though all its own is in use. */
class MemoryEdgeIT {
    /** Three hundred uploads through a few MiB take half a minute where the machine has other work. */
    private static final int SECONDS = 150;

    private static String run(String jvm, String configuration, String... program) throws Exception {
        List<String> command = new ArrayList<>(List.of(Build.java().toString()));
        command.addAll(Arrays.asList(jvm.split(" ")));
        command.add(Server.agent(configuration + ",on-failure=fail"));
        command.addAll(List.of("-cp", Build.testClasses().toString(), MemoryProgram.class.getName()));
        command.addAll(Arrays.asList(program));
        return Running.run(SECONDS, command).ok();
    }

    @ParameterizedTest
    @CsvSource({"-Xmx128m,16", "-Xmx256m -XX:MaxDirectMemorySize=10M,4", "-Xmx256m -XX:MaxDirectMemorySize=20M,8"})
    void connectionsThatNobodyReadsLeaveTheProgramItsDirectMemoryAndOthersTheirTurn(String jvm, String mebibytes)
            throws Exception {
        assertThat(run(jvm, "nic=memory", "unread", "198.18.0.2", "400", mebibytes))
                .contains("own " + mebibytes, "talked 1048576");
    }

    @ParameterizedTest
    @CsvSource({"-Xmx64m,nic=memory,198.18.0.2,300", "-Xmx256m,'loopback=stack,memory=4m',127.0.0.1,30"})
    void manyUploadsAtOnceEndThoughTheStorageIsLessThanTheyWant(
            String jvm, String configuration, String address, int clients) throws Exception {
        assertThat(run(jvm, configuration, "upload", address, String.valueOf(clients)))
                .contains("uploaded " + ((long) clients << 20));
    }

    /** The first line says how much storage there is, and of which memory: direct where that is enough. */
    @ParameterizedTest
    @CsvSource({
        "-Xmx64m,'','16m direct'",
        "-Xmx256m -XX:MaxDirectMemorySize=10M,'','32m heap'",
        "-Xmx256m,',memory=4m','4m direct'"
    })
    void theStartSaysHowMuchStorageThereIs(String jvm, String more, String memory) throws Exception {
        List<String> lines = run(jvm, "nic=memory" + more, "upload", "198.18.0.2", "1")
                .lines()
                .toList();
        assertThat(lines.get(0)).matches("\\[mtcp] \\S+ nic=memory ip=\\S+ contexts=\\d+ driver=\\w+ memory=" + memory);
        assertThat(lines).contains("uploaded " + (1 << 20));
    }
}
