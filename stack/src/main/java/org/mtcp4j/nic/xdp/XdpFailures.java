/* SPDX-License-Identifier: Apache-2.0 */
package org.mtcp4j.nic.xdp;

import org.mtcp4j.nic.NicUnavailableException;
import org.mtcp4j.nic.linux.LinuxCalls;

/** Why an interface cannot be shared, in one sentence with the cure. */
final class XdpFailures {
    static final String CAPABILITIES =
            "run as root, or give the program the capabilities NET_RAW, NET_ADMIN and BPF: in Docker"
                    + " --cap-add NET_ADMIN --cap-add BPF --ulimit memlock=-1, in Kubernetes securityContext.capabilities.add: [NET_ADMIN,"
                    + " NET_RAW, BPF], under systemd AmbientCapabilities=";

    private final LinuxCalls calls;
    private final String interfaceName;

    XdpFailures(LinuxCalls calls, String interfaceName) {
        this.calls = calls;
        this.interfaceName = interfaceName;
    }

    String interfaceName() {
        return interfaceName;
    }

    NicUnavailableException of(String doing, long result, String cure) {
        return new NicUnavailableException(
                "nic=xdp:" + interfaceName + ": " + doing + " failed: " + calls.errorText((int) -result) + "; " + cure);
    }

    NicUnavailableException sentence(String text) {
        return new NicUnavailableException("nic=xdp:" + interfaceName + ": " + text);
    }

    /** Tells the user something once the program runs. By a thread of its own: a context must not wait for who reads standard error. */
    void warn(String text) {
        Thread thread = new Thread(
                () -> System.err.println("[mtcp] WARN nic=xdp:" + interfaceName + ": " + text), "mtcp4j-warns");
        thread.setDaemon(true);
        thread.start();
    }

    /** @return the result, unless it is negative */
    long must(long result, String doing, String cure) throws NicUnavailableException {
        if (result < 0) {
            boolean denied = result == -LinuxCalls.EPERM || result == -LinuxCalls.EACCES;
            throw of(doing, result, denied ? CAPABILITIES : cure);
        }
        return result;
    }
}
