/* SPDX-License-Identifier: Apache-2.0 */
import com.linecorp.armeria.common.HttpResponse;
import com.linecorp.armeria.server.Server;
import java.net.InetSocketAddress;

/** Armeria: ADDRESS PORT. */
public class ArmeriaProgram {
    public static void main(String[] arguments) {
        Server server = Server.builder()
                .http(new InetSocketAddress(arguments[0], Integer.parseInt(arguments[1])))
                .service("/", (context, request) -> HttpResponse.of("hello"))
                .build();
        server.closeOnJvmShutdown();
        server.start().join();
    }
}
