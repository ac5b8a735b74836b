/* SPDX-License-Identifier: Apache-2.0 */
package org.mtcp4j.core;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteBuffer;

/**
 * What the peer has sent and the application has not yet read: single producer (owner), single consumer (application). Positions
 * count from the peer's first byte. Bytes ahead of a gap are stored at their place too, in chunks of their own: what lies between holds
 * none. Only those below {@link #received()} are readable.
 */
final class ReceiveStream extends StreamGuard {
    private static final VarHandle RECEIVED;
    private static final VarHandle READ;

    static {
        try {
            MethodHandles.Lookup lookup = MethodHandles.lookup();
            RECEIVED = lookup.findVarHandle(ReceiveStream.class, "received", long.class);
            READ = lookup.findVarHandle(ReceiveStream.class, "read", long.class);
        } catch (ReflectiveOperationException e) {
            throw new ExceptionInInitializerError(e);
        }
    }

    private final ChunkCache chunks;

    /** Position of the byte that the peer called urgent last, or -1; owner writes, before {@link #publish}. */
    private long urgentAt = -1;

    /** Of an older one that is nobody's, or -1; as {@link #urgentAt}. */
    private long passedAt = -1;

    @SuppressWarnings("unused") // through RECEIVED; owner writes
    private long received;

    @SuppressWarnings("unused") // through READ; application writes
    private long read;

    // Owner writes under the word; the application reads under the word.
    private Chunk head;
    // Application, under the word; reset by the owner under the word.
    private Chunk readChunk;
    /** Application: the read at hand ends before the urgent byte there. */
    private long stopAt = Long.MAX_VALUE;

    // Owner only.
    private Chunk tail;
    private Chunk cursor;

    ReceiveStream(ChunkCache chunks) {
        this.chunks = chunks;
    }

    long received() {
        return (long) RECEIVED.getAcquire(this);
    }

    long read() {
        return (long) READ.getAcquire(this);
    }

    int available() {
        return (int) (received() - read());
    }

    /** Application: what a reader gets to see; an urgent byte is not part of it unless it is to be delivered in line. */
    int available(boolean oobInline) {
        long received = received();
        long position = read();
        boolean hidden = !oobInline && urgentAt >= position && urgentAt < received;
        return (int) (received - position) - (hidden ? 1 : 0) - (passedAt == position ? 1 : 0);
    }

    /**
     * Owner, before {@link #publish}: which byte is urgent. An older one that the reader stands right before is passed over, as Linux does;
     * any other that was not read stays in line.
     */
    void urgent(long position, boolean oobInline) {
        if (position == urgentAt) {
            return;
        }
        if (!oobInline && urgentAt == read() && urgentAt < received()) {
            passedAt = urgentAt;
        }
        urgentAt = position;
    }

    /** Application, inside the word: where reading goes on, past an urgent byte that stands there and is nobody's. */
    long skipUrgent(long from, boolean oobInline) {
        stopAt = Long.MAX_VALUE;
        long received = received();
        long position = passedAt == from ? from + 1 : from;
        long at = urgentAt;
        if (oobInline || at < position || at >= received) {
            return position;
        }
        if (at == position) {
            return position + 1;
        }
        stopAt = at;
        return position;
    }

    /** Whether the owner holds storage that {@link #trim} may give back. */
    boolean holdsStorage() {
        return head != null;
    }

    /**
     * Owner: stores bytes at their position, which is at or above {@link #received()}; takes only chunks that get some of them. False when
     * there is no storage for all.
     */
    boolean place(long position, ByteBuffer frame, int offset, int lengthBytes) {
        int done = 0;
        while (done < lengthBytes) {
            Chunk chunk = chunkAt(position + done);
            if (chunk == null) {
                return false;
            }
            int at = (int) (position + done - chunk.start);
            int n = Math.min(lengthBytes - done, Chunk.BYTES - at);
            chunk.data.put(at, frame, offset + done, n);
            done += n;
        }
        return true;
    }

    /**
     * The chunk with that position, made if need be. All begin at multiples of their size from one another; where nothing is stored yet, from
     * {@link #received()}. A reader follows {@link Chunk#next} and {@link #head} only to positions below {@link #received()}, where all chunks
     * are there, so none is put in before its eyes.
     */
    private Chunk chunkAt(long position) {
        Chunk before = cursor;
        if (before != null && position >= before.start && position < before.end()) {
            return before;
        }
        long origin = head == null ? received() : head.start;
        long start = origin + ((position - origin) & -Chunk.BYTES);
        if (before == null || before.start > start) {
            before = head == null || head.start > start ? null : head;
        }
        if (tail != null && tail.start <= start) {
            before = tail;
        }
        while (before != null && before.next != null && before.next.start <= start) {
            before = before.next;
        }
        if (before == null || before.start != start) {
            before = insert(before, start);
        }
        cursor = before == null ? cursor : before;
        return before;
    }

    private Chunk insert(Chunk before, long start) {
        // Where nothing waits to be read, this alone lets the stream get on: what lies behind a gap can't be had back.
        boolean needed = head == null || (start <= received() && read() == received());
        Chunk chunk = chunks.take(needed ? ChunkPool.Use.RECEIVE_FIRST : ChunkPool.Use.RECEIVE);
        if (chunk == null) {
            return null;
        }
        if (head == null) {
            chunks.begins();
        }
        chunk.start = start;
        chunk.next = before == null ? head : before.next;
        if (chunk.next == null) {
            tail = chunk;
        }
        if (before == null) {
            head = chunk;
        } else {
            before.next = chunk;
        }
        return chunk;
    }

    /** Owner: bytes below the position are complete; the application may read them. */
    void publish(long position) {
        RECEIVED.setRelease(this, position);
    }

    /** Application, inside the word: moves bytes into the buffer; returns how many. Call {@link #publishRead} afterwards. */
    int take(ByteBuffer dst, long from) {
        int wanted = (int) Math.min(Math.min(received(), stopAt) - from, dst.remaining());
        int done = 0;
        while (done < wanted) {
            Chunk chunk = readChunk == null ? head : readChunk;
            while (from + done >= chunk.end()) {
                chunk = chunk.next;
            }
            readChunk = chunk;
            int at = (int) (from + done - chunk.start);
            int n = Math.min(wanted - done, Chunk.BYTES - at);
            dst.put(dst.position(), chunk.data, at, n);
            dst.position(dst.position() + n);
            done += n;
        }
        return done;
    }

    /** Application, inside the word. */
    void publishRead(long position) {
        READ.setRelease(this, position);
    }

    /** Owner: gives back what has been read, unless the application is inside; then the next call does. */
    void trim(boolean holdsOutOfOrder) {
        Chunk chunk = head;
        if (chunk == null) {
            return;
        }
        long position = read();
        boolean all = position == received() && !holdsOutOfOrder;
        if ((!all && chunk.end() > position) || !tryOwner()) {
            return;
        }
        if (all) {
            releaseAsOwner();
        } else {
            try {
                releaseRead(position);
            } catch (Throwable e) {
                // A store, no call: this may be the end of the thread's stack.
                word = RELEASED;
                throw e;
            }
        }
        yieldOwner();
    }

    private void releaseRead(long position) {
        while (head != null && head.end() <= position) {
            Chunk done = head;
            head = done.next;
            if (cursor == done) {
                cursor = head;
            }
            chunks.give(done);
        }
        readChunk = null;
        if (head == null) {
            tail = null;
            chunks.ends();
        }
    }

    @Override
    void releaseStorage() {
        Chunk chunk = head;
        if (chunk != null) {
            chunks.ends();
        }
        while (chunk != null) {
            Chunk next = chunk.next;
            chunks.give(chunk);
            chunk = next;
        }
        head = null;
        tail = null;
        readChunk = null;
        cursor = null;
    }
}
