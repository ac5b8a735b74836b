/* SPDX-License-Identifier: Apache-2.0 */
package org.mtcp4j.core;

import java.nio.ByteBuffer;
import java.util.SplittableRandom;

/**
 * Both ends of a connection and what they say to each other, every byte of it checked. The bytes come from one table, at a place that
 * depends on the conversation and the position.
 */
final class Conversation {
    private static final int TABLE = 65_521;
    private static final int PIECE = 16 * 1024;
    private static final ByteBuffer BYTES = ByteBuffer.allocateDirect(TABLE + PIECE);
    private static final ByteBuffer BUFFER = ByteBuffer.allocateDirect(PIECE);

    static {
        byte[] table = new byte[TABLE];
        new SplittableRandom(1).nextBytes(table);
        BYTES.put(table).put(table, 0, PIECE);
    }

    /** How a short one ends. */
    enum Ending {
        CLIENT_CLOSES,
        SERVER_CLOSES,
        BOTH_CLOSE,
        HALF_CLOSE,
        CLIENT_RESETS,
        SERVER_RESETS
    }

    /** One direction. */
    private static final class Way {
        Flow from;
        Flow to;
        int salt;
        long wanted;
        long written;
        long read;

        boolean isDone() {
            return read == wanted;
        }

        void move() {
            while (written < wanted && from != null && from.isWritable()) {
                int at = place(written);
                int room = (int) Math.min(PIECE, wanted - written);
                int n = from.write(BYTES.limit(at + room).position(at));
                written += n;
            }
            int n;
            while (to != null && (n = to.read(BUFFER.clear())) > 0) {
                int at = place(read);
                if (BUFFER.flip().mismatch(BYTES.limit(at + n).position(at)) >= 0) {
                    throw new AssertionError("wrong bytes between " + read + " and " + (read + n));
                }
                read += n;
                if (read > wanted) {
                    throw new AssertionError("more than was sent");
                }
            }
        }

        private int place(long position) {
            return (int) ((position + salt) % TABLE);
        }
    }

    final Flow client;
    final Ending ending;
    final long startNs;
    /** The last message was asked for then. */
    long askedNs;
    /** Its application looks at nothing until then. */
    long asleepUntilNs;

    boolean active;
    /** For as long as the test goes on. */
    boolean stays;

    private final Way up = new Way();
    private final Way down = new Way();
    private boolean shut;

    Conversation(Flow client, Ending ending, SplittableRandom random, long nowNs) {
        this.client = client;
        this.ending = ending;
        startNs = nowNs;
        askedNs = nowNs;
        up.salt = random.nextInt(TABLE);
        down.salt = random.nextInt(TABLE);
        up.from = client;
        down.to = client;
    }

    void accepted(Flow server) {
        up.to = server;
        down.from = server;
    }

    boolean isAccepted() {
        return up.to != null;
    }

    void say(int upBytes, int downBytes, long nowNs) {
        up.wanted += upBytes;
        down.wanted += downBytes;
        askedNs = nowNs;
    }

    long movedBytes() {
        return up.read + down.read;
    }

    /** @return whether all that was said has arrived */
    boolean turn(long nowNs) {
        if (nowNs < asleepUntilNs) {
            return false;
        }
        up.move();
        down.move();
        return up.isDone() && down.isDone();
    }

    /** After everything has been said: goes on with the ending. @return whether it is over for both applications */
    boolean end() {
        switch (ending) {
            case CLIENT_CLOSES -> {
                return ends(client, down.from);
            }
            case SERVER_CLOSES -> {
                return ends(down.from, client);
            }
            case BOTH_CLOSE -> {
                client.askAndKick(Flow.CLOSE, false);
                down.from.askAndKick(Flow.CLOSE, false);
                return true;
            }
            case HALF_CLOSE -> {
                if (!shut) {
                    shut = true;
                    client.askAndKick(Flow.SHUTDOWN, false);
                }
                if (!hasEnded(down.from)) {
                    return false;
                }
                down.from.askAndKick(Flow.CLOSE, false);
                client.askAndKick(Flow.CLOSE, false);
                return true;
            }
            case CLIENT_RESETS -> {
                return resets(client, down.from);
            }
            default -> {
                return resets(down.from, client);
            }
        }
    }

    private boolean ends(Flow first, Flow second) {
        if (!shut) {
            shut = true;
            first.askAndKick(Flow.CLOSE, false);
        }
        if (!hasEnded(second)) {
            return false;
        }
        second.askAndKick(Flow.CLOSE, false);
        return true;
    }

    /** A reset may be lost, and is not sent again: the other side learns of it when it sends something. */
    private boolean resets(Flow first, Flow second) {
        first.askAndKick(Flow.ABORT, false);
        second.askAndKick(Flow.CLOSE, false);
        return true;
    }

    void close() {
        client.askAndKick(Flow.CLOSE, false);
        if (isAccepted()) {
            down.from.askAndKick(Flow.CLOSE, false);
        }
    }

    /** Either end is gone before its time. */
    boolean isBroken() {
        return !shut
                && ((client.status() & Flow.CLOSED) != 0 || (isAccepted() && (down.from.status() & Flow.CLOSED) != 0));
    }

    private static boolean hasEnded(Flow flow) {
        return (flow.status() & (Flow.FIN_RECEIVED | Flow.CLOSED)) != 0;
    }

    @Override
    public String toString() {
        return ending + " up " + up.written + "/" + up.read + " of " + up.wanted + ", down " + down.written + "/"
                + down.read + " of " + down.wanted + ", client status " + client.status()
                + (isAccepted() ? ", server status " + down.from.status() : ", not accepted");
    }
}
