/* SPDX-License-Identifier: Apache-2.0 */
package org.mtcp4j.config;

import java.io.FileReader;
import java.io.IOException;
import java.io.Reader;
import java.nio.charset.StandardCharsets;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Properties;
import java.util.TreeSet;

/**
 * The configuration, read once, range-checked once, frozen. Precedence: agent arguments, {@code -Dmtcp.*}, environment {@code
 * MTCP_*}, the file that {@code mtcp.config} names, profile, default.
 */
public final class StackConfig {
    private static final String VARIABLES = "MTCP_";

    private record Entry(String text, long value, String source) {}

    private final Map<Key, Entry> entries;
    private final List<String> warnings;

    private StackConfig(Map<Key, Entry> entries, List<String> warnings) {
        this.entries = entries;
        this.warnings = List.copyOf(warnings);
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
        List<String> warnings = new ArrayList<>();
        put(texts, sources, fromEnvironment(environment, warnings), "environment");
        String file = texts.getOrDefault(Key.CONFIG, "");
        if (!file.isEmpty()) {
            put(texts, sources, fromFile(path(file), warnings), file);
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
        return new StackConfig(entries, warnings);
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
                throw new ConfigException("agent argument '" + pair
                        + "' is not key=value; inside a value write '+' for ',' and '\\+' for '+'");
            }
            String name = pair.substring(0, equals).trim();
            values.put(
                    known(name.startsWith("mtcp.") ? name.substring(5) : name, "agent argument"),
                    unescaped(pair.substring(equals + 1)));
        }
        return values;
    }

    /** {@code +} stands for the comma that separates arguments, {@code \\+} for itself. */
    private static String unescaped(String value) {
        StringBuilder text = new StringBuilder(value.length());
        for (int i = 0; i < value.length(); i++) {
            char letter = value.charAt(i);
            boolean escape = letter == '\\' && i + 1 < value.length() && value.charAt(i + 1) == '+';
            text.append(escape ? '+' : letter == '+' ? ',' : letter);
            i += escape ? 1 : 0;
        }
        return text.toString();
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

    /** Others may set variables that look like ours, as Kubernetes does for a Service whose name begins so: no reason to refuse. */
    private static Map<Key, String> fromEnvironment(Map<String, String> environment, List<String> warnings) {
        Map<Key, String> values = new LinkedHashMap<>();
        List<String> strangers = new ArrayList<>();
        for (String variable : new TreeSet<>(environment.keySet())) {
            if (variable.startsWith(VARIABLES)) {
                Key key = ofVariable(variable);
                if (key != null) {
                    values.put(key, environment.get(variable));
                } else {
                    Key nearest = Key.nearest(variable.substring(VARIABLES.length())
                            .toLowerCase(Locale.ROOT)
                            .replace('_', '-'));
                    strangers.add(
                            variable + (nearest == null ? "" : " (the nearest key is " + nearest.variable() + ")"));
                }
            }
        }
        if (!strangers.isEmpty()) {
            warnings.add(
                    "ignored, since they are no keys of mtcp4j: environment variables " + String.join(", ", strangers)
                            + "; correct or unset them, and where Kubernetes sets them for a Service whose name begins with 'mtcp', set"
                            + " enableServiceLinks: false in the Pod");
        }
        return values;
    }

    private static Key ofVariable(String variable) {
        for (Key key : Key.values()) {
            if (key.variable().equals(variable)) {
                return key;
            }
        }
        return null;
    }

    private static Path path(String file) throws ConfigException {
        try {
            return Path.of(file);
        } catch (InvalidPathException e) {
            throw new ConfigException("mtcp.config: '" + file + "' is no path of a file (" + e.getReason() + ")");
        }
    }

    private static Map<Key, String> fromFile(Path file, List<String> warnings) throws ConfigException {
        Properties properties = new Properties();
        try (Reader reader = new FileReader(file.toFile(), StandardCharsets.UTF_8)) {
            properties.load(reader);
        } catch (IOException | IllegalArgumentException | UnsupportedOperationException e) {
            throw new ConfigException(
                    "mtcp.config: cannot read " + file + " (" + e + "); give the path of a properties file");
        }
        for (String name : new TreeSet<>(properties.stringPropertyNames())) {
            if (Key.find(name) != null) {
                warnings.add("'" + name + "' in " + file
                        + " is ignored: in a file every key has its whole name; write mtcp." + name);
            }
        }
        return fromProperties(properties, file.toString());
    }

    private static Key known(String shortName, String source) throws ConfigException {
        Key key = Key.find(shortName);
        if (key == null) {
            Key nearest = Key.nearest(shortName);
            throw new ConfigException("unknown key mtcp." + shortName + " (" + source + "); "
                    + (nearest == null
                            ? "no key is near it: java -jar mtcp4j-agent.jar config prints them all"
                            : "the nearest is " + nearest.property() + ": " + nearest.sentence()));
        }
        return key;
    }

    /** What was ignored, a sentence each with the cure. */
    public List<String> warnings() {
        return warnings;
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
