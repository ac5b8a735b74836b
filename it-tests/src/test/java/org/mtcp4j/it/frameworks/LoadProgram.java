/* SPDX-License-Identifier: Apache-2.0 */
package org.mtcp4j.it.frameworks;

/** Loads the class that its argument names, and waits for a line of input. */
public final class LoadProgram {
    private LoadProgram() {}

    public static void main(String[] arguments) throws Exception {
        Class.forName(arguments[0], false, LoadProgram.class.getClassLoader());
        System.out.println("done");
        while (System.in.read() > '\n') {
            // The rest of the line.
        }
    }
}
