/* SPDX-License-Identifier: Apache-2.0 */
package org.mtcp4j.it.frameworks;

import java.io.File;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/** Where this build's products lie. */
final class Build {
    private Build() {}

    private static Path root() {
        return Path.of(System.getProperty("basedir", "")).toAbsolutePath().getParent();
    }

    static Path agentJar() {
        Path jar = root().resolve("agent/target/mtcp4j-agent.jar");
        if (!Files.exists(jar)) {
            throw new IllegalStateException("no agent jar; run mvn package first");
        }
        return jar;
    }

    /** Of the JDK that runs the tests. */
    static Path java() {
        return Path.of(System.getProperty("java.home"), "bin", "java");
    }

    static Path testClasses() {
        return root().resolve("it-tests/target/test-classes");
    }

    /** The examples with the released jars that they use. */
    static String examples(Program program) {
        Path target = root().resolve("examples/target");
        String path = target.resolve("classes") + File.pathSeparator + target.resolve("lib") + "/*";
        return program == Program.NETTY_42 ? target.resolve("netty42") + "/*" + File.pathSeparator + path : path;
    }

    /** The compatibility programs with the released jars that they use. */
    static String compat() {
        Path target = root().resolve("compat/target");
        return target.resolve("classes") + File.pathSeparator + target.resolve("lib") + "/*";
    }

    /** The Spring Boot application, with its jars nested in it. */
    static Path boot() {
        return root().resolve("compat-boot/target/mtcp4j-compat-boot-exec.jar");
    }

    /** Another agent. */
    static Path openTelemetry() {
        return root().resolve("compat-boot/target/agents/opentelemetry-javaagent.jar");
    }

    /** A Tomcat that has the APR connector. */
    static Path tomcat9() {
        return root().resolve("compat-boot/target/agents/tomcat-9.jar");
    }

    static Path docs() {
        return root().resolve("docs");
    }

    /** JDK homes of the given feature version among this machine's packages. */
    static List<Path> otherJdks(String feature) throws Exception {
        Path all = Path.of(System.getProperty("java.home")).getParent();
        try (Stream<Path> homes = Files.list(all)) {
            return homes.filter(home -> home.getFileName().toString().contains(feature))
                    .filter(home -> Files.isExecutable(home.resolve("bin/java")))
                    .sorted()
                    .collect(Collectors.toList());
        }
    }
}
