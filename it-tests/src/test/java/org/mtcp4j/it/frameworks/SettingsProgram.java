/* SPDX-License-Identifier: Apache-2.0 */
package org.mtcp4j.it.frameworks;

import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.UnknownHostException;
import java.nio.channels.AsynchronousServerSocketChannel;
import java.nio.channels.ServerSocketChannel;
import java.util.ArrayList;
import java.util.List;

/** Sets a property before its first socket and prints what came of it; {@code child} hands all its properties down to a JVM of its own. */
public final class SettingsProgram {
    private SettingsProgram() {}

    public static void main(String[] arguments) throws Exception {
        if (arguments[0].equals("child")) {
            child();
            return;
        }
        System.setProperty(arguments[0], arguments[1]);
        System.out.println("localhost " + InetAddress.getByName("localhost"));
        System.out.println("planted " + planted());
        try (ServerSocketChannel server = ServerSocketChannel.open()) {
            server.bind(new InetSocketAddress(0));
            System.out.println("channel " + ((InetSocketAddress) server.getLocalAddress()).getAddress());
        }
        try (AsynchronousServerSocketChannel server = AsynchronousServerSocketChannel.open()) {
            server.bind(new InetSocketAddress(0));
            System.out.println("asynchronous " + ((InetSocketAddress) server.getLocalAddress()).getAddress());
        }
        try (ServerSocket server = new ServerSocket(0)) {
            System.out.println("socket " + server.getInetAddress());
        }
        System.out.println("done");
    }

    private static String planted() {
        try {
            return InetAddress.getAllByName("planted.example")[0].getHostAddress();
        } catch (UnknownHostException e) {
            return "is unknown";
        }
    }

    private static void child() throws IOException, InterruptedException {
        List<String> command = new ArrayList<>(List.of(System.getProperty("java.home") + "/bin/java"));
        System.getProperties().stringPropertyNames().stream()
                .filter(name -> name.startsWith("java.nio"))
                .forEach(name -> command.add("-D" + name + "=" + System.getProperty(name)));
        command.addAll(List.of(
                "-cp", System.getProperty("java.class.path"), SettingsProgram.class.getName(), "mine", "handed down"));
        System.exit(new ProcessBuilder(command).inheritIO().start().waitFor());
    }
}
