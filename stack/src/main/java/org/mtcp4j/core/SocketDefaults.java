/* SPDX-License-Identifier: Apache-2.0 */
package org.mtcp4j.core;

import org.mtcp4j.config.Key;
import org.mtcp4j.config.StackConfig;
import org.mtcp4j.tcp.TcpSettings;

/**
 * Options of a socket before it has a connection; a listener's are what its connections inherit. Any thread, racily. Sockets that have what
 * others have share it until they are told otherwise.
 */
public final class SocketDefaults {
    /** Linux takes one large segment whole however small SO_SNDBUF is, and programs with small buffers count on that. */
    private static final int LEAST_SEND_LIMIT_BYTES = 32 * 1024;

    private volatile boolean shared;
    public volatile int sendBufferBytes;
    public volatile int receiveBufferBytes;
    /** Up to here the buffers grow as the path turns out to need it; 0 once the program has set a size: never. */
    public volatile int sendBufferMostBytes;

    public volatile int receiveBufferMostBytes;
    private volatile boolean sendBufferFixed;
    public volatile boolean keepAlive;
    public volatile boolean noDelay;
    public volatile boolean quickAck;
    public volatile int keepIdleSeconds = 7200;
    public volatile int keepIntervalSeconds = 75;
    public volatile int keepCount = 9;
    public volatile int tos;
    /** SO_OOBINLINE: urgent bytes are read as any other, else dropped, as the JDK cannot read them in another way. */
    public volatile boolean oobInline;

    /** SO_REUSEADDR and SO_REUSEPORT: of accepted connections, those of their listener, as Linux copies them. */
    public volatile boolean reuseAddress;

    public volatile boolean reusePort;

    public SocketDefaults(int sendBufferBytes, int receiveBufferBytes) {
        this.sendBufferBytes = sendBufferBytes;
        this.receiveBufferBytes = receiveBufferBytes;
    }

    /** What a new socket has, shared. */
    static SocketDefaults of(StackConfig config) {
        SocketDefaults defaults = new SocketDefaults(config.intValue(Key.SNDBUF), config.intValue(Key.RCVBUF));
        defaults.sendBufferMostBytes = config.intValue(Key.SNDBUF_MOST);
        defaults.receiveBufferMostBytes = config.intValue(Key.RCVBUF_MOST);
        return defaults.share();
    }

    /**
     * SO_SNDBUF: the size that the option reads back. Twice as much is held of what is written, as on Linux, which doubles the size for its
     * own book-keeping; a sender that fills such a buffer gets as far ahead of its peer here as there.
     *
     * @param bytes at most 2^30
     */
    public void fixSendBuffer(int bytes) {
        sendBufferBytes = bytes;
        sendBufferMostBytes = 0;
        sendBufferFixed = true;
    }

    /** Bytes written and not acknowledged that a flow holds, before its buffer grows. */
    int sendLimitBytes() {
        int bytes = sendBufferBytes;
        return sendBufferFixed ? (int) Math.min(1L << 30, Math.max(2L * bytes, LEAST_SEND_LIMIT_BYTES)) : bytes;
    }

    /** Not to be changed any more, but in a {@link #copy}. */
    public SocketDefaults share() {
        if (!shared) {
            shared = true;
        }
        return this;
    }

    public boolean isShared() {
        return shared;
    }

    /** Its own, not shared. */
    public SocketDefaults copy() {
        SocketDefaults copy = new SocketDefaults(sendBufferBytes, receiveBufferBytes);
        copy.sendBufferMostBytes = sendBufferMostBytes;
        copy.sendBufferFixed = sendBufferFixed;
        copy.receiveBufferMostBytes = receiveBufferMostBytes;
        copy.keepAlive = keepAlive;
        copy.noDelay = noDelay;
        copy.quickAck = quickAck;
        copy.keepIdleSeconds = keepIdleSeconds;
        copy.keepIntervalSeconds = keepIntervalSeconds;
        copy.keepCount = keepCount;
        copy.tos = tos;
        copy.oobInline = oobInline;
        copy.reuseAddress = reuseAddress;
        copy.reusePort = reusePort;
        return copy;
    }

    /**
     * Owner: puts the options into a connection's settings.
     *
     * @param mayGrow whether there is a path to fill, for which a buffer might be too small
     */
    void applyTo(TcpSettings settings, boolean mayGrow) {
        boolean grows = mayGrow && receiveBufferMostBytes > receiveBufferBytes;
        boolean hasGrown = grows && settings.receiveBufferMostBytes > 0;
        settings.receiveBufferBytes =
                hasGrown ? Math.max(settings.receiveBufferBytes, receiveBufferBytes) : receiveBufferBytes;
        settings.receiveBufferMostBytes = grows ? receiveBufferMostBytes : 0;
        settings.keepAlive = keepAlive;
        settings.noDelay = noDelay;
        settings.quickAck = quickAck;
        settings.keepIdleNs = keepIdleSeconds * 1_000_000_000L;
        settings.keepIntervalNs = keepIntervalSeconds * 1_000_000_000L;
        settings.keepCount = keepCount;
    }
}
