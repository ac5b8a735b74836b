/* SPDX-License-Identifier: Apache-2.0 */
/** Packets into a pcapng file, off the packet thread. */
package org.mtcp4j.nic.capture;
