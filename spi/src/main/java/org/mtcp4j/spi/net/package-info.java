/* SPDX-License-Identifier: Apache-2.0 */
/**
 * {@code java.net} sockets: the {@link java.net.SocketImpl} behind {@code Socket} and {@code ServerSocket}, on the stack or, over the
 * JDK's own, on the kernel.
 */
package org.mtcp4j.spi.net;
