/* SPDX-License-Identifier: Apache-2.0 */
/** NICs through DPDK: the environment, ports, packet memory and queues, over a small C shim. */
package org.mtcp4j.dpdk;
