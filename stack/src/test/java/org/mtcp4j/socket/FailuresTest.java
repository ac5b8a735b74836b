/* SPDX-License-Identifier: Apache-2.0 */
package org.mtcp4j.socket;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.net.BindException;
import java.net.ConnectException;
import java.net.NoRouteToHostException;
import java.net.ProtocolException;
import java.net.SocketException;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.mtcp4j.tcp.CloseReason;

/** Types and messages as the JDK makes them of Linux's errno. */
class FailuresTest {
    @ParameterizedTest
    @CsvSource({
        "REFUSED, Connection refused",
        "TIMED_OUT, Connection timed out",
        "HOST_UNREACHABLE, No route to host",
        "NETWORK_UNREACHABLE, Network is unreachable",
        "PROTOCOL_UNREACHABLE, Protocol not available",
        "PROTOCOL_ERROR, Protocol error",
        "PROHIBITED, Permission denied"
    })
    void aRefusedConnectHasTheTypeAndTheTextOfItsErrno(CloseReason reason, String message) {
        Class<? extends IOException> type =
                switch (reason) {
                    case REFUSED, TIMED_OUT -> ConnectException.class;
                    case HOST_UNREACHABLE -> NoRouteToHostException.class;
                    case PROTOCOL_ERROR -> ProtocolException.class;
                    case PROHIBITED -> BindException.class;
                    default -> SocketException.class;
                };
        assertThat(Failures.connect(reason)).isExactlyInstanceOf(type).hasMessage(message);
    }
}
