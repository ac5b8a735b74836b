/* SPDX-License-Identifier: Apache-2.0 */
package org.mtcp4j.nic.xdp;

import org.mtcp4j.nic.NicUnavailableException;
import org.mtcp4j.nic.linux.LinuxCalls;

/** How the program gets to the interface: in its driver, else behind it. */
final class XdpAttachment {
    private final LinuxCalls calls;
    private final XdpFailures failures;
    private final String interfaceName;

    XdpAttachment(LinuxCalls calls, XdpFailures failures, String interfaceName) {
        this.calls = calls;
        this.failures = failures;
        this.interfaceName = interfaceName;
    }

    /**
     * Loads the program and attaches it.
     *
     * @param mode {@code native}, {@code generic}, or empty for the first of them that works
     * @param scattered whether the sockets take packets longer than a frame
     * @return whether it is behind the driver
     */
    boolean attach(XdpProgram program, int interfaceIndex, String mode, boolean scattered)
            throws NicUnavailableException {
        int result = -LinuxCalls.EOPNOTSUPP;
        program.load(false);
        if (!mode.equals("generic")) {
            result = program.attach(interfaceIndex, XdpProgram.NATIVE);
            if (result == -LinuxCalls.ERANGE || result == -LinuxCalls.EINVAL) {
                program.load(true);
                result = program.attach(interfaceIndex, XdpProgram.NATIVE);
            }
            failIfTaken(result);
            if (result < 0 && mode.equals("native")) {
                throw failures.of("attaching in the driver", result, nativeCure(result));
            }
        }
        if (result >= 0) {
            return false;
        }
        if (!scattered && mode.isEmpty()) {
            throw failures.sentence("its driver takes no XDP program (" + calls.errorText(-result)
                    + "), and without that the kernel must be 6.6 or later: before, packets that a peer in this machine leaves to"
                    + " its interface to cut are lost; use nic=tap:NAME, or write xdp:" + interfaceName
                    + "/generic where every peer is on another machine");
        }
        program.load(false);
        result = program.attach(interfaceIndex, XdpProgram.GENERIC);
        failIfTaken(result);
        failures.must(
                result, "attaching the program to the interface", "the kernel must be 5.9 or later; use nic=tap:NAME");
        return true;
    }

    private void failIfTaken(int result) throws NicUnavailableException {
        if (result == -LinuxCalls.EBUSY || result == -LinuxCalls.EEXIST) {
            String found = XdpPrograms.sentence(calls, interfaceName);
            throw failures.sentence(
                    found != null
                            ? found
                            : "another XDP program was attached to the interface and is gone; start again, or use nic=tap:NAME");
        }
    }

    private String nativeCure(int result) {
        return result == -LinuxCalls.ENOSPC
                ? "a veth's other end must not have more transmit queues than this one has receive queues; write xdp:"
                        + interfaceName
                : "write xdp:" + interfaceName + ", which attaches behind the driver if need be";
    }
}
