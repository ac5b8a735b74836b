/* SPDX-License-Identifier: Apache-2.0 */
package org.mtcp4j.nic;

import java.nio.file.Path;
import org.junit.jupiter.api.io.TempDir;
import org.mtcp4j.nic.capture.CapturingNic;

class CapturingNicContractTest extends NicContractTest {
    @TempDir
    Path directory;

    @Override
    Nic open(NicSettings settings) throws NicUnavailableException {
        return new CapturingNic(new MemoryNic(settings), directory.resolve("contract.pcapng"), settings.clockNs());
    }
}
