/* SPDX-License-Identifier: Apache-2.0 */
package org.mtcp4j.nic;

import java.util.List;
import java.util.Locale;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.mtcp4j.nic.fault.Faults;
import org.mtcp4j.text.Nearest;

/**
 * What one entry of {@code mtcp.nic} says: {@code KIND}, {@code KIND:ARGUMENTS}, and behind them, separated by commas, faults: {@code
 * memory:loss=0.05,delay=1ms,seed=42}, {@code tap:mt0,loss=1%}. Whatever follows {@code dpdk:} is DPDK's.
 *
 * @param arguments for the provider, never null
 */
public record NicSpec(String kind, String arguments, Faults faults) {
    private static final List<String> OPTIONS = List.of("loss", "reorder", "dup", "corrupt", "delay", "rate", "seed");
    private static final Pattern NUMBER = Pattern.compile("(\\d{1,15}(?:\\.\\d{1,9})?)([a-z%]*)");

    /** @throws NicUnavailableException with one sentence that names the nearest option or the allowed range */
    public static NicSpec parse(String text) throws NicUnavailableException {
        int colon = text.indexOf(':');
        String kind = (colon < 0 ? text : text.substring(0, colon)).trim();
        String rest = colon < 0 ? "" : text.substring(colon + 1);
        if (kind.equals("dpdk")) {
            return new NicSpec(kind, rest, Faults.NONE);
        }
        String arguments = "";
        Faults faults = Faults.NONE;
        String[] parts = rest.split(",", -1);
        for (int i = 0; i < parts.length; i++) {
            String part = parts[i].trim();
            int equals = part.indexOf('=');
            if (equals >= 0) {
                faults = with(
                        faults,
                        part.substring(0, equals).trim(),
                        part.substring(equals + 1).trim());
            } else if (i == 0) {
                arguments = part;
            } else {
                throw new NicUnavailableException(
                        "'" + part + "' in mtcp.nic is no OPTION=VALUE; options are " + String.join(", ", OPTIONS));
            }
        }
        return new NicSpec(kind, arguments, faults);
    }

    private static Faults with(Faults f, String option, String value) throws NicUnavailableException {
        if (!OPTIONS.contains(option)) {
            String question = Nearest.question(option, OPTIONS);
            throw new NicUnavailableException("mtcp.nic has no option '" + option + "'"
                    + (question.isEmpty() ? ";" : question) + " options are " + String.join(", ", OPTIONS));
        }
        return new Faults(
                option.equals("loss") ? probability(option, value) : f.loss(),
                option.equals("reorder") ? probability(option, value) : f.reorder(),
                option.equals("dup") ? probability(option, value) : f.duplicate(),
                option.equals("corrupt") ? probability(option, value) : f.corrupt(),
                option.equals("delay") ? delayNs(value) : f.delayNs(),
                option.equals("rate") ? rate(value) : f.rateBitsPerSecond(),
                option.equals("seed") ? seed(value) : f.seed());
    }

    private static double probability(String option, String value) throws NicUnavailableException {
        Matcher matcher = NUMBER.matcher(value);
        if (matcher.matches() && (matcher.group(2).isEmpty() || matcher.group(2).equals("%"))) {
            double number =
                    Double.parseDouble(matcher.group(1)) / (matcher.group(2).isEmpty() ? 1 : 100);
            if (number <= 1) {
                return number;
            }
        }
        throw bad(option, value, "a probability from 0 to 1, or 0% to 100%");
    }

    private static long delayNs(String value) throws NicUnavailableException {
        double unit = 0;
        Matcher matcher = NUMBER.matcher(value.toLowerCase(Locale.ROOT));
        if (matcher.matches()) {
            unit = switch (matcher.group(2)) {
                case "ns" -> 1;
                case "us" -> 1e3;
                case "ms", "" -> 1e6;
                case "s" -> 1e9;
                default -> 0;
            };
        }
        double delayNs = unit == 0 ? -1 : Double.parseDouble(matcher.group(1)) * unit;
        if (delayNs < 0 || delayNs > 60e9) {
            throw bad("delay", value, "a time from 0 to 60s, as 200us or 1ms");
        }
        return (long) delayNs;
    }

    private static long rate(String value) throws NicUnavailableException {
        double unit = 0;
        Matcher matcher = NUMBER.matcher(value.toLowerCase(Locale.ROOT));
        if (matcher.matches()) {
            unit = switch (matcher.group(2)) {
                case "", "bit" -> 1;
                case "k", "kbit" -> 1e3;
                case "m", "mbit" -> 1e6;
                case "g", "gbit" -> 1e9;
                default -> 0;
            };
        }
        double bits = unit == 0 ? -1 : Double.parseDouble(matcher.group(1)) * unit;
        if (bits < 1e3 || bits > 1e12) {
            throw bad("rate", value, "bits per second from 1k to 1000g, as 100m");
        }
        return (long) bits;
    }

    private static long seed(String value) throws NicUnavailableException {
        try {
            return Long.parseLong(value);
        } catch (NumberFormatException e) {
            throw bad("seed", value, "a whole number");
        }
    }

    private static NicUnavailableException bad(String option, String value, String allowed) {
        return new NicUnavailableException(
                "option '" + option + "' in mtcp.nic cannot be '" + value + "'; it is " + allowed);
    }
}
