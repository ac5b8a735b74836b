/* SPDX-License-Identifier: Apache-2.0 */
package org.mtcp4j.spi.nio;

import java.util.concurrent.locks.AbstractQueuedSynchronizer;

/**
 * One direction of a socket on the stack, which one thread at a time is in: a reentrant lock that is the object it guards. As a field, a {@code
 * ReentrantLock} costs each direction of each connection two objects more.
 */
@SuppressWarnings("serial") // never written out, though a synchronizer could be
abstract class HalfLock extends AbstractQueuedSynchronizer {
    final void lock() {
        acquire(1);
    }

    final void unlock() {
        release(1);
    }

    /** Whether some thread is inside. Any thread. */
    final boolean isLocked() {
        return getState() != 0;
    }

    @Override
    protected final boolean tryAcquire(int holds) {
        Thread current = Thread.currentThread();
        int held = getState();
        if (held == 0) {
            if (compareAndSetState(0, holds)) {
                setExclusiveOwnerThread(current);
                return true;
            }
        } else if (getExclusiveOwnerThread() == current) {
            setState(held + holds);
            return true;
        }
        return false;
    }

    @Override
    protected final boolean tryRelease(int holds) {
        if (getExclusiveOwnerThread() != Thread.currentThread()) {
            throw new IllegalMonitorStateException();
        }
        int left = getState() - holds;
        if (left == 0) {
            setExclusiveOwnerThread(null);
        }
        setState(left);
        return left == 0;
    }

    @Override
    protected final boolean isHeldExclusively() {
        return getExclusiveOwnerThread() == Thread.currentThread();
    }
}
