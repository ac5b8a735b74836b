/* SPDX-License-Identifier: Apache-2.0 */
/**
 * The socket contract: what a program may rely on, the same cases over the JDK's own channels (the oracle) and over ours. Cases are
 * grouped by subject; {@link org.mtcp4j.it.contract.SocketContract} runs all groups in one environment.
 */
package org.mtcp4j.it.contract;
