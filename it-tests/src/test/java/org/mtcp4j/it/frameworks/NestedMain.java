/* SPDX-License-Identifier: Apache-2.0 */
package org.mtcp4j.it.frameworks;

import java.net.URL;
import java.net.URLClassLoader;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/** Runs a main class from a loader of its own, as an application that carries its jars in itself does. */
public final class NestedMain {
    private NestedMain() {}

    /** @param arguments the class, a folder of classes, a folder of jars */
    public static void main(String[] arguments) throws Exception {
        List<URL> urls = new ArrayList<>();
        urls.add(Path.of(arguments[1]).toUri().toURL());
        try (DirectoryStream<Path> jars = Files.newDirectoryStream(Path.of(arguments[2]), "*.jar")) {
            for (Path jar : jars) {
                urls.add(jar.toUri().toURL());
            }
        }
        try (URLClassLoader loader = new URLClassLoader(urls.toArray(URL[]::new))) {
            Thread.currentThread().setContextClassLoader(loader);
            loader.loadClass(arguments[0]).getMethod("main", String[].class).invoke(null, (Object) new String[0]);
        }
    }
}
