/* SPDX-License-Identifier: Apache-2.0 */
package org.mtcp4j.agent;

import java.io.IOException;
import java.io.InputStream;
import jdk.internal.access.SharedSecrets;

/**
 * Brings the classes that woven methods call to the boot loader. They are defined there, not appended to its path: appending ends class
 * data sharing for the application and prints a line about it.
 */
final class BootClasses {
    private static final String BOOT_PACKAGE = "org.mtcp4j.agent.boot.";

    private BootClasses() {}

    /** Before anything names a class of the boot package. */
    static void define() throws HalfDivertedException {
        for (String name : new String[] {"Hooks", "Bridge"}) {
            String resource = "/META-INF/mtcp4j/boot/" + name + ".class";
            try (InputStream in = BootClasses.class.getResourceAsStream(resource)) {
                if (in == null) {
                    throw new HalfDivertedException("the agent's jar lacks " + resource + "; build it again");
                }
                SharedSecrets.getJavaLangAccess().defineClass(null, BOOT_PACKAGE + name, in.readAllBytes(), null, null);
            } catch (LinkageError e) {
                throw new HalfDivertedException("the agent is there twice (" + e.getMessage() + "); give it once");
            } catch (IOException e) {
                throw new HalfDivertedException("the agent's jar cannot be read (" + e.getMessage() + ")");
            }
        }
    }
}
