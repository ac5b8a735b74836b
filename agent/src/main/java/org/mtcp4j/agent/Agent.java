/* SPDX-License-Identifier: Apache-2.0 */
package org.mtcp4j.agent;

import java.lang.instrument.Instrumentation;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import org.mtcp4j.config.ConfigException;
import org.mtcp4j.config.Key;
import org.mtcp4j.config.StackConfig;
import org.mtcp4j.socket.StackUnavailableException;
import org.mtcp4j.spi.nio.MtcpRuntime;

/** Entry points of {@code -javaagent:mtcp4j-agent.jar[=key=value,…]}. Nothing escapes from here but a refusal to start. */
public final class Agent {
    /** The JDK's own tools inherit JAVA_TOOL_OPTIONS; they are left alone. */
    private static final List<String> JDK_TOOLS = List.of(
            "jdk.compiler/",
            "jdk.jartool/",
            "jdk.jcmd/",
            "jdk.jlink/",
            "jdk.javadoc/",
            "jdk.jshell/",
            "jdk.jdeps/",
            "java.base/sun.security.tools");

    /** The stack runs. */
    private static volatile boolean started;

    /** A property by which {@code attach} hears what became of it: {@link #STARTED}, or why not. */
    public static final String OUTCOME = "org.mtcp4j.attached";

    public static final String STARTED = "started";

    /** The last sentence. */
    private static volatile String refusal;

    private Agent() {}

    /** Called by the JVM before the application's main method. */
    public static void premain(String arguments, Instrumentation instrumentation) {
        launch(arguments, instrumentation, true);
    }

    /** Called when the agent is attached to a running program, which is left as it is where it has opened something already. */
    public static void agentmain(String arguments, Instrumentation instrumentation) {
        String tooLate = started ? "the agent is there already" : LateAttach.tooLate(instrumentation);
        if (tooLate != null) {
            System.err.println("[mtcp] ERROR " + tooLate + "; nothing was changed");
            System.setProperty(OUTCOME, tooLate + "; nothing was changed");
            return;
        }
        refusal = "mtcp.enabled=false";
        launch(arguments, instrumentation, false);
        System.setProperty(OUTCOME, started ? STARTED : refusal);
    }

    /** @param mayHalt where {@code on-failure=fail}, before the program starts: one that runs already is not ended */
    private static void launch(String arguments, Instrumentation instrumentation, boolean mayHalt) {
        StackConfig config = null;
        try {
            if (mayHalt && isJdkTool()) {
                return;
            }
            if (started) {
                System.err.println("[mtcp] WARN the agent is given twice; the second, with the arguments '"
                        + (arguments == null ? "" : arguments)
                        + "', is ignored: look for another -javaagent, in JAVA_TOOL_OPTIONS too");
                return;
            }
            config = StackConfig.load(arguments);
            if (config.is(Key.ENABLED, "true")) {
                start(config, instrumentation);
            }
        } catch (ConfigException e) {
            refuse(e.getMessage(), mayHalt && wantsFailure(arguments));
        } catch (StackUnavailableException | HalfDivertedException e) {
            refuse(e.getMessage(), mayHalt && config.is(Key.ON_FAILURE, "fail"));
        } catch (SecurityException e) {
            System.err.println(
                    "[mtcp] ERROR the security manager denies the agent what it needs (" + e.getMessage()
                            + "); grant the agent's jar java.security.AllPermission in the policy; the program runs on the kernel");
        } catch (RuntimeException | LinkageError e) {
            boolean fail = config == null ? wantsFailure(arguments) : config.is(Key.ON_FAILURE, "fail");
            refuse("the agent failed (" + e + "); please report this", mayHalt && fail);
        }
    }

    private static boolean isJdkTool() {
        String module = System.getProperty("jdk.module.main", "");
        String main = module + "/" + System.getProperty("jdk.module.main.class", "");
        return !module.isEmpty() && JDK_TOOLS.stream().anyMatch(main::startsWith);
    }

    private static void start(StackConfig config, Instrumentation instrumentation)
            throws StackUnavailableException, HalfDivertedException {
        Diversion.check();
        openJdk(instrumentation);
        Trust.take();
        BootClasses.define();
        NativeAccess.allow();
        MtcpRuntime runtime = MtcpRuntime.start(config);
        if (runtime.stack() == null) {
            return;
        }
        started = true;
        CompilerHints.give(config, runtime.stack().engine().wakesByDescriptor(), instrumentation);
        Diversion.divert();
        Diversion.prepare();
        NativeTransports.watch(instrumentation, config);
        BlockHoundPath.watch(instrumentation);
        Weaving.weave(instrumentation, runtime.rules());
        ExitHook.install(runtime);
        StatServer.start(runtime);
    }

    /** What the provider and the exit hook need of java.base, for the agent's module alone. */
    private static void openJdk(Instrumentation instrumentation) {
        Module own = Agent.class.getModule();
        Set<Module> us = Set.of(own);
        instrumentation.redefineModule(
                Object.class.getModule(),
                Set.of(),
                Map.of("sun.nio.ch", us, "sun.net.ext", us, "sun.net", us, "jdk.internal.access", us),
                Map.of("sun.nio.ch", us, "java.net", us, "java.security", us),
                Set.of(),
                Map.of());
    }

    private static boolean wantsFailure(String arguments) {
        // The configuration could not be read, so its on-failure could not either: look for the words.
        String text = (arguments == null ? "" : arguments) + " " + System.getProperty(Key.ON_FAILURE.property(), "")
                + " " + System.getenv().getOrDefault(Key.ON_FAILURE.variable(), "");
        return text.toLowerCase(Locale.ROOT).matches("(?s).*(on-failure=fail|(^|\\s)fail(\\s|$)).*");
    }

    private static void refuse(String sentence, boolean fail) {
        refusal = sentence + "; the program runs on the kernel";
        if (fail) {
            System.err.println("[mtcp] ERROR " + sentence + "; the program is not started (mtcp.on-failure=fail)");
            // Not an exception: the JVM would print a stack trace of its own around the sentence.
            Runtime.getRuntime().halt(1);
        }
        System.err.println("[mtcp] ERROR " + sentence + "; the program runs on the kernel");
    }
}
