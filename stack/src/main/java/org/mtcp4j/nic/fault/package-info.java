/* SPDX-License-Identifier: Apache-2.0 */
/** What a bad network does to frames: loss, delay, reordering, duplication, corruption, a rate; seeded, on the sending side of any NIC. */
package org.mtcp4j.nic.fault;
