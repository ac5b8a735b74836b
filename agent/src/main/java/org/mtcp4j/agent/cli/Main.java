/* SPDX-License-Identifier: Apache-2.0 */
package org.mtcp4j.agent.cli;

import java.util.ServiceLoader;
import java.util.concurrent.Callable;
import org.mtcp4j.config.ConfigException;
import org.mtcp4j.config.Key;
import org.mtcp4j.config.StackConfig;
import org.mtcp4j.nic.NicProvider;
import org.mtcp4j.spi.nio.MtcpRuntime;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Parameters;

/** {@code java -jar mtcp4j-agent.jar COMMAND}; without a command it prints the version. */
@Command(
        name = "mtcp4j",
        description = "User-level TCP for unmodified Java programs: -javaagent:mtcp4j-agent.jar[=key=value,...]",
        mixinStandardHelpOptions = true,
        versionProvider = Main.VersionText.class,
        scope = CommandLine.ScopeType.INHERIT,
        subcommands = {
            Main.Version.class,
            Doctor.class,
            Main.Config.class,
            Stat.class,
            Capture.class,
            Attach.class,
            XdpHelp.class
        })
public final class Main implements Callable<Integer> {
    /** Exit code is that of the command. */
    public static void main(String[] arguments) {
        System.exit(new CommandLine(new Main()).execute(arguments));
    }

    @Override
    public Integer call() {
        return new Version().call();
    }

    /** For {@code --version}. */
    static final class VersionText implements CommandLine.IVersionProvider {
        @Override
        public String[] getVersion() {
            return new String[] {"mtcp4j " + MtcpRuntime.version()};
        }
    }

    /** {@code version}. */
    @Command(name = "version", description = "Prints version, JDK, and which NICs can be used here.")
    static final class Version implements Callable<Integer> {
        @Override
        public Integer call() {
            System.out.println("mtcp4j " + MtcpRuntime.version());
            System.out.println("java   " + Runtime.version() + " (" + System.getProperty("java.vendor") + ")");
            ServiceLoader.load(NicProvider.class).forEach(provider -> {
                String reason = provider.unavailable();
                System.out.println("nic    " + provider.kind() + ": " + (reason == null ? "available" : reason));
            });
            return 0;
        }
    }

    /** {@code config}. */
    @Command(
            name = "config",
            subcommands = Explain.class,
            description = "Prints every key with its value here, where it came from, and what it is for.")
    static final class Config implements Callable<Integer> {
        @Parameters(arity = "0..1", description = "agent arguments to evaluate: key=value,...")
        private String arguments;

        @Override
        public Integer call() {
            try {
                StackConfig config = StackConfig.load(arguments);
                config.warnings().forEach(warning -> System.err.println("WARN  " + warning));
                for (Key key : Key.values()) {
                    System.out.printf(
                            "%-22s %-24s %-16s %s; allowed: %s%n",
                            key.property(),
                            config.text(key).isEmpty() ? "-" : config.text(key),
                            config.source(key),
                            key.sentence(),
                            key.type().allowed(key.range()));
                }
                return 0;
            } catch (ConfigException e) {
                System.err.println(e.getMessage());
                return 2;
            }
        }
    }
}
