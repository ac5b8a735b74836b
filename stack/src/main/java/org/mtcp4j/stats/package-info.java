/* SPDX-License-Identifier: Apache-2.0 */
/** The one table of counters, connection views and events. */
package org.mtcp4j.stats;
