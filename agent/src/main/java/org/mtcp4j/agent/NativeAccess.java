/* SPDX-License-Identifier: Apache-2.0 */
package org.mtcp4j.agent;

import java.lang.module.ModuleDescriptor;
import java.util.Set;
import jdk.internal.access.JavaLangAccess;
import jdk.internal.access.SharedSecrets;
import org.mtcp4j.nic.linux.NativeLoader;

/**
 * Allows native code to what the agent brings for it, and to nothing else of the program (JEP 472): the JVM would warn of it, or with
 * {@code --illegal-native-access=deny} refuse it. What belongs to no module cannot be allowed alone, so these classes get one.
 */
final class NativeAccess {
    private static final int FIRST_THAT_WARNS = 24;
    private static final String MODULE = "org.mtcp4j.nativecalls";

    private NativeAccess() {}

    /** Before the stack starts. */
    static void allow() {
        if (Runtime.version().feature() >= FIRST_THAT_WARNS) {
            NativeLoader.makeModulesBy(NativeAccess::define);
        }
    }

    private static void define(ClassLoader loader, Set<String> packages) {
        // Open, since JNR makes classes at run time that implement its and our interfaces.
        ModuleDescriptor descriptor =
                ModuleDescriptor.newOpenModule(MODULE).packages(packages).build();
        JavaLangAccess access = SharedSecrets.getJavaLangAccess();
        Module module = access.defineModule(loader, descriptor, null);
        for (Module other : ModuleLayer.boot().modules()) {
            access.addReads(module, other);
        }
        access.addReadsAllUnnamed(module);
        access.addEnableNativeAccess(module);
    }
}
