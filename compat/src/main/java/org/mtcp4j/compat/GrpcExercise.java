/* SPDX-License-Identifier: Apache-2.0 */
package org.mtcp4j.compat;

import io.grpc.CallOptions;
import io.grpc.ManagedChannel;
import io.grpc.ManagedChannelBuilder;
import io.grpc.MethodDescriptor;
import io.grpc.Server;
import io.grpc.ServerBuilder;
import io.grpc.ServerServiceDefinition;
import io.grpc.netty.NettyChannelBuilder;
import io.grpc.netty.NettyServerBuilder;
import io.grpc.stub.ClientCalls;
import io.grpc.stub.ServerCalls;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.util.Iterator;
import java.util.concurrent.TimeUnit;
import java.util.function.IntFunction;

/** gRPC on Netty, with messages that are bytes. */
final class GrpcExercise implements Exercise {
    private static final int MESSAGES = 100;

    private static final MethodDescriptor<byte[], byte[]> UNARY = method("unary", MethodDescriptor.MethodType.UNARY);
    private static final MethodDescriptor<byte[], byte[]> STREAM =
            method("stream", MethodDescriptor.MethodType.SERVER_STREAMING);

    private static MethodDescriptor<byte[], byte[]> method(String name, MethodDescriptor.MethodType type) {
        return MethodDescriptor.<byte[], byte[]>newBuilder()
                .setType(type)
                .setFullMethodName("echo/" + name)
                .setRequestMarshaller(new Bytes())
                .setResponseMarshaller(new Bytes())
                .build();
    }

    private final Class<?> subject;
    private final ServerBuilder<?> server;
    private final IntFunction<ManagedChannelBuilder<?>> client;

    private GrpcExercise(Class<?> subject, ServerBuilder<?> server, IntFunction<ManagedChannelBuilder<?>> client) {
        this.subject = subject;
        this.server = server;
        this.client = client;
    }

    static GrpcExercise plain() {
        return new GrpcExercise(
                NettyServerBuilder.class,
                NettyServerBuilder.forAddress(Checks.anyPort()),
                port -> NettyChannelBuilder.forAddress(Checks.LOOPBACK.getHostAddress(), port));
    }

    static GrpcExercise shaded() {
        return new GrpcExercise(
                io.grpc.netty.shaded.io.grpc.netty.NettyServerBuilder.class,
                io.grpc.netty.shaded.io.grpc.netty.NettyServerBuilder.forAddress(Checks.anyPort()),
                port -> io.grpc.netty.shaded.io.grpc.netty.NettyChannelBuilder.forAddress(
                        Checks.LOOPBACK.getHostAddress(), port));
    }

    @Override
    public Class<?> subject() {
        return subject;
    }

    @Override
    public void run() throws Exception {
        ServerServiceDefinition service = ServerServiceDefinition.builder("echo")
                .addMethod(UNARY, ServerCalls.asyncUnaryCall((request, observer) -> {
                    observer.onNext(request);
                    observer.onCompleted();
                }))
                .addMethod(STREAM, ServerCalls.asyncServerStreamingCall((request, observer) -> {
                    for (int i = 0; i < MESSAGES; i++) {
                        observer.onNext(request);
                    }
                    observer.onCompleted();
                }))
                .build();
        Server running = server.addService(service).build().start();
        ManagedChannel channel = client.apply(running.getPort()).usePlaintext().build();
        try {
            byte[] body = Checks.body();
            Checks.same(body, ClientCalls.blockingUnaryCall(channel, UNARY, CallOptions.DEFAULT, body));
            Iterator<byte[]> answers =
                    ClientCalls.blockingServerStreamingCall(channel, STREAM, CallOptions.DEFAULT, Checks.utf8("hello"));
            int count = 0;
            while (answers.hasNext()) {
                Checks.same(Checks.utf8("hello"), answers.next());
                count++;
            }
            Checks.same(MESSAGES, count);
        } finally {
            Checks.same(true, channel.shutdown().awaitTermination(Checks.SECONDS, TimeUnit.SECONDS));
            Checks.same(true, running.shutdown().awaitTermination(Checks.SECONDS, TimeUnit.SECONDS));
        }
    }

    private static final class Bytes implements MethodDescriptor.Marshaller<byte[]> {
        @Override
        public InputStream stream(byte[] value) {
            return new ByteArrayInputStream(value);
        }

        @Override
        public byte[] parse(InputStream stream) {
            try {
                return stream.readAllBytes();
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        }
    }
}
