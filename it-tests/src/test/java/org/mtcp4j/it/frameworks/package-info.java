/* SPDX-License-Identifier: Apache-2.0 */
/**
 * Released, unmodified Jetty, Tomcat and Netty under the agent: over TAP against the kernel's curl, wrk and ab, in network namespaces
 * that the tests make; over memory against the JDK's HttpClient. What they need of the machine is named where it is missing.
 */
package org.mtcp4j.it.frameworks;
