/* SPDX-License-Identifier: Apache-2.0 */
package org.mtcp4j.it.frameworks;

import org.mtcp4j.dpdk.DpdkNicProvider;
import org.mtcp4j.nic.Nic;
import org.mtcp4j.nic.NicDecorator;
import org.mtcp4j.nic.NicProvider;
import org.mtcp4j.nic.NicQueue;
import org.mtcp4j.nic.NicSettings;
import org.mtcp4j.nic.NicUnavailableException;

/** A memif port of one queue that a test has put something before; what follows the kind is its socket. */
abstract class WrappedMemif implements NicProvider {
    private final String kind;
    private final String role;

    WrappedMemif(String kind, String role) {
        this.kind = kind;
        this.role = role;
    }

    abstract NicQueue wrap(Nic port);

    @Override
    public String kind() {
        return kind;
    }

    @Override
    public String unavailable() {
        return new DpdkNicProvider().unavailable();
    }

    @Override
    public Nic open(String arguments, NicSettings settings) throws NicUnavailableException {
        Nic port = new DpdkNicProvider()
                .open("net_memif0,role=" + role + ",socket-abstract=no,socket=" + arguments, settings);
        NicQueue queue = wrap(port);
        return new NicDecorator(port) {
            @Override
            public NicQueue queue(int index) {
                return queue;
            }
        };
    }
}
