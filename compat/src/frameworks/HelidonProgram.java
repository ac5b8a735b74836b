/* SPDX-License-Identifier: Apache-2.0 */
import io.helidon.webserver.Routing;
import io.helidon.webserver.WebServer;
import java.net.InetAddress;

/** Helidon SE 3: ADDRESS PORT. */
public class HelidonProgram {
    public static void main(String[] arguments) throws Exception {
        WebServer.builder()
                .bindAddress(InetAddress.getByName(arguments[0]))
                .port(Integer.parseInt(arguments[1]))
                .routing(Routing.builder()
                        .get("/", (request, response) -> response.send("hello"))
                        .build())
                .build()
                .start()
                .await();
    }
}
