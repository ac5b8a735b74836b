/* SPDX-License-Identifier: Apache-2.0 */
package org.mtcp4j.spi.nio;

import java.io.IOException;
import java.nio.channels.ClosedSelectorException;
import java.nio.channels.IllegalSelectorException;
import java.nio.channels.SelectableChannel;
import java.nio.channels.SelectionKey;
import java.nio.channels.Selector;
import java.nio.channels.spi.AbstractSelectableChannel;
import java.nio.channels.spi.AbstractSelector;
import java.nio.channels.spi.SelectorProvider;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import org.mtcp4j.socket.EventKey;
import org.mtcp4j.socket.EventQueue;
import org.mtcp4j.socket.Stack;

/**
 * A selector over the stack's event queue. Keys with news come out of the queue; keys that were ready stay on a private list and are
 * looked at again in each select, which makes selection level-triggered. Channels of the JDK's are selected by a selector of the
 * JDK's inside ({@link KernelKeys}), in which the thread then waits.
 *
 * <p>Locks, in this order: the selector, the selected-key set, the cancelled-key set.
 */
final class MtcpSelector extends AbstractSelector {
    private static final long FOREVER = -1;
    /** An interrupter that the scheduler leaves out for so long is not waited for. */
    private static final long MAX_INTERRUPTER_NS = 20_000_000;

    private static final long MAX_PASSING_NS = 50_000;

    private final Stack stack;
    private final EventQueue queue;
    private final Set<SelectionKey> keys = ConcurrentHashMap.newKeySet();
    private final Set<SelectionKey> publicKeys = Collections.unmodifiableSet(keys);
    private final SelectedKeys selectedKeys = new SelectedKeys(this);
    /** Makes "add to the keys if open" one step for {@link #implCloseSelector}. */
    private final Object registrationLock = new Object();

    private volatile boolean wakeupPending;
    private volatile KernelKeys kernelKeys;

    // Owned by the thread that holds the selector's lock.
    private boolean inSelect;
    private MtcpSelectionKey[] readyList = new MtcpSelectionKey[64];
    private int readyCount;

    MtcpSelector(SelectorProvider provider, Stack stack) {
        super(provider);
        this.stack = stack;
        this.queue = stack.newEventQueue();
    }

    EventQueue queue() {
        return queue;
    }

    KernelKeys kernelKeys() {
        KernelKeys present = kernelKeys;
        if (present == null) {
            synchronized (keys) {
                present = kernelKeys;
                if (present == null) {
                    present = new KernelKeys(queue);
                    kernelKeys = present;
                }
            }
        }
        return present;
    }

    private void ensureOpen() {
        if (!isOpen()) {
            throw new ClosedSelectorException();
        }
    }

    @Override
    public Set<SelectionKey> keys() {
        ensureOpen();
        return publicKeys;
    }

    @Override
    public Set<SelectionKey> selectedKeys() {
        ensureOpen();
        return selectedKeys;
    }

    @Override
    public int selectNow() throws IOException {
        return lockAndSelect(null, 0);
    }

    @Override
    public int select(long timeout) throws IOException {
        return lockAndSelect(null, toNanos(timeout));
    }

    @Override
    public int select() throws IOException {
        return lockAndSelect(null, FOREVER);
    }

    @Override
    public int select(Consumer<SelectionKey> action, long timeout) throws IOException {
        Objects.requireNonNull(action);
        return lockAndSelect(action, toNanos(timeout));
    }

    @Override
    public int select(Consumer<SelectionKey> action) throws IOException {
        return lockAndSelect(Objects.requireNonNull(action), FOREVER);
    }

    @Override
    public int selectNow(Consumer<SelectionKey> action) throws IOException {
        return lockAndSelect(Objects.requireNonNull(action), 0);
    }

    private static long toNanos(long timeoutMs) {
        if (timeoutMs < 0) {
            throw new IllegalArgumentException("Negative timeout");
        }
        return timeoutMs == 0 ? FOREVER : TimeUnit.MILLISECONDS.toNanos(Math.min(timeoutMs, Integer.MAX_VALUE));
    }

    private int lockAndSelect(Consumer<SelectionKey> action, long timeoutNs) throws IOException {
        synchronized (this) {
            ensureOpen();
            if (inSelect) {
                throw new IllegalStateException("select in progress");
            }
            inSelect = true;
            try {
                synchronized (selectedKeys) {
                    return doSelect(action, timeoutNs);
                }
            } finally {
                inSelect = false;
            }
        }
    }

    private int doSelect(Consumer<SelectionKey> action, long timeoutNs) throws IOException {
        long deadlineNs = timeoutNs > 0 ? System.nanoTime() + timeoutNs : 0;
        long remainingNs = timeoutNs;
        processCancelledKeys();
        while (true) {
            drainNews();
            boolean wait = remainingNs != 0 && !wakeupPending && !anyReady();
            waitForNews(wait ? remainingNs : 0, timeoutNs != 0);
            processCancelledKeys();
            drainNews();
            boolean woken = consumeWakeup() || Thread.currentThread().isInterrupted() || !isOpen();
            pruneReadyList();
            boolean ready = readyCount > 0 || hasKernelReady();
            int updated = ready ? publish(action) : 0;
            if (timeoutNs > 0) {
                remainingNs = Math.max(0, deadlineNs - System.nanoTime());
            }
            if (ready || woken || remainingNs == 0) {
                return updated;
            }
        }
    }

    private boolean consumeWakeup() {
        if (!wakeupPending) {
            return false;
        }
        wakeupPending = false;
        return true;
    }

    /** Brackets the wait, so that an interrupt ends it, for every select that may block: selectNow is not interruptible. */
    private void waitForNews(long timeoutNs, boolean interruptible) throws IOException {
        if (interruptible) {
            begin();
            if (Thread.currentThread().isInterrupted()) {
                // Begin has woken us. Who interrupts may still be on the way, and is let pass where it takes no longer
                // than a switch.
                wakeupPending = false;
                awaitInterrupter(MAX_PASSING_NS);
                wakeupPending = true;
            }
        }
        try {
            KernelKeys kernel = kernelKeys;
            if (kernel == null || kernel.isEmpty()) {
                queue.await(timeoutNs);
                if (interruptible) {
                    awaitInterrupter(MAX_INTERRUPTER_NS);
                }
            } else {
                kernel.clearReady();
                kernel.select(queue, timeoutNs);
            }
        } finally {
            if (interruptible) {
                end();
            }
        }
    }

    /**
     * Whoever interrupts sets the flag first and asks later which operation it ends (JDK 25). A select that returned on the flag would let
     * the thread clear it and begin with a channel, which would then be closed in its place: so the wake-up is what ends the wait.
     */
    private void awaitInterrupter(long maxNs) {
        if (!Thread.currentThread().isInterrupted() || wakeupPending) {
            return;
        }
        long endNs = System.nanoTime() + maxNs;
        while (!wakeupPending && isOpen() && System.nanoTime() - endNs < 0) {
            Thread.onSpinWait();
        }
    }

    private void drainNews() {
        EventKey news;
        while ((news = queue.poll()) != null) {
            MtcpSelectionKey key = (MtcpSelectionKey) news.attachment();
            if (!key.onReadyList && key.isValid()) {
                if (readyCount == readyList.length) {
                    readyList = Arrays.copyOf(readyList, readyCount * 2);
                }
                key.onReadyList = true;
                readyList[readyCount++] = key;
            }
        }
    }

    /** Whether some key is ready; drops those in front of it that are not. */
    private boolean anyReady() {
        while (readyCount > 0) {
            if (readyList[readyCount - 1].stackReadyOps() != 0) {
                return true;
            }
            dropReady(readyCount - 1);
        }
        return false;
    }

    /** Computes the ready operations of the listed keys, once a select, and drops the keys that have none. */
    private void pruneReadyList() {
        for (int i = readyCount - 1; i >= 0; i--) {
            MtcpSelectionKey key = readyList[i];
            int ops = key.stackReadyOps();
            if (ops == 0) {
                dropReady(i);
            } else {
                key.foundOps = ops;
            }
        }
    }

    private void dropReady(int index) {
        readyList[index].onReadyList = false;
        readyList[index] = readyList[--readyCount];
        readyList[readyCount] = null;
    }

    private boolean hasKernelReady() {
        KernelKeys kernel = kernelKeys;
        return kernel != null && !kernel.ready().isEmpty();
    }

    private int publish(Consumer<SelectionKey> action) {
        int updated = 0;
        for (int i = 0; i < readyCount; i++) {
            MtcpSelectionKey key = readyList[i];
            updated += publish(key, key.foundOps, action);
        }
        KernelKeys kernel = kernelKeys;
        if (kernel != null) {
            List<MtcpSelectionKey> ready = kernel.ready();
            for (int i = 0; i < ready.size(); i++) {
                MtcpSelectionKey key = ready.get(i);
                updated += publish(key, key.kernelReadyOps, action);
            }
        }
        return updated;
    }

    private int publish(MtcpSelectionKey key, int ops, Consumer<SelectionKey> action) {
        if (!key.isValid()) {
            return 0;
        }
        if (action != null) {
            key.lastReadyOps(ops);
            action.accept(key);
            ensureOpen();
            return 1;
        }
        if (key.selectedIndex >= 0) {
            int old = key.lastReadyOps();
            key.lastReadyOps(old | ops);
            return (ops & ~old) != 0 ? 1 : 0;
        }
        key.lastReadyOps(ops);
        selectedKeys.select(key);
        return 1;
    }

    @Override
    public Selector wakeup() {
        wakeupPending = true;
        if (isOpen()) {
            queue.wakeup();
        }
        return this;
    }

    @Override
    protected SelectionKey register(AbstractSelectableChannel channel, int ops, Object attachment) {
        if (channel instanceof MtcpChannel ours ? ours.stack() != stack : !ShadowChannel.canShadow(channel)) {
            throw new IllegalSelectorException();
        }
        MtcpSelectionKey key = new MtcpSelectionKey(this, channel, ops);
        if (attachment != null) {
            key.attach(attachment);
        }
        synchronized (registrationLock) {
            ensureOpen();
            if (key.ours() != null) {
                key.ours().registrations().add(key);
            } else {
                key.attachToKernel(channel);
            }
            keys.add(key);
        }
        return key;
    }

    /** Takes the cancelled keys out of the sets and of their channels. */
    private void processCancelledKeys() throws IOException {
        Set<SelectionKey> cancelled = cancelledKeys();
        SelectionKey[] going;
        synchronized (cancelled) {
            if (cancelled.isEmpty()) {
                return;
            }
            going = cancelled.toArray(SelectionKey[]::new);
            cancelled.clear();
        }
        remove(going);
    }

    private void remove(SelectionKey[] going) throws IOException {
        int onKernel = 0;
        for (SelectionKey selectionKey : going) {
            MtcpSelectionKey key = (MtcpSelectionKey) selectionKey;
            keys.remove(key);
            selectedKeys.deselect(key);
            if (key.ours() != null) {
                key.ours().registrations().remove(key);
            } else {
                key.cancelKernelKey();
            }
            if (key.isOnKernel()) {
                onKernel++;
            }
        }
        if (onKernel > 0 && isOpen()) {
            kernelKeys.flush(onKernel);
        }
        for (SelectionKey selectionKey : going) {
            MtcpSelectionKey key = (MtcpSelectionKey) selectionKey;
            deregister(key);
            finishClose(key.channel());
        }
    }

    private static void finishClose(SelectableChannel channel) throws IOException {
        if (!channel.isOpen() && !channel.isRegistered()) {
            if (channel instanceof MtcpChannel ours) {
                ours.finishClose();
            } else {
                ShadowChannel.finishClose(channel);
            }
        }
    }

    @Override
    protected void implCloseSelector() throws IOException {
        wakeupPending = true;
        queue.wakeup();
        synchronized (this) {
            synchronized (selectedKeys) {
                SelectionKey[] all;
                synchronized (registrationLock) {
                    all = keys.toArray(SelectionKey[]::new);
                }
                if (kernelKeys != null) {
                    kernelKeys.close();
                }
                remove(all);
                selectedKeys.clear();
                Arrays.fill(readyList, 0, readyCount, null);
                readyCount = 0;
                queue.close();
            }
        }
    }

    @Override
    public String toString() {
        return "MtcpSelector@" + Integer.toHexString(hashCode())
                + (isOpen() ? "[keys=" + keys.size() + "]" : "[closed]");
    }
}
