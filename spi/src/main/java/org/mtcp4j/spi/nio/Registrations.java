/* SPDX-License-Identifier: Apache-2.0 */
package org.mtcp4j.spi.nio;

import java.nio.channels.SelectableChannel;
import org.mtcp4j.socket.Pollable;

/**
 * The selection keys of one channel, and the source of readiness that they hang on: it may change once, when the channel's side is
 * decided, and keys made before stay valid.
 */
final class Registrations {
    /** The channel's keys, the last one first, linked by themselves: most channels have one. */
    private MtcpSelectionKey first;

    private Pollable pollable;
    private SelectableChannel kernelChannel;

    private Registrations(Pollable pollable, SelectableChannel kernelChannel) {
        this.pollable = pollable;
        this.kernelChannel = kernelChannel;
    }

    static Registrations onStack(Pollable pollable) {
        return new Registrations(pollable, null);
    }

    static Registrations onKernel(SelectableChannel kernelChannel) {
        return new Registrations(null, kernelChannel);
    }

    synchronized void add(MtcpSelectionKey key) {
        attach(key);
        key.nextOfChannel = first;
        first = key;
    }

    synchronized void remove(MtcpSelectionKey key) {
        key.detachFromStack();
        key.cancelKernelKey();
        MtcpSelectionKey before = null;
        for (MtcpSelectionKey each = first; each != null; each = each.nextOfChannel) {
            if (each == key) {
                if (before == null) {
                    first = key.nextOfChannel;
                } else {
                    before.nextOfChannel = key.nextOfChannel;
                }
                key.nextOfChannel = null;
                return;
            }
            before = each;
        }
    }

    /** The channel went to the kernel. */
    synchronized void moveToKernel(SelectableChannel channel) {
        pollable = null;
        kernelChannel = channel;
        for (MtcpSelectionKey key = first; key != null; key = key.nextOfChannel) {
            key.detachFromStack();
            if (key.isValid()) {
                attach(key);
            }
        }
    }

    /** Something other than the stack changed readiness: the channel's state. */
    synchronized void enqueue() {
        for (MtcpSelectionKey key = first; key != null; key = key.nextOfChannel) {
            key.enqueue();
        }
    }

    /** Frees the kernel's channel of the keys that wait for a select to go, so that it may become blocking. */
    synchronized void cancelKernelKeys() {
        for (MtcpSelectionKey key = first; key != null; key = key.nextOfChannel) {
            key.cancelKernelKey();
        }
    }

    private void attach(MtcpSelectionKey key) {
        if (pollable != null) {
            key.attachToStack(pollable);
        } else {
            key.attachToKernel(kernelChannel);
        }
    }
}
