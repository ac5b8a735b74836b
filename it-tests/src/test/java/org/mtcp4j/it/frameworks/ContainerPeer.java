/* SPDX-License-Identifier: Apache-2.0 */
package org.mtcp4j.it.frameworks;

import java.util.List;
import org.testcontainers.containers.Container.ExecResult;
import org.testcontainers.containers.GenericContainer;
import org.testcontainers.utility.DockerImageName;

/** A container without a network of the engine's. */
final class ContainerPeer implements Peer {
    private static final int LONGEST_LIFE_S = 900;

    private final GenericContainer<?> container;

    private ContainerPeer(GenericContainer<?> container) {
        this.container = container;
    }

    /** @throws RuntimeException where the engine does not run it */
    static ContainerPeer start(String image) {
        GenericContainer<?> container = new GenericContainer<>(DockerImageName.parse(image))
                .withImagePullPolicy(name -> false)
                .withNetworkMode("none")
                .withCommand("/bin/sh", "-c", "exec sleep " + LONGEST_LIFE_S);
        container.start();
        return new ContainerPeer(container);
    }

    @Override
    public String kind() {
        return "container";
    }

    @Override
    public long pid() {
        return container.getCurrentContainerInfo().getState().getPidLong();
    }

    @Override
    public String directory() {
        return "/tmp";
    }

    @Override
    public String network(int seconds, String line) throws Exception {
        return Running.run(seconds, List.of("nsenter", "-t", Long.toString(pid()), "-n", "bash", "-c", line))
                .ok();
    }

    @Override
    public Running.Ended run(int seconds, String line) throws Exception {
        ExecResult result = container.execInContainer("/bin/sh", "-c", line);
        return new Running.Ended(result.getExitCode(), result.getStdout() + result.getStderr());
    }

    @Override
    public void serve(String line) throws Exception {
        run(10, "(exec " + line + ") >/tmp/served 2>&1 </dev/null &").ok();
    }

    @Override
    public void close() {
        container.stop();
    }
}
