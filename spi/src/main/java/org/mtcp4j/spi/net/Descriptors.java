/* SPDX-License-Identifier: Apache-2.0 */
package org.mtcp4j.spi.net;

import java.io.FileDescriptor;
import jdk.internal.access.JavaIOFileDescriptorAccess;
import jdk.internal.access.SharedSecrets;

/**
 * What {@link java.net.SocketImpl}'s field {@code fd} holds for a socket of the stack's: programs and the JDK's own classes take it that a
 * socket has been created where that is there and {@linkplain FileDescriptor#valid valid}, and look no further. As the JDK's it stays when the socket
 * is closed.
 */
final class Descriptors {
    private static final JavaIOFileDescriptorAccess ACCESS = SharedSecrets.getJavaIOFileDescriptorAccess();

    /** Valid to Java, and to the kernel a bad descriptor in every process: nothing of somebody else's can be closed by it. */
    private static final int NOT_OF_THE_KERNEL = -2;

    private Descriptors() {}

    static FileDescriptor ofStack() {
        FileDescriptor descriptor = new FileDescriptor();
        ACCESS.set(descriptor, NOT_OF_THE_KERNEL);
        return descriptor;
    }
}
