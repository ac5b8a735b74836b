/* SPDX-License-Identifier: Apache-2.0 */
package org.mtcp4j.core;

import java.io.FileInputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.Locale;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * What the JVM may take: heap, direct memory, and all of it together in the container. Read from where neither another module nor a class is
 * needed whose properties the program may still set: the start of the process's command line and its environment, and {@code /proc}.
 */
final class MemoryLimits {
    /** There is no such limit. */
    static final long NONE = Long.MAX_VALUE;

    private static final Pattern DIRECT =
            Pattern.compile("(?:^|[\\s\\x00])-XX:MaxDirectMemorySize=(\\d{1,15})([kKmMgGtT]?)(?=$|[\\s\\x00])");
    private static final int MAX_FILE_BYTES = 1 << 20;
    /** Versions 1 and 2 of control groups write numbers near 2^63 where there is no limit. */
    private static final long UNLIMITED = 1L << 60;

    private final long heapBytes;
    private final long directBytes;
    private final long containerBytes;

    MemoryLimits(long heapBytes, long directBytes, long containerBytes) {
        this.heapBytes = heapBytes;
        this.directBytes = directBytes;
        this.containerBytes = containerBytes;
    }

    static MemoryLimits ofThisJvm() {
        long heapBytes = Runtime.getRuntime().maxMemory();
        // In the order in which the JVM takes them up: the last counts.
        String options = environment("JAVA_TOOL_OPTIONS")
                + ' '
                + environment("JDK_JAVA_OPTIONS")
                + ' '
                + read("/proc/self/cmdline")
                + ' '
                + environment("_JAVA_OPTIONS");
        return new MemoryLimits(heapBytes, directBytes(options, heapBytes), groupBytes());
    }

    /** Of direct memory: as the option says, else as much as the heap. */
    static long directBytes(String options, long heapBytes) {
        long bytes = 0;
        Matcher matcher = DIRECT.matcher(options);
        while (matcher.find()) {
            String unit = matcher.group(2).toLowerCase(Locale.ROOT);
            int shift = unit.isEmpty() ? 0 : 10 * (1 + "kmgt".indexOf(unit));
            bytes = Long.parseLong(matcher.group(1)) << shift;
        }
        return bytes <= 0 ? heapBytes : bytes;
    }

    private static long groupBytes() {
        long bytes = NONE;
        for (String line : read("/proc/self/cgroup").split("\n", -1)) {
            String[] parts = line.split(":", 3);
            if (parts.length == 3 && parts[1].isEmpty()) {
                bytes = Math.min(bytes, least("/sys/fs/cgroup", parts[2], "/memory.max"));
            } else if (parts.length == 3 && (',' + parts[1] + ',').contains(",memory,")) {
                bytes = Math.min(bytes, least("/sys/fs/cgroup/memory", parts[2], "/memory.limit_in_bytes"));
            }
        }
        return bytes;
    }

    /** Of the group and all that it is in; a container sees only a part of them. */
    private static long least(String root, String group, String file) {
        long bytes = limit(read(root + file));
        for (int end = group.length(); end > 0; end = group.lastIndexOf('/', end - 1)) {
            bytes = Math.min(bytes, limit(read(root + group.substring(0, end) + file)));
        }
        return bytes;
    }

    static long limit(String text) {
        String number = text.trim();
        if (!number.matches("\\d{1,18}")) {
            return NONE;
        }
        long bytes = Long.parseLong(number);
        return bytes >= UNLIMITED ? NONE : bytes;
    }

    private static String environment(String name) {
        try {
            String value = System.getenv(name);
            return value == null ? "" : value;
        } catch (SecurityException e) {
            return "";
        }
    }

    /** Empty where it cannot be read. */
    private static String read(String path) {
        try (FileInputStream in = new FileInputStream(path)) {
            return new String(in.readNBytes(MAX_FILE_BYTES), StandardCharsets.ISO_8859_1);
        } catch (IOException | SecurityException e) {
            return "";
        }
    }

    long heapBytes() {
        return heapBytes;
    }

    long directBytes() {
        return directBytes;
    }

    long containerBytes() {
        return containerBytes;
    }
}
