/* SPDX-License-Identifier: Apache-2.0 */
package org.mtcp4j.agent;

import java.io.File;
import java.io.FileOutputStream;
import java.io.IOException;
import java.lang.instrument.Instrumentation;
import java.lang.reflect.Method;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;
import org.mtcp4j.config.Key;
import org.mtcp4j.config.StackConfig;

/**
 * Asks the JVM's optimizing compiler to compile the stack's packet path in pieces (ADR 0022). Of itself it inlines the whole path into each method of
 * it that has become hot, so most of the path is compiled many times over, each a second's work, and a branch that is taken for the first time
 * throws all of it away. This is the diagnostic command {@code Compiler.directives_add}, which names our methods alone; where a JVM does not
 * have it, nothing happens.
 */
final class CompilerHints {
    private static final String MANAGEMENT = "jdk.management";
    private static final String COMMANDS = "com.sun.management.internal";

    /** Compiled by themselves, and called where they are used. */
    static final List<String> PIECES = List.of(
            // The round, and what it is made of.
            "org/mtcp4j/core/Driver.kick",
            "org/mtcp4j/core/Driver.drive",
            "org/mtcp4j/core/Leadership.sleep",
            "org/mtcp4j/core/Context.healthyRound",
            "org/mtcp4j/core/Context.drainCommands",
            "org/mtcp4j/core/Context.computeDeadline",
            "org/mtcp4j/core/TimerWheel.advance",
            "org/mtcp4j/core/NewsList.publish",
            "org/mtcp4j/core/ChunkCache.share",
            "org/mtcp4j/core/RouteDesk.look",
            // A frame in.
            "org/mtcp4j/core/FrameInput.receive",
            "org/mtcp4j/core/FrameInput.handedOver",
            "org/mtcp4j/core/FrameInput.ipv6",
            "org/mtcp4j/core/FrameInput.tcp",
            "org/mtcp4j/core/Context.segmentArrived",
            "org/mtcp4j/core/Flow.readLimits",
            "org/mtcp4j/tcp/Connection.arrives",
            "org/mtcp4j/tcp/Acknowledgement.arrives",
            "org/mtcp4j/tcp/Receiver.text",
            "org/mtcp4j/core/ReceiveStream.place",
            "org/mtcp4j/core/Context.afterTurn",
            "org/mtcp4j/core/Flow.publishProgress",
            // A frame out.
            "org/mtcp4j/tcp/Output.output",
            "org/mtcp4j/tcp/Sender.send",
            "org/mtcp4j/tcp/Sender.resend",
            "org/mtcp4j/tcp/Sender.sendPaced",
            "org/mtcp4j/tcp/Output.prepare",
            "org/mtcp4j/core/FrameOutput.emit",
            "org/mtcp4j/core/FrameOutput.finish",
            // Neighbours: their branches are taken for the first time after half a minute.
            "org/mtcp4j/core/NeighbourDesk.macFor",
            "org/mtcp4j/core/NeighbourDesk.confirmed",
            "org/mtcp4j/core/NeighbourDesk.advance",
            // Connections that come and go.
            "org/mtcp4j/core/ListenDesk.arrives",
            "org/mtcp4j/core/ListenDesk.handshakeNews",
            "org/mtcp4j/core/TimeWaitDesk.takes",
            "org/mtcp4j/core/TimeWaits.add",
            "org/mtcp4j/core/Context.newFlow",
            "org/mtcp4j/core/Context.remove",
            "org/mtcp4j/tcp/Handshake.established",
            "org/mtcp4j/tcp/Handshake.sendSyn",
            // The application's side.
            "org/mtcp4j/core/Flow.read",
            "org/mtcp4j/core/Flow.write",
            "org/mtcp4j/core/ReceiveStream.take",
            "org/mtcp4j/core/SendStream.append",
            "org/mtcp4j/core/SendStream.extend",
            // The shared interface, whose loops are copied by the compiler.
            "org/mtcp4j/nic/xdp/XdpQueue.receive",
            "org/mtcp4j/nic/xdp/XdpQueue.isPartial",
            "org/mtcp4j/nic/xdp/XdpQueue.join",
            "org/mtcp4j/nic/xdp/XdpQueue.refill",
            "org/mtcp4j/nic/xdp/XdpQueue.lookAtKernel",
            "org/mtcp4j/nic/xdp/XdpQueue.transmit",
            "org/mtcp4j/nic/xdp/XdpQueue.sendLarge",
            "org/mtcp4j/nic/xdp/XdpQueue.reap");

    private CompilerHints() {}

    /** On a thread of its own: the classes behind the command take the JVM some ten milliseconds, for which the program does not wait. */
    static void give(StackConfig config, boolean wakesByDescriptor, Instrumentation instrumentation) {
        if (!areWanted(config, wakesByDescriptor)) {
            return;
        }
        boolean tells = config.is(Key.LOG, "debug");
        Thread thread = new Thread(null, () -> giveNow(instrumentation, tells), "mtcp-hints", 0, false);
        thread.setDaemon(true);
        try {
            thread.start();
        } catch (OutOfMemoryError e) {
            // No thread to be had: the program is warm later.
            tell(tells, "no compiler hints: " + e.getMessage());
        }
    }

    /** With polled NICs a packet is so cheap that pieces lost a quarter of the rate over memif; where it costs system calls no loss was seen. */
    static boolean areWanted(StackConfig config, boolean wakesByDescriptor) {
        return config.is(Key.COMPILER_HINTS, "always") || (wakesByDescriptor && config.is(Key.COMPILER_HINTS, "auto"));
    }

    private static void giveNow(Instrumentation instrumentation, boolean tells) {
        long startNs = System.nanoTime();
        try {
            File file = File.createTempFile("mtcp", ".json");
            try {
                // No NIO: a file's channel initializes what reads properties that the program may be about to set.
                try (FileOutputStream out = new FileOutputStream(file)) {
                    out.write(text().getBytes(StandardCharsets.US_ASCII));
                }
                String answer = command(instrumentation, "Compiler.directives_add \"" + file + "\"");
                tell(tells, answer.strip() + " in " + (System.nanoTime() - startNs) / 1_000_000 + " ms");
            } finally {
                delete(file);
            }
        } catch (IOException | ReflectiveOperationException | RuntimeException | LinkageError e) {
            // Another JVM, one without the module, or no place for the file.
            tell(tells, "no compiler hints: " + e);
        }
    }

    private static void delete(File file) throws IOException {
        if (!file.delete()) {
            throw new IOException(file + " cannot be removed");
        }
    }

    private static void tell(boolean tells, String sentence) {
        if (tells) {
            System.err.println("[mtcp] DEBUG " + sentence);
        }
    }

    /** As a file of directives. */
    static String text() {
        return PIECES.stream()
                .map(piece -> "\"-" + piece + "\"")
                .collect(Collectors.joining(",\n", "[{ match: [\"org/mtcp4j/*.*\"], c2: { inline: [\n", "\n] } }]\n"));
    }

    /** Not by the platform's MBean server: programs expect to be the first to ask for that. */
    private static String command(Instrumentation instrumentation, String line) throws ReflectiveOperationException {
        Module management = ModuleLayer.boot().findModule(MANAGEMENT).orElse(null);
        if (management == null) {
            throw new ClassNotFoundException("the JVM has no module " + MANAGEMENT);
        }
        Set<Module> us = Set.of(CompilerHints.class.getModule());
        instrumentation.redefineModule(management, Set.of(), Map.of(), Map.of(COMMANDS, us), Set.of(), Map.of());
        // Loads the library that has the native method.
        Class.forName(COMMANDS + ".PlatformMBeanProviderImpl");
        Class<?> commands = Class.forName(COMMANDS + ".DiagnosticCommandImpl");
        Method get = commands.getDeclaredMethod("getDiagnosticCommandMBean");
        get.setAccessible(true);
        Method execute = commands.getDeclaredMethod("executeDiagnosticCommand", String.class);
        execute.setAccessible(true);
        return (String) execute.invoke(get.invoke(null), line);
    }
}
