/* SPDX-License-Identifier: Apache-2.0 */
package org.mtcp4j.spi.nio;

import java.io.IOException;
import java.nio.ByteBuffer;

/** Flight Recorder's events around a side's reads and writes. A runtime image may lack the recorder; then there are none. */
final class SocketEvents {
    private static final boolean PRESENT = isPresent();

    private SocketEvents() {}

    private static boolean isPresent() {
        try {
            Class.forName("jdk.jfr.Event", false, null);
            return true;
        } catch (ClassNotFoundException e) {
            return false;
        }
    }

    /**
     * The recorder's writer from JDK 21 on: initialized by whoever commits first, if nobody was before, which would pin a virtual thread
     * and all that commit meanwhile.
     */
    private static final String EVENT_WRITER = "jdk.jfr.internal.event.EventWriter";

    /** Two instances that are only asked: the JVM makes that a constant while nothing is recorded. */
    private static final class Probes {
        static final SocketReadEvent READ = new SocketReadEvent();
        static final SocketWriteEvent WRITE = new SocketWriteEvent();

        static void load() {
            // To be called is enough.
        }
    }

    /** Loads what the others use: virtual threads that wait for a class to be initialized hold their carriers. */
    static void prepare() {
        if (PRESENT) {
            Probes.load();
            try {
                Class.forName(EVENT_WRITER, true, null);
            } catch (ClassNotFoundException e) {
                // A JDK without virtual threads, or one that calls it something else: the first event sets it up.
            }
        }
    }

    static boolean readsAreRecorded() {
        return PRESENT && Probes.READ.isEnabled();
    }

    static boolean writesAreRecorded() {
        return PRESENT && Probes.WRITE.isEnabled();
    }

    static int read(SocketSide side, ByteBuffer dst) throws IOException {
        SocketReadEvent event = new SocketReadEvent();
        event.begin();
        int n = side.read(dst);
        event.commit(side.remoteAddress(), 0, n);
        return n;
    }

    static long read(SocketSide side, ByteBuffer[] dsts, int offset, int length) throws IOException {
        SocketReadEvent event = new SocketReadEvent();
        event.begin();
        long n = side.read(dsts, offset, length);
        event.commit(side.remoteAddress(), 0, n);
        return n;
    }

    static int write(SocketSide side, ByteBuffer src) throws IOException {
        SocketWriteEvent event = new SocketWriteEvent();
        event.begin();
        int n = side.write(src);
        event.commit(side.remoteAddress(), n);
        return n;
    }

    static long write(SocketSide side, ByteBuffer[] srcs, int offset, int length) throws IOException {
        SocketWriteEvent event = new SocketWriteEvent();
        event.begin();
        long n = side.write(srcs, offset, length);
        event.commit(side.remoteAddress(), n);
        return n;
    }
}
