/* SPDX-License-Identifier: Apache-2.0 */
/** NICs through DPDK: for now the provider, which says that there are none yet. */
package org.mtcp4j.dpdk;
