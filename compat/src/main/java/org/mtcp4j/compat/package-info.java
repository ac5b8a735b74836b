/* SPDX-License-Identifier: Apache-2.0 */
/** Small programs on other people's servers and clients, that talk over loopback and know nothing of mtcp4j. */
package org.mtcp4j.compat;
