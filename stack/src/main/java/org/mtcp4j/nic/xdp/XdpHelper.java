/* SPDX-License-Identifier: Apache-2.0 */
package org.mtcp4j.nic.xdp;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.List;
import java.util.concurrent.Semaphore;
import org.mtcp4j.nic.NicUnavailableException;
import org.mtcp4j.nic.linux.LinuxCalls;
import org.mtcp4j.nic.linux.LinuxCallsLoader;

/**
 * Attaches to an interface for programs that may not: makes maps, loads and attaches the program, hands all of them over and keeps none of them,
 * so that they end with the program that has them. What is left to it is to have the kernel look for neighbours, which needs CAP_NET_ADMIN too.
 */
public final class XdpHelper {
    static final int MOST_PROGRAMS = 16;
    private static final int PATIENCE_S = 10;
    private static final int FILE_TYPE = 0170000;
    private static final int SOCKET_FILE = 0140000;
    private static final String OWNER_AND_GROUP = "rw-rw----";

    private final LinuxCalls calls;
    private final XdpFailures failures;
    private final String interfaceName;
    private final InterfaceTable.Link link;
    private final Path path;
    private final Semaphore places = new Semaphore(MOST_PROGRAMS);
    private boolean saidFull;

    XdpHelper(LinuxCalls calls, String interfaceName, Path path) throws NicUnavailableException {
        this.calls = calls;
        this.interfaceName = interfaceName;
        this.path = path;
        failures = new XdpFailures(calls, interfaceName);
        InterfaceTable table = new InterfaceTable(calls, failures);
        try {
            link = table.require(failures);
        } finally {
            table.close();
        }
    }

    /**
     * Serves until the process ends, or nobody can be served any more.
     *
     * @param path of the socket to make, which its owner and group may use
     * @param ready told when programs may come
     */
    public static void serve(String interfaceName, Path path, Runnable ready) throws NicUnavailableException {
        new XdpHelper(LinuxCallsLoader.load(), interfaceName, path).serve(ready);
    }

    private void serve(Runnable ready) throws NicUnavailableException {
        // Whoever may not attach is told so here, and not only by the first program.
        try (XdpProgram trial = new XdpProgram(calls, failures)) {
            trial.load(false);
        }
        int listener = listener();
        ready.run();
        while (true) {
            int fd = HelperChannel.accept(calls, listener);
            if (fd == -LinuxCalls.EINTR || fd == -LinuxCalls.ECONNABORTED) {
                continue;
            }
            failures.must(fd, "waiting for programs at " + path, "raise the limit of open files (ulimit -n)");
            take(HelperChannel.of(calls, fd, PATIENCE_S));
        }
    }

    /** Serves a program in a thread of its own, or tells it that there is no place. */
    void take(HelperChannel channel) {
        if (!places.tryAcquire()) {
            String full = failures.sentence(
                            "the helper at " + path + " serves " + MOST_PROGRAMS + " programs already; end one of them")
                    .getMessage();
            channel.sendNow(HelperChannel.FAILED, full.getBytes(StandardCharsets.UTF_8));
            channel.close();
            if (!saidFull) {
                // Once, as who is refused may try again every second.
                System.err.println(full);
            }
            saidFull = true;
            return;
        }
        saidFull = false;
        Thread thread = new Thread(() -> serve(channel), "mtcp4j-xdp-helper");
        thread.setDaemon(true);
        thread.start();
    }

    int listener() throws NicUnavailableException {
        String text = path.toString();
        String cure = "name a file of at most 107 characters in a directory that this user may write to";
        removeDead(text);
        int fd = HelperChannel.bound(calls, text);
        failures.must(fd, "making the socket " + path, cure);
        Runtime.getRuntime().addShutdownHook(new Thread(() -> {
            try {
                Files.deleteIfExists(path);
            } catch (IOException e) {
                // The next helper removes it.
            }
        }));
        try {
            Files.setPosixFilePermissions(path, PosixFilePermissions.fromString(OWNER_AND_GROUP));
        } catch (IOException e) {
            throw failures.sentence("the rights of " + path + " cannot be set (" + e.getMessage() + "); " + cure);
        }
        failures.must(HelperChannel.listen(calls, fd), "listening at " + path, cure);
        return fd;
    }

    /** What a helper that was killed has left. */
    private void removeDead(String text) throws NicUnavailableException {
        if (!Files.exists(path, LinkOption.NOFOLLOW_LINKS)) {
            return;
        }
        // The kernel refuses a connection to any other file just as it does one to a socket that nobody listens at.
        int fd = isSocket() ? HelperChannel.connect(calls, text, PATIENCE_S) : -LinuxCalls.EINVAL;
        if (fd != -LinuxCalls.ECONNREFUSED) {
            if (fd >= 0) {
                calls.close(fd);
            }
            boolean serves = fd >= 0 || fd == -LinuxCalls.EAGAIN;
            throw failures.sentence(path + " is there, and "
                    + (serves ? "a helper serves there; end it" : "is no socket of a helper; name another file"));
        }
        try {
            Files.delete(path);
        } catch (IOException e) {
            throw failures.sentence(path + " cannot be removed (" + e.getMessage() + "); remove it");
        }
    }

    private boolean isSocket() {
        try {
            int mode = (int) Files.getAttribute(path, "unix:mode", LinkOption.NOFOLLOW_LINKS);
            return (mode & FILE_TYPE) == SOCKET_FILE;
        } catch (IOException e) {
            return false;
        }
    }

    // ---- one program ------------------------------------------------------------------------------------------------

    private void serve(HelperChannel channel) {
        XdpProgram program = null;
        Netlink netlink = null;
        try (channel) {
            netlink = new Netlink(calls, failures, 0);
            int kind = channel.receive();
            while (kind > 0 || kind == -LinuxCalls.EAGAIN || kind == -LinuxCalls.EINTR) {
                switch (kind) {
                    case HelperChannel.MAPS -> program = maps(channel, program);
                    case HelperChannel.ATTACH -> {
                        attach(channel, program);
                        program = null;
                    }
                    case HelperChannel.NEIGHBOUR -> lookFor(netlink, channel.message());
                    default -> {
                        // Nothing has come for a while.
                    }
                }
                kind = channel.receive();
            }
        } catch (NicUnavailableException e) {
            System.err.println(e.getMessage());
        } finally {
            if (program != null) {
                program.close();
            }
            if (netlink != null) {
                netlink.close();
            }
            places.release();
        }
    }

    private static void fail(HelperChannel channel, NicUnavailableException e) {
        System.err.println(e.getMessage());
        channel.send(HelperChannel.FAILED, e.getMessage().getBytes(StandardCharsets.UTF_8));
    }

    private XdpProgram maps(HelperChannel channel, XdpProgram before) {
        if (before != null) {
            before.close();
        }
        try {
            String wanted = channel.text();
            if (!wanted.equals(HelperChannel.interfaceOf(link))) {
                throw failures.sentence("the helper at " + path + " is for " + interfaceName
                        + " of its own network namespace, not for " + wanted + "; start one for that interface there");
            }
            XdpProgram program = new XdpProgram(calls, failures);
            channel.send(HelperChannel.MAPS_MADE, new byte[0], program.maps());
            return program;
        } catch (NicUnavailableException e) {
            fail(channel, e);
            return null;
        }
    }

    /** Attaches and hands over; afterwards nothing of it is open here. */
    private void attach(HelperChannel channel, XdpProgram program) {
        try {
            if (program == null) {
                throw failures.sentence(
                        "the helper was asked to attach before it made maps; use the same jar for both");
            }
            String[] wanted = channel.text().split(":", 2);
            boolean scattered = wanted.length > 1 && wanted[1].equals("scattered");
            boolean generic = new XdpAttachment(calls, failures, interfaceName)
                    .attach(program, link.index(), wanted[0], scattered);
            byte[] how = (generic ? "generic" : "").getBytes(StandardCharsets.UTF_8);
            channel.send(HelperChannel.ATTACHED, how, program.link());
            warnOfRules();
        } catch (NicUnavailableException e) {
            fail(channel, e);
        } finally {
            if (program != null) {
                program.close();
            }
        }
    }

    /** In the place of the program, which may not read the rules without CAP_NET_ADMIN. */
    private void warnOfRules() {
        List<String> rules = RedirectRules.find();
        if (!rules.isEmpty()) {
            System.err.println(failures.sentence(RedirectRules.warning(rules)).getMessage());
        }
    }

    private void lookFor(Netlink netlink, byte[] address) {
        if (address.length == 4 || address.length == 16) {
            KernelNeighbours.lookFor(netlink, link.index(), ByteBuffer.wrap(address));
            netlink.drain();
        }
    }
}
