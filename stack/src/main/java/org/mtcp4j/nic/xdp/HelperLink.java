/* SPDX-License-Identifier: Apache-2.0 */
package org.mtcp4j.nic.xdp;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import org.mtcp4j.nic.NicUnavailableException;
import org.mtcp4j.nic.linux.LinuxCalls;

/** A program's connection to {@link XdpHelper}, which does what needs CAP_NET_ADMIN or CAP_BPF. */
final class HelperLink implements AutoCloseable {
    private static final int PATIENCE_S = 10;
    /** From one attempt to reach a helper that was started again to the next. */
    private static final long PAUSE_NS = 1_000_000_000L;

    private static final String START =
            "start it in the same network namespace with 'java -jar mtcp4j-agent.jar xdp-helper ";

    private final LinuxCalls calls;
    private final XdpFailures failures;
    private final String path;
    private HelperChannel channel;
    private boolean closed;
    private long triedNs;

    HelperLink(LinuxCalls calls, XdpFailures failures, String path) throws NicUnavailableException {
        this.calls = calls;
        this.failures = failures;
        this.path = path;
        channel = open();
    }

    private HelperChannel open() throws NicUnavailableException {
        int fd = HelperChannel.connect(calls, path, PATIENCE_S);
        if (fd < 0) {
            throw failures.of(
                    "reaching the helper at mtcp.xdp.helper=" + path,
                    fd,
                    START + failures.interfaceName() + " " + path + "', and let this program write to that socket");
        }
        return HelperChannel.of(calls, fd, PATIENCE_S);
    }

    /** Has the maps made. */
    int[] maps(InterfaceTable.Link link) throws NicUnavailableException {
        String wanted = HelperChannel.interfaceOf(link);
        return ask(HelperChannel.MAPS, wanted, HelperChannel.MAPS_MADE, 4, "making the maps");
    }

    /**
     * Has the program attached; from then on it is held by this process alone.
     *
     * @return whether it is behind the driver
     */
    boolean attach(XdpProgram program, String mode, boolean scattered) throws NicUnavailableException {
        String wanted = mode + ":" + (scattered ? "scattered" : "");
        int[] link = ask(HelperChannel.ATTACH, wanted, HelperChannel.ATTACHED, 1, "attaching the program");
        program.attached(link[0]);
        return channel.text().equals("generic");
    }

    /** Returns as many descriptors as are wanted; those of any other answer are closed with the channel. */
    private int[] ask(char kind, String message, char answer, int wanted, String doing) throws NicUnavailableException {
        int result = channel.send(kind, message.getBytes(StandardCharsets.UTF_8));
        // A helper that has no place for us has said so and closed, maybe before it got our message.
        int got = result == 0 || result == -LinuxCalls.EPIPE ? channel.receive() : result;
        if (got == -LinuxCalls.ECONNRESET) {
            got = channel.receive();
        }
        got = got == 0 && result < 0 ? result : got;
        if (got == HelperChannel.FAILED) {
            throw new NicUnavailableException(channel.text());
        }
        if (got != answer) {
            throw failures.of(
                    doing + " by the helper at " + path,
                    got < 0 ? got : -LinuxCalls.EIO,
                    "see what the helper says, or " + START + failures.interfaceName() + " " + path + "' again");
        }
        if (channel.descriptors() != wanted) {
            throw failures.sentence("the helper at " + path + " is of another version of mtcp4j; use the same jar");
        }
        return channel.takeDescriptors();
    }

    /**
     * Has the kernel look for a neighbour. Never waits, as a context asks: where the helper hangs, or is gone, and for a second after, nothing
     * happens. Any thread.
     */
    synchronized void lookFor(ByteBuffer address) {
        byte[] bytes = new byte[address.capacity()];
        address.get(0, bytes);
        int result = closed ? 0 : channel.sendNow(HelperChannel.NEIGHBOUR, bytes);
        if (result < 0 && result != -LinuxCalls.EAGAIN && System.nanoTime() - triedNs > PAUSE_NS) {
            triedNs = System.nanoTime();
            int fd = HelperChannel.connect(calls, path, 0);
            if (fd >= 0) {
                channel.close();
                channel = HelperChannel.of(calls, fd, PATIENCE_S);
                channel.sendNow(HelperChannel.NEIGHBOUR, bytes);
            }
        }
    }

    @Override
    public synchronized void close() {
        closed = true;
        channel.close();
    }
}
