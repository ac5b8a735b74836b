/* SPDX-License-Identifier: Apache-2.0 */
/** The Java agent: reads the configuration, opens what it needs of java.base, starts the stack, checks that it answers, ends it last. */
package org.mtcp4j.agent;
