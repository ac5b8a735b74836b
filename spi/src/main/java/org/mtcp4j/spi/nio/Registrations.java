/* SPDX-License-Identifier: Apache-2.0 */
package org.mtcp4j.spi.nio;

import java.nio.channels.SelectableChannel;
import java.util.Arrays;
import org.mtcp4j.socket.Pollable;

/**
 * The selection keys of one channel, and the source of readiness that they hang on: it may change once, when the channel's side is
 * decided, and keys made before stay valid.
 */
final class Registrations {
    private static final MtcpSelectionKey[] NONE = {};

    private MtcpSelectionKey[] keys = NONE;
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
        keys = Arrays.copyOf(keys, keys.length + 1);
        keys[keys.length - 1] = key;
    }

    synchronized void remove(MtcpSelectionKey key) {
        key.detachFromStack();
        key.cancelKernelKey();
        for (int i = 0; i < keys.length; i++) {
            if (keys[i] == key) {
                MtcpSelectionKey[] rest = keys.length == 1 ? NONE : Arrays.copyOf(keys, keys.length - 1);
                System.arraycopy(keys, i + 1, rest, i, rest.length - i);
                keys = rest;
                return;
            }
        }
    }

    /** The channel went to the kernel. */
    synchronized void moveToKernel(SelectableChannel channel) {
        pollable = null;
        kernelChannel = channel;
        for (MtcpSelectionKey key : keys) {
            key.detachFromStack();
            if (key.isValid()) {
                attach(key);
            }
        }
    }

    /** Something other than the stack changed readiness: the channel's state. */
    synchronized void enqueue() {
        for (MtcpSelectionKey key : keys) {
            key.enqueue();
        }
    }

    /** Frees the kernel's channel of the keys that wait for a select to go, so that it may become blocking. */
    synchronized void cancelKernelKeys() {
        for (MtcpSelectionKey key : keys) {
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
