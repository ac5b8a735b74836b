/* SPDX-License-Identifier: Apache-2.0 */
package org.mtcp4j.core;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteBuffer;

/**
 * What the application has written and the peer has not yet acknowledged: single producer (application), single consumer (owner).
 * Positions count from the first byte ever written. Storage is taken when written to and given back when acknowledged; an idle
 * stream holds none.
 */
final class SendStream extends StreamGuard {
    private static final VarHandle WRITTEN;
    private static final VarHandle ACKED;

    static {
        try {
            MethodHandles.Lookup lookup = MethodHandles.lookup();
            WRITTEN = lookup.findVarHandle(SendStream.class, "written", long.class);
            ACKED = lookup.findVarHandle(SendStream.class, "acked", long.class);
        } catch (ReflectiveOperationException e) {
            throw new ExceptionInInitializerError(e);
        }
    }

    private final ChunkCache chunks;
    private final boolean loopback;

    /** Application's limit of unacknowledged bytes; see {@code SO_SNDBUF}. */
    volatile int limitBytes;

    /** Position behind the byte last written as urgent. */
    volatile long urgentEnd;

    @SuppressWarnings("unused") // through WRITTEN; application writes
    private long written;

    @SuppressWarnings("unused") // through ACKED; owner writes
    private long acked;

    /** Application: where {@link #append} has come to, also when it ended with an exception of the buffer's. */
    long appended;

    // Under the word, or published by WRITTEN.
    private Chunk first;
    private Chunk tail;

    // Owner only.
    private Chunk head;
    private Chunk cursor;

    /** @param loopback whether the reader is in this JVM */
    SendStream(ChunkCache chunks, int limitBytes, boolean loopback) {
        this.chunks = chunks;
        this.limitBytes = limitBytes;
        this.loopback = loopback;
    }

    long written() {
        return (long) WRITTEN.getAcquire(this);
    }

    long acked() {
        return (long) ACKED.getAcquire(this);
    }

    /** Bytes that may be written now. Any thread. */
    int free() {
        long used = written() - acked();
        return (int) Math.max(0, limitBytes - used);
    }

    private ChunkPool.Use use() {
        if (tail != null) {
            return ChunkPool.Use.WRITE;
        }
        return loopback ? ChunkPool.Use.LOOPBACK_FIRST : ChunkPool.Use.WRITE_FIRST;
    }

    /** Whether there is storage for something more. Any thread: whoever does not write may be mistaken. */
    boolean hasStorage() {
        Chunk last = tail;
        return chunks.hasForWriter(use()) || (last != null && last.end() > written());
    }

    /**
     * Application, inside the word: takes bytes from the buffer's position on and moves it.
     *
     * @return bytes taken, 0 when there is no room; not visible to the owner before {@link #publish}
     */
    int append(ByteBuffer src, long from) {
        long position = from;
        int room = (int) Math.max(0, limitBytes - (position - acked()));
        int wanted = Math.min(room, src.remaining());
        int taken = 0;
        appended = position;
        while (taken < wanted) {
            Chunk chunk = tail;
            if (chunk == null || chunk.end() == position) {
                chunk = extend(position);
                if (chunk == null) {
                    break;
                }
            }
            int at = (int) (position - chunk.start);
            int n = Math.min(wanted - taken, Chunk.BYTES - at);
            chunk.data.put(at, src, src.position(), n);
            src.position(src.position() + n);
            taken += n;
            position += n;
            appended = position;
        }
        return taken;
    }

    private Chunk extend(long position) {
        Chunk chunk = chunks.takeAsWriter(use());
        if (chunk == null) {
            return null;
        }
        chunk.next = null;
        chunk.start = position;
        if (tail == null) {
            first = chunk;
        } else {
            // The owner may come here before the position is published: not with what the chunk held for another
            // stream.
            tail.link(chunk);
        }
        tail = chunk;
        return chunk;
    }

    /** Application, inside the word: makes everything up to the position visible to the owner. */
    void publish(long position) {
        WRITTEN.setRelease(this, position);
    }

    /** Owner: copies bytes {@code [position, position + length)}, all written and not acknowledged, into a frame. */
    void copyTo(long position, ByteBuffer frame, int offset, int lengthBytes) {
        Chunk chunk = seek(position);
        int done = 0;
        for (; ; ) {
            int at = (int) (position + done - chunk.start);
            int n = Math.min(lengthBytes - done, Chunk.BYTES - at);
            frame.put(offset + done, chunk.data, at, n);
            done += n;
            if (done == lengthBytes) {
                break;
            }
            chunk = chunk.next;
        }
        cursor = chunk;
    }

    private Chunk seek(long position) {
        if (head == null) {
            head = first;
        }
        Chunk chunk = cursor != null && cursor.start <= position ? cursor : head;
        while (position >= chunk.end()) {
            chunk = chunk.next;
        }
        return chunk;
    }

    /** Owner: everything below the position is acknowledged; its storage goes back. */
    void acknowledge(long position) {
        while (head != null && head.end() <= position) {
            Chunk done = head;
            Chunk next = done.linked();
            if (next == null) {
                break;
            }
            head = next;
            if (cursor == done) {
                cursor = head;
            }
            chunks.give(done);
        }
        ACKED.setRelease(this, position);
        if (head != null && position == written() && tryOwner()) {
            if (position == written()) {
                releaseAsOwner();
            }
            yieldOwner();
        }
    }

    @Override
    void releaseStorage() {
        Chunk chunk = head != null ? head : first;
        while (chunk != null) {
            Chunk next = chunk.next;
            chunks.give(chunk);
            chunk = next;
        }
        first = null;
        tail = null;
        head = null;
        cursor = null;
    }
}
