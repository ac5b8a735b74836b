/* SPDX-License-Identifier: Apache-2.0 */
package org.mtcp4j.agent;

import java.lang.instrument.ClassFileTransformer;
import java.lang.instrument.Instrumentation;
import java.lang.reflect.Field;
import java.lang.reflect.Method;
import java.net.MalformedURLException;
import java.net.URL;
import java.net.URLClassLoader;
import java.security.ProtectionDomain;
import java.util.Map;
import java.util.Set;

/**
 * Lets BlockHound find our integration: as BlockHound is loaded, the folder of the agent's jar that holds it is added to what that loader
 * searches. It cannot lie open in the jar: a BlockHound that a nested loader has would find a provider there whose interface it does not
 * share, and end with an error. Changes no class.
 */
final class BlockHoundPath implements ClassFileTransformer {
    private static final String BLOCK_HOUND = "reactor/blockhound/BlockHound";
    private static final String SERVICE = "META-INF/services/reactor.blockhound.integration.BlockHoundIntegration";
    private static final String FOLDER = "/META-INF/mtcp4j/blockhound/";

    private final Instrumentation instrumentation;

    private BlockHoundPath(Instrumentation instrumentation) {
        this.instrumentation = instrumentation;
    }

    static void watch(Instrumentation instrumentation) {
        instrumentation.addTransformer(new BlockHoundPath(instrumentation), false);
    }

    @Override
    public byte[] transform(
            Module module,
            ClassLoader loader,
            String className,
            Class<?> redefined,
            ProtectionDomain domain,
            byte[] classFile) {
        if (loader != null && BLOCK_HOUND.equals(className)) {
            try {
                add(loader, folder());
            } catch (ReflectiveOperationException | MalformedURLException | RuntimeException | LinkageError e) {
                System.err.println(
                        "[mtcp] WARN BlockHound does not hear which waits are ours and will report them (" + e + ")");
            }
        }
        return null;
    }

    private static URL folder() throws MalformedURLException {
        String service = BlockHoundPath.class.getResource(FOLDER + SERVICE).toString();
        return new URL(service.substring(0, service.length() - SERVICE.length()));
    }

    private void add(ClassLoader loader, URL folder) throws ReflectiveOperationException {
        if (loader instanceof URLClassLoader) {
            Method addUrl = URLClassLoader.class.getDeclaredMethod("addURL", URL.class);
            addUrl.setAccessible(true);
            addUrl.invoke(loader, folder);
            return;
        }
        Set<Module> us = Set.of(BlockHoundPath.class.getModule());
        instrumentation.redefineModule(
                Object.class.getModule(), Set.of(), Map.of(), Map.of("jdk.internal.loader", us), Set.of(), Map.of());
        Class<?> builtIn = Class.forName("jdk.internal.loader.BuiltinClassLoader");
        Field path = builtIn.getDeclaredField("ucp");
        path.setAccessible(true);
        Object searched = path.get(loader);
        Method addUrl = searched.getClass().getMethod("addURL", URL.class);
        addUrl.setAccessible(true);
        addUrl.invoke(searched, folder);
    }
}
