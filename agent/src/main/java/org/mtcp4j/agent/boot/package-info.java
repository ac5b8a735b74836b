/* SPDX-License-Identifier: Apache-2.0 */
/**
 * What the JDK's woven methods call. These classes are defined to the boot loader and are nowhere else in the agent's jar; they know
 * nothing but the JDK.
 */
package org.mtcp4j.agent.boot;
