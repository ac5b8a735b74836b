/* SPDX-License-Identifier: Apache-2.0 */
package org.mtcp4j.core;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;

/** Inputs that a fuzzer is given to start with, and found worth keeping. */
public final class Corpus {
    private Corpus() {}

    /** What is fuzzed. */
    public interface Target {
        void accept(byte[] input) throws Exception;
    }

    /** @return how many inputs there are */
    public static int replay(Path folder, Target target) throws IOException {
        List<Path> inputs;
        try (Stream<Path> files = Files.list(folder)) {
            inputs = files.sorted().toList();
        }
        for (Path input : inputs) {
            try {
                target.accept(Files.readAllBytes(input));
            } catch (Exception | AssertionError e) {
                throw new AssertionError("input " + input, e);
            }
        }
        return inputs.size();
    }
}
