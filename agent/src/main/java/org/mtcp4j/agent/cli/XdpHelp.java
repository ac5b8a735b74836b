/* SPDX-License-Identifier: Apache-2.0 */
package org.mtcp4j.agent.cli;

import java.nio.file.Path;
import java.util.concurrent.Callable;
import org.mtcp4j.nic.NicUnavailableException;
import org.mtcp4j.nic.xdp.XdpHelper;
import picocli.CommandLine.Command;
import picocli.CommandLine.Parameters;

/** {@code xdp-helper}: what of {@code nic=xdp:} needs CAP_NET_ADMIN and CAP_BPF, for programs without them. */
@Command(
        name = "xdp-helper",
        description =
                "Attaches to an interface for programs with CAP_NET_RAW alone, whose mtcp.xdp.helper names the socket; runs"
                        + " until it is ended, and what it has handed over stays.")
final class XdpHelp implements Callable<Integer> {
    @Parameters(index = "0", paramLabel = "INTERFACE", description = "name of the interface, as eth0")
    private String interfaceName;

    @Parameters(index = "1", paramLabel = "SOCKET", description = "socket to make, for its owner and group")
    private Path socket;

    @Override
    public Integer call() {
        try {
            XdpHelper.serve(
                    interfaceName,
                    socket,
                    () -> System.out.println("ready: programs share " + interfaceName + " by nic=xdp:" + interfaceName
                            + ",xdp.helper=" + socket));
            return 0;
        } catch (NicUnavailableException e) {
            System.err.println(e.getMessage());
            return 2;
        }
    }
}
