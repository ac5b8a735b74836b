/* SPDX-License-Identifier: Apache-2.0 */
package org.mtcp4j.it.frameworks;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** An image of the JDK with no more modules than an agent needs. */
class ImageIT {
    private static final int SECONDS = 120;

    @Test
    void onlyAttachNeedsTheModuleThatAnImageLacks(@TempDir Path folder) throws Exception {
        Path jlink = Build.java().resolveSibling("jlink");
        assumeTrue(Files.isExecutable(jlink), "no jlink");
        Path image = folder.resolve("image");
        Running.run(
                        SECONDS,
                        List.of(
                                jlink.toString(),
                                "--add-modules",
                                "java.base,java.instrument",
                                "--output",
                                image.toString()))
                .ok();
        String java = image.resolve("bin/java").toString();
        String jar = Build.agentJar().toString();
        assertThat(Running.run(SECONDS, List.of(java, "-jar", jar, "version")).ok())
                .startsWith("mtcp4j ");
        assertThat(Running.run(SECONDS, List.of(java, "-jar", jar, "config")).ok())
                .contains("mtcp.nic");
        Running.Ended attach = Running.run(SECONDS, List.of(java, "-jar", jar, "attach", "1"));
        assertThat(attach.exitCode()).isEqualTo(1);
        assertThat(attach.text()).contains("has no module jdk.attach").doesNotContain("\tat ");
        try (Running program = Running.start(List.of(
                java,
                Server.agent("nic=memory,loopback=stack,on-failure=fail,log=warn"),
                "-cp",
                Build.testClasses().toString(),
                TrustProgram.class.getName()))) {
            program.awaitLine("ready", SECONDS);
            Stat.asked(program.pid());
            assertThat(Running.run(SECONDS, List.of(java, "-jar", jar, "stat", "" + program.pid()))
                            .ok())
                    .contains("TcpActiveOpens");
        }
    }
}
