/* SPDX-License-Identifier: Apache-2.0 */
package org.mtcp4j.it.contract;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.ObjectOutputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.SocketOption;
import java.nio.ByteBuffer;
import java.nio.channels.NetworkChannel;
import java.nio.channels.SelectableChannel;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.nio.channels.spi.SelectorProvider;
import java.rmi.server.UnicastRemoteObject;
import java.util.Arrays;
import java.util.Base64;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.Collectors;
import org.mtcp4j.config.StackConfig;
import org.mtcp4j.socket.Stack;
import org.mtcp4j.spi.nio.MtcpSelectorProvider;

/**
 * A stack, or the kernel, whose channels another JVM uses: arguments are the stack's configuration and its address. Prints a line with the serialized {@link
 * FarEnd}, and ends with its standard input.
 */
public final class FarEndMain implements FarEnd {
    /** Instead of a configuration. */
    static final String KERNEL = "kernel";

    /** Kept, or it is collected while nobody asks. */
    private static FarEndMain exported;

    private final SelectorProvider provider;
    private final InetAddress address;
    private final Map<Integer, SelectableChannel> channels = new ConcurrentHashMap<>();
    private final AtomicInteger last = new AtomicInteger();
    private FullListener silent;

    private FarEndMain(SelectorProvider provider, InetAddress address) {
        this.provider = provider;
        this.address = address;
    }

    public static void main(String[] arguments) throws Exception {
        Stack stack = null;
        SelectorProvider provider = SelectorProvider.provider();
        if (!arguments[0].equals(KERNEL)) {
            StackConfig config = StackConfig.of(arguments[0]);
            stack = Stack.start(config);
            provider = MtcpSelectorProvider.of(stack, config);
        }
        exported = new FarEndMain(provider, InetAddress.getByName(arguments[1]));
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        try (ObjectOutputStream out = new ObjectOutputStream(bytes)) {
            out.writeObject(UnicastRemoteObject.exportObject(exported, 0));
        }
        System.out.println(Base64.getEncoder().encodeToString(bytes.toByteArray()));
        while (System.in.read() >= 0) {
            // Nobody writes.
        }
        if (stack != null) {
            stack.close();
        }
        System.exit(0);
    }

    private int keep(SelectableChannel channel) {
        int number = last.incrementAndGet();
        channels.put(number, channel);
        return number;
    }

    private SocketChannel socket(int channel) {
        return (SocketChannel) channels.get(channel);
    }

    private NetworkChannel network(int channel) {
        return (NetworkChannel) channels.get(channel);
    }

    @Override
    public int openSocket() throws IOException {
        return keep(provider.openSocketChannel());
    }

    @Override
    public int openServer() throws IOException {
        return keep(provider.openServerSocketChannel());
    }

    @Override
    public void bind(int channel, InetSocketAddress local, int backlog) throws IOException {
        if (channels.get(channel) instanceof ServerSocketChannel server) {
            server.bind(local, backlog);
        } else {
            socket(channel).bind(local);
        }
    }

    @Override
    public boolean connect(int channel, InetSocketAddress remote) throws IOException {
        return socket(channel).connect(remote);
    }

    @Override
    public boolean finishConnect(int channel) throws IOException {
        return socket(channel).finishConnect();
    }

    @Override
    public boolean isConnected(int channel) {
        return socket(channel).isConnected();
    }

    @Override
    public boolean isConnectionPending(int channel) {
        return socket(channel).isConnectionPending();
    }

    @Override
    public int accept(int server) throws IOException {
        SocketChannel accepted = ((ServerSocketChannel) channels.get(server)).accept();
        return accepted == null ? NONE : keep(accepted);
    }

    @Override
    public byte[] read(int channel, int mostBytes) throws IOException {
        ByteBuffer dst = ByteBuffer.allocate(mostBytes);
        int n = socket(channel).read(dst);
        return n < 0 ? null : Arrays.copyOf(dst.array(), n);
    }

    @Override
    public int write(int channel, byte[] bytes) throws IOException {
        return socket(channel).write(ByteBuffer.wrap(bytes));
    }

    @Override
    public void shutdown(int channel, boolean input) throws IOException {
        if (input) {
            socket(channel).shutdownInput();
        } else {
            socket(channel).shutdownOutput();
        }
    }

    @Override
    public void configureBlocking(int channel, boolean block) throws IOException {
        channels.get(channel).configureBlocking(block);
    }

    @Override
    public InetSocketAddress localAddress(int channel) throws IOException {
        return (InetSocketAddress) network(channel).getLocalAddress();
    }

    @Override
    public InetSocketAddress remoteAddress(int channel) throws IOException {
        return (InetSocketAddress) socket(channel).getRemoteAddress();
    }

    @Override
    public Set<String> optionNames(int channel) {
        return network(channel).supportedOptions().stream()
                .map(SocketOption::name)
                .collect(Collectors.toSet());
    }

    @SuppressWarnings("unchecked")
    private SocketOption<Object> option(int channel, String name) {
        return (SocketOption<Object>) network(channel).supportedOptions().stream()
                .filter(each -> each.name().equals(name))
                .findFirst()
                .orElseThrow(() -> new UnsupportedOperationException("'" + name + "' not supported"));
    }

    @Override
    public void setOption(int channel, String name, Object value) throws IOException {
        network(channel).setOption(option(channel, name), value);
    }

    @Override
    public Object getOption(int channel, String name) throws IOException {
        return network(channel).getOption(option(channel, name));
    }

    @Override
    public void close(int channel) throws IOException {
        channels.get(channel).close();
    }

    @Override
    public String describe(int channel) {
        return channels.get(channel).toString();
    }

    @Override
    public synchronized InetSocketAddress silentAddress() throws IOException {
        if (silent == null) {
            silent = new FullListener(provider, address);
        }
        return silent.address();
    }
}
