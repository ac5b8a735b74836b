/* SPDX-License-Identifier: Apache-2.0 */
package org.mtcp4j.it.frameworks;

import java.io.IOException;
import java.nio.file.Path;

/**
 * A real peer with a network of its own, to which interfaces of the program's namespace are given: a container where {@code bin/engine} has
 * brought an engine, else a plain network namespace. Whatever it runs ends with it.
 */
interface Peer extends AutoCloseable {
    /** @param beside the program's namespace */
    static Peer start(Namespace beside, Path scratch) throws Exception {
        String image = System.getenv("PEER_IMAGE");
        if (image != null) {
            try {
                return ContainerPeer.start(image);
            } catch (RuntimeException e) {
                System.out.println("[it] no container: " + e.getMessage() + "; the peer runs in a network namespace");
            }
        }
        return new NamespacePeer(beside.beside(), scratch);
    }

    /** What it is, in a word. */
    String kind();

    /** A process in its network namespace. */
    long pid();

    /** Where it may write. */
    String directory();

    /** Runs a command of this machine's in its network; it must succeed. */
    String network(int seconds, String line) throws Exception;

    /** Runs a shell line as the peer. */
    Running.Ended run(int seconds, String line) throws Exception;

    /** Starts a server that stays in the foreground. */
    void serve(String line) throws Exception;

    @Override
    void close() throws IOException;
}
