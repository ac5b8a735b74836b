/* SPDX-License-Identifier: Apache-2.0 */
package org.mtcp4j.nic.xdp;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.TimeUnit;
import java.util.stream.LongStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What the jar holds is what the C source says: compiled again where clang-14 is. */
class ShareProgramTest {
    private static final Path SOURCE = Path.of("src/main/bpf/share.bpf.c");
    private static final Path RESOURCE = Path.of("src/main/resources/org/mtcp4j/nic/xdp/share.hex");
    private static final String CLANG = "clang-14";
    private static final int INSTRUCTION_BYTES = 8;
    private static final int PER_LINE = 6;

    @TempDir
    private Path directory;

    @Test
    void resourceIsWhatTheSourceCompilesTo() throws Exception {
        Path object = directory.resolve("share.o");
        Process process;
        try {
            process = new ProcessBuilder(List.of(
                            CLANG,
                            "-O2",
                            "-target",
                            "bpf",
                            "-mcpu=v1",
                            "-c",
                            SOURCE.toString(),
                            "-o",
                            object.toString()))
                    .inheritIO()
                    .start();
        } catch (IOException e) {
            assumeTrue(false, CLANG + " is not here");
            return;
        }
        assertThat(process.waitFor(60, TimeUnit.SECONDS)).isTrue();
        assertThat(process.exitValue()).isZero();
        String compiled = text(ByteBuffer.wrap(Files.readAllBytes(object)).order(ByteOrder.LITTLE_ENDIAN));
        if (Boolean.getBoolean("mtcp.bpf.update")) {
            Files.writeString(RESOURCE, compiled);
        }
        assertThat(Files.readString(RESOURCE)).isEqualTo(compiled);
    }

    @Test
    void everyMapThatTheProgramNamesIsKnown() throws Exception {
        ShareCode code = ShareCode.load();
        assertThat(code.count()).isBetween(200, 400);
        assertThat(code.maps().values()).containsOnly("xsks_map", "ports", "own", "frags");
        assertThat(code.maps().keySet()).allMatch(at -> code.instruction(at) << 56 >>> 56 == 0x18);
    }

    @Test
    void whatIsOursIsLostAndNotTheKernelsWhereAQueueHasNoSocket() throws Exception {
        ShareCode code = ShareCode.load();
        List<Long> instructions = LongStream.range(0, code.count())
                .mapToObj(i -> code.instruction((int) i))
                .toList();
        int redirect = instructions.indexOf(0x33_0000_0085L);
        // bpf_redirect_map's third argument, what the program returns else: XDP_DROP.
        assertThat(instructions.subList(redirect - 4, redirect)).contains(0x1_0000_03b7L);
    }

    /** ELF64, little-endian: the section {@code xdp} and where it names which map. */
    private static String text(ByteBuffer elf) {
        Map<String, int[]> sections = sections(elf);
        int[] program = sections.get("xdp");
        int[] relocations = sections.get(".relxdp");
        int[] symbols = sections.get(".symtab");
        int[] strings = sections.get(".strtab");
        Map<Integer, String> maps = new TreeMap<>();
        for (int at = relocations[0]; at < relocations[0] + relocations[1]; at += 16) {
            int symbol = symbols[0] + 24 * elf.getInt(at + 12);
            maps.put((int) elf.getLong(at) / INSTRUCTION_BYTES, string(elf, strings[0] + elf.getInt(symbol)));
        }
        StringBuilder text = new StringBuilder();
        maps.forEach((at, name) -> text.append(text.length() == 0 ? "" : " ")
                .append(at)
                .append(':')
                .append(name));
        for (int i = 0; i < program[1] / INSTRUCTION_BYTES; i++) {
            text.append(i % PER_LINE == 0 ? "\n" : " ")
                    .append(String.format("%016x", elf.getLong(program[0] + INSTRUCTION_BYTES * i)));
        }
        return text.append('\n').toString();
    }

    /** Offset and size by name. */
    private static Map<String, int[]> sections(ByteBuffer elf) {
        int table = (int) elf.getLong(0x28);
        int bytes = elf.getShort(0x3a);
        int count = elf.getShort(0x3c);
        int names = (int) elf.getLong(table + bytes * elf.getShort(0x3e) + 0x18);
        Map<String, int[]> sections = new HashMap<>();
        for (int i = 0; i < count; i++) {
            int at = table + bytes * i;
            sections.put(
                    string(elf, names + elf.getInt(at)),
                    new int[] {(int) elf.getLong(at + 0x18), (int) elf.getLong(at + 0x20)});
        }
        return sections;
    }

    private static String string(ByteBuffer elf, int at) {
        int end = at;
        while (elf.get(end) != 0) {
            end++;
        }
        byte[] bytes = new byte[end - at];
        elf.get(at, bytes);
        return new String(bytes, StandardCharsets.US_ASCII);
    }
}
