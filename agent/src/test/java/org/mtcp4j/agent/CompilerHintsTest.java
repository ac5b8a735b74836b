/* SPDX-License-Identifier: Apache-2.0 */
package org.mtcp4j.agent;

import static org.assertj.core.api.Assertions.assertThat;

import java.lang.management.ManagementFactory;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Map;
import java.util.Properties;
import javax.management.MBeanServer;
import javax.management.ObjectName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.mtcp4j.config.StackConfig;

class CompilerHintsTest {
    @TempDir
    Path directory;

    @Test
    void eachPieceIsAMethodOfTheStack() throws Exception {
        for (String piece : CompilerHints.PIECES) {
            int dot = piece.indexOf('.');
            Class<?> owner = Class.forName(
                    piece.substring(0, dot).replace('/', '.'), false, getClass().getClassLoader());
            assertThat(Arrays.stream(owner.getDeclaredMethods())
                            .anyMatch(method -> method.getName().equals(piece.substring(dot + 1))))
                    .as(piece)
                    .isTrue();
        }
    }

    @Test
    void whereAPolledNicHasCheapPacketsTheyAreNotGiven() throws Exception {
        assertThat(CompilerHints.areWanted(config("nic=memory"), false)).isFalse();
        assertThat(CompilerHints.areWanted(config("nic=memory"), true)).isTrue();
        assertThat(CompilerHints.areWanted(config("compiler-hints=always"), false))
                .isTrue();
        assertThat(CompilerHints.areWanted(config("compiler-hints=never"), true))
                .isFalse();
    }

    @Test
    void theJvmTakesThem() throws Exception {
        Path file = Files.writeString(directory.resolve("hints.json"), CompilerHints.text());

        assertThat(command("compilerDirectivesAdd", file.toString())).contains("1 compiler directives added");
        try {
            assertThat(command("compilerDirectivesPrint"))
                    .contains("org/mtcp4j/*.*")
                    .contains("-" + CompilerHints.PIECES.get(0))
                    .contains("-" + CompilerHints.PIECES.get(CompilerHints.PIECES.size() - 1));
        } finally {
            command("compilerDirectivesRemove");
        }
    }

    private static StackConfig config(String arguments) throws Exception {
        return StackConfig.load(arguments, new Properties(), Map.of());
    }

    private static String command(String operation, String... arguments) throws Exception {
        MBeanServer server = ManagementFactory.getPlatformMBeanServer();
        ObjectName commands = new ObjectName("com.sun.management:type=DiagnosticCommand");
        boolean bare = arguments.length == 0;
        return (String) server.invoke(
                commands,
                operation,
                bare ? new Object[0] : new Object[] {arguments},
                bare ? new String[0] : new String[] {String[].class.getName()});
    }
}
