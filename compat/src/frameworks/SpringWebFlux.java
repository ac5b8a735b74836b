/* SPDX-License-Identifier: Apache-2.0 */
import org.springframework.boot.SpringApplication;
import org.springframework.boot.autoconfigure.EnableAutoConfiguration;
import org.springframework.context.annotation.Bean;
import org.springframework.web.reactive.function.server.RouterFunction;
import org.springframework.web.reactive.function.server.RouterFunctions;
import org.springframework.web.reactive.function.server.ServerResponse;

/** Spring Boot with Reactor Netty; arguments as Spring Boot takes them. */
@EnableAutoConfiguration
public class SpringWebFlux {
    @Bean
    RouterFunction<ServerResponse> hello() {
        return RouterFunctions.route().GET("/", request -> ServerResponse.ok().bodyValue("hello")).build();
    }

    public static void main(String[] arguments) {
        SpringApplication.run(SpringWebFlux.class, arguments);
    }
}
