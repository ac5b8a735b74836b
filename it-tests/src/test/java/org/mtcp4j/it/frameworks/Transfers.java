/* SPDX-License-Identifier: Apache-2.0 */
package org.mtcp4j.it.frameworks;

import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.util.Arrays;
import java.util.Locale;
import java.util.SplittableRandom;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;

/**
 * Transfers of bytes that both sides can compute, many side by side; knows nothing of mtcp4j. {@code serve PORT}; or {@code HOST PORT up|down
 * TRANSFERS AT_ONCE BYTES}: ends with exit code 1 where a byte is wrong, and prints the mean goodput of a transfer.
 */
final class Transfers {
    private static final int PIECE = 16 * 1024;
    private static final int PATIENCE_SECONDS = 600;

    private Transfers() {}

    public static void main(String[] arguments) throws Exception {
        if (arguments[0].equals("serve")) {
            serve(Integer.parseInt(arguments[1]));
            return;
        }
        InetSocketAddress server =
                new InetSocketAddress(InetAddress.getByName(arguments[0]), Integer.parseInt(arguments[1]));
        boolean up = arguments[2].equals("up");
        int transfers = Integer.parseInt(arguments[3]);
        int bytes = Integer.parseInt(arguments[5]);
        AtomicLong ns = new AtomicLong();
        AtomicLong done = new AtomicLong();
        ExecutorService threads = Executors.newFixedThreadPool(Integer.parseInt(arguments[4]));
        for (int i = 0; i < transfers; i++) {
            long seed = i;
            threads.execute(() -> {
                try {
                    ns.addAndGet(transfer(server, up, bytes, seed));
                    done.incrementAndGet();
                } catch (IOException e) {
                    System.err.println(e);
                }
            });
        }
        threads.shutdown();
        boolean ended = threads.awaitTermination(PATIENCE_SECONDS, TimeUnit.SECONDS);
        System.out.printf(
                Locale.ROOT,
                "%s: %d of %d transfers of %d bytes are right, goodput %.1f kB/s%n",
                arguments[2],
                done.get(),
                transfers,
                bytes,
                done.get() * (bytes / 1e3) / (ns.get() / 1e9));
        System.exit(ended && done.get() == transfers ? 0 : 1);
    }

    /** @return how long it took, without the handshake */
    private static long transfer(InetSocketAddress server, boolean up, int bytes, long seed) throws IOException {
        try (Socket socket = new Socket()) {
            socket.connect(server);
            long startNs = System.nanoTime();
            DataOutputStream out = new DataOutputStream(socket.getOutputStream());
            out.writeLong(up ? bytes : -bytes);
            out.writeLong(seed);
            if (up) {
                write(out, bytes, seed);
                if (new DataInputStream(socket.getInputStream()).readLong() != bytes) {
                    throw new IOException("the server found a wrong byte");
                }
            } else {
                read(socket.getInputStream(), bytes, seed);
            }
            return System.nanoTime() - startNs;
        }
    }

    private static void serve(int port) throws IOException {
        ExecutorService threads = Executors.newCachedThreadPool();
        try (ServerSocket server = new ServerSocket(port, 1024)) {
            System.out.println("serves");
            while (true) {
                Socket socket = server.accept();
                threads.execute(() -> answer(socket));
            }
        }
    }

    private static void answer(Socket socket) {
        try (socket) {
            DataInputStream in = new DataInputStream(socket.getInputStream());
            int bytes = (int) in.readLong();
            long seed = in.readLong();
            if (bytes < 0) {
                write(socket.getOutputStream(), -bytes, seed);
            } else {
                read(in, bytes, seed);
                new DataOutputStream(socket.getOutputStream()).writeLong(bytes);
            }
        } catch (IOException e) {
            System.err.println(e);
        }
    }

    private static void write(OutputStream out, int bytes, long seed) throws IOException {
        SplittableRandom random = new SplittableRandom(seed);
        byte[] piece = new byte[PIECE];
        for (int left = bytes; left > 0; left -= PIECE) {
            random.nextBytes(piece);
            out.write(piece, 0, Math.min(left, PIECE));
        }
    }

    private static void read(InputStream in, int bytes, long seed) throws IOException {
        SplittableRandom random = new SplittableRandom(seed);
        byte[] piece = new byte[PIECE];
        for (int left = bytes; left > 0; left -= PIECE) {
            random.nextBytes(piece);
            int length = Math.min(left, PIECE);
            byte[] got = in.readNBytes(length);
            if (got.length < length) {
                throw new EOFException(left - got.length + " bytes are missing");
            }
            if (!Arrays.equals(got, 0, length, piece, 0, length)) {
                throw new IOException("a wrong byte within the last " + left);
            }
        }
    }
}
