/* SPDX-License-Identifier: Apache-2.0 */
package org.mtcp4j.nic.linux;

import java.io.BufferedReader;
import java.io.FileInputStream;
import java.io.FileReader;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.util.Map;

/**
 * Whether what is opened by name was made by this process's user. Names in directories that all may write, as {@code /tmp}, can be taken first
 * by another user. Loads nothing of {@code java.net} or {@code sun.nio.ch}, whose static state is the program's to set.
 */
public final class OwnFiles {
    private static final int GROUP_OR_OTHERS_WRITE = 022;
    private static final int OTHERS_WRITE = 02;
    private static final int PERMISSIONS = 07777;

    private OwnFiles() {}

    /** The effective user's id; -1 where the system does not say. */
    public static int uid() {
        try (BufferedReader status =
                new BufferedReader(new FileReader("/proc/self/status", StandardCharsets.US_ASCII))) {
            for (String line = status.readLine(); line != null; line = status.readLine()) {
                if (line.startsWith("Uid:")) {
                    return Integer.parseInt(line.split("\\s+", 4)[2]);
                }
            }
        } catch (IOException | NumberFormatException e) {
            // No /proc here.
        }
        return -1;
    }

    /** All of a small file, as those of /proc. */
    public static String read(Path file) throws IOException {
        try (InputStream in = new FileInputStream(file.toFile())) {
            return new String(in.readAllBytes(), StandardCharsets.ISO_8859_1);
        }
    }

    /** Why that file or directory is not to be trusted: a link, another user's, or one that others may write. Null if there is no reason. */
    public static String distrust(Path path) throws IOException {
        Map<String, Object> attributes = attributes(path);
        int uid = uid();
        if (attributes.isEmpty() || uid < 0) {
            return null;
        }
        if ((boolean) attributes.get("isSymbolicLink")) {
            return path + " is a symbolic link";
        }
        int owner = (int) attributes.get("uid");
        if (owner != uid) {
            return path + " belongs to another user (uid " + owner + ")";
        }
        int mode = (int) attributes.get("mode") & PERMISSIONS;
        return (mode & GROUP_OR_OTHERS_WRITE) == 0
                ? null
                : path + " can be written by others (mode " + Integer.toOctalString(mode) + ")";
    }

    /** As {@link #distrust}, but what the superuser has made is as good as one's own. */
    public static String distrustUnlessRoots(Path path) throws IOException {
        Map<String, Object> attributes = attributes(path);
        boolean roots = !attributes.isEmpty()
                && (int) attributes.get("uid") == 0
                && ((int) attributes.get("mode") & GROUP_OR_OTHERS_WRITE) == 0
                && !(boolean) attributes.get("isSymbolicLink");
        return roots ? null : distrust(path);
    }

    /** Whether anybody may make files in the directory of that file. */
    public static boolean isShared(Path file) throws IOException {
        Path directory = file.toAbsolutePath().getParent();
        try {
            return ((int) Files.getAttribute(directory, "unix:mode") & OTHERS_WRITE) != 0;
        } catch (UnsupportedOperationException | IllegalArgumentException e) {
            return false;
        }
    }

    /** Whether the file system of that directory is mounted so that no library can be loaded from it. */
    public static boolean isNoexec(Path directory) throws IOException {
        String path = directory.toRealPath() + "/";
        String options = "";
        int longest = 0;
        for (String line : read(Path.of("/proc/self/mounts")).lines().toList()) {
            String[] words = line.split(" ", -1);
            if (words.length < 4) {
                continue;
            }
            String point = words[1].replace("\\040", " ") + (words[1].endsWith("/") ? "" : "/");
            // Of several mounted at one place the last is what is seen.
            if (path.startsWith(point) && point.length() >= longest) {
                longest = point.length();
                options = "," + words[3] + ",";
            }
        }
        return options.contains(",noexec,");
    }

    /** Empty where the file system has no owners. */
    private static Map<String, Object> attributes(Path path) throws IOException {
        try {
            return Files.readAttributes(path, "unix:uid,mode,isSymbolicLink", LinkOption.NOFOLLOW_LINKS);
        } catch (UnsupportedOperationException | IllegalArgumentException e) {
            return Map.of();
        }
    }
}
