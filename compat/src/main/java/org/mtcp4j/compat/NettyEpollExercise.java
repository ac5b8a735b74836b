/* SPDX-License-Identifier: Apache-2.0 */
package org.mtcp4j.compat;

import io.netty.bootstrap.Bootstrap;
import io.netty.bootstrap.ServerBootstrap;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.channel.Channel;
import io.netty.channel.ChannelFuture;
import io.netty.channel.ChannelHandler;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.EventLoopGroup;
import io.netty.channel.ServerChannel;
import io.netty.channel.SimpleChannelInboundHandler;
import io.netty.channel.epoll.Epoll;
import io.netty.channel.epoll.EpollEventLoopGroup;
import io.netty.channel.epoll.EpollServerSocketChannel;
import io.netty.channel.epoll.EpollSocketChannel;
import io.netty.channel.nio.NioEventLoopGroup;
import io.netty.channel.socket.nio.NioServerSocketChannel;
import io.netty.channel.socket.nio.NioSocketChannel;
import java.io.ByteArrayOutputStream;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;

/** Netty as many programs use it: native where it is available, else NIO. */
final class NettyEpollExercise implements Exercise {
    @Override
    public Class<?> subject() {
        return Bootstrap.class;
    }

    @Override
    public void run() throws Exception {
        boolean epoll = Epoll.isAvailable();
        System.out.println("Epoll.isAvailable() " + epoll);
        Class<? extends ServerChannel> server = epoll ? EpollServerSocketChannel.class : NioServerSocketChannel.class;
        Class<? extends Channel> client = epoll ? EpollSocketChannel.class : NioSocketChannel.class;
        EventLoopGroup group = epoll ? new EpollEventLoopGroup(2) : new NioEventLoopGroup(2);
        try {
            Channel listening = new ServerBootstrap()
                    .group(group)
                    .channel(server)
                    .childHandler(new Echo())
                    .bind(Checks.anyPort())
                    .sync()
                    .channel();
            byte[] body = Checks.body();
            Collect collect = new Collect(body.length);
            Channel connected = new Bootstrap()
                    .group(group)
                    .channel(client)
                    .handler(collect)
                    .connect(listening.localAddress())
                    .sync()
                    .channel();
            connected.writeAndFlush(Unpooled.wrappedBuffer(body)).sync();
            Checks.same(body, collect.all.get(Checks.SECONDS, TimeUnit.SECONDS));
            connected.close().sync();
            listening.close().sync();
        } finally {
            group.shutdownGracefully(0, 1, TimeUnit.SECONDS).sync();
        }
    }

    @ChannelHandler.Sharable
    private static final class Echo extends ChannelInboundHandlerAdapter {
        @Override
        public void channelRead(ChannelHandlerContext context, Object message) {
            ChannelFuture unused = context.writeAndFlush(message, context.voidPromise());
        }
    }

    private static final class Collect extends SimpleChannelInboundHandler<ByteBuf> {
        private final int length;
        private final ByteArrayOutputStream got = new ByteArrayOutputStream();
        final CompletableFuture<byte[]> all = new CompletableFuture<>();

        Collect(int length) {
            this.length = length;
        }

        @Override
        protected void channelRead0(ChannelHandlerContext context, ByteBuf message) throws Exception {
            message.readBytes(got, message.readableBytes());
            if (got.size() == length) {
                all.complete(got.toByteArray());
            }
        }
    }
}
