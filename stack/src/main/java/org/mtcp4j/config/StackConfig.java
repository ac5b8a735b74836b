/* SPDX-License-Identifier: Apache-2.0 */
package org.mtcp4j.config;

import java.io.IOException;
import java.io.Reader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.EnumMap;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Properties;

/**
 * The configuration, read once, range-checked once, frozen. Precedence: agent arguments, {@code -Dmtcp.*}, environment {@code
 * MTCP_*}, the file that {@code mtcp.config} names, profile, default.
 */
public final class StackConfig {
    private record Entry(String text, long value, String source) {}

    private final Map<Key, Entry> entries;

    private StackConfig(Map<Key, Entry> entries) {
        this.entries = entries;
    }

    /** From the agent's arguments ({@code key=value,…}, null for none), the JVM's properties and the environment. */
    public static StackConfig load(String agentArguments) throws ConfigException {
        return load(agentArguments, System.getProperties(), System.getenv());
    }

    /** From explicit sources. */
    public static StackConfig load(String agentArguments, Properties properties, Map<String, String> environment)
            throws ConfigException {
        Map<Key, String> texts = new EnumMap<>(Key.class);
        Map<Key, String> sources = new EnumMap<>(Key.class);
        put(texts, sources, fromArguments(agentArguments), "agent argument");
        put(texts, sources, fromProperties(properties, "system property"), "-D");
        put(texts, sources, fromEnvironment(environment), "environment");
        String file = texts.getOrDefault(Key.CONFIG, "");
        if (!file.isEmpty()) {
            put(texts, sources, fromFile(Path.of(file)), file);
        }
        String profile = texts.getOrDefault(Key.PROFILE, Key.PROFILE.defaultText());
        put(texts, sources, Profiles.of(profile), "profile " + profile);
        Map<Key, Entry> entries = new EnumMap<>(Key.class);
        for (Key key : Key.values()) {
            String text = texts.getOrDefault(key, key.defaultText());
            String source = sources.getOrDefault(key, "default");
            try {
                entries.put(key, new Entry(text, key.type().parse(text, key.range()), source));
            } catch (ConfigException e) {
                throw new ConfigException(key.property() + " (" + source + "): " + e.getMessage());
            }
        }
        return new StackConfig(entries);
    }

    /** For tests and embedding: arguments only, neither properties nor environment. */
    public static StackConfig of(String arguments) {
        try {
            return load(arguments, new Properties(), Map.of());
        } catch (ConfigException e) {
            throw new IllegalArgumentException(e.getMessage(), e);
        }
    }

    private static void put(Map<Key, String> texts, Map<Key, String> sources, Map<Key, String> from, String source) {
        from.forEach((key, text) -> {
            if (texts.putIfAbsent(key, text) == null) {
                sources.put(key, source);
            }
        });
    }

    private static Map<Key, String> fromArguments(String arguments) throws ConfigException {
        Map<Key, String> values = new LinkedHashMap<>();
        if (arguments == null || arguments.isBlank()) {
            return values;
        }
        for (String pair : arguments.split(",", -1)) {
            int equals = pair.indexOf('=');
            if (equals <= 0) {
                throw new ConfigException(
                        "agent argument '" + pair + "' is not key=value; inside a value write '+' for ','");
            }
            String name = pair.substring(0, equals).trim();
            values.put(
                    known(name.startsWith("mtcp.") ? name.substring(5) : name, "agent argument"),
                    pair.substring(equals + 1).replace('+', ','));
        }
        return values;
    }

    private static Map<Key, String> fromProperties(Properties properties, String source) throws ConfigException {
        Map<Key, String> values = new LinkedHashMap<>();
        for (String name : properties.stringPropertyNames()) {
            if (name.startsWith("mtcp.")) {
                values.put(known(name.substring(5), source), properties.getProperty(name));
            }
        }
        return values;
    }

    private static Map<Key, String> fromEnvironment(Map<String, String> environment) throws ConfigException {
        Map<Key, String> values = new LinkedHashMap<>();
        for (Map.Entry<String, String> variable : environment.entrySet()) {
            if (variable.getKey().startsWith("MTCP_")) {
                values.put(knownVariable(variable.getKey()), variable.getValue());
            }
        }
        return values;
    }

    private static Map<Key, String> fromFile(Path file) throws ConfigException {
        Properties properties = new Properties();
        try (Reader reader = Files.newBufferedReader(file, StandardCharsets.UTF_8)) {
            properties.load(reader);
        } catch (IOException | IllegalArgumentException e) {
            throw new ConfigException(
                    "mtcp.config: cannot read " + file + " (" + e + "); give the path of a properties file");
        }
        return fromProperties(properties, file.toString());
    }

    private static Key known(String shortName, String source) throws ConfigException {
        Key key = Key.find(shortName);
        if (key == null) {
            Key nearest = Key.nearest(shortName);
            throw new ConfigException("unknown key mtcp." + shortName + " (" + source + "); the nearest is "
                    + nearest.property() + ": " + nearest.sentence());
        }
        return key;
    }

    private static Key knownVariable(String variable) throws ConfigException {
        for (Key key : Key.values()) {
            if (key.variable().equals(variable)) {
                return key;
            }
        }
        return known(
                variable.substring(5).toLowerCase(java.util.Locale.ROOT).replace('_', '-'), "environment " + variable);
    }

    /** As written. */
    public String text(Key key) {
        return entries.get(key).text();
    }

    /** Numbers as they are, bytes, or nanoseconds for times. */
    public long number(Key key) {
        return entries.get(key).value();
    }

    public int intValue(Key key) {
        return Math.toIntExact(number(key));
    }

    public boolean is(Key key, String choice) {
        return text(key).equalsIgnoreCase(choice);
    }

    /** Where the value came from, for the start-up lines: {@code default} or a source. */
    public String source(Key key) {
        return entries.get(key).source();
    }

    public boolean isDefault(Key key) {
        return source(key).equals("default");
    }
}
