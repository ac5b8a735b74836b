/* SPDX-License-Identifier: Apache-2.0 */
package org.mtcp4j.it.frameworks;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.util.HexFormat;
import java.util.List;
import java.util.Locale;
import java.util.SplittableRandom;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** The kernel's curl, ab and wrk against each server on a NIC whose other end is the kernel's. */
abstract class KernelClients {
    private static final int CONNECTIONS = 1_000;
    private static final int CURL_SECONDS = 90;
    private static final String URL = Server.URL;

    @TempDir
    private Path directory;

    private Namespace namespace;

    /** As it is called in what is printed. */
    abstract String nic();

    /** How long a thousand connections are kept busy. */
    int seconds() {
        return 5;
    }

    /** Starts the server in the namespace; the second time what the first has made may still be there. */
    abstract Server serve(Namespace made, Program program) throws Exception;

    @ParameterizedTest
    @EnumSource(Program.class)
    void servesAKernelClient(Program program) throws Exception {
        try (Namespace made = Namespace.create()) {
            namespace = made;
            try (Server server = serve(made, program)) {
                answersSmallRequests();
                postsWithChecksum(1 << 20);
                keepsConnections(program);
                sendsChunks();
                closesWhenAsked();
                holdsAThousandConnections(program, server);
                fetchesWithChecksum(program);
                say(program, "100 MB up", postsWithChecksum(100 << 20));
                stopsGracefully(program, server);
            }
            try (Server server = serve(made, program)) {
                answersSmallRequests();
                stopsGracefully(program, server);
            }
        }
    }

    private String curl(String arguments) throws Exception {
        return namespace.shell(CURL_SECONDS + 10, "curl -sS -f -m " + CURL_SECONDS + " " + arguments);
    }

    private void answersSmallRequests() throws Exception {
        assertThat(curl(URL + "/")).isEqualTo("x".repeat(63) + "\n");
    }

    private double postsWithChecksum(int bytes) throws Exception {
        byte[] body = new byte[bytes];
        new SplittableRandom(bytes).nextBytes(body);
        Path file = directory.resolve("body");
        Files.write(file, body);
        String expected = bytes + " " + md5(body) + "\n";
        long startNs = System.nanoTime();
        String answer = curl("-H 'Expect:' -H 'Content-Type: application/octet-stream' --data-binary @" + file + " "
                + URL + "/post");
        double seconds = (System.nanoTime() - startNs) / 1e9;
        assertThat(answer).isEqualTo(expected);
        return bytes / 1e6 / seconds;
    }

    private void fetchesWithChecksum(Program program) throws Exception {
        Path file = directory.resolve("big");
        long startNs = System.nanoTime();
        curl("-o " + file + " " + URL + "/big");
        double seconds = (System.nanoTime() - startNs) / 1e9;
        byte[] body = Files.readAllBytes(file);
        assertThat(body).hasSize(100 << 20);
        assertThat(md5(body)).isEqualTo(curl(URL + "/big.md5"));
        say(program, "100 MB down", body.length / 1e6 / seconds);
    }

    private void keepsConnections(Program program) throws Exception {
        assertThat(curl("-w '%{num_connects}\\n' -o /dev/null " + URL + "/ -o /dev/null " + URL + "/"))
                .as("connections made by the first and the second request")
                .isEqualTo("1\n0\n");
        String ab = namespace.shell(60, "ab -q -k -s 30 -n 5000 -c 50 " + URL + "/ 2>&1");
        assertThat(figure(ab, "Failed requests:\\s+(\\d+)")).isZero();
        assertThat(figure(ab, "Keep-Alive requests:\\s+(\\d+)")).isEqualTo(5_000);
        System.out.printf(
                Locale.ROOT,
                "[it] %s over %s, ab -k -c 50: %.0f requests/s%n",
                program,
                nic(),
                figure(ab, "Requests per second:\\s+([\\d.]+)"));
    }

    private void sendsChunks() throws Exception {
        Path file = directory.resolve("chunks");
        String headers = curl("-D - -o " + file + " " + URL + "/chunked");
        assertThat(headers.toLowerCase(Locale.ROOT)).contains("transfer-encoding: chunked");
        assertThat(Files.readString(file, StandardCharsets.US_ASCII)).isEqualTo("chunk of sixteen".repeat(64 * 64));
    }

    private void closesWhenAsked() throws Exception {
        String headers = curl("-D - -o /dev/null -H 'Connection: close' " + URL + "/");
        assertThat(headers.toLowerCase(Locale.ROOT)).contains("connection: close");
        assertThat(curl("-w '%{num_connects}\\n' -H 'Connection: close' -o /dev/null " + URL + "/ -o /dev/null " + URL
                        + "/"))
                .isEqualTo("1\n1\n");
        String ab = namespace.shell(60, "ab -q -s 30 -n 2000 -c 50 " + URL + "/ 2>&1");
        assertThat(figure(ab, "Complete requests:\\s+(\\d+)")).isEqualTo(2_000);
        assertThat(figure(ab, "Failed requests:\\s+(\\d+)")).isZero();
    }

    private void holdsAThousandConnections(Program program, Server server) throws Exception {
        String line = "wrk -t1 -c" + CONNECTIONS + " -d" + seconds() + " --timeout 20s " + URL + "/";
        try (Running wrk = Running.start(namespace.inside(List.of("bash", "-c", line)))) {
            long most = 0;
            while (most < CONNECTIONS && wrk.isAlive()) {
                most = Math.max(most, server.stat().connections("ESTABLISHED"));
            }
            String text = wrk.await(60).ok();
            assertThat(text).doesNotContain("Socket errors").doesNotContain("Non-2xx");
            assertThat(most).as("connections seen at once").isGreaterThanOrEqualTo(CONNECTIONS);
            System.out.printf(
                    Locale.ROOT,
                    "[it] %s over %s, wrk -c %d: %.0f requests/s, %d connections at once, no errors%n",
                    program,
                    nic(),
                    CONNECTIONS,
                    figure(text, "Requests/sec:\\s+([\\d.]+)"),
                    most);
        }
    }

    private void stopsGracefully(Program program, Server server) throws Exception {
        long startNs = System.nanoTime();
        server.terminate();
        assertThat(server.exitCode(30)).isIn(0, 143);
        System.out.printf(
                Locale.ROOT, "[it] %s over %s stops in %.1f s%n", program, nic(), (System.nanoTime() - startNs) / 1e9);
    }

    private void say(Program program, String what, double megabytesPerSecond) {
        System.out.printf(Locale.ROOT, "[it] %s over %s, %s: %.0f MB/s%n", program, nic(), what, megabytesPerSecond);
    }

    private static double figure(String text, String pattern) {
        Matcher matcher = Pattern.compile(pattern).matcher(text);
        assertThat(matcher.find()).as(pattern + " in\n" + text).isTrue();
        return Double.parseDouble(matcher.group(1));
    }

    private static String md5(byte[] body) throws Exception {
        return HexFormat.of().formatHex(MessageDigest.getInstance("MD5").digest(body));
    }
}
