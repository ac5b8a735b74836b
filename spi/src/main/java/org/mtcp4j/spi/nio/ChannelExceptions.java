/* SPDX-License-Identifier: Apache-2.0 */
package org.mtcp4j.spi.nio;

import java.io.IOException;
import java.net.SocketException;
import java.nio.channels.AlreadyBoundException;
import java.nio.channels.AlreadyConnectedException;
import java.nio.channels.ClosedChannelException;
import java.nio.channels.NotYetBoundException;
import java.nio.channels.NotYetConnectedException;
import java.nio.channels.UnresolvedAddressException;
import java.nio.channels.UnsupportedAddressTypeException;

/** How the channels' exceptions look through {@code socket()}: the JDK's words, on which programs match. */
final class ChannelExceptions {
    /** JDK 24 made the adaptors closer to {@code Socket}. */
    static final boolean SINCE_24 = Runtime.version().feature() >= 24;

    private ChannelExceptions() {}

    /** For methods that may throw any IOException: those pass as they are. */
    static IOException forAdaptor(Exception e) {
        return e instanceof IOException io ? io : forOption(e);
    }

    /** For methods that may only throw SocketException. Runtime exceptions without a counterpart are thrown from here. */
    static SocketException forOption(Exception e) {
        if (e instanceof SocketException socketException) {
            return socketException;
        }
        String text = null;
        if (e instanceof ClosedChannelException) {
            text = "Socket is closed";
        } else if (e instanceof NotYetConnectedException) {
            text = "Socket is not connected";
        } else if (e instanceof AlreadyBoundException) {
            text = "Already bound";
        } else if (e instanceof AlreadyConnectedException && SINCE_24) {
            text = "Already connected";
        } else if (e instanceof NotYetBoundException) {
            text = "Socket is not bound yet";
        } else if (e instanceof UnsupportedAddressTypeException) {
            text = "Unsupported address type";
        } else if (e instanceof UnresolvedAddressException) {
            text = "Unresolved address";
        } else if (e instanceof RuntimeException runtimeException) {
            throw runtimeException;
        }
        SocketException translated = new SocketException(text == null ? e.getMessage() : text);
        translated.initCause(e);
        return translated;
    }
}
