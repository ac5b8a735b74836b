/* SPDX-License-Identifier: Apache-2.0 */
package org.mtcp4j.spi.net;

import java.io.FileDescriptor;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.Inet6Address;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.SocketAddress;
import java.net.SocketException;
import java.net.SocketImpl;
import java.net.SocketOption;
import java.net.UnknownHostException;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Set;
import org.mtcp4j.spi.nio.KernelProvider;
import org.mtcp4j.spi.nio.SideRules;
import org.mtcp4j.spi.nio.StackPort;
import sun.net.PlatformSocketImpl;

/**
 * What {@code Socket} and {@code ServerSocket} get instead of the JDK's platform impl. It starts on the stack, as a socket that nobody
 * sees; the first bind or connect to an address that is not the stack's moves it to the kernel, with the options set so far.
 */
public final class MtcpSocketImpl extends SocketImpl implements PlatformSocketImpl {
    private final SideRules rules;
    private final boolean server;

    /** Guards the fields below; never held while waiting. */
    private final Object sideLock = new Object();

    /** Null before {@link #create} and accept. */
    private volatile NetSide side;

    private volatile boolean closed;

    /** Null once the side is decided; before, the options set so far by option or number, in their order. */
    private Map<Object, Object> undecided;
    /** Bound to the any-address before the side is decided, there and on the stack: the connect decides, and keeps the port. */
    private KernelSide reserved;

    public MtcpSocketImpl(SideRules rules, boolean server) {
        this.rules = rules;
        this.server = server;
    }

    @Override
    protected void create(boolean stream) throws IOException {
        synchronized (sideLock) {
            if (side != null || closed) {
                throw new IOException("Already created");
            }
            if (stream) {
                side = server ? new StackServer(rules.stack()) : new StackClient(rules.stack());
                undecided = new LinkedHashMap<>();
            } else {
                side = KernelSide.create(server, false);
            }
            fd = descriptorOf(side);
        }
    }

    private static FileDescriptor descriptorOf(NetSide side) {
        return side instanceof KernelSide kernel ? kernel.descriptor() : Descriptors.ofStack();
    }

    private NetSide created() throws SocketException {
        NetSide present = side;
        if (present == null) {
            throw new SocketException(closed ? "Socket closed" : "Socket not created");
        }
        return present;
    }

    // The decision.

    @Override
    protected void bind(InetAddress host, int port) throws IOException {
        if (host instanceof Inet6Address && !KernelProvider.isIpv6Available()) {
            throw new SocketException("Protocol family unavailable");
        }
        synchronized (sideLock) {
            NetSide present = created();
            if (undecided == null) {
                present.bind(host, port);
                return;
            }
            InetSocketAddress local = new InetSocketAddress(host, port);
            if (server) {
                bindServer(local);
            } else if (host.isAnyLocalAddress()) {
                reserve((StackClient) present, local);
            } else if (rules.owns(local)) {
                bindOwn((StackClient) present, local);
            } else {
                moveToKernel(local);
            }
        }
    }

    /** With the side lock held. */
    private void bindOwn(StackClient client, InetSocketAddress local) throws IOException {
        if (rules.stack().reservesInKernel() && rules.stack().shares(local.getAddress())) {
            // Where it connects to decides: to the kernel's servers at the same address, for one.
            reserve(client, local);
            return;
        }
        client.bind(local.getAddress(), local.getPort());
        undecided = null;
    }

    private void reserve(StackClient client, InetSocketAddress local) throws IOException {
        reserved = KernelSide.bound(false, undecided, local, new StackPort(rules.stack()) {
            @Override
            protected int take(int port) throws IOException {
                client.bind(local.getAddress(), port);
                return client.localPort();
            }

            @Override
            protected void giveBack() {
                client.unbind();
            }
        });
    }

    private void bindServer(InetSocketAddress local) throws IOException {
        StackServer present = (StackServer) side;
        switch (rules.listens(local)) {
            case STACK -> present.bind(local.getAddress(), local.getPort());
            case BOTH -> present.bindBoth(local, undecided);
            case KERNEL -> moveToKernel(local);
        }
        undecided = null;
    }

    private NetSide decidedFor(InetSocketAddress remote) throws IOException {
        synchronized (sideLock) {
            NetSide present = created();
            if (undecided == null || closed) {
                return present;
            }
            if (rules.routes(remote)) {
                undecided = null;
                giveUpReserved();
            } else {
                moveToKernel(null);
            }
            return side;
        }
    }

    private void giveUpReserved() throws IOException {
        KernelSide kernel = reserved;
        reserved = null;
        if (kernel != null) {
            kernel.close();
        }
    }

    /** With the side lock held. */
    private void moveToKernel(InetSocketAddress local) throws IOException {
        KernelSide kernel = reserved != null ? reserved : KernelSide.create(server, true);
        reserved = null;
        try {
            kernel.setOptions(undecided);
            if (local != null) {
                kernel.bind(local.getAddress(), local.getPort());
            }
        } catch (IOException | RuntimeException | Error e) {
            kernel.close();
            throw e;
        }
        NetSide from = side;
        side = kernel;
        fd = descriptorOf(kernel);
        undecided = null;
        from.close();
    }

    @Override
    protected void connect(SocketAddress remote, int timeout) throws IOException {
        if (!(remote instanceof InetSocketAddress inet)) {
            throw new IOException("Unsupported address type");
        }
        if (inet.isUnresolved()) {
            throw new UnknownHostException(inet.getHostName());
        }
        InetSocketAddress to = inet.getAddress().isAnyLocalAddress()
                ? new InetSocketAddress(InetAddress.getLocalHost(), inet.getPort())
                : inet;
        try {
            decidedFor(to).connect(to, timeout);
        } catch (IOException e) {
            close();
            throw e;
        }
    }

    @Override
    protected void connect(String host, int port) throws IOException {
        connect(new InetSocketAddress(host, port), 0);
    }

    @Override
    protected void connect(InetAddress address, int port) throws IOException {
        connect(new InetSocketAddress(address, port), 0);
    }

    // Listening.

    @Override
    protected void listen(int backlog) throws IOException {
        created().listen(backlog);
    }

    @Override
    protected void accept(SocketImpl accepted) throws IOException {
        MtcpSocketImpl target = (MtcpSocketImpl) accepted;
        if (target.side != null) {
            throw new SocketException("Not a newly created SocketImpl");
        }
        NetSide present = created();
        NetSide connection = present.accept((Integer) present.getOption(SO_TIMEOUT));
        boolean done = false;
        try {
            synchronized (target.sideLock) {
                target.side = connection;
                target.fd = descriptorOf(connection);
            }
            done = true;
        } finally {
            if (!done) {
                // Nobody else has the connection.
                connection.close();
            }
        }
    }

    // Data.

    @Override
    protected InputStream getInputStream() throws IOException {
        return created().inputStream();
    }

    @Override
    protected OutputStream getOutputStream() throws IOException {
        return created().outputStream();
    }

    @Override
    protected int available() throws IOException {
        return created().available();
    }

    @Override
    protected void shutdownInput() throws IOException {
        created().shutdownInput();
    }

    @Override
    protected void shutdownOutput() throws IOException {
        created().shutdownOutput();
    }

    @Override
    protected boolean supportsUrgentData() {
        NetSide present = side;
        return present == null || present.supportsUrgentData();
    }

    @Override
    protected void sendUrgentData(int data) throws IOException {
        created().sendUrgentData(data);
    }

    @Override
    protected void close() throws IOException {
        NetSide present;
        synchronized (sideLock) {
            closed = true;
            present = side;
            giveUpReserved();
        }
        if (present != null) {
            present.close();
        }
    }

    // Options.

    @Override
    protected Set<SocketOption<?>> supportedOptions() {
        return server ? ServerOptions.SET : ClientOptions.SET;
    }

    private void ensureSupported(SocketOption<?> option) {
        if (!supportedOptions().contains(option)) {
            throw new UnsupportedOperationException("'" + option + "' not supported");
        }
    }

    @Override
    protected <T> void setOption(SocketOption<T> option, T value) throws IOException {
        ensureSupported(option);
        if (!option.type().isInstance(value)) {
            throw new IllegalArgumentException("Invalid value '" + value + "'");
        }
        synchronized (sideLock) {
            created().setOption(option, value);
            if (undecided != null) {
                undecided.put(option, value);
            }
        }
    }

    @Override
    protected <T> T getOption(SocketOption<T> option) throws IOException {
        ensureSupported(option);
        return created().getOption(option);
    }

    @Override
    public void setOption(int option, Object value) throws SocketException {
        synchronized (sideLock) {
            created().setOption(option, value);
            if (undecided != null) {
                undecided.put(option, value);
            }
        }
    }

    @Override
    public Object getOption(int option) throws SocketException {
        return created().getOption(option);
    }

    // Addresses.

    @Override
    protected InetAddress getInetAddress() {
        NetSide present = side;
        return present == null ? null : present.address();
    }

    @Override
    protected int getPort() {
        NetSide present = side;
        return present == null ? 0 : present.port();
    }

    @Override
    protected int getLocalPort() {
        NetSide present = side;
        return present == null ? 0 : present.localPort();
    }

    private static final class ClientOptions {
        static final Set<SocketOption<?>> SET = KernelSide.supportedOptions(false);
    }

    private static final class ServerOptions {
        static final Set<SocketOption<?>> SET = KernelSide.supportedOptions(true);
    }
}
