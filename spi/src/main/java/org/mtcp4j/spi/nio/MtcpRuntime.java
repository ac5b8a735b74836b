/* SPDX-License-Identifier: Apache-2.0 */
package org.mtcp4j.spi.nio;

import java.io.IOException;
import java.io.InputStream;
import java.util.List;
import java.util.Properties;
import java.util.ServiceConfigurationError;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.IntSupplier;
import org.mtcp4j.config.ConfigException;
import org.mtcp4j.config.Key;
import org.mtcp4j.config.StackConfig;
import org.mtcp4j.socket.OffloadRules;
import org.mtcp4j.socket.Stack;
import org.mtcp4j.socket.StackUnavailableException;

/**
 * The one stack of this JVM: started once, by the agent or else by the provider at its first socket, and stopped once. Where it could
 * not start and {@code mtcp.on-failure=kernel}, {@link #stack()} is null and every channel is the JDK's own.
 */
public final class MtcpRuntime {
    private static final long STOP_MS = 1_500;

    private static volatile MtcpRuntime instance;

    private final StackConfig config;
    private final Stack stack;
    private final SideRules rules;
    private boolean stopped;

    private MtcpRuntime(StackConfig config, Stack stack) {
        this.config = config;
        this.stack = stack;
        rules = stack == null ? null : new SideRules(stack, config);
    }

    /**
     * Starts the stack unless it runs already, and prints the start-up lines. The caller stops it ({@link #stop}).
     *
     * @throws StackUnavailableException where the stack cannot start and {@code mtcp.on-failure=fail}
     */
    public static synchronized MtcpRuntime start(StackConfig config) throws StackUnavailableException {
        if (instance == null) {
            instance = new MtcpRuntime(config, startStack(config));
        }
        return instance;
    }

    /** The running stack's holder; without an agent the first call starts it and has it stopped when the JVM ends. */
    static MtcpRuntime get() {
        MtcpRuntime runtime = instance;
        return runtime != null ? runtime : startFromProperties();
    }

    /** Null before the start. */
    public static MtcpRuntime current() {
        return instance;
    }

    /** Null where the program runs on the kernel. */
    public Stack stack() {
        return stack;
    }

    public StackConfig config() {
        return config;
    }

    /** Null where the program runs on the kernel. */
    public SideRules rules() {
        return rules;
    }

    /**
     * Stops the stack, once.
     *
     * @return connections that were cut since they did not end within {@code lingerNs}
     */
    public synchronized int stop(long lingerNs) {
        if (stopped || stack == null) {
            return 0;
        }
        stopped = true;
        return within(lingerNs, () -> stack.exit(lingerNs));
    }

    /** On a thread that nothing waits for longer than that, and a second and a half: whatever the stack is in, the JVM ends. */
    private static int within(long lingerNs, IntSupplier stop) {
        AtomicInteger cut = new AtomicInteger();
        try {
            Thread thread = new Thread(null, () -> cut.set(stop.getAsInt()), "mtcp-stop", 0, false);
            thread.setDaemon(true);
            thread.start();
            thread.join(TimeUnit.NANOSECONDS.toMillis(lingerNs) + STOP_MS);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        } catch (OutOfMemoryError e) {
            // No thread to be had: the process ends as one that is killed.
            return 0;
        }
        return cut.get();
    }

    private static synchronized MtcpRuntime startFromProperties() {
        if (instance != null) {
            return instance;
        }
        try {
            MtcpRuntime runtime = start(StackConfig.load(null));
            if (runtime.stack != null) {
                Runtime.getRuntime().addShutdownHook(new Thread(runtime::stopAtExit, "mtcp-exit"));
            }
            return runtime;
        } catch (ConfigException e) {
            if ("fail".equalsIgnoreCase(System.getProperty(Key.ON_FAILURE.property()))) {
                throw new ServiceConfigurationError("[mtcp] " + e.getMessage(), e);
            }
            printError(e.getMessage());
            instance = new MtcpRuntime(StackConfig.of(null), null);
            return instance;
        } catch (StackUnavailableException e) {
            throw new ServiceConfigurationError("[mtcp] " + e.getMessage(), e);
        }
    }

    /** Among the application's own hooks, which may still be sending last responses and wait for threads that are in a select. */
    private void stopAtExit() {
        long lingerNs = config.number(Key.LINGER_ON_EXIT);
        int cut = within(lingerNs, () -> stack.leave(lingerNs));
        if (cut > 0) {
            System.err.println("[mtcp] WARN exit cut " + cut + " connection(s)");
        }
    }

    private static Stack startStack(StackConfig config) throws StackUnavailableException {
        if (config.is(Key.ENABLED, "false")) {
            return null;
        }
        warn(config, config.warnings());
        try {
            checkOffload(config);
            Stack stack = Stack.start(config);
            printStart(config, stack);
            warn(config, stack.warnings(config));
            return stack;
        } catch (StackUnavailableException e) {
            if (config.is(Key.ON_FAILURE, "fail")) {
                throw e;
            }
            printError(e.getMessage());
            return null;
        }
    }

    private static void warn(StackConfig config, List<String> sentences) {
        if (!config.is(Key.LOG, "error")) {
            sentences.forEach(sentence -> System.err.println("[mtcp] WARN " + sentence));
        }
    }

    private static void printError(String sentence) {
        System.err.println("[mtcp] ERROR " + sentence + "; the program runs on the kernel");
    }

    private static void checkOffload(StackConfig config) throws StackUnavailableException {
        try {
            OffloadRules.parse(config.text(Key.OFFLOAD));
        } catch (IllegalArgumentException e) {
            throw new StackUnavailableException(Key.OFFLOAD.property() + ": " + e.getMessage(), e);
        }
    }

    private static void printStart(StackConfig config, Stack stack) {
        if (config.is(Key.LOG, "error") || config.is(Key.LOG, "warn")) {
            return;
        }
        StringBuilder lines = new StringBuilder("[mtcp] ").append(version());
        for (Key key : new Key[] {Key.NIC, Key.IP, Key.CONTEXTS}) {
            lines.append(' ').append(key.shortName()).append('=');
            lines.append(key == Key.IP ? Stack.ipText(config) : config.text(key));
        }
        lines.append(" driver=").append(stack.engine().driver());
        lines.append(" memory=").append(stack.engine().budget().text());
        if (stack.learnsAddresses()) {
            lines.append(System.lineSeparator()).append("[mtcp]   learned: ").append(stack.addressText());
        }
        for (Key key : Key.values()) {
            if (!config.isDefault(key)) {
                lines.append(System.lineSeparator()).append("[mtcp]   ").append(key.property());
                lines.append('=').append(config.text(key));
                lines.append(" (").append(config.source(key)).append(')');
            }
        }
        System.err.println(lines);
    }

    /** The version of the build. */
    public static String version() {
        try (InputStream in = MtcpRuntime.class.getResourceAsStream("version.properties")) {
            Properties properties = new Properties();
            if (in != null) {
                properties.load(in);
            }
            return properties.getProperty("version", "unknown");
        } catch (IOException e) {
            return "unknown";
        }
    }
}
