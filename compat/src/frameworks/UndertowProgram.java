/* SPDX-License-Identifier: Apache-2.0 */
import io.undertow.Undertow;

/** Undertow: ADDRESS PORT. */
public class UndertowProgram {
    public static void main(String[] arguments) {
        Undertow.builder()
                .addHttpListener(Integer.parseInt(arguments[1]), arguments[0])
                .setHandler(exchange -> exchange.getResponseSender().send("hello"))
                .build()
                .start();
    }
}
