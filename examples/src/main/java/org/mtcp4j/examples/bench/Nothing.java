/* SPDX-License-Identifier: Apache-2.0 */
package org.mtcp4j.examples.bench;

/** A program whose run is its JVM's start and end. */
public final class Nothing {
    private Nothing() {}

    /** See the class. */
    public static void main(String[] arguments) {}
}
