/* SPDX-License-Identifier: Apache-2.0 */
package org.mtcp4j.socket;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.lang.management.ManagementFactory;
import java.net.InetSocketAddress;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.regex.Pattern;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.mtcp4j.config.StackConfig;

@Timeout(value = 60, unit = TimeUnit.SECONDS)
class StackReportTest {
    private static final String HOST = "198.18.0.2";

    private final List<StackSocket> sockets = new ArrayList<>();
    private Stack stack;
    private StackListener listener;

    @BeforeEach
    void startWithAConnection() throws Exception {
        stack = Stack.start(StackConfig.of("contexts=2"));
        listener = stack.newListener();
        listener.bind(new InetSocketAddress(HOST, 8080), 100);
        connect();
    }

    @AfterEach
    void stop() {
        stack.stop(0);
    }

    private void connect() throws Exception {
        SocketPair pair = SocketPair.open(stack, listener);
        sockets.addAll(List.of(pair.client(), pair.server()));
    }

    private String report(String... words) throws IOException {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        stack.report(List.of(words), bytes);
        return bytes.toString(StandardCharsets.US_ASCII);
    }

    @Test
    void textHasNumbersFirstThenListenersConnectionsPoolsAndCounters() throws Exception {
        String[] lines = report().split("\n", -1);
        assertThat(lines[0]).isEqualTo("listeners 1, connections 2: ESTABLISHED 2");
        assertThat(lines[1]).isEqualTo("State           Recv-Q   Send-Q  Local                    Peer");
        assertThat(lines[2]).isEqualTo("LISTEN               0      100  198.18.0.2:8080          *");
        assertThat(lines[3]).matches("ESTABLISHED {10}0 {8}0  198\\.18\\.0\\.2:\\d+ +198\\.18\\.0\\.2:\\d+ *");
        assertThat(report())
                .contains("\naddresses ")
                .containsPattern("\nchunks \\d+ of \\d+ free\nframes ")
                .containsPattern("\n[01] TcpActiveOpens +1\n");
    }

    @Test
    void onlyTheConnectionsThatAreAskedForAreTold() throws Exception {
        int port = sockets.get(0).localAddress().getPort();
        connect();
        assertThat(rows(report("state=established"))).isEqualTo(4);
        assertThat(rows(report("state=fin-wait-1"))).isZero();
        assertThat(rows(report("port=" + port))).isEqualTo(2);
        assertThat(rows(report("port=8080"))).as("with the listener").isEqualTo(5);
        assertThat(rows(report("address=" + HOST))).isEqualTo(4);
        assertThat(rows(report("address=2001:db8::1"))).isZero();
        assertThat(report("port=" + port)).doesNotContain("chunks");
        assertThat(rows(report("summary"))).isZero();
    }

    private static long rows(String report) {
        return report.lines()
                .filter(line -> line.startsWith("ESTAB") || line.startsWith("LISTEN "))
                .count();
    }

    @Test
    void theConnectionsWithTheMostBytesComeFirst() throws Exception {
        connect();
        connect();
        send(2, 3_000);
        send(4, 7_000);
        List<String> ports = report("top=2")
                .lines()
                .filter(line -> line.startsWith("ESTAB"))
                .map(line -> line.replaceAll(".*:", ""))
                .toList();
        assertThat(ports).hasSize(2);
        String most = "" + sockets.get(4).localAddress().getPort();
        assertThat(ports).allMatch(port -> port.equals(most) || port.equals("8080"));
    }

    private void send(int socket, int bytes) throws Exception {
        ByteBuffer data = ByteBuffer.allocate(bytes);
        assertThat(sockets.get(socket).write(data)).isEqualTo(bytes);
        data.clear();
        StackSocket peer = sockets.get(socket + 1);
        while (data.hasRemaining()) {
            if (peer.read(data) == StackSocket.UNAVAILABLE) {
                peer.await(Pollable.READ, 0);
            }
        }
    }

    @Test
    void infoHasRoundTripsWindowsAndBytes() throws Exception {
        send(0, 1_000);
        assertThat(report("info"))
                .containsPattern(
                        "\n    CUBIC rto:\\d+\\.\\d{3} rtt:\\d+\\.\\d{3}/\\d+\\.\\d{3} minrtt:\\d+\\.\\d{3} cwnd:\\d+ mss:\\d+"
                                + " inflight:\\d+ snd_wnd:\\d+ rcv_wnd:\\d+ wscale:\\d+,\\d+ ts sack.* bytes_acked:\\d+ bytes_received:1000"
                                + " lastsnd:\\d+ lastrcv:\\d+");
    }

    @Test
    void jsonIsOneObject() throws Exception {
        String json = report("json", "info").trim();
        assertThat(json).startsWith("{\"states\":{\"CLOSED\":0,\"LISTEN\":1,").endsWith("]}");
        assertThat(json).contains("\"listeners\":[{\"local\":\"198.18.0.2:8080\",\"waiting\":0,\"backlog\":100}]");
        assertThat(json)
                .containsPattern(
                        "\"state\":\"ESTABLISHED\",\"local\":\"198\\.18\\.0\\.2:\\d+\",\"peer\":\"198\\.18\\.0\\.2:\\d+\",\"recvQ\":0");
        // What is left without strings, numbers and words is brackets, colons and commas, each where it belongs.
        String shape = json.replaceAll("\"[^\"]*\"", "s")
                .replaceAll("-?\\d+|true|false", "v")
                .replaceAll("s:", ":");
        String before;
        do {
            before = shape;
            shape = shape.replaceAll("\\{(:[sv](,:[sv])*)?\\}|\\[([sv](,[sv])*)?\\]", "v");
        } while (!before.equals(shape));
        assertThat(shape).isEqualTo("v");
    }

    @Test
    void openMetricsHasATypeForEachFamilyAndEndsSo() throws Exception {
        String text = report("openmetrics");
        assertThat(text).endsWith("\n# EOF\n");
        Pattern sample = Pattern.compile("[a-z][a-z0-9_]*(\\{[a-z]+=\"[^\"]*\"\\})? -?\\d+");
        List<String> types = new ArrayList<>();
        for (String line : text.split("\n", -1)) {
            if (line.startsWith("# TYPE ")) {
                types.add(line.split(" ", -1)[2]);
            } else if (!line.isEmpty() && !line.equals("# EOF")) {
                assertThat(line).matches(sample);
                assertThat(line.replaceAll("(_total)?[{ ].*", "")).isEqualTo(types.get(types.size() - 1));
            }
        }
        assertThat(types).doesNotHaveDuplicates().contains("mtcp_tcp_ext_listen_overflows", "mtcp_tcp_retrans_segs");
        assertThat(text)
                .contains("mtcp_connections{state=\"established\"} 2\n")
                .contains("mtcp_accept_queue{local=\"198.18.0.2:8080\"} 0\n");
    }

    @ParameterizedTest
    @ValueSource(strings = {"state=open", "port=0", "port=http", "top=-1", "address=here", "everything"})
    void aWordThatIsNoneIsRefusedInASentence(String word) {
        assertThatThrownBy(() -> report(word))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("'" + word.replaceAll(".*=", "") + "'");
    }

    @Test
    void manyConnectionsCostNoMoreMemoryThanOne() throws Exception {
        long one = leastAllocated();
        for (int i = 0; i < 1_000; i++) {
            connect();
        }
        assertThat(rows(report("state=established"))).isEqualTo(2_002);
        assertThat(leastAllocated() - one).isLessThan(32 * 1_024);
    }

    /** By this thread in a report, the least of some: what the virtual machine allocates for itself comes once. */
    private long leastAllocated() throws IOException {
        com.sun.management.ThreadMXBean threads = (com.sun.management.ThreadMXBean) ManagementFactory.getThreadMXBean();
        OutputStream nowhere = OutputStream.nullOutputStream();
        long least = Long.MAX_VALUE;
        for (int i = 0; i < 5; i++) {
            long before = threads.getCurrentThreadAllocatedBytes();
            stack.report(List.of("info"), nowhere);
            least = Math.min(least, threads.getCurrentThreadAllocatedBytes() - before);
        }
        return least;
    }
}
