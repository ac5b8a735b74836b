/* SPDX-License-Identifier: Apache-2.0 */
package org.mtcp4j.compat.boot;

import java.io.IOException;
import org.springframework.boot.SpringApplication;
import org.springframework.boot.autoconfigure.SpringBootApplication;
import org.springframework.boot.web.servlet.context.ServletWebServerApplicationContext;
import org.springframework.context.ConfigurableApplicationContext;
import org.springframework.web.bind.annotation.GetMapping;
import org.springframework.web.bind.annotation.RestController;
import org.springframework.web.client.RestClient;

/** Serves, fetches what it serves, and ends with the next line that it is given. */
@SpringBootApplication
@RestController
public class BootApplication {
    /** What is fetched. */
    @GetMapping("/hello")
    public String hello() {
        return "hello";
    }

    public static void main(String[] arguments) throws IOException {
        try (ConfigurableApplicationContext context = SpringApplication.run(BootApplication.class, arguments)) {
            int port = ((ServletWebServerApplicationContext) context)
                    .getWebServer()
                    .getPort();
            RestClient client = RestClient.create("http://127.0.0.1:" + port);
            for (int i = 0; i < 10; i++) {
                System.out.println("fetched "
                        + client.get().uri("/hello").retrieve().body(String.class) + " from Spring Boot "
                        + SpringApplication.class.getPackage().getImplementationVersion());
            }
            System.out.println("served");
            int unused = System.in.read();
        }
    }
}
