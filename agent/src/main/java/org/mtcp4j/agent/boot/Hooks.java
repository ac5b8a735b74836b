/* SPDX-License-Identifier: Apache-2.0 */
package org.mtcp4j.agent.boot;

import java.net.SocketImpl;

/** The agent's side of the bridge. */
public interface Hooks {
    /** @return what {@code SocketImpl.createPlatformSocketImpl(server)} returns from now on */
    SocketImpl newSocketImpl(boolean server);
}
