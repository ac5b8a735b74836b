/* SPDX-License-Identifier: Apache-2.0 */
package org.mtcp4j.it.frameworks;

import static org.junit.jupiter.api.Assumptions.abort;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/**
 * A network namespace of its own, alive until closed: held by a process that ends with its standard input, so it never outlives the
 * test's JVM. As root by {@code unshare -n}, else with a user namespace. What runs in it cannot see the machine's interfaces.
 */
final class Namespace implements AutoCloseable {
    private final Running holder;
    private final List<String> prefix;

    private Namespace(Running holder, List<String> prefix) {
        this.holder = holder;
        this.prefix = prefix;
    }

    /** Aborts the test, with the reason printed, where there can be none or no TAP in it. */
    static Namespace create() throws Exception {
        if (!Files.exists(Path.of("/dev/net/tun"))) {
            skip("/dev/net/tun is missing");
        }
        boolean root = System.getProperty("user.name").equals("root");
        List<String> unshare = root ? List.of("unshare", "-n") : List.of("unshare", "-r", "-n");
        return create(List.of(), unshare, root ? List.of("-n") : List.of("-U", "--preserve-credentials", "-n"));
    }

    /** One beside this one, that interfaces of this one can be given to. */
    Namespace beside() throws Exception {
        return create(prefix, List.of("unshare", "-n"), prefix.subList(3, prefix.size()));
    }

    private static Namespace create(List<String> outer, List<String> unshare, List<String> enter) throws Exception {
        List<String> command = new ArrayList<>(outer);
        command.addAll(unshare);
        // IPv6's chatter on a new interface is traffic that no test asked for.
        command.addAll(
                List.of(
                        "sh",
                        "-c",
                        "echo 1 2>/dev/null >/proc/sys/net/ipv6/conf/default/disable_ipv6; ip link set lo up; echo up; exec cat"));
        Running holder;
        try {
            holder = Running.start(command);
        } catch (IOException e) {
            skip("no network namespace: " + e.getMessage());
            throw e;
        }
        try {
            holder.awaitLine("up", 10);
        } catch (AssertionError e) {
            holder.close();
            skip("no network namespace: " + e.getMessage());
        }
        List<String> prefix = new ArrayList<>(List.of("nsenter", "-t", Long.toString(holder.pid())));
        prefix.addAll(enter);
        return new Namespace(holder, List.copyOf(prefix));
    }

    private static void skip(String reason) {
        System.out.println("[it] skipped: " + reason);
        abort(reason);
    }

    long pid() {
        return holder.pid();
    }

    List<String> inside(List<String> command) {
        List<String> all = new ArrayList<>(prefix);
        all.addAll(command);
        return all;
    }

    Running start(List<String> command) throws IOException {
        return Running.start(inside(command));
    }

    Running.Ended run(int seconds, String... command) throws Exception {
        return Running.run(seconds, inside(List.of(command)));
    }

    /** Runs a shell line; fails unless it succeeds. */
    String shell(int seconds, String line) throws Exception {
        return run(seconds, "bash", "-c", line).ok();
    }

    @Override
    public void close() throws IOException {
        holder.close();
    }
}
