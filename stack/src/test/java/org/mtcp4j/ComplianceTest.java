/* SPDX-License-Identifier: Apache-2.0 */
package org.mtcp4j;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** {@code docs/compliance.md} names tests that exist, and leaves no MUST out. */
class ComplianceTest {
    private static final Path ROOT = Path.of("..");
    private static final Pattern NAMED = Pattern.compile("`(\\w+)#(\\w+)`");
    private static final Pattern NUMBERED = Pattern.compile("MUST-(\\d+)");
    /** Appendix B of RFC 9293 counts so far. */
    private static final int MUSTS = 69;

    private record Row(String level, String clause, String what, String done, String tests) {}

    private static List<Row> rows() throws IOException {
        List<Row> rows = new ArrayList<>();
        for (String line : Files.readAllLines(ROOT.resolve("docs/compliance.md"))) {
            String[] cells = line.split("\\|", -1);
            if (cells.length == 7 && !cells[1].isBlank() && !cells[4].isBlank() && !line.startsWith("|---")) {
                rows.add(new Row(
                        cells[1].strip(), cells[2].strip(), cells[3].strip(), cells[4].strip(), cells[5].strip()));
            }
        }
        rows.removeIf(row -> row.done.equals("done"));
        return rows;
    }

    private static Map<String, String> testSources() throws IOException {
        Map<String, String> sources = new HashMap<>();
        for (String module : List.of("stack", "spi", "agent", "nic-dpdk", "it-tests")) {
            try (Stream<Path> files = Files.walk(ROOT.resolve(module).resolve("src/test/java"))) {
                for (Path file :
                        files.filter(f -> f.toString().endsWith(".java")).toList()) {
                    String name = file.getFileName().toString();
                    sources.put(name.substring(0, name.length() - ".java".length()), Files.readString(file));
                }
            }
        }
        return sources;
    }

    @Test
    void everyTestThatIsNamedExists() throws IOException {
        Map<String, String> sources = testSources();
        List<String> missing = new ArrayList<>();
        int found = 0;
        for (Row row : rows()) {
            for (Matcher m = NAMED.matcher(row.tests); m.find(); found++) {
                Pattern method = Pattern.compile(
                        "@(Test|ParameterizedTest|RepeatedTest)\\b[^;{}]*(?:\\{[^}]*\\}[^;{}]*)?\\bvoid " + m.group(2)
                                + "\\(");
                if (!method.matcher(sources.getOrDefault(m.group(1), "")).find()) {
                    missing.add(m.group());
                }
            }
        }
        assertThat(missing).isEmpty();
        assertThat(found).isGreaterThan(150);
    }

    @Test
    void whatIsDoneHasATestAndWhatIsNotAReason() throws IOException {
        for (Row row : rows()) {
            switch (row.done) {
                case "yes" -> assertThat(row.tests).as(row.toString()).containsPattern(NAMED);
                case "no" -> assertThat(row.tests).as(row.toString()).contains("Linux: ");
                default -> throw new AssertionError(row + " is neither done nor not done");
            }
        }
    }

    @Test
    void everyMustOfRfc9293IsThereOnce() throws IOException {
        List<Integer> numbers = rows().stream()
                .map(row -> NUMBERED.matcher(row.level))
                .filter(Matcher::matches)
                .map(m -> Integer.valueOf(m.group(1)))
                .toList();
        Set<Integer> all = IntStream.rangeClosed(1, MUSTS).boxed().collect(Collectors.toSet());
        assertThat(new TreeSet<>(numbers)).isEqualTo(new TreeSet<>(all));
        assertThat(numbers).doesNotHaveDuplicates();
    }
}
