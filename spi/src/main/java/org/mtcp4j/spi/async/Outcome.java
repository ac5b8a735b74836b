/* SPDX-License-Identifier: Apache-2.0 */
package org.mtcp4j.spi.async;

import java.nio.channels.CompletionHandler;

/** Who is told. */
interface Outcome<V> {
    /** @param failure null where it went well */
    void deliver(V value, Throwable failure);

    /** Tells a handler, on a thread of the group's pool. */
    static <V, A> Outcome<V> to(ChannelGroup group, CompletionHandler<V, ? super A> handler, A attachment) {
        if (handler == null) {
            throw new NullPointerException("'handler' is null");
        }
        return (value, failure) -> group.dispatch(() -> {
            if (failure == null) {
                handler.completed(value, attachment);
            } else {
                handler.failed(failure, attachment);
            }
        });
    }
}
