/* SPDX-License-Identifier: Apache-2.0 */
package org.mtcp4j.it.contract;

import static org.assertj.core.api.Assertions.assertThat;

import java.net.InetSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.nio.file.Path;
import java.util.List;
import jdk.jfr.Recording;
import jdk.jfr.consumer.RecordedEvent;
import jdk.jfr.consumer.RecordingFile;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.mtcp4j.config.StackConfig;
import org.mtcp4j.socket.Stack;
import org.mtcp4j.spi.nio.MtcpSelectorProvider;

/** Flight Recorder sees reads and writes of our channels, as it sees those of the JDK's. */
@Timeout(60)
class SocketEventsTest {
    private static final int BYTES = 1_000;

    @TempDir
    private Path directory;

    @Test
    void readsAndWritesAreRecordedWithTheirPeerAndLength() throws Exception {
        StackConfig config = StackConfig.of("nic=memory,ip=198.18.0.2/24,time-wait=1s");
        Path file = directory.resolve("events.jfr");
        String port;
        try (Stack stack = Stack.start(config);
                Recording recording = new Recording()) {
            recording.enable("mtcp.SocketRead").withoutThreshold();
            recording.enable("mtcp.SocketWrite").withoutThreshold();
            recording.start();
            MtcpSelectorProvider provider = MtcpSelectorProvider.of(stack, config);
            try (ServerSocketChannel server = provider.openServerSocketChannel();
                    SocketChannel client = provider.openSocketChannel()) {
                server.bind(new InetSocketAddress("198.18.0.2", 0));
                client.connect(server.getLocalAddress());
                port = Integer.toString(((InetSocketAddress) server.getLocalAddress()).getPort());
                try (SocketChannel accepted = server.accept()) {
                    client.write(ByteBuffer.allocate(BYTES));
                    ByteBuffer got = ByteBuffer.allocate(BYTES);
                    while (got.hasRemaining()) {
                        accepted.read(got);
                    }
                }
                client.read(ByteBuffer.allocate(1));
            }
            recording.stop();
            recording.dump(file);
        }
        List<RecordedEvent> events = RecordingFile.readAllEvents(file);
        assertThat(events)
                .filteredOn(event -> event.getEventType().getName().equals("mtcp.SocketWrite"))
                .singleElement()
                .satisfies(event -> {
                    assertThat(event.getLong("bytesWritten")).isEqualTo(BYTES);
                    assertThat(event.getString("address")).isEqualTo("198.18.0.2");
                    assertThat(Integer.toString(event.getInt("port"))).isEqualTo(port);
                });
        assertThat(events)
                .filteredOn(event -> event.getEventType().getName().equals("mtcp.SocketRead"))
                .extracting(event -> event.getLong("bytesRead") + " " + event.getBoolean("endOfStream"))
                .contains(BYTES + " false", "0 true");
    }
}
