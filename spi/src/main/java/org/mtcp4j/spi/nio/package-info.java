/* SPDX-License-Identifier: Apache-2.0 */
/**
 * The NIO plug-in: provider, selector, channels and their {@code socket()} adaptors. A TCP channel has a side: the stack, or a
 * channel of the JDK's provider that it holds; which one is decided at bind or connect. Everything that is not TCP is the JDK's own,
 * and selectable here.
 */
package org.mtcp4j.spi.nio;
