/* SPDX-License-Identifier: Apache-2.0 */
/** An interface shared with the kernel: AF_XDP sockets for the stack's ports, rtnetlink for what the kernel knows; no libbpf, no DPDK. */
package org.mtcp4j.nic.xdp;
