/* SPDX-License-Identifier: Apache-2.0 */
package org.mtcp4j.spi.net;

import java.io.FileDescriptor;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.lang.invoke.MethodHandle;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.MethodType;
import java.net.BindException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.SocketAddress;
import java.net.SocketException;
import java.net.SocketImpl;
import java.net.SocketOption;
import java.net.SocketOptions;
import java.net.StandardSocketOptions;
import java.util.Map;
import java.util.Set;
import org.mtcp4j.spi.nio.StackPort;
import sun.nio.ch.NioSocketImpl;

/** A socket on the kernel: the JDK's platform impl does everything. Its methods are protected, so they are called through handles. */
final class KernelSide implements NetSide {
    private static final MethodHandle CREATE = find("create", void.class, boolean.class);
    private static final MethodHandle CONNECT = find("connect", void.class, SocketAddress.class, int.class);
    private static final MethodHandle BIND = find("bind", void.class, InetAddress.class, int.class);
    private static final MethodHandle LISTEN = find("listen", void.class, int.class);
    private static final MethodHandle ACCEPT = find("accept", void.class, SocketImpl.class);
    private static final MethodHandle INPUT = find("getInputStream", InputStream.class);
    private static final MethodHandle OUTPUT = find("getOutputStream", OutputStream.class);
    private static final MethodHandle AVAILABLE = find("available", int.class);
    private static final MethodHandle SHUTDOWN_INPUT = find("shutdownInput", void.class);
    private static final MethodHandle SHUTDOWN_OUTPUT = find("shutdownOutput", void.class);
    private static final MethodHandle URGENT = find("sendUrgentData", void.class, int.class);
    private static final MethodHandle CLOSE = find("close", void.class);
    private static final MethodHandle SET = find("setOption", void.class, SocketOption.class, Object.class);
    private static final MethodHandle GET = find("getOption", Object.class, SocketOption.class);
    private static final MethodHandle SUPPORTED = find("supportedOptions", Set.class);
    private static final MethodHandle ADDRESS = find("getInetAddress", InetAddress.class);
    private static final MethodHandle PORT = find("getPort", int.class);
    private static final MethodHandle LOCAL_PORT = find("getLocalPort", int.class);

    private static final MethodHandle DESCRIPTOR = find("getFileDescriptor", FileDescriptor.class);

    /** Ports of the kernel's choosing that the stack may have in use before the bind is given up. */
    private static final int MOST_BIND_TRIES = 64;

    private final NioSocketImpl impl;

    private KernelSide(NioSocketImpl impl) {
        this.impl = impl;
    }

    /** @param stream false for the datagram sockets that {@code Socket}'s oldest constructors make */
    static KernelSide create(boolean server, boolean stream) throws IOException {
        KernelSide side = new KernelSide(new NioSocketImpl(server));
        try {
            CREATE.invoke(side.impl, stream);
        } catch (Throwable e) {
            throw passed(e);
        }
        return side;
    }

    /**
     * Binds both sides to one address and one port, or neither. Port 0 is chosen by the kernel, and chosen again if it is used on the stack.
     *
     * @param options by {@link SocketOption} or number
     */
    static KernelSide bound(boolean server, Map<Object, Object> options, InetSocketAddress local, StackPort stackPort)
            throws IOException {
        for (int tries = 1; ; tries++) {
            KernelSide kernel = create(server, true);
            try {
                kernel.setOptions(options);
                stackPort.bind(local, kernel.new Bound(server ? null : options));
                return kernel;
            } catch (BindException e) {
                kernel.close();
                if (local.getPort() != 0 || tries == MOST_BIND_TRIES) {
                    throw e;
                }
            } catch (IOException | RuntimeException | Error e) {
                kernel.close();
                throw e;
            }
        }
    }

    private final class Bound implements StackPort.KernelSocket {
        /** Null for a server, which needs to have SO_REUSEADDR when it begins to listen, too. */
        private final Map<Object, Object> options;

        Bound(Map<Object, Object> options) {
            this.options = options;
        }

        @Override
        public void bind(InetSocketAddress address, boolean shared) throws IOException {
            if (shared) {
                setOption(SocketOptions.SO_REUSEADDR, true);
            }
            KernelSide.this.bind(address.getAddress(), address.getPort());
            if (shared && options != null) {
                // What was set by its number or by its option stands again.
                setOption(SocketOptions.SO_REUSEADDR, before());
            }
        }

        private Object before() {
            Object byNumber = options.get(SocketOptions.SO_REUSEADDR);
            Object asked = byNumber != null ? byNumber : options.get(StandardSocketOptions.SO_REUSEADDR);
            return Boolean.TRUE.equals(asked);
        }

        @Override
        public int port() {
            return localPort();
        }
    }

    void setOptions(Map<Object, Object> options) throws IOException {
        for (Map.Entry<Object, Object> option : options.entrySet()) {
            if (option.getKey() instanceof Integer number) {
                setOption(number.intValue(), option.getValue());
            } else {
                setUnchecked((SocketOption<?>) option.getKey(), option.getValue());
            }
        }
    }

    @SuppressWarnings("unchecked")
    private <T> void setUnchecked(SocketOption<T> option, Object value) throws IOException {
        setOption(option, (T) value);
    }

    FileDescriptor descriptor() {
        try {
            return (FileDescriptor) DESCRIPTOR.invoke(impl);
        } catch (Throwable e) {
            throw new AssertionError(passed(e));
        }
    }

    private static MethodHandle find(String name, Class<?> result, Class<?>... parameters) {
        try {
            return MethodHandles.privateLookupIn(SocketImpl.class, MethodHandles.lookup())
                    .findVirtual(SocketImpl.class, name, MethodType.methodType(result, parameters));
        } catch (ReflectiveOperationException e) {
            throw new ExceptionInInitializerError(e);
        }
    }

    /** The JDK's exceptions, as they came. */
    private static IOException passed(Throwable e) {
        if (e instanceof IOException io) {
            return io;
        }
        if (e instanceof RuntimeException runtime) {
            throw runtime;
        }
        if (e instanceof Error error) {
            throw error;
        }
        throw new AssertionError(e);
    }

    /** What the JDK's own impl supports: ours the same. */
    @SuppressWarnings("unchecked")
    static Set<SocketOption<?>> supportedOptions(boolean server) {
        try {
            return (Set<SocketOption<?>>) SUPPORTED.invoke(new NioSocketImpl(server));
        } catch (Throwable e) {
            throw new AssertionError(passed(e));
        }
    }

    @Override
    public void connect(InetSocketAddress remote, int timeoutMs) throws IOException {
        try {
            CONNECT.invoke(impl, (SocketAddress) remote, timeoutMs);
        } catch (Throwable e) {
            throw passed(e);
        }
    }

    @Override
    public void bind(InetAddress host, int port) throws IOException {
        try {
            BIND.invoke(impl, host, port);
        } catch (Throwable e) {
            throw passed(e);
        }
    }

    @Override
    public void listen(int backlog) throws IOException {
        try {
            LISTEN.invoke(impl, backlog);
        } catch (Throwable e) {
            throw passed(e);
        }
    }

    @Override
    public NetSide accept(int timeoutMs) throws IOException {
        NioSocketImpl accepted = new NioSocketImpl(false);
        try {
            impl.setOption(MtcpSocketImpl.SO_TIMEOUT, timeoutMs);
            ACCEPT.invoke(impl, (SocketImpl) accepted);
        } catch (Throwable e) {
            throw passed(e);
        }
        return new KernelSide(accepted);
    }

    @Override
    public InputStream inputStream() {
        try {
            return (InputStream) INPUT.invoke(impl);
        } catch (Throwable e) {
            throw new AssertionError(passed(e));
        }
    }

    @Override
    public OutputStream outputStream() {
        try {
            return (OutputStream) OUTPUT.invoke(impl);
        } catch (Throwable e) {
            throw new AssertionError(passed(e));
        }
    }

    @Override
    public int available() throws IOException {
        try {
            return (int) AVAILABLE.invoke(impl);
        } catch (Throwable e) {
            throw passed(e);
        }
    }

    @Override
    public void shutdownInput() throws IOException {
        try {
            SHUTDOWN_INPUT.invoke(impl);
        } catch (Throwable e) {
            throw passed(e);
        }
    }

    @Override
    public void shutdownOutput() throws IOException {
        try {
            SHUTDOWN_OUTPUT.invoke(impl);
        } catch (Throwable e) {
            throw passed(e);
        }
    }

    @Override
    public boolean supportsUrgentData() {
        return true;
    }

    @Override
    public void sendUrgentData(int data) throws IOException {
        try {
            URGENT.invoke(impl, data);
        } catch (Throwable e) {
            throw passed(e);
        }
    }

    @Override
    public void close() throws IOException {
        try {
            CLOSE.invoke(impl);
        } catch (Throwable e) {
            throw passed(e);
        }
    }

    @Override
    public <T> void setOption(SocketOption<T> option, T value) throws IOException {
        try {
            SET.invoke(impl, option, value);
        } catch (Throwable e) {
            throw passed(e);
        }
    }

    @Override
    @SuppressWarnings("unchecked")
    public <T> T getOption(SocketOption<T> option) throws IOException {
        try {
            return (T) GET.invoke(impl, option);
        } catch (Throwable e) {
            throw passed(e);
        }
    }

    @Override
    public void setOption(int option, Object value) throws SocketException {
        impl.setOption(option, value);
    }

    @Override
    public Object getOption(int option) throws SocketException {
        return impl.getOption(option);
    }

    @Override
    public InetAddress address() {
        try {
            return (InetAddress) ADDRESS.invoke(impl);
        } catch (Throwable e) {
            throw new AssertionError(passed(e));
        }
    }

    @Override
    public int port() {
        try {
            return (int) PORT.invoke(impl);
        } catch (Throwable e) {
            throw new AssertionError(passed(e));
        }
    }

    @Override
    public int localPort() {
        try {
            return (int) LOCAL_PORT.invoke(impl);
        } catch (Throwable e) {
            throw new AssertionError(passed(e));
        }
    }
}
