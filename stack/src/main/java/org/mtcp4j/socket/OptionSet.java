/* SPDX-License-Identifier: Apache-2.0 */
package org.mtcp4j.socket;

import org.mtcp4j.core.SocketDefaults;

/** A socket's options: those that connections know live in {@link SocketDefaults}, the rest here. Any thread. */
final class OptionSet {
    /** What Linux makes of less, as the option reads it back. */
    private static final int LEAST_SEND_BYTES = 2_304;

    private static final int LEAST_RECEIVE_BYTES = 1_152;
    private static final int MOST_BUFFER_BYTES = 1 << 30;

    private volatile SocketDefaults values;
    private volatile int lingerSeconds = -1;

    OptionSet(SocketDefaults values) {
        this.values = values;
    }

    SocketDefaults values() {
        return values;
    }

    /** To be changed: a set of options that other sockets have as well stays as it is. */
    private synchronized SocketDefaults own() {
        if (values.isShared()) {
            values = values.copy();
        }
        return values;
    }

    int get(StackOption option) {
        return switch (option) {
            case SNDBUF -> values.sendBufferBytes;
            case RCVBUF -> values.receiveBufferBytes;
            case KEEPALIVE -> values.keepAlive ? 1 : 0;
            case REUSEADDR -> values.reuseAddress ? 1 : 0;
            case REUSEPORT -> values.reusePort ? 1 : 0;
            case LINGER -> lingerSeconds;
            case NODELAY -> values.noDelay ? 1 : 0;
            case TOS -> values.tos;
            case OOBINLINE -> values.oobInline ? 1 : 0;
            case KEEPIDLE -> values.keepIdleSeconds;
            case KEEPINTERVAL -> values.keepIntervalSeconds;
            case KEEPCOUNT -> values.keepCount;
            case QUICKACK -> values.quickAck ? 1 : 0;
            case INCOMING_NAPI_ID -> 0;
        };
    }

    void set(StackOption option, int value) {
        switch (option) {
            case LINGER -> lingerSeconds = value;
            case INCOMING_NAPI_ID -> throw new IllegalArgumentException("INCOMING_NAPI_ID is read only");
            default -> set(own(), option, value);
        }
    }

    private static void set(SocketDefaults values, StackOption option, int value) {
        switch (option) {
            case SNDBUF -> values.fixSendBuffer(clamp(value, LEAST_SEND_BYTES));
            case RCVBUF -> {
                values.receiveBufferBytes = clamp(value, LEAST_RECEIVE_BYTES);
                values.receiveBufferMostBytes = 0;
            }
            case KEEPALIVE -> values.keepAlive = value != 0;
            case REUSEADDR -> values.reuseAddress = value != 0;
            case REUSEPORT -> values.reusePort = value != 0;
            case NODELAY -> values.noDelay = value != 0;
            case TOS -> values.tos = value & 0xff;
            case OOBINLINE -> values.oobInline = value != 0;
            case KEEPIDLE -> values.keepIdleSeconds = value;
            case KEEPINTERVAL -> values.keepIntervalSeconds = value;
            case KEEPCOUNT -> values.keepCount = value;
            case QUICKACK -> values.quickAck = value != 0;
            default -> throw new IllegalArgumentException(option + " is no connection's");
        }
    }

    /** Whether the connection has a use for the option: acts upon it, or is asked for it when somebody else binds to its port. */
    static boolean concernsFlow(StackOption option) {
        return switch (option) {
            case LINGER, INCOMING_NAPI_ID -> false;
            default -> true;
        };
    }

    private static int clamp(int bytes, int leastBytes) {
        return Math.max(leastBytes, Math.min(MOST_BUFFER_BYTES, bytes));
    }
}
