/* SPDX-License-Identifier: Apache-2.0 */
/** Byte offsets of the protocols' headers, the checksum and sequence arithmetic; knows nobody else. */
package org.mtcp4j.wire;
