/* SPDX-License-Identifier: Apache-2.0 */
import io.vertx.core.Vertx;

/** Vert.x: ADDRESS PORT. */
public class VertxProgram {
    public static void main(String[] arguments) {
        Vertx.vertx()
                .createHttpServer()
                .requestHandler(request -> request.response().end("hello"))
                .listen(Integer.parseInt(arguments[1]), arguments[0])
                .onFailure(Throwable::printStackTrace);
    }
}
