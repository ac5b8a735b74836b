/* SPDX-License-Identifier: Apache-2.0 */
package org.mtcp4j.compat;

import java.io.IOException;
import java.io.OutputStream;
import java.io.PrintStream;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Properties;
import java.util.concurrent.TimeUnit;
import kafka.server.KafkaConfig;
import kafka.server.KafkaRaftServer;
import kafka.tools.StorageTool;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.NewTopic;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.Uuid;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;
import org.apache.kafka.common.serialization.ByteArraySerializer;
import org.apache.kafka.common.utils.Time;

/** One broker that is its own controller, a producer and a consumer. */
final class KafkaExercise implements Exercise {
    private static final int RECORDS = 1_000;
    private static final int RECORD_BYTES = 1_000;

    @Override
    public Class<?> subject() {
        return KafkaProducer.class;
    }

    @Override
    public void run() throws Exception {
        Path directory = Files.createTempDirectory("mtcp4j-kafka");
        String host = Checks.LOOPBACK.getHostAddress();
        int broker = freePort();
        int controller = freePort();
        Properties properties = new Properties();
        properties.putAll(Map.ofEntries(
                Map.entry("process.roles", "broker,controller"),
                Map.entry("node.id", "1"),
                Map.entry("controller.quorum.voters", "1@" + host + ":" + controller),
                Map.entry("listeners", "PLAINTEXT://:" + broker + ",CONTROLLER://" + host + ":" + controller),
                Map.entry("advertised.listeners", "PLAINTEXT://" + host + ":" + broker),
                Map.entry("controller.listener.names", "CONTROLLER"),
                Map.entry("log.dirs", directory.resolve("log").toString()),
                Map.entry("offsets.topic.replication.factor", "1"),
                Map.entry("offsets.topic.num.partitions", "1"),
                Map.entry("transaction.state.log.replication.factor", "1"),
                Map.entry("transaction.state.log.min.isr", "1"),
                Map.entry("group.initial.rebalance.delay.ms", "0")));
        format(directory, properties);
        KafkaRaftServer server = new KafkaRaftServer(KafkaConfig.fromProps(properties), Time.SYSTEM);
        server.startup();
        try {
            produceAndConsume(host + ":" + broker);
        } finally {
            server.shutdown();
            server.awaitShutdown();
            TomcatExercise.delete(directory);
        }
    }

    private static int freePort() throws IOException {
        try (ServerSocket socket = new ServerSocket(0, 1, Checks.LOOPBACK)) {
            return socket.getLocalPort();
        }
    }

    private static void format(Path directory, Properties properties) throws IOException {
        Path file = directory.resolve("server.properties");
        try (OutputStream out = Files.newOutputStream(file)) {
            properties.store(out, null);
        }
        String[] arguments = {"format", "-t", Uuid.randomUuid().toString(), "-c", file.toString()};
        Checks.same(
                0, StorageTool.execute(arguments, new PrintStream(OutputStream.nullOutputStream(), false, "UTF-8")));
    }

    private static void produceAndConsume(String bootstrap) throws Exception {
        try (Admin admin = Admin.create(Map.of("bootstrap.servers", bootstrap))) {
            admin.createTopics(List.of(new NewTopic("t", 1, (short) 1))).all().get(Checks.SECONDS, TimeUnit.SECONDS);
        }
        byte[] value = java.util.Arrays.copyOf(Checks.body(), RECORD_BYTES);
        Map<String, Object> common =
                Map.of("bootstrap.servers", bootstrap, "group.id", "g", "auto.offset.reset", "earliest");
        try (KafkaProducer<byte[], byte[]> producer = new KafkaProducer<>(
                Map.of("bootstrap.servers", bootstrap), new ByteArraySerializer(), new ByteArraySerializer())) {
            for (int i = 0; i < RECORDS; i++) {
                var unused = producer.send(new ProducerRecord<>("t", value));
            }
            producer.flush();
        }
        try (KafkaConsumer<byte[], byte[]> consumer =
                new KafkaConsumer<>(common, new ByteArrayDeserializer(), new ByteArrayDeserializer())) {
            consumer.subscribe(List.of("t"));
            long endNs = System.nanoTime() + TimeUnit.SECONDS.toNanos(Checks.SECONDS);
            int got = 0;
            while (got < RECORDS && System.nanoTime() < endNs) {
                for (ConsumerRecord<byte[], byte[]> found : consumer.poll(Duration.ofMillis(200))) {
                    Checks.same(value, found.value());
                    got++;
                }
            }
            Checks.same(RECORDS, got);
        }
    }
}
