/* SPDX-License-Identifier: Apache-2.0 */
package org.mtcp4j.compat;

import jakarta.servlet.http.HttpServlet;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;
import java.io.IOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import org.apache.catalina.Context;
import org.apache.catalina.connector.Connector;
import org.apache.catalina.startup.Tomcat;
import org.apache.coyote.http11.Http11Nio2Protocol;

/** Tomcat over asynchronous channels; bound to any address, so its unlocking of accept looks for one too. */
final class TomcatExercise implements Exercise {
    @Override
    public Class<?> subject() {
        return Tomcat.class;
    }

    @Override
    public void run() throws Exception {
        java.util.logging.LogManager.getLogManager().reset();
        Path base = Files.createTempDirectory("mtcp4j-tomcat");
        Tomcat tomcat = new Tomcat();
        tomcat.setBaseDir(base.toString());
        Connector connector = new Connector(Http11Nio2Protocol.class.getName());
        connector.setPort(0);
        tomcat.setConnector(connector);
        Context context = tomcat.addContext("", base.toString());
        Tomcat.addServlet(context, "echo", new Echo());
        context.addServletMappingDecoded("/", "echo");
        tomcat.start();
        try {
            JdkExercise.connection(URI.create(Checks.url(connector.getLocalPort())));
        } finally {
            tomcat.stop();
            tomcat.destroy();
            delete(base);
        }
    }

    static void delete(Path directory) throws IOException {
        try (var all = Files.walk(directory)) {
            for (Path path : (Iterable<Path>) all.sorted(java.util.Comparator.reverseOrder())::iterator) {
                Files.delete(path);
            }
        }
    }

    private static final class Echo extends HttpServlet {
        private static final long serialVersionUID = 1;

        @Override
        protected void service(HttpServletRequest request, HttpServletResponse response) throws IOException {
            byte[] sent = request.getInputStream().readAllBytes();
            byte[] answer = request.getMethod().equals("GET") ? Checks.utf8("hello") : sent;
            response.setContentLength(answer.length);
            response.getOutputStream().write(answer);
        }
    }
}
