/* SPDX-License-Identifier: Apache-2.0 */
package org.mtcp4j.nic.capture;

import java.nio.file.Path;
import java.util.function.LongSupplier;
import org.mtcp4j.nic.Nic;
import org.mtcp4j.nic.NicDecorator;
import org.mtcp4j.nic.NicQueue;
import org.mtcp4j.nic.NicUnavailableException;

/** A NIC that is captured from its start to its end: see {@link Capture}. */
public final class CapturingNic extends NicDecorator {
    private final Capture capture;
    private final NicQueue[] queues;

    /** @throws NicUnavailableException with one sentence when the file cannot be written */
    public CapturingNic(Nic inner, Path file, LongSupplier clockNs) throws NicUnavailableException {
        super(inner);
        capture = new Capture(file, inner.name(), clockNs, "set mtcp.capture to");
        queues = new NicQueue[inner.queues()];
        for (int i = 0; i < queues.length; i++) {
            queues[i] = capture.around(inner.queue(i), inner.memory());
        }
    }

    @Override
    public NicQueue queue(int index) {
        return queues[index];
    }

    /** Packets that are missing in the file. */
    public long droppedPackets() {
        return capture.droppedPackets();
    }

    /** Why the file ends early, or null. */
    public String failure() {
        return capture.failure();
    }

    @Override
    public void close() {
        capture.close();
        inner.close();
    }
}
