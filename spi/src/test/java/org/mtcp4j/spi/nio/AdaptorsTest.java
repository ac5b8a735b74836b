/* SPDX-License-Identifier: Apache-2.0 */
package org.mtcp4j.spi.nio;

import static org.assertj.core.api.Assertions.assertThat;

import java.lang.reflect.Method;
import java.lang.reflect.Modifier;
import java.net.ServerSocket;
import java.net.Socket;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;

class AdaptorsTest {
    private static List<String> notOverridden(Class<?> adaptor, Class<?> base) {
        return Arrays.stream(base.getMethods())
                .filter(method -> method.getDeclaringClass() == base && !Modifier.isStatic(method.getModifiers()))
                .filter(method -> !declares(adaptor, method))
                .map(Method::toString)
                .toList();
    }

    private static boolean declares(Class<?> type, Method method) {
        return Arrays.stream(type.getDeclaredMethods())
                .anyMatch(own -> own.getName().equals(method.getName())
                        && Arrays.equals(own.getParameterTypes(), method.getParameterTypes()));
    }

    @Test
    void socketAdaptorOverridesEveryPublicMethod() {
        assertThat(notOverridden(SocketAdaptor.class, Socket.class)).isEmpty();
    }

    @Test
    void serverSocketAdaptorOverridesEveryPublicMethod() {
        assertThat(notOverridden(ServerSocketAdaptor.class, ServerSocket.class)).isEmpty();
    }
}
