/* SPDX-License-Identifier: Apache-2.0 */
import org.springframework.boot.SpringApplication;
import org.springframework.boot.autoconfigure.EnableAutoConfiguration;
import org.springframework.context.annotation.Bean;
import org.springframework.web.servlet.function.RouterFunction;
import org.springframework.web.servlet.function.RouterFunctions;
import org.springframework.web.servlet.function.ServerResponse;

/** Spring Boot with Tomcat, or what else its starter brings; arguments as Spring Boot takes them. */
@EnableAutoConfiguration
public class SpringBootTomcat {
    @Bean
    RouterFunction<ServerResponse> hello() {
        return RouterFunctions.route().GET("/", request -> ServerResponse.ok().body("hello")).build();
    }

    public static void main(String[] arguments) {
        SpringApplication.run(SpringBootTomcat.class, arguments);
    }
}
