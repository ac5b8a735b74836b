/* SPDX-License-Identifier: Apache-2.0 */
package org.mtcp4j.compat;

import io.lettuce.core.RedisClient;
import io.lettuce.core.api.StatefulRedisConnection;
import java.nio.charset.StandardCharsets;
import redis.clients.jedis.Jedis;

/** Clients of a Redis server that runs elsewhere: Lettuce on Netty, Jedis on {@code java.net}. */
final class RedisExercise implements Exercise {
    private static final int PORT = 6379;
    private static final int COUNT = 1_000;

    private final boolean lettuce;

    private RedisExercise(boolean lettuce) {
        this.lettuce = lettuce;
    }

    static Exercise lettuce() {
        return new RedisExercise(true);
    }

    static Exercise jedis() {
        return new RedisExercise(false);
    }

    @Override
    public Class<?> subject() {
        return lettuce ? RedisClient.class : Jedis.class;
    }

    @Override
    public void run() {
        String host = System.getProperty("redis.host", Checks.LOOPBACK.getHostAddress());
        String value = new String(Checks.body(), StandardCharsets.ISO_8859_1);
        if (lettuce) {
            lettuce(host, value);
        } else {
            jedis(host, value);
        }
    }

    private static void lettuce(String host, String value) {
        RedisClient client = RedisClient.create("redis://" + host + ":" + PORT);
        try (StatefulRedisConnection<String, String> connection = client.connect()) {
            Checks.same("OK", connection.sync().set("lettuce", value));
            Checks.same(value, connection.sync().get("lettuce"));
            for (int i = 1; i <= COUNT; i++) {
                Checks.same((long) i, connection.sync().incr("lettuce-count"));
            }
        } finally {
            client.shutdown();
        }
    }

    private static void jedis(String host, String value) {
        try (Jedis client = new Jedis(host, PORT)) {
            Checks.same("OK", client.set("jedis", value));
            Checks.same(value, client.get("jedis"));
            for (int i = 1; i <= COUNT; i++) {
                Checks.same((long) i, client.incr("jedis-count"));
            }
        }
    }
}
