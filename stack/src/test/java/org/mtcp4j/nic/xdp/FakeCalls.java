/* SPDX-License-Identifier: Apache-2.0 */
package org.mtcp4j.nic.xdp;

import java.lang.reflect.Proxy;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.mtcp4j.nic.linux.LinuxCalls;

/** A kernel that answers as it is told. An address is the number of a buffer, in the upper half. */
final class FakeCalls {
    /** Numbers of closed descriptors, in order. */
    final List<Integer> closed = new ArrayList<>();
    /** What was sent, in order. */
    final List<ByteBuffer> sent = new ArrayList<>();
    /** What {@code recv} gives next; then there is nothing. */
    final Deque<byte[]> arriving = new ArrayDeque<>();
    /** Options, by number, that {@code setsockopt} refuses. */
    final Set<Integer> refusedOptions = new HashSet<>();
    /** What {@code send} and {@code write} return next; then they take everything. */
    final Deque<Long> sendResults = new ArrayDeque<>();

    /** Families that {@code socket} does not know. */
    final Set<Integer> unknownFamilies = new HashSet<>();

    Runnable onSend = () -> {};
    private final List<ByteBuffer> buffers = new ArrayList<>();
    private int descriptors = 100;

    LinuxCalls calls() {
        return (LinuxCalls) Proxy.newProxyInstance(
                FakeCalls.class.getClassLoader(), new Class<?>[] {LinuxCalls.class}, (proxy, method, arguments) -> {
                    Object result = call(method.getName(), arguments);
                    return result == null ? nothing(method.getReturnType()) : result;
                });
    }

    private Object call(String name, Object[] arguments) {
        return switch (name) {
            case "socket" -> unknownFamilies.contains(arguments[0]) ? -LinuxCalls.EAFNOSUPPORT : descriptors++;
            case "close" -> closed.add((Integer) arguments[0]) ? 0 : -1;
            case "address" -> address((ByteBuffer) arguments[0]);
            case "setsockopt" -> refusedOptions.contains(arguments[2]) ? -LinuxCalls.EPERM : 0;
            case "write" -> sendResults.isEmpty() ? arguments[2] : sendResults.remove();
            case "send" -> send((Long) arguments[1], (Long) arguments[2]);
            case "recv" -> receive((Long) arguments[1]);
            case "errorText" -> "errno " + arguments[0];
            case "view" -> ByteBuffer.allocateDirect((Integer) arguments[1]);
            default -> null;
        };
    }

    private static Object nothing(Class<?> type) {
        return type == long.class ? (Object) 0L : (Object) 0;
    }

    private long address(ByteBuffer buffer) {
        buffers.add(buffer);
        return (long) buffers.size() << 32;
    }

    private ByteBuffer at(long address) {
        return buffers.get((int) (address >>> 32) - 1);
    }

    private long send(long address, long bytes) {
        if (bytes > 0) {
            ByteBuffer copy = ByteBuffer.allocate((int) bytes).order(ByteOrder.nativeOrder());
            copy.put(0, at(address), 0, (int) bytes);
            sent.add(copy);
        }
        onSend.run();
        return sendResults.isEmpty() ? bytes : sendResults.remove();
    }

    private long receive(long address) {
        byte[] next = arriving.poll();
        if (next == null) {
            return -LinuxCalls.EAGAIN;
        }
        at(address).put(0, next);
        return next.length;
    }

    /** The sequence number of what was sent last. */
    int lastSequence() {
        return sent.get(sent.size() - 1).getInt(8);
    }

    /** A message of rtnetlink arrives. */
    void arrives(int type, int flags, int sequence, byte... body) {
        ByteBuffer message =
                ByteBuffer.allocate(Netlink.HEADER_BYTES + body.length).order(ByteOrder.nativeOrder());
        message.putInt(message.capacity()).putShort((short) type).putShort((short) flags);
        message.putInt(sequence).putInt(0).put(body);
        arriving.add(message.array());
    }
}
