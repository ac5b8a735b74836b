/* SPDX-License-Identifier: Apache-2.0 */
package org.mtcp4j.compat;

/** Something released that talks TCP, and what it is made to do. */
interface Exercise {
    /** A class of its jar, whose file name has the version; one of the JDK's for the JDK. */
    Class<?> subject();

    /** Serves, fetches and checks. */
    void run() throws Exception;
}
