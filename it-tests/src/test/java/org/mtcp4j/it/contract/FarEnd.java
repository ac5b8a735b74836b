/* SPDX-License-Identifier: Apache-2.0 */
package org.mtcp4j.it.contract;

import java.io.IOException;
import java.net.InetSocketAddress;
import java.rmi.Remote;
import java.util.Set;

/** Channels of another JVM, each known by a number. A call blocks its caller as the channel blocks a thread there, and throws what it throws. */
interface FarEnd extends Remote {
    /** Nothing was accepted. */
    int NONE = -1;

    int openSocket() throws IOException;

    int openServer() throws IOException;

    void bind(int channel, InetSocketAddress local, int backlog) throws IOException;

    boolean connect(int channel, InetSocketAddress remote) throws IOException;

    boolean finishConnect(int channel) throws IOException;

    boolean isConnected(int channel) throws IOException;

    boolean isConnectionPending(int channel) throws IOException;

    /** The accepted channel, or {@link #NONE}. */
    int accept(int server) throws IOException;

    /** What was read, or null at the end of the stream. */
    byte[] read(int channel, int mostBytes) throws IOException;

    int write(int channel, byte[] bytes) throws IOException;

    void shutdown(int channel, boolean input) throws IOException;

    void configureBlocking(int channel, boolean block) throws IOException;

    InetSocketAddress localAddress(int channel) throws IOException;

    InetSocketAddress remoteAddress(int channel) throws IOException;

    Set<String> optionNames(int channel) throws IOException;

    void setOption(int channel, String name, Object value) throws IOException;

    Object getOption(int channel, String name) throws IOException;

    void close(int channel) throws IOException;

    /** As it prints itself. */
    String describe(int channel) throws IOException;

    /** Of a listener that answers no SYN. */
    InetSocketAddress silentAddress() throws IOException;
}
