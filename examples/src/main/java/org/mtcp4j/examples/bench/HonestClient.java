/* SPDX-License-Identifier: Apache-2.0 */
package org.mtcp4j.examples.bench;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.net.InetSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.SelectionKey;
import java.nio.channels.Selector;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.Iterator;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/**
 * Honest clients of {@link AttackServer} at a constant rate, whatever the answers do: {@code PORT KEPT_RATE NEW_RATE CONNECTIONS}. Each line {@code
 * ADDRESS,ADDRESS MS} of standard input is such a time of requests over connections that are kept and over new ones, to the addresses in turn; it is
 * answered by {@code honest OFFERED ANSWERED P50_US P99_US NEW_OFFERED NEW_ANSWERED NEW_P99_US}. A request's time counts from when it was due;
 * one that takes longer than a second is not answered, and counts as so long.
 */
public final class HonestClient {
    static final long IN_TIME_NS = 1_000_000_000L;
    /** A client gives its connection up after so long, and makes another. */
    private static final long PATIENCE_NS = 3 * IN_TIME_NS;

    private static final int MESSAGE_BYTES = AttackServer.MESSAGE_BYTES;

    private final int port;
    private final int keptRate;
    private final int newRate;
    private final int connections;
    private final Selector selector = Selector.open();
    private final ByteBuffer buffer = ByteBuffer.allocateDirect(16 * 1024);
    private final Map<String, Side> sides = new HashMap<>();
    private Tally kept = new Tally();
    private Tally fresh = new Tally();

    private HonestClient(String[] arguments) throws IOException {
        port = Integer.parseInt(arguments[0]);
        keptRate = Integer.parseInt(arguments[1]);
        newRate = Integer.parseInt(arguments[2]);
        connections = Integer.parseInt(arguments[3]);
    }

    /** Requests of one kind in one window. */
    private static final class Tally {
        private final List<Long> timesNs = new ArrayList<>();
        int offered;
        int answered;

        void done(long ns) {
            answered += ns <= IN_TIME_NS ? 1 : 0;
            timesNs.add(Math.min(ns, IN_TIME_NS));
        }

        double us(double share) {
            long[] all = new long[Math.max(1, offered)];
            Arrays.fill(all, IN_TIME_NS);
            for (int i = 0; i < Math.min(all.length, timesNs.size()); i++) {
                all[i] = timesNs.get(i);
            }
            Arrays.sort(all);
            return all[(int) Math.min(all.length - 1, Math.ceil(all.length * share) - 1)] / 1e3;
        }
    }

    /** The servers of one path, and the connections that are kept to them. */
    private static final class Side {
        final String[] hosts;
        final Peer[] kept;
        final ArrayDeque<Peer> fresh = new ArrayDeque<>();
        int next;

        Side(String hosts, int connections) {
            this.hosts = hosts.split(",", -1);
            this.kept = new Peer[connections];
        }
    }

    /** A request, and the window that it belongs to. */
    private record Due(long ns, Tally tally) {}

    private static final class Peer {
        final SocketChannel channel;
        final boolean isKept;
        final ArrayDeque<Due> due = new ArrayDeque<>();
        int unsent;
        int received;

        Peer(SocketChannel channel, boolean isKept) {
            this.channel = channel;
            this.isKept = isKept;
        }
    }

    /** See the class. */
    public static void main(String[] arguments) throws IOException {
        HonestClient client = new HonestClient(arguments);
        BufferedReader in = new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8));
        for (String line = in.readLine(); line != null; line = in.readLine()) {
            String[] words = line.split(" ", -1);
            client.run(
                    client.sides.computeIfAbsent(words[0], hosts -> new Side(hosts, client.connections)),
                    Long.parseLong(words[1]) * 1_000_000);
        }
    }

    private void run(Side side, long windowNs) throws IOException {
        kept = new Tally();
        fresh = new Tally();
        long startNs = System.nanoTime();
        for (long ns = 0;
                ns < windowNs || (ns < windowNs + IN_TIME_NS && isWaiting());
                ns = System.nanoTime() - startNs) {
            long dueNs = Math.min(ns, windowNs);
            while (kept.offered * IN_TIME_NS / keptRate < dueNs) {
                ask(side, startNs + kept.offered++ * IN_TIME_NS / keptRate);
            }
            while (fresh.offered * IN_TIME_NS / newRate < dueNs) {
                askAnew(side, startNs + fresh.offered++ * IN_TIME_NS / newRate);
            }
            giveUp(side);
            selector.select(1);
            Iterator<SelectionKey> ready = selector.selectedKeys().iterator();
            while (ready.hasNext()) {
                SelectionKey key = ready.next();
                ready.remove();
                turn(key);
            }
        }
        for (Peer peer : side.fresh) {
            peer.channel.close();
        }
        side.fresh.clear();
        System.out.printf(
                Locale.ROOT,
                "honest %d %d %.0f %.0f %d %d %.0f%n",
                kept.offered,
                kept.answered,
                kept.us(0.5),
                kept.us(0.99),
                fresh.offered,
                fresh.answered,
                fresh.us(0.99));
    }

    private boolean isWaiting() {
        return kept.timesNs.size() < kept.offered || fresh.timesNs.size() < fresh.offered;
    }

    private Peer open(Side side, boolean isKept) throws IOException {
        SocketChannel channel = SocketChannel.open();
        Peer peer = new Peer(channel, isKept);
        channel.configureBlocking(false);
        SelectionKey key = channel.register(selector, SelectionKey.OP_CONNECT, peer);
        try {
            String host = side.hosts[side.next++ % side.hosts.length];
            if (channel.connect(new InetSocketAddress(host, port))) {
                key.interestOps(SelectionKey.OP_READ);
            }
        } catch (IOException e) {
            channel.close();
        }
        return peer;
    }

    private void ask(Side side, long dueNs) throws IOException {
        int i = kept.offered % connections;
        Peer peer = side.kept[i];
        if (peer == null || !peer.channel.isOpen() || isOver(peer, PATIENCE_NS)) {
            if (peer != null) {
                peer.channel.close();
            }
            side.next = i;
            peer = open(side, true);
            side.kept[i] = peer;
        }
        send(peer, new Due(dueNs, kept));
    }

    private void askAnew(Side side, long dueNs) throws IOException {
        side.next = fresh.offered;
        Peer peer = open(side, false);
        send(peer, new Due(dueNs, fresh));
        side.fresh.add(peer);
    }

    private static boolean isOver(Peer peer, long ns) {
        return !peer.due.isEmpty() && System.nanoTime() - peer.due.peek().ns > ns;
    }

    private static void giveUp(Side side) throws IOException {
        while (!side.fresh.isEmpty()
                && (!side.fresh.peek().channel.isOpen() || isOver(side.fresh.peek(), IN_TIME_NS))) {
            side.fresh.poll().channel.close();
        }
    }

    private void send(Peer peer, Due due) throws IOException {
        peer.due.add(due);
        peer.unsent++;
        flush(peer);
    }

    private void flush(Peer peer) throws IOException {
        try {
            for (; peer.unsent > 0 && peer.channel.isConnected(); peer.unsent--) {
                buffer.clear().limit(MESSAGE_BYTES);
                peer.channel.write(buffer);
            }
        } catch (IOException e) {
            peer.channel.close();
        }
    }

    private void turn(SelectionKey key) throws IOException {
        Peer peer = (Peer) key.attachment();
        try {
            if (key.isConnectable() && peer.channel.finishConnect()) {
                key.interestOps(SelectionKey.OP_READ);
                flush(peer);
                return;
            }
            buffer.clear();
            int n = peer.channel.read(buffer);
            if (n < 0) {
                peer.channel.close();
            }
            peer.received += Math.max(0, n);
        } catch (IOException e) {
            peer.channel.close();
        }
        for (; peer.received >= MESSAGE_BYTES && !peer.due.isEmpty(); peer.received -= MESSAGE_BYTES) {
            Due due = peer.due.poll();
            due.tally.done(System.nanoTime() - due.ns);
        }
        if (!peer.isKept && peer.due.isEmpty()) {
            peer.channel.close();
        }
    }
}
