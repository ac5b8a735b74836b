/* SPDX-License-Identifier: Apache-2.0 */
package org.mtcp4j.examples.bench;

import java.io.BufferedReader;
import java.io.InputStreamReader;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;

/**
 * A server, and clients of it if asked, in a program that runs out of everything: {@code ADDRESS PORT CLIENTS SEED}. Told by its standard
 * input: {@code calm} ends the troubles, {@code quiet} asks whether all is well, {@code exit} is System.exit.
 */
public final class ChaosProgram {
    private static final int CALM_MS = 5_000;
    private static final int LEFT_MS = 30_000;
    private static final int MAX_TROUBLE_MS = 700;
    private static final int MAX_THREADS = 200;

    private final ChaosServer server;
    private final ChaosClients clients;
    private final StackFaults faults = new StackFaults();
    private final SplittableRandom random;
    private volatile boolean quiet;

    private ChaosProgram(String[] arguments) throws Exception {
        int port = Integer.parseInt(arguments[1]);
        long seed = Long.parseLong(arguments[3]);
        random = new SplittableRandom(seed);
        server = new ChaosServer(arguments[0], port);
        clients = new ChaosClients(arguments[0], port, Integer.parseInt(arguments[2]), seed);
        clients.watcher = faults::tell;
    }

    /** See the class. */
    public static void main(String[] arguments) throws Exception {
        ChaosProgram program = new ChaosProgram(arguments);
        program.server.start();
        program.clients.start();
        Thread troubles = new Thread(program::troubles, "troubles");
        troubles.setDaemon(true);
        troubles.start();
        System.out.println("ready");
        program.obey(troubles);
    }

    private void obey(Thread troubles) throws Exception {
        BufferedReader in = new BufferedReader(new InputStreamReader(System.in, StandardCharsets.US_ASCII));
        while (true) {
            try {
                String order = in.readLine();
                if (order == null || order.equals("exit")) {
                    clients.ending = true;
                    System.exit(0);
                }
                quiet = true;
                troubles.join();
                System.out.println(order.equals("calm") ? order : "quiet " + report());
            } catch (OutOfMemoryError e) {
                // Of this thread, amid the trouble: the order comes again.
                Thread.onSpinWait();
            }
        }
    }

    /** {@code ok}, or what is not. */
    private String report() throws Exception {
        StringBuilder wrong = new StringBuilder();
        long before = clients.messages.get();
        Thread.sleep(CALM_MS);
        if (!clients.isEmpty() && clients.messages.get() == before) {
            wrong.append("no message in " + CALM_MS + " ms after the troubles; ");
        }
        if (!clients.stop(LEFT_MS)) {
            wrong.append("a client does not end; ");
        }
        if (clients.wrong.get() > 0 || clients.stuck.get() > 0 || clients.cutShort.get() > server.ends.get()) {
            wrong.append(clients).append("; ");
        }
        // What an error kept from being closed is closed again, as a program does that wants it closed: no collection
        // has to.
        clients.closeAll();
        server.closeAll();
        String held = held();
        if (!held.isEmpty()) {
            System.gc();
            wrong.append("held: ").append(held).append(", after a collection: ").append(held());
        }
        return (wrong.length() == 0 ? "ok" : "WRONG " + wrong) + " ends " + server.ends + " (" + clients + ") "
                + faults.stagesText();
    }

    /** What is not free though everything has been closed, after the time that the ends of connections take. */
    private String held() throws Exception {
        String held = faults.held();
        for (long endNs = System.nanoTime() + LEFT_MS * 1_000_000L; !held.isEmpty() && System.nanoTime() < endNs; ) {
            Thread.sleep(100);
            held = faults.held();
        }
        return held;
    }

    private void troubles() {
        List<Object> hoard = new ArrayList<>(1 << 16);
        while (!quiet) {
            try {
                trouble(hoard, random.nextInt(5), 50 + random.nextInt(MAX_TROUBLE_MS));
                hoard.clear();
                Thread.sleep(random.nextInt(300));
            } catch (Throwable e) {
                hoard.clear();
            }
        }
    }

    private void trouble(List<Object> hoard, int kind, long durationMs) throws Exception {
        switch (kind) {
            case 0 -> hold(hoard, durationMs, () -> new byte[64 * 1024], () -> new byte[16]);
            case 1 ->
                hold(
                        hoard,
                        durationMs,
                        () -> ByteBuffer.allocateDirect(1 << 20),
                        () -> ByteBuffer.allocateDirect(8 * 1024));
            case 2 -> threads(durationMs);
            case 3 -> {
                for (int i = 0; i < 20 && !quiet; i++) {
                    clients.interrupt(random);
                    Thread.sleep(durationMs / 20);
                }
            }
            default -> {
                faults.begin(random.split());
                try {
                    Thread.sleep(durationMs);
                } finally {
                    faults.end();
                }
            }
        }
    }

    private interface Source {
        Object get();
    }

    /** Takes all there is, by large pieces and then small ones. */
    private static void hold(List<Object> hoard, long durationMs, Source large, Source small) throws Exception {
        long endNs = System.nanoTime() + durationMs * 1_000_000;
        for (Source source : List.of(large, small)) {
            try {
                while (System.nanoTime() < endNs && hoard.size() < 1 << 16) {
                    hoard.add(source.get());
                }
            } catch (OutOfMemoryError e) {
                // That was all.
            }
        }
        Thread.sleep(Math.max(1, (endNs - System.nanoTime()) / 1_000_000));
    }

    /** Many that do nothing, and then some that the system refuses. */
    private static void threads(long durationMs) throws InterruptedException {
        List<Thread> started = new ArrayList<>();
        try {
            for (int i = 0; i < MAX_THREADS; i++) {
                Thread thread = new Thread(null, () -> sleep(durationMs), "many", 64 * 1024);
                thread.setDaemon(true);
                thread.start();
                started.add(thread);
            }
            new Thread(null, () -> sleep(1), "too large", 1L << 46).start();
        } catch (OutOfMemoryError e) {
            // As it should be.
            started.forEach(Thread::interrupt);
        }
        for (Thread thread : started) {
            thread.join();
        }
    }

    private static void sleep(long durationMs) {
        try {
            Thread.sleep(durationMs);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
