/* SPDX-License-Identifier: Apache-2.0 */
package org.mtcp4j.spi.async;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.channels.SelectionKey;
import java.nio.channels.Selector;
import java.nio.channels.spi.AbstractSelectableChannel;
import java.nio.channels.spi.AbstractSelector;
import java.nio.channels.spi.AsynchronousChannelProvider;
import java.util.Set;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.mtcp4j.spi.nio.KernelProvider;

/** The thread that waits for a group's channels. */
class ChannelGroupTest {
    private static final int ERRORS = 3;

    /** Has no memory at first. */
    private static final class ShortOfMemory extends AbstractSelector {
        private final CountDownLatch woken = new CountDownLatch(1);
        private final CountDownLatch asked = new CountDownLatch(ERRORS + 1);

        ShortOfMemory() {
            super(KernelProvider.get());
        }

        @Override
        public int select() {
            asked.countDown();
            if (asked.getCount() > 0) {
                throw new OutOfMemoryError("made by the test");
            }
            try {
                woken.await();
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            }
            return 0;
        }

        @Override
        public Selector wakeup() {
            woken.countDown();
            return this;
        }

        @Override
        public int select(long timeout) {
            return select();
        }

        @Override
        public int selectNow() {
            return 0;
        }

        @Override
        public Set<SelectionKey> keys() {
            return Set.of();
        }

        @Override
        public Set<SelectionKey> selectedKeys() {
            return Set.of();
        }

        @Override
        protected SelectionKey register(AbstractSelectableChannel channel, int ops, Object attachment) {
            throw new UnsupportedOperationException();
        }

        @Override
        protected void implCloseSelector() {}
    }

    @Test
    void errorsOfItsSelectorDoNotEndIt() throws Exception {
        ShortOfMemory selector = new ShortOfMemory();
        AsynchronousChannelProvider provider = KernelProvider.asynchronous();
        ChannelGroup group = new ChannelGroup(provider, selector, Executors.newSingleThreadExecutor());
        assertThat(selector.asked.await(10, TimeUnit.SECONDS)).isTrue();
        group.shutdown();
        assertThat(group.awaitTermination(10, TimeUnit.SECONDS)).isTrue();
        assertThat(selector.isOpen()).isFalse();
    }
}
