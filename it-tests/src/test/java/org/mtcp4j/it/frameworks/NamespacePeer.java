/* SPDX-License-Identifier: Apache-2.0 */
package org.mtcp4j.it.frameworks;

import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/** Processes of this machine in a network namespace. */
final class NamespacePeer implements Peer {
    private final Namespace namespace;
    private final Path scratch;
    private final List<Running> servers = new ArrayList<>();

    NamespacePeer(Namespace namespace, Path scratch) {
        this.namespace = namespace;
        this.scratch = scratch;
    }

    @Override
    public String kind() {
        return "network namespace";
    }

    @Override
    public long pid() {
        return namespace.pid();
    }

    @Override
    public String directory() {
        return scratch.toString();
    }

    @Override
    public String network(int seconds, String line) throws Exception {
        return namespace.shell(seconds, line);
    }

    @Override
    public Running.Ended run(int seconds, String line) throws Exception {
        return namespace.run(seconds, "sh", "-c", line);
    }

    @Override
    public void serve(String line) throws Exception {
        servers.add(namespace.start(List.of("sh", "-c", "exec " + line)));
    }

    @Override
    public void close() throws IOException {
        for (Running server : servers) {
            server.close();
        }
        namespace.close();
    }
}
