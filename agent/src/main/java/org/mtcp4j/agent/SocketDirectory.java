/* SPDX-License-Identifier: Apache-2.0 */
package org.mtcp4j.agent;

import java.io.IOException;
import java.nio.channels.SocketChannel;
import java.nio.file.DirectoryIteratorException;
import java.nio.file.DirectoryStream;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import jdk.net.ExtendedSocketOptions;
import org.mtcp4j.nic.linux.OwnFiles;

/**
 * Where programs under the agent and the commands of the same user meet: {@code $XDG_RUNTIME_DIR/mtcp4j}, else {@code mtcp4j-USER} in the
 * temporary directory, where anybody may have been first. So both sides look at owner and mode, follow no link, and ask the kernel who
 * is at the other end.
 */
public final class SocketDirectory {
    private SocketDirectory() {}

    private static List<Path> candidates() {
        List<Path> directories = new ArrayList<>();
        String runtime = System.getenv("XDG_RUNTIME_DIR");
        if (runtime != null && runtime.startsWith("/")) {
            directories.add(Path.of(runtime, "mtcp4j"));
        }
        directories.add(Path.of(System.getProperty("java.io.tmpdir"), "mtcp4j-" + System.getProperty("user.name")));
        return directories;
    }

    /** Those of {@link #candidates}, and the one of a program that was started where XDG_RUNTIME_DIR was set and is not here. */
    private static Set<Path> whereToLook() {
        Set<Path> directories = new LinkedHashSet<>(candidates());
        directories.add(Path.of("/run/user/" + OwnFiles.uid(), "mtcp4j"));
        return directories;
    }

    /**
     * The directory, made unless it is there.
     *
     * @throws IOException with the reasons, where there is none that can be trusted
     */
    static Path make() throws IOException {
        List<String> reasons = new ArrayList<>();
        for (Path directory : candidates()) {
            try {
                String reason = made(directory);
                if (reason == null) {
                    return directory;
                }
                reasons.add(reason);
            } catch (IOException e) {
                reasons.add(directory + " cannot be made (" + e + ")");
            }
        }
        throw new IOException(String.join("; ", reasons));
    }

    private static String made(Path directory) throws IOException {
        try {
            Files.createDirectory(
                    directory, PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rwx------")));
        } catch (FileAlreadyExistsException e) {
            // Whose, is looked at below.
        }
        return OwnFiles.distrust(directory);
    }

    static Path socketIn(Path directory, long pid) {
        return directory.resolve(pid + ".sock");
    }

    /**
     * Where the process of that id listens.
     *
     * @throws IOException with a sentence, where it does not run under the agent for this user, or somebody else pretends to be it
     */
    public static Path socketOf(long pid) throws IOException {
        Set<Path> directories = whereToLook();
        for (Path directory : directories) {
            Path socket = socketIn(directory, pid);
            if (Files.exists(socket, LinkOption.NOFOLLOW_LINKS)) {
                String reason = OwnFiles.distrust(directory);
                reason = reason == null ? distrustSocket(socket) : reason;
                if (reason != null) {
                    throw new IOException(
                            reason + ", so " + socket + " is not asked; remove it, and start the program again");
                }
                return socket;
            }
        }
        throw new IOException("process " + pid + " does not run under the agent for this user (no " + pid + ".sock in "
                + String.join(", ", directories.stream().map(Path::toString).toList())
                + "); a program that opens no socket is there 5 s after its start");
    }

    /** Ids of the processes that seem to run under the agent for this user, in order; whether they do, {@link #socketOf} says. */
    public static List<Long> programs() {
        Set<Long> pids = new TreeSet<>();
        for (Path directory : whereToLook()) {
            try (DirectoryStream<Path> sockets = Files.newDirectoryStream(directory, "*.sock")) {
                for (Path socket : sockets) {
                    long pid = Long.parseLong(socket.getFileName().toString().replace(".sock", ""));
                    if (ProcessHandle.of(pid).isPresent()) {
                        pids.add(pid);
                    }
                }
            } catch (IOException | DirectoryIteratorException | NumberFormatException e) {
                // No program was here, or somebody else's files are.
            }
        }
        return List.copyOf(pids);
    }

    /** Its mode does not matter, inside a directory that only its owner may enter. */
    private static String distrustSocket(Path socket) throws IOException {
        boolean own = Files.getOwner(socket, LinkOption.NOFOLLOW_LINKS)
                .equals(Files.getOwner(socket.getParent(), LinkOption.NOFOLLOW_LINKS));
        return own ? null : socket + " belongs to another user";
    }

    /**
     * Asks the kernel who is at the other end.
     *
     * @param own a file of this user's
     * @throws IOException where it is another user
     */
    public static void checkPeer(SocketChannel channel, Path own) throws IOException {
        try {
            Object user = Credentials.user(channel);
            if (!user.equals(Files.getOwner(own, LinkOption.NOFOLLOW_LINKS))) {
                throw new IOException("the other end belongs to " + user + ", not to this user");
            }
        } catch (LinkageError | UnsupportedOperationException e) {
            // A JDK without jdk.net, or no Linux: owner and mode of the directory have to do.
        }
    }

    /** In a class of its own: an image of the JDK may lack the module. */
    private static final class Credentials {
        static Object user(SocketChannel channel) throws IOException {
            return channel.getOption(ExtendedSocketOptions.SO_PEERCRED).user();
        }
    }
}
