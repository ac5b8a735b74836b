/* SPDX-License-Identifier: Apache-2.0 */
package org.mtcp4j.examples;

import io.netty.bootstrap.ServerBootstrap;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.channel.Channel;
import io.netty.channel.ChannelFutureListener;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInitializer;
import io.netty.channel.ChannelOption;
import io.netty.channel.EventLoopGroup;
import io.netty.channel.SimpleChannelInboundHandler;
import io.netty.channel.nio.NioEventLoopGroup;
import io.netty.channel.socket.SocketChannel;
import io.netty.channel.socket.nio.NioServerSocketChannel;
import io.netty.handler.codec.http.DefaultFullHttpResponse;
import io.netty.handler.codec.http.DefaultHttpContent;
import io.netty.handler.codec.http.DefaultHttpResponse;
import io.netty.handler.codec.http.HttpContent;
import io.netty.handler.codec.http.HttpHeaderNames;
import io.netty.handler.codec.http.HttpHeaderValues;
import io.netty.handler.codec.http.HttpObject;
import io.netty.handler.codec.http.HttpRequest;
import io.netty.handler.codec.http.HttpResponse;
import io.netty.handler.codec.http.HttpResponseStatus;
import io.netty.handler.codec.http.HttpServerCodec;
import io.netty.handler.codec.http.HttpServerExpectContinueHandler;
import io.netty.handler.codec.http.HttpUtil;
import io.netty.handler.codec.http.HttpVersion;
import io.netty.handler.codec.http.LastHttpContent;
import java.net.InetSocketAddress;
import java.security.MessageDigest;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;

/** Netty's HTTP codec over its NIO transport; runs on 4.1 and 4.2. */
public final class NettyExample {
    private static final int BACKLOG = 1024;

    private NettyExample() {}

    /** @param arguments port, then optionally the address to bind */
    public static void main(String[] arguments) throws Exception {
        AutoCloseable server = start(
                arguments.length > 0 ? Integer.parseInt(arguments[0]) : 8080,
                arguments.length > 1 ? arguments[1] : null);
        CountDownLatch stopped = new CountDownLatch(1);
        Runtime.getRuntime().addShutdownHook(new Thread(() -> stop(server, stopped)));
        System.out.println("ready");
        stopped.await();
    }

    private static void stop(AutoCloseable server, CountDownLatch stopped) {
        try {
            server.close();
        } catch (Exception e) {
            System.err.println("stop: " + e);
        } finally {
            stopped.countDown();
        }
    }

    /** For a program with a server inside: closing stops it once its last responses are out. A null host is any. */
    @SuppressWarnings("deprecation") // NioEventLoopGroup is the one name that 4.1 and 4.2 share.
    public static AutoCloseable start(int port, String host) throws Exception {
        InetSocketAddress address = host == null ? new InetSocketAddress(port) : new InetSocketAddress(host, port);
        EventLoopGroup acceptors = new NioEventLoopGroup(1);
        EventLoopGroup workers = new NioEventLoopGroup(1);
        Channel server = new ServerBootstrap()
                .group(acceptors, workers)
                .channel(NioServerSocketChannel.class)
                .option(ChannelOption.SO_BACKLOG, BACKLOG)
                .childHandler(new ChannelInitializer<SocketChannel>() {
                    @Override
                    protected void initChannel(SocketChannel channel) {
                        channel.pipeline()
                                .addLast(new HttpServerCodec(), new HttpServerExpectContinueHandler(), new Site());
                    }
                })
                .bind(address)
                .sync()
                .channel();
        return () -> {
            server.close().syncUninterruptibly();
            workers.shutdownGracefully(2, 6, TimeUnit.SECONDS).syncUninterruptibly();
            acceptors.shutdownGracefully(0, 1, TimeUnit.SECONDS).syncUninterruptibly();
        };
    }

    @SuppressWarnings("FutureReturnValueIgnored") // Netty closes the channel on a failed write.
    private static final class Site extends SimpleChannelInboundHandler<HttpObject> {
        private HttpRequest request;
        private MessageDigest digest;
        private long bytes;

        @Override
        protected void channelRead0(ChannelHandlerContext context, HttpObject message) {
            if (message instanceof HttpRequest head) {
                request = head;
                digest = Pages.md5();
                bytes = 0;
            }
            if (message instanceof HttpContent content) {
                bytes += content.content().readableBytes();
                if (content.content().isReadable()) {
                    digest.update(content.content().nioBuffer());
                }
            }
            if (message instanceof LastHttpContent) {
                answer(context);
            }
        }

        private void answer(ChannelHandlerContext context) {
            String[] uri = request.uri().split("\\?", 2);
            boolean keepAlive = HttpUtil.isKeepAlive(request);
            switch (uri[0]) {
                case "/big" -> whole(context, Unpooled.wrappedBuffer(Pages.big()), keepAlive);
                case "/big.md5" ->
                    whole(context, Unpooled.wrappedBuffer(Pages.hex(Pages.md5().digest(Pages.big()))), keepAlive);
                case "/post" -> whole(context, Unpooled.wrappedBuffer(Pages.posted(bytes, digest)), keepAlive);
                case "/chunked" -> chunked(context, keepAlive);
                case "/slow" -> {
                    long millis = Pages.slowMillis(uri.length > 1 ? uri[1] : "");
                    context.executor()
                            .schedule(
                                    () -> whole(context, Unpooled.wrappedBuffer(Pages.SMALL), keepAlive),
                                    millis,
                                    TimeUnit.MILLISECONDS);
                }
                default -> whole(context, Unpooled.wrappedBuffer(Pages.page(uri[0])), keepAlive);
            }
        }

        /** Spelled out, since HTTP/1.0 clients (ab -k) keep a connection only when told so. */
        private static void connection(HttpResponse response, boolean keepAlive) {
            response.headers()
                    .set(HttpHeaderNames.CONNECTION, keepAlive ? HttpHeaderValues.KEEP_ALIVE : HttpHeaderValues.CLOSE);
        }

        private static void whole(ChannelHandlerContext context, ByteBuf body, boolean keepAlive) {
            HttpResponse response = new DefaultFullHttpResponse(HttpVersion.HTTP_1_1, HttpResponseStatus.OK, body);
            response.headers().set(HttpHeaderNames.CONTENT_LENGTH, body.readableBytes());
            connection(response, keepAlive);
            var written = context.writeAndFlush(response);
            if (!keepAlive) {
                written.addListener(ChannelFutureListener.CLOSE);
            }
        }

        private static void chunked(ChannelHandlerContext context, boolean keepAlive) {
            HttpResponse response = new DefaultHttpResponse(HttpVersion.HTTP_1_1, HttpResponseStatus.OK);
            HttpUtil.setTransferEncodingChunked(response, true);
            connection(response, keepAlive);
            context.write(response);
            for (int i = 0; i < Pages.CHUNKS; i++) {
                context.writeAndFlush(new DefaultHttpContent(Unpooled.wrappedBuffer(Pages.CHUNK)));
            }
            var written = context.writeAndFlush(LastHttpContent.EMPTY_LAST_CONTENT);
            if (!keepAlive) {
                written.addListener(ChannelFutureListener.CLOSE);
            }
        }

        @Override
        public void exceptionCaught(ChannelHandlerContext context, Throwable cause) {
            context.close();
        }
    }
}
