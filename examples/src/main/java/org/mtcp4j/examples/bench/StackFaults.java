/* SPDX-License-Identifier: Apache-2.0 */
package org.mtcp4j.examples.bench;

import java.lang.reflect.Field;
import java.lang.reflect.Method;
import java.lang.reflect.Modifier;
import java.lang.reflect.Proxy;
import java.math.BigInteger;
import java.util.Arrays;
import java.util.BitSet;
import java.util.List;
import java.util.SplittableRandom;
import java.util.function.Supplier;

/** What no program may do: throws inside the rounds of the stack that runs in this JVM, and looks at its pools. By reflection. */
final class StackFaults {
    private static final int ONE_OF = 40;
    /** For a stage at which that kind has not been thrown yet. */
    private static final int ONE_OF_NEW = 4;

    private static final List<Supplier<Throwable>> KINDS = List.of(
            () -> new IllegalStateException("chaos"),
            () -> new OutOfMemoryError("chaos"),
            StackOverflowError::new,
            () -> new LinkageError("chaos"));

    private final Object engine;
    private final List<?> contexts;
    private final int stages;
    /** By stage and kind, under the lock of the random numbers. */
    private final BitSet thrown = new BitSet();

    StackFaults() throws ReflectiveOperationException {
        Object runtime = Class.forName("org.mtcp4j.spi.nio.MtcpRuntime")
                .getMethod("current")
                .invoke(null);
        engine = call(call(runtime, "stack"), "engine");
        contexts = (List<?>) call(engine, "contexts");
        Field last = faults(contexts.get(0)).getClass().getDeclaredField("STAGES");
        last.setAccessible(true);
        stages = last.getInt(null);
    }

    private static Object call(Object target, String name) throws ReflectiveOperationException {
        Method method = method(target.getClass(), name);
        method.setAccessible(true);
        return method.invoke(target);
    }

    private static Method method(Class<?> type, String name) throws NoSuchMethodException {
        for (Class<?> each = type; each != null; each = each.getSuperclass()) {
            for (Method method : each.getDeclaredMethods()) {
                if (method.getName().equals(name) && method.getParameterCount() == 0) {
                    return method;
                }
            }
        }
        throw new NoSuchMethodException(type + "." + name);
    }

    /** Throws at one of so many stages of rounds, until {@link #end}; sooner where it has not thrown the like. */
    void begin(SplittableRandom random) throws ReflectiveOperationException {
        hook(stage -> {
            synchronized (thrown) {
                int kind = random.nextInt(KINDS.size());
                int at = stage * KINDS.size() + kind;
                if (random.nextInt(thrown.get(at) ? ONE_OF : ONE_OF_NEW) == 0) {
                    thrown.set(at);
                    throw KINDS.get(kind).get();
                }
            }
        });
    }

    /** Which errors were thrown at which stages, so far: {@code stages N of M:} and the bits. */
    String stagesText() {
        synchronized (thrown) {
            return "stages " + thrown.cardinality() + " of " + stages * KINDS.size() + ": "
                    + new BigInteger(1, reversed(thrown.toByteArray())).toString(16);
        }
    }

    private static byte[] reversed(byte[] bytes) {
        byte[] result = new byte[bytes.length];
        for (int i = 0; i < bytes.length; i++) {
            result[i] = bytes[bytes.length - 1 - i];
        }
        return result;
    }

    void end() throws ReflectiveOperationException {
        hook(null);
    }

    private interface Stage {
        void at(int stage) throws Throwable;
    }

    private static Object faults(Object context) throws ReflectiveOperationException {
        Field field = context.getClass().getDeclaredField("faults");
        field.setAccessible(true);
        return field.get(context);
    }

    private void hook(Stage stage) throws ReflectiveOperationException {
        for (Object context : contexts) {
            Object faults = faults(context);
            Field hookField = faults.getClass().getDeclaredField("hook");
            hookField.setAccessible(true);
            Class<?> type = hookField.getType();
            Object hook = stage == null
                    ? null
                    : Proxy.newProxyInstance(
                            type.getClassLoader(), new Class<?>[] {type}, (proxy, method, arguments) -> {
                                stage.at((int) arguments[0]);
                                return null;
                            });
            hookField.set(faults, hook);
        }
    }

    /** What is not free though nobody has a connection, in words; empty for nothing. */
    String held() throws ReflectiveOperationException {
        StringBuilder text = new StringBuilder();
        Object chunks = call(engine, "chunks");
        int usedChunks = (int) call(chunks, "total") - (int) call(chunks, "free");
        if (usedChunks > 0) {
            text.append(usedChunks).append(" chunks ");
        }
        for (Object nic : (List<?>) call(engine, "nics")) {
            int used = (int) call(nic, "totalFrames") - (int) call(nic, "freeFrames");
            if (used > 0) {
                text.append(used)
                        .append(" frames of ")
                        .append(call(nic, "name"))
                        .append(' ');
            }
        }
        List<String> flows = ((List<?>) call(engine, "flows"))
                .stream().map(StackFaults::text).toList();
        return flows.isEmpty() ? text.toString() : text + flows.toString();
    }

    /** Prints what is known of both ends of the connection from that port, and of the storage. */
    void tell(int port) {
        try {
            Object chunks = call(engine, "chunks");
            System.out.println("stands still: port " + port + "; storage:" + numbers(chunks) + " free all "
                    + call(chunks, "free"));
            for (Object flow : (List<?>) call(engine, "flows")) {
                if (call(flow, "localPort").equals(port)
                        || call(flow, "remotePort").equals(port)) {
                    System.out.println(text(flow) + numbers(flow) + " send:" + numbers(field(flow, "send"))
                            + " receive:" + numbers(field(flow, "receive")));
                }
            }
        } catch (ReflectiveOperationException | RuntimeException e) {
            System.out.println("stands still: port " + port + ", " + e);
        }
    }

    /** All fields of primitive types that are not zero. */
    private static String numbers(Object target) throws ReflectiveOperationException {
        StringBuilder text = new StringBuilder();
        for (Class<?> type = target.getClass(); type != Object.class; type = type.getSuperclass()) {
            for (Field field : type.getDeclaredFields()) {
                if (field.getType().isPrimitive() && !Modifier.isStatic(field.getModifiers())) {
                    field.setAccessible(true);
                    String value = String.valueOf(field.get(target));
                    if (!value.equals("0") && !value.equals("false")) {
                        text.append(' ').append(field.getName()).append('=').append(value);
                    }
                }
            }
        }
        return text.toString();
    }

    private static Object field(Object target, String name) throws ReflectiveOperationException {
        Field field = target.getClass().getDeclaredField(name);
        field.setAccessible(true);
        return field.get(target);
    }

    private static String text(Object flow) {
        try {
            Object endpoint = field(flow, "endpoint");
            return Arrays.asList(
                            call(flow, "state"),
                            call(flow, "localPort"),
                            call(flow, "remotePort"),
                            "application closed " + field(flow, "applicationClosed"),
                            "asked " + field(flow, "asked"),
                            "unqueued " + field(flow, "unqueued"),
                            "put off " + field(flow, "putOff"),
                            "failing " + field(flow, "failing"),
                            "socket closed " + (endpoint == null ? "none" : field(endpoint, "closed")))
                    .toString();
        } catch (ReflectiveOperationException e) {
            return e.toString();
        }
    }
}
