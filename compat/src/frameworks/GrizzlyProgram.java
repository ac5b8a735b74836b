/* SPDX-License-Identifier: Apache-2.0 */
import org.glassfish.grizzly.http.server.HttpHandler;
import org.glassfish.grizzly.http.server.HttpServer;
import org.glassfish.grizzly.http.server.NetworkListener;
import org.glassfish.grizzly.http.server.Request;
import org.glassfish.grizzly.http.server.Response;

/** Grizzly: ADDRESS PORT. */
public class GrizzlyProgram {
    public static void main(String[] arguments) throws Exception {
        HttpServer server = new HttpServer();
        server.addListener(new NetworkListener("hello", arguments[0], Integer.parseInt(arguments[1])));
        server.getServerConfiguration()
                .addHttpHandler(new HttpHandler() {
                    @Override
                    public void service(Request request, Response response) throws Exception {
                        response.getWriter().write("hello");
                    }
                });
        server.start();
        Thread.currentThread().join();
    }
}
