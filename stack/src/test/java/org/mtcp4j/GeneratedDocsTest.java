/* SPDX-License-Identifier: Apache-2.0 */
package org.mtcp4j;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.lang.reflect.Field;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.mtcp4j.config.Key;
import org.mtcp4j.stats.Counter;
import org.mtcp4j.stats.SideReason;
import org.mtcp4j.tcp.TcpCounters;

/** The pages that are made from tables; {@code -Dtest.jvm.args=-Dmtcp.docs.update=true} writes them anew. */
class GeneratedDocsTest {
    private static final Path DOCS = Path.of("..", "docs");

    @Test
    void theConfigurationPageIsThatOfTheKeys() throws IOException {
        StringBuilder page =
                new StringBuilder("# Configuration\n\nMade from `config.Key`. As a system property `mtcp.KEY`, as an"
                        + " environment variable `MTCP_KEY`, as an agent argument `KEY=value`.\n\n"
                        + "| key | default | allowed | what |\n|---|---|---|---|\n");
        for (Key key : Key.values()) {
            String allowed = key.type().allowed(key.range()).replace("|", ", ");
            page.append("| `").append(key.shortName()).append("` | ");
            page.append(key.defaultText().isEmpty() ? "" : "`" + key.defaultText() + "`");
            page.append(" | ")
                    .append(allowed)
                    .append(" | ")
                    .append(key.sentence())
                    .append(" |\n");
        }
        compare("configuration.md", page.toString());
    }

    @Test
    void theCountersPageIsThatOfTheCounters() throws IOException {
        StringBuilder page = new StringBuilder(
                "# Counters\n\nMade from `stats.Counter`, `tcp.TcpCounters` and `stats.SideReason`; `stat PID` prints those"
                        + " that are not zero.\n\n| counter | what |\n|---|---|\n");
        for (Counter counter : Counter.values()) {
            page.append("| `")
                    .append(counter.label())
                    .append("` | ")
                    .append(counter.sentence())
                    .append(" |\n");
        }
        page.append("\nThose of TCP (`tcp.TcpCounters`):\n\n| counter | what |\n|---|---|\n");
        tcpSentences().forEach((label, sentence) -> page.append("| `")
                .append(label)
                .append("` | ")
                .append(sentence)
                .append(" |\n"));
        page.append(
                "\nWhere sockets went, counted for the whole program (`stats.SideReason`):\n\n| counter | what |\n|---|---|\n");
        for (SideReason reason : SideReason.values()) {
            page.append("| `")
                    .append(reason.label())
                    .append("` | ")
                    .append(reason.sentence())
                    .append(" |\n");
        }
        compare("counters.md", page.toString());
    }

    @Test
    void everyCounterIsCountedSomewhere() throws IOException {
        StringBuilder sources = new StringBuilder();
        for (String module : new String[] {"stack", "spi", "agent", "nic-dpdk"}) {
            try (Stream<Path> files = Files.walk(Path.of("..", module, "src", "main", "java"))) {
                for (Path file : files.filter(each -> each.toString().endsWith(".java")
                                && !each.endsWith("Counter.java")
                                && !each.endsWith("TcpCounters.java"))
                        .toList()) {
                    sources.append(Files.readString(file));
                }
            }
        }
        Set<String> words = new HashSet<>(List.of(sources.toString().split("\\W+", -1)));
        assertThat(words)
                .containsAll(Arrays.stream(Counter.values()).map(Enum::name).toList());
        assertThat(words)
                .containsAll(Arrays.stream(TcpCounters.class.getFields())
                        .map(Field::getName)
                        .toList());
    }

    /** By the names that {@code stat} prints; TCP's counters are plain fields, whose sentences are their comments. */
    private static Map<String, String> tcpSentences() throws IOException {
        String source = Files.readString(Path.of("src", "main", "java", "org", "mtcp4j", "tcp", "TcpCounters.java"));
        Map<String, String> sentences = new LinkedHashMap<>();
        Matcher field = Pattern.compile("/\\*\\* ([^\\n]+)\\. \\*/\\s+public long (\\w+);")
                .matcher(source);
        while (field.find()) {
            String text = field.group(1);
            boolean word = Character.isLowerCase(text.charAt(1));
            sentences.put(
                    TcpCounters.label(field.group(2)),
                    (word ? text.substring(0, 1).toLowerCase(Locale.ROOT) : text.substring(0, 1)) + text.substring(1));
        }
        assertThat(sentences.keySet())
                .as("every counter of TCP has a comment of one sentence")
                .containsExactlyInAnyOrderElementsOf(Arrays.stream(TcpCounters.class.getFields())
                        .map(counter -> TcpCounters.label(counter.getName()))
                        .toList());
        return sentences;
    }

    private static void compare(String name, String wanted) throws IOException {
        Path file = DOCS.resolve(name);
        if (Boolean.getBoolean("mtcp.docs.update")) {
            Files.writeString(file, wanted);
        }
        assertThat(Files.readString(file)).as("docs/" + name + " is stale").isEqualTo(wanted);
    }
}
