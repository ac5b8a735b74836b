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
import jdk.jfr.Timespan;

/** As {@code jdk.SocketRead}, which comes from the JDK's own channels only. */
@Name("mtcp.SocketRead")
@Label("Socket Read")
@Category({"mtcp4j", "Socket"})
@Description("Reading data from a channel of mtcp4j's")
@Threshold("20 ms")
final class SocketReadEvent extends Event {
    @Label("Remote Host")
    String host;

    @Label("Remote Address")
    String address;

    @Label("Remote Port")
    int port;

    @Label("Timeout Value")
    @Timespan(Timespan.MILLISECONDS)
    long timeout;

    @Label("Bytes Read")
    @DataAmount
    long bytesRead;

    @Label("End of Stream")
    boolean endOfStream;

    void commit(InetSocketAddress remote, long timeoutMs, long bytes) {
        end();
        if (bytes != 0 && shouldCommit()) {
            host = remote == null ? "" : remote.getHostString();
            address = remote == null ? "" : remote.getAddress().getHostAddress();
            port = remote == null ? 0 : remote.getPort();
            timeout = timeoutMs;
            bytesRead = Math.max(0, bytes);
            endOfStream = bytes < 0;
            commit();
        }
    }
}
