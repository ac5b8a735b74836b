/* SPDX-License-Identifier: Apache-2.0 */
/** Addresses: neighbours, routes, IPv4 input and output, ICMP. Knows addresses, neither ports nor threads; time and randomness are arguments. */
package org.mtcp4j.ip;
