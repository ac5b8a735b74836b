/* SPDX-License-Identifier: Apache-2.0 */
package org.mtcp4j.it.frameworks;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.List;
import jnr.ffi.LibraryLoader;

/** The socket by which two memif ports know of each other: what comes over it ends, as if the link were pulled. */
final class MemifLink {
    private static final long PIDFD_OPEN = 434;
    private static final long PIDFD_GETFD = 438;
    private static final int SHUT_RDWR = 2;

    private MemifLink() {}

    /** Of libc's. */
    public interface Libc {
        long syscall(long number, long a, long b, long c);

        int shutdown(int fd, int how);

        int close(int fd);
    }

    /** Ends the connections that the process has accepted at that path. */
    static void pull(long pid, Path socket) throws IOException {
        List<String> connected = Files.readAllLines(Path.of("/proc/" + pid + "/net/unix")).stream()
                .map(line -> line.trim().split("\\s+"))
                .filter(words -> words.length == 8 && words[7].equals(socket.toString()) && words[5].equals("03"))
                .map(words -> "socket:[" + words[6] + "]")
                .toList();
        Libc libc = LibraryLoader.create(Libc.class).load("c");
        int pulled = 0;
        int pidfd = (int) libc.syscall(PIDFD_OPEN, pid, 0, 0);
        try (var fds = Files.newDirectoryStream(Path.of("/proc/" + pid + "/fd"))) {
            for (Path fd : fds) {
                if (connected.contains(target(fd))) {
                    int own = (int) libc.syscall(
                            PIDFD_GETFD, pidfd, Long.parseLong(fd.getFileName().toString()), 0);
                    pulled += libc.shutdown(own, SHUT_RDWR) == 0 ? 1 : 0;
                    libc.close(own);
                }
            }
        } finally {
            libc.close(pidfd);
        }
        if (pulled == 0) {
            throw new IOException("nothing is connected at " + socket);
        }
    }

    private static String target(Path fd) throws IOException {
        try {
            return Files.readSymbolicLink(fd).toString();
        } catch (NoSuchFileException e) {
            return "closed meanwhile";
        }
    }
}
