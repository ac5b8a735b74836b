/* SPDX-License-Identifier: Apache-2.0 */
/** A Spring Boot web application that fetches from itself. */
package org.mtcp4j.compat.boot;
