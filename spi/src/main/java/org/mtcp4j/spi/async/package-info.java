/* SPDX-License-Identifier: Apache-2.0 */
/**
 * NIO.2: asynchronous channels over the channels of {@code spi.nio}, which decide between stack and kernel. A group has one daemon thread
 * that waits in a selector and does what was not possible at once; handlers run in the group's pool.
 */
package org.mtcp4j.spi.async;
