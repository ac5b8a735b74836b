/* SPDX-License-Identifier: Apache-2.0 */
package org.mtcp4j.nic;

class MemoryLinkTest extends NicContractTest {
    private MemoryLink link;

    @Override
    Nic open(NicSettings settings) throws NicUnavailableException {
        link = MemoryLink.create(settings, settings);
        return link.a();
    }

    @Override
    Nic receiver(Nic sender) {
        return link.b();
    }
}
