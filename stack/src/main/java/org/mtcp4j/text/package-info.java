/* SPDX-License-Identifier: Apache-2.0 */
/** Words for people: what configuration and NICs share for their sentences. Knows nobody. */
package org.mtcp4j.text;
