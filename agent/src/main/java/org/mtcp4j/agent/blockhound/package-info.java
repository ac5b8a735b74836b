/* SPDX-License-Identifier: Apache-2.0 */
/**
 * What BlockHound takes from us, by its service interface. The classes stand where only a loader that has BlockHound finds them
 * ({@link org.mtcp4j.agent.BlockHoundPath}): they extend what other programs lack.
 */
package org.mtcp4j.agent.blockhound;
