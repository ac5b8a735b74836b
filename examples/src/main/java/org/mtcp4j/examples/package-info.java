/* SPDX-License-Identifier: Apache-2.0 */
/**
 * Ordinary servers on released jars, the same routes on each: {@code /} small page, {@code /big} 100 MB with a checksum in {@code /big.md5},
 * {@code /post} answers length and MD5 of the body, {@code /chunked} a chunked page, {@code /slow} answers after the milliseconds of the
 * query string. Arguments: port, and optionally the address to bind.
 */
package org.mtcp4j.examples;
