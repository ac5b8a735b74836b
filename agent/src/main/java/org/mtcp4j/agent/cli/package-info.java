/* SPDX-License-Identifier: Apache-2.0 */
/** The commands of {@code java -jar mtcp4j-agent.jar}. */
package org.mtcp4j.agent.cli;
