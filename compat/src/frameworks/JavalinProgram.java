/* SPDX-License-Identifier: Apache-2.0 */
import io.javalin.Javalin;

/** Javalin on Jetty: ADDRESS PORT. */
public class JavalinProgram {
    public static void main(String[] arguments) {
        Javalin.create()
                .get("/", context -> context.result("hello"))
                .start(arguments[0], Integer.parseInt(arguments[1]));
    }
}
