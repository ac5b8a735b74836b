/* SPDX-License-Identifier: Apache-2.0 */
/** The one table of configuration keys, where each value came from, and the sentences for values that do not fit. */
package org.mtcp4j.config;
