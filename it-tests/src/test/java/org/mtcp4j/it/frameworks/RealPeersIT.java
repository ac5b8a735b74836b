/* SPDX-License-Identifier: Apache-2.0 */
package org.mtcp4j.it.frameworks;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Path;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/**
 * Debian's nginx, redis, curl, wrk and iperf3, each with a network of its own, against a program on the stack: over the stack's TAP, given
 * to the peer, and over veths given to the peers and bridged with the TAP.
 */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class RealPeersIT {
    private static final String STACK = Server.STACK_IP;
    private static final String FIRST = Server.HOST_IP;
    private static final String SECOND = "198.18.0.3";
    private static final int BIG_BYTES = 20 << 20;

    @TempDir
    private Path scratch;

    private final Map<Wire, Setup> setups = new EnumMap<>(Wire.class);

    /** How the peers are reached. */
    enum Wire {
        TAP,
        VETH
    }

    /** A program on the stack and its peers; over a TAP both are one. */
    private static final class Setup implements AutoCloseable {
        private final Namespace namespace;
        private final Running program;
        private final Peer first;
        private final Peer second;

        Setup(Wire wire, Path scratch) throws Exception {
            namespace = Namespace.create();
            program = namespace.start(List.of(
                    Build.java().toString(),
                    "-Xmx256m",
                    "-XX:+UseSerialGC",
                    Server.agent(Server.tap("mt0")),
                    "-cp",
                    Build.testClasses().toString(),
                    PeerProgram.class.getName()));
            program.awaitLine("ready", 60);
            first = Peer.start(namespace, scratch);
            second = wire == Wire.TAP ? first : Peer.start(namespace, scratch);
            if (wire == Wire.TAP) {
                namespace.shell(10, "ip link set mt0 netns " + first.pid() + " name eth0");
                address(first, FIRST);
            } else {
                namespace.shell(
                        10,
                        "ip addr flush dev mt0; ip link add br0 type bridge && ip link set br0 up"
                                + " && ip link set mt0 master br0");
                attach(first, "a", FIRST);
                attach(second, "b", SECOND);
            }
            System.out.println("[it] peers over " + wire + ": in a " + first.kind() + " each");
        }

        private void attach(Peer peer, String name, String address) throws Exception {
            namespace.shell(
                    10,
                    "ip link add " + name + "0 type veth peer name " + name + "1 && ip link set " + name
                            + "0 master br0 up && ip link set " + name + "1 netns " + peer.pid() + " name eth0");
            address(peer, address);
        }

        private static void address(Peer peer, String address) throws Exception {
            peer.network(10, "ip addr add " + address + "/24 dev eth0 && ip link set eth0 up && ip link set lo up");
        }

        @Override
        public void close() throws IOException {
            program.close();
            first.close();
            second.close();
            namespace.close();
        }
    }

    private Setup over(Wire wire) throws Exception {
        Setup present = setups.get(wire);
        if (present == null) {
            present = new Setup(wire, scratch);
            setups.put(wire, present);
        }
        return present;
    }

    @AfterAll
    void end() throws IOException {
        for (Setup setup : setups.values()) {
            setup.close();
        }
    }

    private static void awaitPort(Peer peer, int port) throws Exception {
        String hex = String.format("%04X", port);
        peer.network(
                20,
                "until cat /proc/net/tcp /proc/net/tcp6 2>/dev/null | grep -q '^ *[0-9]*: [0-9A-F]*:" + hex
                        + " [0-9A-F:]* 0A'; do sleep 0.05; done");
    }

    /** The counters move, and nothing went to the kernel. */
    private static void overTheStack(Setup setup, String counter, Stat before) throws Exception {
        Stat after = Stat.asked(setup.program.pid());
        assertThat(after.counter(counter) - before.counter(counter)).as(counter).isPositive();
        assertThat(after.counters("Kernel"))
                .as("sockets that went to the kernel")
                .isZero();
    }

    @ParameterizedTest
    @EnumSource(Wire.class)
    void fetchesFromNginx(Wire wire) throws Exception {
        Setup setup = over(wire);
        Peer nginx = setup.second;
        String home = nginx.directory() + "/nginx-" + wire;
        nginx.run(
                        30,
                        "mkdir -p " + home + "/www " + home + "/logs && head -c " + BIG_BYTES + " /dev/zero >" + home
                                + "/www/big && echo small >" + home
                                + "/www/small && echo 'daemon off; error_log stderr; pid " + home
                                + "/pid; events {} http { access_log off; client_body_temp_path " + home
                                + "/t1; proxy_temp_path " + home + "/t2; fastcgi_temp_path " + home
                                + "/t3; uwsgi_temp_path " + home + "/t4; scgi_temp_path " + home
                                + "/t5; sendfile on; server { listen 80; root " + home + "/www; } }' >" + home
                                + "/conf")
                .ok();
        nginx.serve("nginx -e stderr -p " + home + " -c " + home + "/conf");
        awaitPort(nginx, 80);
        Stat before = Stat.asked(setup.program.pid());
        String url = "http://" + addressOfSecond(wire);
        for (String how : List.of("fetch", "fetch-nio")) {
            assertThat(setup.program.ask(how + " " + url + "/small", 30)).startsWith("6 ");
            assertThat(setup.program.ask(how + " " + url + "/big", 60))
                    .as("length and MD5 of so many zeroes")
                    .isEqualTo(BIG_BYTES + " 8f4e33f3dc3e414ff94e5fb6905cba8c");
        }
        overTheStack(setup, "TcpActiveOpens", before);
    }

    private static String addressOfSecond(Wire wire) {
        return wire == Wire.TAP ? FIRST : SECOND;
    }

    @ParameterizedTest
    @EnumSource(Wire.class)
    void setsAndReadsInRedis(Wire wire) throws Exception {
        Setup setup = over(wire);
        setup.second.serve("redis-server --bind 0.0.0.0 --protected-mode no --save '' --appendonly no --dir "
                + setup.second.directory());
        awaitPort(setup.second, 6379);
        Stat before = Stat.asked(setup.program.pid());
        assertThat(setup.program.ask("redis " + addressOfSecond(wire) + " 2000", 60))
                .isEqualTo("all 2000");
        overTheStack(setup, "TcpActiveOpens", before);
    }

    @ParameterizedTest
    @EnumSource(Wire.class)
    void servesCurl(Wire wire) throws Exception {
        Setup setup = over(wire);
        Stat before = Stat.asked(setup.program.pid());
        String url = "http://" + STACK + ":" + PeerProgram.PORT;
        String curl = "curl -sS -f -m 30 ";
        assertThat(setup.first.run(40, curl + url + "/").ok()).isEqualTo("x".repeat(63) + "\n");
        assertThat(setup.first
                        .run(60, "head -c " + BIG_BYTES + " /dev/zero | " + curl + "--data-binary @- " + url + "/post")
                        .ok())
                .isEqualTo(BIG_BYTES + " 8f4e33f3dc3e414ff94e5fb6905cba8c");
        overTheStack(setup, "TcpPassiveOpens", before);
    }

    @ParameterizedTest
    @EnumSource(Wire.class)
    void servesWrk(Wire wire) throws Exception {
        Setup setup = over(wire);
        Stat before = Stat.asked(setup.program.pid());
        String report = setup.first
                .run(30, "wrk -t1 -c20 -d2s http://" + STACK + ":" + PeerProgram.PORT + "/")
                .ok();
        assertThat(report).doesNotContain("Socket errors").doesNotContain("Non-2xx");
        assertThat(figure(report, "Requests/sec: +([\\d.]+)")).as(report).isPositive();
        overTheStack(setup, "TcpPassiveOpens", before);
        System.out.printf("[it] wrk over %s: %.0f requests/s%n", wire, figure(report, "Requests/sec: +([\\d.]+)"));
    }

    /** Both ways through a relay on the stack, from one peer to the other. */
    @ParameterizedTest
    @EnumSource(Wire.class)
    void relaysIperf(Wire wire) throws Exception {
        Setup setup = over(wire);
        setup.second.serve("iperf3 -s -p 5202");
        awaitPort(setup.second, 5202);
        assertThat(setup.program.ask("relay 5201 " + addressOfSecond(wire) + " 5202", 10))
                .isEqualTo("from 5201");
        Stat before = Stat.asked(setup.program.pid());
        for (String way : List.of("", " -R")) {
            String report = setup.first
                    .run(60, "iperf3 -f m -c " + STACK + " -p 5201 -P 2 -n 40M" + way)
                    .ok();
            double megabits = figure(report, "SUM\\].* ([\\d.]+) Mbits/sec +receiver");
            assertThat(megabits).as(report).isPositive();
            System.out.printf("[it] iperf3%s over %s through a relay: %.0f Mbit/s%n", way, wire, megabits);
        }
        overTheStack(setup, "TcpActiveOpens", before);
        overTheStack(setup, "TcpPassiveOpens", before);
    }

    private static double figure(String text, String pattern) {
        Matcher matcher = Pattern.compile(pattern).matcher(text);
        assertThat(matcher.find()).as(text).isTrue();
        return Double.parseDouble(matcher.group(1));
    }
}
