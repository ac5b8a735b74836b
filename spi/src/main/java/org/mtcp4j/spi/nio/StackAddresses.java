/* SPDX-License-Identifier: Apache-2.0 */
package org.mtcp4j.spi.nio;

import java.net.BindException;
import java.net.Inet4Address;
import java.net.Inet6Address;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ProtocolFamily;
import java.net.SocketAddress;
import java.net.StandardProtocolFamily;
import java.net.UnknownHostException;
import java.nio.channels.UnresolvedAddressException;
import java.nio.channels.UnsupportedAddressTypeException;

/**
 * Checks of addresses as the JDK makes them, and what becomes of the any-address on a dual-stack socket.
 */
public final class StackAddresses {
    private static final InetAddress ANY_4 = of(new byte[4]);
    private static final InetAddress ANY_6 = of(new byte[16]);
    private static final InetAddress LOOPBACK_4 = of(new byte[] {127, 0, 0, 1});
    private static final InetAddress LOOPBACK_6 = of(new byte[] {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1});

    private StackAddresses() {}

    private static InetAddress of(byte[] bytes) {
        try {
            return InetAddress.getByAddress(bytes);
        } catch (UnknownHostException e) {
            throw new AssertionError(e);
        }
    }

    /** In the order in which the JDK's channels check. */
    public static InetSocketAddress check(SocketAddress address, ProtocolFamily family) {
        if (address == null) {
            throw new NullPointerException();
        }
        if (!(address instanceof InetSocketAddress inet)) {
            throw new UnsupportedAddressTypeException();
        }
        if (inet.isUnresolved()) {
            throw new UnresolvedAddressException();
        }
        if (family == StandardProtocolFamily.INET && !(inet.getAddress() instanceof Inet4Address)) {
            throw new UnsupportedAddressTypeException();
        }
        return inet;
    }

    /**
     * Whether a bind of the kernel's failed because its machine does not have the loopback address that the stack has: in a namespace whose
     * loopback interface is down.
     */
    public static boolean isMissing(InetSocketAddress address, BindException failure) {
        String message = failure.getMessage();
        return address.getAddress().isLoopbackAddress()
                && message != null
                && message.startsWith("Cannot assign requested address");
    }

    /** Where a bind to null goes. */
    public static InetSocketAddress any(ProtocolFamily family) {
        return new InetSocketAddress(family == StandardProtocolFamily.INET ? ANY_4 : ANY_6, 0);
    }

    /** A connect to the any-address means loopback. */
    public static InetSocketAddress anyToLoopback(InetSocketAddress remote) {
        InetAddress address = remote.getAddress();
        if (!address.isAnyLocalAddress()) {
            return remote;
        }
        return new InetSocketAddress(address instanceof Inet4Address ? LOOPBACK_4 : LOOPBACK_6, remote.getPort());
    }

    /**
     * A bind's address as the stack takes it: the any-address of a dual-stack socket is that of IPv6, whichever the application wrote, as
     * the JDK has it.
     */
    public static InetSocketAddress toBind(InetSocketAddress address, ProtocolFamily family) {
        boolean dual =
                family != StandardProtocolFamily.INET && address.getAddress().isAnyLocalAddress();
        return dual ? new InetSocketAddress(ANY_6, address.getPort()) : address;
    }

    /**
     * A local address of the stack as the application sees it: without a host name, since the kernel's sockets report bare addresses,
     * whichever name the application bound to.
     *
     * @param asked the address that the application gave for this end or for the other one, whose scope is kept; null where it gave none
     */
    public static InetSocketAddress toApplication(
            InetSocketAddress local, InetSocketAddress asked, ProtocolFamily family) {
        if (local == null) {
            return null;
        }
        InetAddress address = local.getAddress();
        if (address.isAnyLocalAddress()) {
            return new InetSocketAddress(family == StandardProtocolFamily.INET ? ANY_4 : ANY_6, local.getPort());
        }
        boolean scoped = asked != null && asked.getAddress().equals(address);
        return new InetSocketAddress(nameless(scoped ? asked.getAddress() : address), local.getPort());
    }

    private static InetAddress nameless(InetAddress address) {
        if (address instanceof Inet6Address scoped && scoped.getScopeId() != 0) {
            try {
                return Inet6Address.getByAddress(null, address.getAddress(), scoped.getScopeId());
            } catch (UnknownHostException e) {
                throw new AssertionError(e);
            }
        }
        return of(address.getAddress());
    }
}
