/* SPDX-License-Identifier: Apache-2.0 */
package org.mtcp4j.agent.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;
import org.mtcp4j.config.Key;
import org.mtcp4j.stats.Counter;
import org.mtcp4j.stats.SideReason;
import picocli.CommandLine;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Model.OptionSpec;
import picocli.CommandLine.Model.PositionalParamSpec;

/** The manual pages in {@code docs/man} are those of the tables; {@code -Dmtcp.docs.update=true} writes them anew. */
class ManPagesTest {
    private static final Path MAN = Path.of("..", "docs", "man");
    private static final String SEE_ALSO = "mtcp4j(1), mtcp4j.conf(5), mtcp4j-counters(7)";

    @Test
    void thePageOfTheCommandsIsThatOfTheCommandLine() throws IOException {
        Page page = new Page("mtcp4j", 1, "user-level TCP for unmodified Java programs");
        page.section("SYNOPSIS")
                .line(".B java -javaagent:mtcp4j-agent.jar[=key=value,...]")
                .line(".I program")
                .line(".br")
                .line(".B java -jar mtcp4j-agent.jar")
                .line(".I command");
        page.section("DESCRIPTION")
                .text("With the agent a program's TCP sockets are on a stack in its own JVM; which, its rules say: see"
                        + " mtcp4j.conf(5). Without an agent the jar is a command.");
        page.section("COMMANDS");
        commands(page, "", new CommandLine(new Main()));
        page.seeAlso(SEE_ALSO);
        compare("mtcp4j.1", page.toString());
    }

    /** Without --help and --version, which every command has. */
    private static List<OptionSpec> own(CommandSpec spec) {
        return spec.options().stream()
                .filter(option -> !option.usageHelp() && !option.versionHelp())
                .toList();
    }

    private static void commands(Page page, String before, CommandLine line) {
        for (Map.Entry<String, CommandLine> entry : new TreeMap<>(line.getSubcommands()).entrySet()) {
            CommandSpec spec = entry.getValue().getCommandSpec();
            StringBuilder synopsis = new StringBuilder(before).append(entry.getKey());
            for (OptionSpec option : own(spec)) {
                synopsis.append(" [").append(option.longestName()).append(']');
            }
            for (PositionalParamSpec parameter : spec.positionalParameters()) {
                boolean needed = parameter.arity().min() > 0;
                synopsis.append(needed ? " " : " [")
                        .append(parameter.paramLabel())
                        .append(needed ? "" : "]");
            }
            page.item(synopsis.toString(), String.join(" ", spec.usageMessage().description()));
            for (OptionSpec option : own(spec)) {
                page.text(option.longestName() + ": " + String.join(" ", option.description()));
            }
            for (PositionalParamSpec parameter : spec.positionalParameters()) {
                page.text(parameter.paramLabel() + ": " + String.join(" ", parameter.description()));
            }
            commands(page, before + entry.getKey() + " ", entry.getValue());
        }
    }

    @Test
    void thePageOfTheKeysIsThatOfTheTable() throws IOException {
        Page page = new Page("mtcp4j.conf", 5, "configuration of mtcp4j");
        page.section("DESCRIPTION")
                .text(
                        "As an agent argument key=value, as a system property mtcp.key, as an environment variable MTCP_KEY, or in"
                                + " the properties file that mtcp.config names; the first of these that has a key wins.");
        page.section("KEYS");
        for (Key key : Key.values()) {
            page.item(key.property(), key.sentence() + ".");
            page.text("Allowed: " + key.type().allowed(key.range()) + ". Default: "
                    + (key.defaultText().isEmpty() ? "none" : key.defaultText()) + ".");
        }
        page.seeAlso(SEE_ALSO);
        compare("mtcp4j.conf.5", page.toString());
    }

    @Test
    void thePageOfTheCountersIsThatOfTheTable() throws IOException {
        Page page = new Page("mtcp4j-counters", 7, "counters of mtcp4j");
        page.section("DESCRIPTION").text("What the command stat prints, where it is not zero.");
        page.section("COUNTERS");
        for (Counter counter : Counter.values()) {
            page.item(counter.label(), counter.sentence() + ".");
        }
        page.section("WHERE SOCKETS WENT");
        for (SideReason reason : SideReason.values()) {
            page.item(reason.label(), reason.sentence() + ".");
        }
        page.seeAlso(SEE_ALSO);
        compare("mtcp4j-counters.7", page.toString());
    }

    private static void compare(String name, String wanted) throws IOException {
        Path file = MAN.resolve(name);
        if (Boolean.getBoolean("mtcp.docs.update")) {
            Files.createDirectories(MAN);
            Files.writeString(file, wanted);
        }
        assertThat(Files.readString(file)).as("docs/man/" + name + " is stale").isEqualTo(wanted);
    }

    /** A page in man(7)'s language. */
    private static final class Page {
        private final StringBuilder text = new StringBuilder();

        Page(String name, int section, String what) {
            line(".TH " + name.toUpperCase(java.util.Locale.ROOT) + " " + section + " \"\" mtcp4j");
            section("NAME").line(name + " \\- " + escaped(what));
        }

        Page section(String title) {
            return line(".SH " + title);
        }

        Page item(String term, String sentence) {
            return line(".TP").line(".B " + escaped(term)).line(escaped(sentence));
        }

        Page text(String sentence) {
            return line(".br").line(escaped(sentence));
        }

        Page seeAlso(String pages) {
            return section("SEE ALSO").line(pages);
        }

        Page line(String line) {
            text.append(line).append('\n');
            return this;
        }

        private static String escaped(String text) {
            String escaped = text.replace("\\", "\\e").replace("-", "\\-");
            return escaped.startsWith(".") || escaped.startsWith("'") ? "\\&" + escaped : escaped;
        }

        @Override
        public String toString() {
            return text.toString();
        }
    }
}
