/* SPDX-License-Identifier: Apache-2.0 */
/** A context: ownership, the round, flow table, ports, timers, commands, steering. Knows threads and queues, no JDK channel type. */
package org.mtcp4j.core;
