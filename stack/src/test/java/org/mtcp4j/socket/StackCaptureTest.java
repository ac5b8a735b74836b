/* SPDX-License-Identifier: Apache-2.0 */
package org.mtcp4j.socket;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.net.InetSocketAddress;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.mtcp4j.config.StackConfig;

class StackCaptureTest {
    @TempDir
    Path directory;

    private static void connectAndClose(Stack stack, StackListener listener) throws Exception {
        StackSocket client = stack.newSocket();
        client.startConnect(listener.localAddress());
        while (!client.finishConnect()) {
            client.await(Pollable.CONNECT, 1_000_000_000L);
        }
        client.close();
    }

    private static StackListener listen(Stack stack) throws Exception {
        StackListener listener = stack.newListener();
        listener.bind(new InetSocketAddress("198.18.0.2", 0), 64);
        return listener;
    }

    @ParameterizedTest
    @ValueSource(strings = {"driver=inline", "driver=dedicated", "driver=dedicated,contexts=2"})
    void fileHoldsWhatPassedBetweenStartAndEnd(String driver) throws Exception {
        Path file = directory.resolve("x.pcapng");
        try (Stack stack = Stack.start(StackConfig.of("nic=memory,ip=198.18.0.2/24," + driver))) {
            StackListener listener = listen(stack);
            connectAndClose(stack, listener);
            stack.capture().start(file, 0);
            connectAndClose(stack, listener);
            String outcome = stack.capture().end();
            assertThat(outcome).matches("[1-9]\\d* packets written, 0 missing");
            // The handshake each way at least: as sent and as received.
            assertThat(Integer.parseInt(outcome.split(" ", 2)[0])).isGreaterThanOrEqualTo(6);
            long bytes = Files.size(file);
            connectAndClose(stack, listener);
            assertThat(stack.capture().end()).isEqualTo("no capture was running");
            assertThat(Files.size(file)).isEqualTo(bytes);
        }
    }

    @Test
    void stackThatStopsEndsIt() throws Exception {
        Path file = directory.resolve("x.pcapng");
        Stack stack = Stack.start(StackConfig.of("nic=memory,ip=198.18.0.2/24"));
        stack.capture().start(file, 0);
        connectAndClose(stack, listen(stack));
        stack.close();
        byte[] bytes = Files.readAllBytes(file);
        // The block of statistics comes last: its length stands at both ends.
        int length = bytes[bytes.length - 4] & 0xff;
        assertThat(bytes[bytes.length - length]).as("type of the last block").isEqualTo((byte) 5);
    }

    @Test
    void secondOneAndAnUnknownNicAreRefused() throws Exception {
        try (Stack stack = Stack.start(StackConfig.of("nic=memory,ip=198.18.0.2/24"))) {
            assertThatThrownBy(() -> stack.capture().start(directory.resolve("x"), 1))
                    .isInstanceOf(StackUnavailableException.class)
                    .hasMessage("there is no NIC 1; name one from 0 to 0");
            stack.capture().start(directory.resolve("x"), 0);
            assertThatThrownBy(() -> stack.capture().start(directory.resolve("y"), 0))
                    .hasMessage("a capture is running already; end it first");
        }
    }
}
