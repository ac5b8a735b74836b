/* SPDX-License-Identifier: Apache-2.0 */
package org.mtcp4j.it.frameworks;

/** The servers of the examples module. */
enum Program {
    JETTY("org.mtcp4j.examples.JettyExample"),
    TOMCAT("org.mtcp4j.examples.TomcatExample"),
    NETTY_41("org.mtcp4j.examples.NettyExample"),
    NETTY_42("org.mtcp4j.examples.NettyExample");

    private final String mainClass;

    Program(String mainClass) {
        this.mainClass = mainClass;
    }

    String mainClass() {
        return mainClass;
    }
}
