/* SPDX-License-Identifier: Apache-2.0 */
/** The application thread's side of the stack: sockets, listeners, event queues, blocking, and the JDK exceptions that failures become. */
package org.mtcp4j.socket;
