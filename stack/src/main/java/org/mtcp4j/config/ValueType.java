/* SPDX-License-Identifier: Apache-2.0 */
package org.mtcp4j.config;

import java.util.List;
import java.util.Locale;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** How a value is written and what it may be. */
public final class ValueType {
    public static final ValueType TEXT = new ValueType("text", "", List.of());
    public static final ValueType INT = new ValueType("number", "", List.of());
    /** {@code 64k}, {@code 1m}, {@code 2g}: powers of 1,024. */
    public static final ValueType BYTES = new ValueType("bytes", "", List.of());
    /** {@code 20us}, {@code 1ms}; a bare number is microseconds. */
    public static final ValueType MICROS = new ValueType("time", "us", List.of());
    /** {@code 2s}, {@code 200ms}, {@code 1m} for a minute; a bare number is milliseconds. */
    public static final ValueType MILLIS = new ValueType("time", "ms", List.of());

    public static final ValueType BOOLEAN = choice("true", "false");

    private static final Pattern NUMBER = Pattern.compile("(\\d{1,18})\\s*([a-z]*)");

    private final String name;
    private final String bareUnit;
    private final List<String> choices;

    private ValueType(String name, String bareUnit, List<String> choices) {
        this.name = name;
        this.bareUnit = bareUnit;
        this.choices = choices;
    }

    static ValueType choice(String... choices) {
        return new ValueType("choice", "", List.of(choices));
    }

    /**
     * Inclusive bounds as they are written: bytes, plain numbers, or the type's bare unit for times.
     *
     * @param min least value
     * @param max greatest value
     */
    public record Range(long min, long max) {}

    public String name() {
        return name;
    }

    /** What may be written, for the manual and for errors. */
    public String allowed(Range range) {
        if (!choices.isEmpty()) {
            return String.join("|", choices);
        }
        if (range == null) {
            return name;
        }
        return range.min() + bareUnit + " to " + range.max() + bareUnit;
    }

    /**
     * The value as a number: bytes, nanoseconds for times, the choice's index, 0 for text.
     *
     * @throws ConfigException with the reason, without the key's name
     */
    long parse(String text, Range range) throws ConfigException {
        if (!choices.isEmpty()) {
            int index = choices.indexOf(text.toLowerCase(Locale.ROOT));
            if (index < 0) {
                throw new ConfigException("'" + text + "' is none of " + allowed(range));
            }
            return index;
        }
        if (name.equals("text")) {
            return 0;
        }
        Matcher matcher = NUMBER.matcher(text.trim().toLowerCase(Locale.ROOT));
        long unit = matcher.matches() ? unit(matcher.group(2)) : 0;
        if (unit == 0) {
            throw new ConfigException("'" + text + "' is not a " + name + "; allowed: " + allowed(range) + units());
        }
        long number = Long.parseLong(matcher.group(1));
        long bare = bareUnit.isEmpty() ? 1 : unit(bareUnit);
        if (number > Long.MAX_VALUE / unit || outside(number * unit, range, bare)) {
            throw new ConfigException("'" + text + "' is out of range; allowed: " + allowed(range) + units());
        }
        return number * unit;
    }

    /** For refusals. */
    private String units() {
        return switch (name) {
            case "bytes" -> " bytes; units are k, m and g (powers of 1,024)";
            case "time" -> "; units are ns, us, ms, s and m (minutes), without one it is " + bareUnit;
            default -> "";
        };
    }

    private static boolean outside(long value, Range range, long bare) {
        return range != null && (value < range.min() * bare || value > range.max() * bare);
    }

    /** Factor of a unit, or 0 where the type does not know it. */
    private long unit(String text) {
        String unit = text.isEmpty() ? bareUnit : text;
        if (name.equals("bytes")) {
            return switch (unit) {
                case "", "b" -> 1;
                case "k", "kb" -> 1L << 10;
                case "m", "mb" -> 1L << 20;
                case "g", "gb" -> 1L << 30;
                default -> 0;
            };
        }
        if (name.equals("time")) {
            return switch (unit) {
                case "ns" -> 1;
                case "us" -> 1_000;
                case "ms" -> 1_000_000;
                case "s" -> 1_000_000_000;
                case "m", "min" -> 60_000_000_000L;
                default -> 0;
            };
        }
        return unit.isEmpty() ? 1 : 0;
    }
}
