/* SPDX-License-Identifier: Apache-2.0 */
package org.mtcp4j.spi.nio;

import java.io.IOException;
import java.nio.channels.Channel;
import org.mtcp4j.socket.Stack;

/** What a selector needs of a channel of ours. */
interface MtcpChannel extends Channel {
    /** A selector takes only channels of its own stack. */
    Stack stack();

    Registrations registrations();

    /**
     * The ready part of an interest, for a channel on the stack.
     *
     * @param pollableOps bits of {@link org.mtcp4j.socket.Pollable}
     */
    int translateReadyOps(int pollableOps, int interestOps);

    /** Called when the last key of a closed channel is gone: finishes a close that waited for it. */
    void finishClose() throws IOException;
}
