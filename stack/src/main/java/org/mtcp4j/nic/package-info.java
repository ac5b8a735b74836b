/* SPDX-License-Identifier: Apache-2.0 */
/** The NIC contract, the NICs that need no DPDK (memory, TAP) and decorators that add faults, rate and capture. */
package org.mtcp4j.nic;
