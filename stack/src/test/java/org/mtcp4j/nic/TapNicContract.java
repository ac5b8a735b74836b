/* SPDX-License-Identifier: Apache-2.0 */
package org.mtcp4j.nic;

import org.junit.jupiter.api.BeforeAll;
import org.mtcp4j.nic.linux.TapNicProvider;

/** The contract over a TAP whose other end is the kernel's; {@link TapNicTest} runs it in a namespace. */
class TapNicContract extends NicContractTest {
    @BeforeAll
    static void onlyInANamespaceOfItsOwn() throws Exception {
        Netns.requireInside();
    }

    @Override
    Nic open(NicSettings settings) throws NicUnavailableException {
        return new TapNicProvider().open("mt0", settings);
    }

    @Override
    NicSettings settings() {
        return new NicSettings(2, 1500, 0, 256, "198.18.0.1/24", System::nanoTime);
    }
}
