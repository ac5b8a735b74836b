/* SPDX-License-Identifier: Apache-2.0 */
package org.mtcp4j.it.frameworks;

import java.io.Closeable;
import java.io.FileDescriptor;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.lang.reflect.Field;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.SocketImpl;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;

/** What {@link DropInProgram} does with {@code java.net}: each case returns what it saw, in words that have no ports or times in them. */
final class DropInCases {
    private static final int PATIENCE_MS = 20_000;
    private static final int BYTES = 200_000;

    private DropInCases() {}

    /** Two connected sockets, closed together. */
    record Pair(ServerSocket server, Socket client, Socket accepted) implements AutoCloseable {
        static Pair open() throws IOException {
            ServerSocket server = new ServerSocket(0, 10, InetAddress.getLoopbackAddress());
            Socket client = new Socket(server.getInetAddress(), server.getLocalPort());
            Socket accepted = server.accept();
            accepted.setSoTimeout(PATIENCE_MS);
            return new Pair(server, client, accepted);
        }

        @Override
        public void close() throws IOException {
            client.close();
            accepted.close();
            server.close();
        }
    }

    /** What it returns, or the type and the message of what it throws. */
    static String outcome(Callable<?> call) {
        try {
            return String.valueOf(call.call());
        } catch (Exception e) {
            return e.getClass().getName() + ": " + e.getMessage();
        }
    }

    private static String blocked(Callable<?> call, Closing closing) throws Exception {
        ExecutorService threads = Executors.newSingleThreadExecutor();
        try {
            Thread[] blocked = new Thread[1];
            Future<String> running = threads.submit(() -> {
                blocked[0] = Thread.currentThread();
                return outcome(call);
            });
            while (blocked[0] == null || (blocked[0].getState() == Thread.State.RUNNABLE && !inNative(blocked[0]))) {
                Thread.sleep(5);
            }
            Thread.sleep(100);
            closing.run(blocked[0]);
            return running.get(PATIENCE_MS, TimeUnit.MILLISECONDS);
        } finally {
            threads.shutdownNow();
        }
    }

    private static boolean inNative(Thread thread) {
        StackTraceElement[] stack = thread.getStackTrace();
        return stack.length > 0 && stack[0].isNativeMethod();
    }

    /** What ends a wait. */
    private interface Closing {
        void run(Thread blocked) throws Exception;
    }

    static String lingerZeroResets() throws Exception {
        try (Pair pair = Pair.open()) {
            pair.client().setSoLinger(true, 0);
            pair.client().getOutputStream().write(new byte[] {1, 2, 3});
            pair.client().close();
            InputStream in = pair.accepted().getInputStream();
            return outcome(() -> in.readNBytes(3).length) + ", then " + outcome(in::read) + ", then "
                    + outcome(in::read);
        }
    }

    static String lingeringCloseDelivers() throws Exception {
        try (Pair pair = Pair.open()) {
            pair.client().setSoLinger(true, 10);
            ExecutorService threads = Executors.newSingleThreadExecutor();
            Future<Integer> all =
                    threads.submit(() -> pair.accepted().getInputStream().readAllBytes().length);
            pair.client().getOutputStream().write(new byte[BYTES]);
            pair.client().close();
            threads.shutdown();
            return all.get(PATIENCE_MS, TimeUnit.MILLISECONDS) + " bytes";
        }
    }

    /** Nobody refers to them any more: the JDK closes them with the collector's help. */
    static String unreferencedAreClosed() throws Exception {
        int count = 20;
        List<Socket> accepted = new ArrayList<>();
        try (ServerSocket server = new ServerSocket(0, 50, InetAddress.getLoopbackAddress())) {
            for (int i = 0; i < count; i++) {
                accepted.add(acceptOneThatIsForgotten(server));
            }
            int ended = 0;
            for (Socket each : accepted) {
                each.setSoTimeout(200);
                for (int i = 0; i < 100; i++) {
                    System.gc();
                    String seen = outcome(each.getInputStream()::read);
                    if (!seen.contains("timed out")) {
                        ended += seen.equals("-1") ? 1 : 0;
                        break;
                    }
                }
                each.close();
            }
            return ended + " of " + count + " ended";
        }
    }

    private static Socket acceptOneThatIsForgotten(ServerSocket server) throws IOException {
        new Socket(server.getInetAddress(), server.getLocalPort()).setTcpNoDelay(true);
        return server.accept();
    }

    static String subclassesMayAcceptByTheirOwnMeans() throws Exception {
        final class Counted extends Socket {
            @Override
            public String toString() {
                return "counted, connected " + isConnected() + ", bound " + isBound();
            }
        }
        try (ServerSocket server = new ServerSocket(0, 10, InetAddress.getLoopbackAddress()) {
                    @Override
                    public Socket accept() throws IOException {
                        Counted counted = new Counted();
                        implAccept(counted);
                        return counted;
                    }
                };
                Socket client = new Socket(server.getInetAddress(), server.getLocalPort());
                Socket accepted = server.accept()) {
            client.getOutputStream().write(7);
            return accepted + ", read " + accepted.getInputStream().read();
        }
    }

    static String closeEndsABlockedRead() throws Exception {
        try (Pair pair = Pair.open()) {
            return blocked(pair.client().getInputStream()::read, thread -> pair.client()
                    .close());
        }
    }

    static String closeEndsABlockedWrite() throws Exception {
        try (Pair pair = Pair.open()) {
            return blocked(
                    () -> {
                        while (true) {
                            pair.client().getOutputStream().write(new byte[BYTES]);
                        }
                    },
                    thread -> pair.client().close());
        }
    }

    static String closeEndsABlockedAccept() throws Exception {
        ServerSocket server = new ServerSocket(0, 10, InetAddress.getLoopbackAddress());
        return blocked(server::accept, thread -> server.close());
    }

    static String interruptDoesNotEndARead() throws Exception {
        try (Pair pair = Pair.open()) {
            return blocked(
                    () -> pair.client().getInputStream().read() + ", interrupted " + Thread.interrupted(), thread -> {
                        thread.interrupt();
                        Thread.sleep(50);
                        pair.accepted().getOutputStream().write(9);
                    });
        }
    }

    static String timeoutsLeaveTheSocketUsable() throws Exception {
        try (Pair pair = Pair.open()) {
            pair.client().setSoTimeout(30);
            pair.server().setSoTimeout(30);
            String read = outcome(pair.client().getInputStream()::read);
            pair.accepted().getOutputStream().write(4);
            return read + ", then " + pair.client().getInputStream().read() + "; " + outcome(pair.server()::accept);
        }
    }

    static String halves() throws Exception {
        try (Pair pair = Pair.open()) {
            Socket client = pair.client();
            OutputStream out = client.getOutputStream();
            InputStream in = client.getInputStream();
            out.write(1);
            client.shutdownOutput();
            client.shutdownInput();
            return pair.accepted().getInputStream().readAllBytes().length + ", "
                    + outcome(() -> {
                        out.write(2);
                        return "written";
                    })
                    + ", " + in.read() + ", "
                    + outcome(() -> {
                        client.shutdownInput();
                        return "shut";
                    })
                    + ", "
                    + outcome(() -> {
                        client.shutdownOutput();
                        return "shut";
                    })
                    + ", available " + in.available();
        }
    }

    static String urgentData() throws Exception {
        try (Pair pair = Pair.open()) {
            pair.accepted().setOOBInline(true);
            pair.client().getOutputStream().write(1);
            pair.client().sendUrgentData(2);
            pair.client().getOutputStream().write(3);
            byte[] got = pair.accepted().getInputStream().readNBytes(3);
            return got[0] + " " + got[1] + " " + got[2];
        }
    }

    static String refusals() throws Exception {
        int port;
        try (ServerSocket server = new ServerSocket(0, 10, InetAddress.getLoopbackAddress())) {
            port = server.getLocalPort();
            int taken = port;
            String inUse = outcome(() -> new ServerSocket(taken, 10, InetAddress.getLoopbackAddress()));
            Socket closed = new Socket();
            closed.close();
            Socket unconnected = new Socket();
            return inUse + "; " + outcome(closed::getInputStream) + "; " + outcome(unconnected::getInputStream) + "; "
                    + outcome(() -> {
                        unconnected.connect(InetSocketAddress.createUnresolved("nowhere.invalid", 1));
                        return "connected";
                    })
                    + "; " + refused();
        }
    }

    private static String refused() throws IOException {
        int port;
        try (ServerSocket gone = new ServerSocket(0, 10, InetAddress.getLoopbackAddress())) {
            port = gone.getLocalPort();
        }
        return outcome(() -> new Socket(InetAddress.getLoopbackAddress(), port));
    }

    /** By reflection, as some libraries do it; needs {@code --add-opens=java.base/java.net=ALL-UNNAMED}. */
    static String descriptors() throws Exception {
        StringBuilder seen = new StringBuilder();
        ServerSocket server = new ServerSocket();
        seen.append(descriptor(server)).append(' ');
        server.bind(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0));
        seen.append(descriptor(server)).append(' ');
        Socket client = new Socket();
        seen.append(descriptor(client)).append(' ');
        client.connect(server.getLocalSocketAddress());
        seen.append(descriptor(client)).append(' ');
        Socket accepted = server.accept();
        seen.append(descriptor(accepted)).append(", closed: ");
        for (Closeable each : List.of(client, accepted, server)) {
            each.close();
            seen.append(descriptor(each)).append(' ');
        }
        return seen.toString();
    }

    /** Whether the socket's is valid; a dash where there is none. */
    private static String descriptor(Object socket) throws ReflectiveOperationException {
        Object impl = field(socket.getClass(), "impl").get(socket);
        Class<?> delegating = Class.forName("java.net.DelegatingSocketImpl");
        while (delegating.isInstance(impl)) {
            impl = field(delegating, "delegate").get(impl);
        }
        if (impl == null) {
            return "no impl";
        }
        FileDescriptor descriptor =
                (FileDescriptor) field(SocketImpl.class, "fd").get(impl);
        return descriptor == null ? "-" : Boolean.toString(descriptor.valid());
    }

    private static Field field(Class<?> holder, String name) throws ReflectiveOperationException {
        Field field = holder.getDeclaredField(name);
        field.setAccessible(true);
        return field;
    }
}
