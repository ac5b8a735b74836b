/* SPDX-License-Identifier: Apache-2.0 */
/** Plain NIO programs that load each other, on the kernel's TCP or on ours, and the harness that compares the two. */
package org.mtcp4j.examples.bench;
