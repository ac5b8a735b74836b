/* SPDX-License-Identifier: Apache-2.0 */
package org.mtcp4j.it.frameworks;

import java.io.IOException;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Method;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.URL;
import java.net.URLClassLoader;
import java.nio.ByteBuffer;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.security.Permission;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.concurrent.Callable;

/**
 * A program that knows nothing of mtcp4j and prints what it sees, a line a case: the same with the agent as without. Waits for a line of
 * input before it ends.
 */
public final class DropInProgram {
    private DropInProgram() {}

    public static void main(String[] arguments) throws Exception {
        Map<String, Callable<String>> cases = new LinkedHashMap<>();
        cases.put("lingerZeroResets", DropInCases::lingerZeroResets);
        cases.put("lingeringCloseDelivers", DropInCases::lingeringCloseDelivers);
        cases.put("unreferencedAreClosed", DropInCases::unreferencedAreClosed);
        cases.put("subclassesMayAcceptByTheirOwnMeans", DropInCases::subclassesMayAcceptByTheirOwnMeans);
        cases.put("closeEndsABlockedRead", DropInCases::closeEndsABlockedRead);
        cases.put("closeEndsABlockedWrite", DropInCases::closeEndsABlockedWrite);
        cases.put("closeEndsABlockedAccept", DropInCases::closeEndsABlockedAccept);
        cases.put("interruptDoesNotEndARead", DropInCases::interruptDoesNotEndARead);
        cases.put("timeoutsLeaveTheSocketUsable", DropInCases::timeoutsLeaveTheSocketUsable);
        cases.put("halves", DropInCases::halves);
        cases.put("urgentData", DropInCases::urgentData);
        cases.put("refusals", DropInCases::refusals);
        cases.put("descriptors", DropInCases::descriptors);
        cases.put("bindsBesideConnections", DropInSocketCases::bindsBesideConnections);
        cases.put("acceptedConnectionsInheritReuse", DropInSocketCases::acceptedConnectionsInheritReuse);
        cases.put("localAddressesHaveNoNames", DropInSocketCases::localAddressesHaveNoNames);
        cases.put(
                "closeWithUnreadDataEndsTheStreamUnlessLingerIsZero",
                DropInSocketCases::closeWithUnreadDataEndsTheStreamUnlessLingerIsZero);
        cases.put("failuresHaveNoCause", DropInSocketCases::failuresHaveNoCause);
        cases.put("asynchronousReadsAfterAReset", DropInSocketCases::asynchronousReadsAfterAReset);
        cases.put("anUploadIsTakenBeforeItsEchoIsRead", DropInSocketCases::anUploadIsTakenBeforeItsEchoIsRead);
        cases.put("bundlesWithLoadersOfTheirOwn", DropInProgram::bundlesWithLoadersOfTheirOwn);
        cases.put("memorySegments", DropInProgram::memorySegments);
        // Last: it stays.
        cases.put("securityManager", DropInProgram::securityManager);
        cases.forEach((name, each) -> System.out.println(name + "\t" + DropInCases.outcome(each)));
        System.out.println("done");
        while (System.in.read() > '\n') {
            // The rest of the line.
        }
        System.exit(0);
    }

    // Class loaders.

    /** As a bundle's loader: its own classes, and of all others only the JDK's. */
    private static String bundlesWithLoadersOfTheirOwn() throws Exception {
        URL own = DropInProgram.class.getProtectionDomain().getCodeSource().getLocation();
        try (URLClassLoader first = new URLClassLoader(new URL[] {own}, ClassLoader.getPlatformClassLoader());
                URLClassLoader second = new URLClassLoader(new URL[] {own}, null)) {
            ClassLoader before = Thread.currentThread().getContextClassLoader();
            try {
                Thread.currentThread().setContextClassLoader(null);
                return bundle(first) + ", " + bundle(second);
            } finally {
                Thread.currentThread().setContextClassLoader(before);
            }
        }
    }

    private static String bundle(ClassLoader loader) throws ReflectiveOperationException {
        Class<?> inside = loader.loadClass(DropInProgram.class.getName());
        try {
            return (inside == DropInProgram.class ? "the same class" : "a class of its own") + " "
                    + inside.getMethod("talk").invoke(null);
        } catch (InvocationTargetException e) {
            return e.getCause().toString();
        }
    }

    /** Both kinds of sockets, with each other. */
    public static String talk() throws IOException {
        try (ServerSocketChannel server = ServerSocketChannel.open();
                SocketChannel client = SocketChannel.open()) {
            server.bind(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0));
            client.connect(server.getLocalAddress());
            try (SocketChannel accepted = server.accept();
                    Socket socket = new Socket(
                            InetAddress.getLoopbackAddress(), server.socket().getLocalPort());
                    SocketChannel other = server.accept()) {
                client.write(ByteBuffer.wrap(new byte[] {5}));
                ByteBuffer one = ByteBuffer.allocate(1);
                accepted.read(one);
                other.write(one.flip());
                return "talked " + socket.getInputStream().read();
            }
        }
    }

    // Memory segments, by reflection: the class file is that of an older release.

    private static String memorySegments() throws Exception {
        Class<?> arenas;
        try {
            arenas = Class.forName("java.lang.foreign.Arena");
        } catch (ClassNotFoundException e) {
            return "none on this release";
        }
        if (Runtime.version().feature() < 22) {
            return "not final on this release";
        }
        return segment(arenas, "ofShared") + "; " + segment(arenas, "ofConfined") + "; " + segment(arenas, "ofAuto");
    }

    private static String segment(Class<?> arenas, String kind) throws Exception {
        Object arena = arenas.getMethod(kind).invoke(null);
        Method allocate = Class.forName("java.lang.foreign.SegmentAllocator").getMethod("allocate", long.class);
        Object segment = allocate.invoke(arena, 64L);
        ByteBuffer buffer = (ByteBuffer) Class.forName("java.lang.foreign.MemorySegment")
                .getMethod("asByteBuffer")
                .invoke(segment);
        try (ServerSocketChannel server = ServerSocketChannel.open();
                SocketChannel client = SocketChannel.open()) {
            server.bind(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0));
            client.connect(server.getLocalAddress());
            try (SocketChannel accepted = server.accept()) {
                buffer.put(0, (byte) 3);
                String seen = DropInCases.outcome(() -> client.write(buffer)) + " written, ";
                seen += DropInCases.outcome(() -> client.write(
                                new ByteBuffer[] {buffer.duplicate().clear()})) + " gathered, ";
                buffer.clear();
                seen += DropInCases.outcome(() -> accepted.read(buffer)) + " read, the first is " + buffer.get(0);
                if (!kind.equals("ofAuto")) {
                    arenas.getMethod("close").invoke(arena);
                    buffer.clear();
                    seen += ", freed: " + DropInCases.outcome(() -> client.write(buffer)) + ", "
                            + DropInCases.outcome(() -> accepted.read(buffer)) + ", still open " + client.isOpen();
                }
                return kind + " " + seen;
            }
        }
    }

    // Security manager.

    @SuppressWarnings("removal")
    private static String securityManager() throws Exception {
        if (Runtime.version().feature() > 17) {
            return "none on this release";
        }
        try (ServerSocket server = new ServerSocket(0, 10, InetAddress.getLoopbackAddress())) {
            int denied = server.getLocalPort();
            System.setSecurityManager(new SecurityManager() {
                @Override
                public void checkPermission(Permission permission) {
                    // All but the connections below.
                }

                @Override
                public void checkConnect(String host, int port) {
                    deny(port == denied, "connect");
                }

                @Override
                public void checkListen(int port) {
                    deny(port == denied, "listen");
                }

                @Override
                public void checkAccept(String host, int port) {
                    deny(host.equals("127.0.0.1") && acceptsNobody, "accept");
                }
            });
            InetSocketAddress there = new InetSocketAddress(InetAddress.getLoopbackAddress(), denied);
            String seen = DropInCases.outcome(() -> new Socket(there.getAddress(), denied)) + "; "
                    + DropInCases.outcome(() -> SocketChannel.open(there)) + "; "
                    + DropInCases.outcome(() -> new ServerSocket(denied)) + "; "
                    + DropInCases.outcome(() -> ServerSocketChannel.open().bind(there)) + "; " + talk();
            acceptsNobody = true;
            return seen + "; " + DropInCases.outcome(DropInProgram::acceptBySocket) + "; "
                    + DropInCases.outcome(DropInProgram::talk);
        }
    }

    private static volatile boolean acceptsNobody;

    private static void deny(boolean denied, String what) {
        if (denied) {
            throw new SecurityException("no " + what);
        }
    }

    private static String acceptBySocket() throws IOException {
        try (ServerSocket server = new ServerSocket(0, 10, InetAddress.getLoopbackAddress());
                Socket client = new Socket(server.getInetAddress(), server.getLocalPort());
                Socket accepted = server.accept()) {
            return "accepted " + accepted.isConnected() + client.isConnected();
        }
    }
}
