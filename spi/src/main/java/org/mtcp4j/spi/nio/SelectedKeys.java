/* SPDX-License-Identifier: Apache-2.0 */
package org.mtcp4j.spi.nio;

import java.nio.channels.SelectionKey;
import java.util.AbstractSet;
import java.util.Arrays;
import java.util.ConcurrentModificationException;
import java.util.Iterator;
import java.util.NoSuchElementException;

/**
 * The selected-key set: an array, each key knowing its place in it, so that a loop over it is a loop over an array and removal costs
 * nothing. Programs may remove, not add. Not thread-safe, as the JDK's.
 */
final class SelectedKeys extends AbstractSet<SelectionKey> {
    private final MtcpSelector selector;
    private MtcpSelectionKey[] keys = new MtcpSelectionKey[64];
    private int size;
    private int modifications;

    SelectedKeys(MtcpSelector selector) {
        this.selector = selector;
    }

    /** The selector's way in. */
    void select(MtcpSelectionKey key) {
        if (size == keys.length) {
            keys = Arrays.copyOf(keys, size * 2);
        }
        key.selectedIndex = size;
        keys[size++] = key;
        modifications++;
    }

    void deselect(MtcpSelectionKey key) {
        if (key.selectedIndex >= 0) {
            modifications++;
            removeAt(key.selectedIndex);
        }
    }

    private void removeAt(int index) {
        MtcpSelectionKey removed = keys[index];
        MtcpSelectionKey last = keys[--size];
        keys[index] = last;
        last.selectedIndex = index;
        keys[size] = null;
        removed.selectedIndex = -1;
    }

    @Override
    public int size() {
        return size;
    }

    @Override
    public boolean contains(Object o) {
        return o instanceof MtcpSelectionKey key && key.selector() == selector && key.selectedIndex >= 0;
    }

    @Override
    public boolean remove(Object o) {
        if (!contains(o)) {
            return false;
        }
        deselect((MtcpSelectionKey) o);
        return true;
    }

    @Override
    public void clear() {
        for (int i = 0; i < size; i++) {
            keys[i].selectedIndex = -1;
            keys[i] = null;
        }
        size = 0;
        modifications++;
    }

    @Override
    public Iterator<SelectionKey> iterator() {
        return new KeyIterator();
    }

    private final class KeyIterator implements Iterator<SelectionKey> {
        private int next;
        private boolean removable;
        private int expectedModifications = modifications;

        @Override
        public boolean hasNext() {
            return next < size;
        }

        @Override
        public SelectionKey next() {
            ensureUnmodified();
            if (next >= size) {
                throw new NoSuchElementException();
            }
            removable = true;
            return keys[next++];
        }

        @Override
        public void remove() {
            if (!removable) {
                throw new IllegalStateException();
            }
            ensureUnmodified();
            removable = false;
            // The last key moves into the gap and is the next one to be seen.
            removeAt(--next);
            expectedModifications = ++modifications;
        }

        private void ensureUnmodified() {
            if (expectedModifications != modifications) {
                throw new ConcurrentModificationException();
            }
        }
    }
}
