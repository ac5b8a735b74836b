/* SPDX-License-Identifier: Apache-2.0 */
/** One TCP connection: RFC 9293 and its companions, one file per concern. Knows sequence numbers; no addresses, threads, locks or clock: time is an argument, output and storage are handed in. */
package org.mtcp4j.tcp;
