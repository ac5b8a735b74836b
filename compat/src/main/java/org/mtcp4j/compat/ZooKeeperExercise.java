/* SPDX-License-Identifier: Apache-2.0 */
package org.mtcp4j.compat;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.apache.zookeeper.CreateMode;
import org.apache.zookeeper.Watcher.Event.EventType;
import org.apache.zookeeper.Watcher.Event.KeeperState;
import org.apache.zookeeper.ZooDefs;
import org.apache.zookeeper.ZooKeeper;
import org.apache.zookeeper.server.ServerCnxnFactory;
import org.apache.zookeeper.server.ZooKeeperServer;

/** A ZooKeeper server over NIO, and its client. */
final class ZooKeeperExercise implements Exercise {
    private static final int TICK_MS = 2_000;
    private static final int CLIENTS = 10;

    @Override
    public Class<?> subject() {
        return ZooKeeper.class;
    }

    @Override
    public void run() throws Exception {
        Path directory = Files.createTempDirectory("mtcp4j-zookeeper");
        ZooKeeperServer server = new ZooKeeperServer(directory.toFile(), directory.toFile(), TICK_MS);
        ServerCnxnFactory factory = ServerCnxnFactory.createFactory(Checks.anyPort(), CLIENTS);
        factory.startup(server);
        try {
            CompletableFuture<Void> connected = new CompletableFuture<>();
            ZooKeeper client = new ZooKeeper(
                    Checks.LOOPBACK.getHostAddress() + ":" + factory.getLocalPort(), TICK_MS * 5, event -> {
                        if (event.getState() == KeeperState.SyncConnected) {
                            connected.complete(null);
                        }
                    });
            connected.get(Checks.SECONDS, TimeUnit.SECONDS);
            byte[] data = Checks.utf8("hello");
            client.create("/a", data, ZooDefs.Ids.OPEN_ACL_UNSAFE, CreateMode.PERSISTENT);
            CompletableFuture<EventType> changed = new CompletableFuture<>();
            Checks.same(data, client.getData("/a", event -> changed.complete(event.getType()), null));
            client.setData("/a", Checks.utf8("world"), -1);
            Checks.same(EventType.NodeDataChanged, changed.get(Checks.SECONDS, TimeUnit.SECONDS));
            client.close();
        } finally {
            factory.shutdown();
            TomcatExercise.delete(directory);
        }
    }
}
