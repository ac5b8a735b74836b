/* SPDX-License-Identifier: Apache-2.0 */
package org.mtcp4j.agent.cli;

import java.io.IOException;
import java.nio.file.Path;
import java.util.concurrent.Callable;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code capture}: the program itself writes the file; it stops when this command does, however that ends. */
@Command(
        name = "capture",
        description = "Writes what a running program's NIC receives and sends into a pcapng file, until interrupted.")
final class Capture implements Callable<Integer> {
    private static final long PATIENCE_S = 10;

    @Parameters(index = "0", description = "process id")
    private long pid;

    @Parameters(index = "1", description = "file to write")
    private Path file;

    @Option(names = "--seconds", description = "ends after so many seconds")
    private long seconds;

    @Option(names = "--nic", description = "which of mtcp.nic, from 0")
    private int nic;

    private final CountDownLatch answered = new CountDownLatch(1);

    @Override
    public Integer call() {
        if (seconds < 0) {
            System.err.println(
                    "--seconds " + seconds + " is less than nothing; write how long to capture, or leave it out");
            return 2;
        }
        try (Question question = new Question(pid, "capture " + nic + " " + file.toAbsolutePath())) {
            Runtime.getRuntime().addShutdownHook(new Thread(() -> endAndWait(question)));
            if (seconds > 0) {
                Thread timer = new Thread(() -> endAfter(question));
                timer.setDaemon(true);
                timer.start();
            }
            return question.printAnswer().startsWith("ERROR") ? 1 : 0;
        } catch (IOException e) {
            System.err.println(e.getMessage());
            return 1;
        } finally {
            answered.countDown();
        }
    }

    private void endAfter(Question question) {
        try {
            TimeUnit.SECONDS.sleep(seconds);
            question.end();
        } catch (IOException | InterruptedException e) {
            // The program has ended, or we have.
        }
    }

    /** At an interrupt: the answer's last line is still printed. */
    private void endAndWait(Question question) {
        try {
            if (answered.getCount() > 0) {
                question.end();
                answered.await(PATIENCE_S, TimeUnit.SECONDS);
            }
        } catch (IOException | InterruptedException e) {
            // The program has ended first.
        }
    }
}
