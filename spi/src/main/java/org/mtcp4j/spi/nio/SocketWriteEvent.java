/* SPDX-License-Identifier: Apache-2.0 */
package org.mtcp4j.spi.nio;

import java.net.InetSocketAddress;
import jdk.jfr.Category;
import jdk.jfr.DataAmount;
import jdk.jfr.Description;
import jdk.jfr.Event;
import jdk.jfr.Label;
import jdk.jfr.Name;
import jdk.jfr.Threshold;

/** As {@code jdk.SocketWrite}, which comes from the JDK's own channels only. */
@Name("mtcp.SocketWrite")
@Label("Socket Write")
@Category({"mtcp4j", "Socket"})
@Description("Writing data to a channel of mtcp4j's")
@Threshold("20 ms")
final class SocketWriteEvent extends Event {
    @Label("Remote Host")
    String host;

    @Label("Remote Address")
    String address;

    @Label("Remote Port")
    int port;

    @Label("Bytes Written")
    @DataAmount
    long bytesWritten;

    void commit(InetSocketAddress remote, long bytes) {
        end();
        if (bytes > 0 && shouldCommit()) {
            host = remote == null ? "" : remote.getHostString();
            address = remote == null ? "" : remote.getAddress().getHostAddress();
            port = remote == null ? 0 : remote.getPort();
            bytesWritten = bytes;
            commit();
        }
    }
}
