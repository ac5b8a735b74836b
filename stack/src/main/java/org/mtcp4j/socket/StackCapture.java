/* SPDX-License-Identifier: Apache-2.0 */
package org.mtcp4j.socket;

import java.nio.file.Path;
import org.mtcp4j.core.Engine;
import org.mtcp4j.nic.NicUnavailableException;
import org.mtcp4j.nic.capture.Capture;

/** The capture of a running stack: at most one at a time, beside that of {@code mtcp.capture}. Any thread. */
public final class StackCapture {
    private final Engine engine;
    private Capture running;
    private int nic;

    StackCapture(Engine engine) {
        this.engine = engine;
    }

    /** NICs that can be captured, as {@code mtcp.nic} lists them. */
    private int nics() {
        return Math.max(1, engine.nics().size() - 1);
    }

    /**
     * Writes a NIC's packets into the file from now on.
     *
     * @param nicIndex its place in {@code mtcp.nic}, from 0
     * @throws StackUnavailableException with one sentence: what, why, how to mend
     */
    public synchronized void start(Path file, int nicIndex) throws StackUnavailableException {
        if (running != null) {
            throw new StackUnavailableException("a capture is running already; end it first");
        }
        if (nicIndex < 0 || nicIndex >= nics()) {
            throw new StackUnavailableException("there is no NIC " + nicIndex + "; name one from 0 to " + (nics() - 1));
        }
        String name = engine.nics()
                .get(nics() == engine.nics().size() ? 0 : 1 + nicIndex)
                .name();
        try {
            running = new Capture(file, name, System::nanoTime, "name");
        } catch (NicUnavailableException e) {
            throw new StackUnavailableException(e.getMessage(), e);
        }
        nic = nicIndex;
        engine.capture(nic, running);
    }

    /** Ends it. Returns what became of it, in words. */
    public synchronized String end() {
        if (running == null) {
            return "no capture was running";
        }
        engine.capture(nic, null);
        return finish();
    }

    /** The contexts have stopped: what they have said is still written. */
    synchronized void stackStopped() {
        if (running != null) {
            finish();
        }
    }

    private String finish() {
        Capture ended = running;
        running = null;
        ended.close();
        String failure = ended.failure() == null ? "" : "; the file ends early: " + ended.failure();
        return ended.packets() + " packets written, " + ended.droppedPackets() + " missing" + failure;
    }
}
