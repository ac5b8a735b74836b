/* SPDX-License-Identifier: Apache-2.0 */
package org.mtcp4j.it.frameworks;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.File;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.Test;

/** No agent: the jar on the class path and the JDK's own property. */
class PropertyOnlyIT {
    @Test
    void servesOverTapOnThisJdk() throws Exception {
        serves(Build.java(), List.of());
    }

    @Test
    void servesOverTapOnJdk25() throws Exception {
        List<Path> homes = Build.otherJdks("25");
        if (homes.isEmpty()) {
            System.out.println("[it] skipped: no JDK 25 beside this one");
            Assumptions.abort("no JDK 25 beside this one");
        }
        serves(homes.get(0).resolve("bin/java"), List.of("--enable-native-access=ALL-UNNAMED"));
    }

    private static void serves(Path java, List<String> more) throws Exception {
        List<String> options = new ArrayList<>(List.of(
                "-Djava.nio.channels.spi.SelectorProvider=org.mtcp4j.spi.nio.MtcpSelectorProvider",
                "-Dmtcp.nic=tap:mt0",
                "-Dmtcp.tap.host-ip=" + Server.HOST_IP + "/24",
                "-Dmtcp.on-failure=fail"));
        options.addAll(more);
        try (Namespace namespace = Namespace.create();
                Server server = Server.start(
                        namespace, List.of(), java, Program.JETTY, options, Build.agentJar() + File.pathSeparator)) {
            assertThat(namespace.shell(70, "curl -sS -f -m 60 " + Server.URL + "/"))
                    .isEqualTo("x".repeat(63) + "\n");
            String page = namespace.shell(100, "curl -sS -f -m 90 " + Server.URL + "/big | md5sum");
            String expected = namespace.shell(70, "curl -sS -f -m 60 " + Server.URL + "/big.md5");
            assertThat(page).startsWith(expected);
            assertThat(server.text()).contains("nic=tap:mt0").doesNotContain("ERROR");
            server.terminate();
            assertThat(server.exitCode(60)).isIn(0, 143);
            System.out.println("[it] property only, JDK "
                    + java.getParent().getParent().getFileName() + ": a page and 100 MB with checksum; it printed:\n"
                    + server.text().indent(4).stripTrailing());
        }
    }
}
