/* SPDX-License-Identifier: Apache-2.0 */
/** The Linux calls that sleeping and the TAP device need, by JNR-FFI, loaded only when one of the two is used. */
package org.mtcp4j.nic.linux;
