/* SPDX-License-Identifier: Apache-2.0 */
package org.mtcp4j.core;

import org.mtcp4j.ip.IpAddress;
import org.mtcp4j.wire.FlowHash;

/** A tuple as scratch: filled per packet by the owner, or made for one connect. */
public final class FlowKey {
    long localHi;
    long localLo;
    long remoteHi;
    long remoteLo;
    /** Local port &lt;&lt; 16 | remote port. */
    int ports;

    int hash;

    void set(long aLocalHi, long aLocalLo, long aRemoteHi, long aRemoteLo) {
        localHi = aLocalHi;
        localLo = aLocalLo;
        remoteHi = aRemoteHi;
        remoteLo = aRemoteLo;
    }

    void ports(int localPort, int remotePort) {
        ports = localPort << 16 | remotePort;
        hash = FlowHash.of(localHi, localLo, remoteHi, remoteLo, localPort, remotePort);
    }

    public int localPort() {
        return ports >>> 16;
    }

    public int remotePort() {
        return ports & 0xffff;
    }

    /** {@code ADDRESS:PORT}. */
    public String localText() {
        return IpAddress.of(localHi, localLo) + ":" + localPort();
    }

    /** {@code ADDRESS:PORT}. */
    public String remoteText() {
        return IpAddress.of(remoteHi, remoteLo) + ":" + remotePort();
    }
}
