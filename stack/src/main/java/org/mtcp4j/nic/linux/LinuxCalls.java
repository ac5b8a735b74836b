/* SPDX-License-Identifier: Apache-2.0 */
package org.mtcp4j.nic.linux;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;

/**
 * System calls, by their man-page names. Each returns what the call returned, or {@code -errno}; addresses are those of {@link
 * #address}. Thread-safe. Get it from {@link LinuxCallsLoader}: this interface is what keeps JNR-FFI in a class loader of its own.
 */
public interface LinuxCalls {
    int EPERM = 1;
    int ENOENT = 2;
    int EINTR = 4;
    int EIO = 5;
    int ENXIO = 6;
    int EAGAIN = 11;
    int ENOMEM = 12;
    int EACCES = 13;
    int EBUSY = 16;
    int EEXIST = 17;
    int ENODEV = 19;
    int EINVAL = 22;
    int ENOSPC = 28;
    int EPIPE = 32;
    int ERANGE = 34;
    int EOPNOTSUPP = 95;
    int EAFNOSUPPORT = 97;
    int EADDRNOTAVAIL = 99;
    int ECONNABORTED = 103;
    int ECONNRESET = 104;
    int ENOBUFS = 105;
    int ECONNREFUSED = 111;

    int O_RDWR = 2;
    int O_NONBLOCK = 0x800;
    int O_CLOEXEC = 0x80000;
    int EFD_NONBLOCK = 0x800;
    int EFD_CLOEXEC = 0x80000;
    int EPOLL_CLOEXEC = 0x80000;
    int EPOLL_CTL_ADD = 1;
    int EPOLL_CTL_DEL = 2;
    int EPOLL_CTL_MOD = 3;
    int EPOLLIN = 1;
    int EPOLLOUT = 4;
    int EPOLLERR = 8;
    int EPOLLHUP = 16;
    int POLLIN = 1;

    int AF_INET = 2;
    int AF_INET6 = 10;
    int SOCK_RAW = 3;
    int SOCK_NONBLOCK = 0x800;
    int SOCK_CLOEXEC = 0x80000;
    int SOL_SOCKET = 1;
    int SO_RCVTIMEO = 20;
    int MSG_DONTWAIT = 0x40;

    /** {@code struct epoll_event} is packed on x86-64 and nowhere else. */
    boolean EPOLL_PACKED =
            switch (System.getProperty("os.arch", "")) {
                case "amd64", "x86_64" -> true;
                default -> false;
            };

    int EPOLL_EVENT_BYTES = EPOLL_PACKED ? 12 : 16;
    /** Where the 64 bits of user data stand in {@code struct epoll_event}; the 32 bits of events are at 0. */
    int EPOLL_DATA_OFFSET = EPOLL_PACKED ? 4 : 8;

    /** Memory for the kernel to read or to fill, in its byte order. */
    static ByteBuffer memory(int bytes) {
        return ByteBuffer.allocateDirect(bytes).order(ByteOrder.nativeOrder());
    }

    int open(String path, int flags);

    int close(int fd);

    long read(int fd, long address, long bytes);

    long write(int fd, long address, long bytes);

    /** @param iovecs address of an array of {@code struct iovec}: 64 bits of base, 64 bits of length each */
    long readv(int fd, long iovecs, int count);

    long writev(int fd, long iovecs, int count);

    int ioctl(int fd, long request, long argument);

    int eventfd(int initial, int flags);

    int epollCreate1(int flags);

    /** @param event address of a {@code struct epoll_event}; 0 for {@link #EPOLL_CTL_DEL} */
    int epollCtl(int epollFd, int operation, int fd, long event);

    /** @param timeoutMs -1 for none */
    int epollWait(int epollFd, long events, int most, int timeoutMs);

    /** @param pollFds address of an array of {@code struct pollfd} */
    int poll(long pollFds, int count, int timeoutMs);

    int socket(int domain, int type, int protocol);

    int bind(int fd, long address, int bytes);

    int connect(int fd, long address, int bytes);

    int listen(int fd, int backlog);

    /** Without the peer's address. */
    int accept4(int fd, int flags);

    int getsockname(int fd, long address, long bytes);

    int setsockopt(int fd, int level, int name, long value, int bytes);

    int getsockopt(int fd, int level, int name, long value, long bytes);

    long send(int fd, long address, long bytes, int flags);

    long recv(int fd, long address, long bytes, int flags);

    /** @param message address of a {@code struct msghdr} */
    long sendmsg(int fd, long message, int flags);

    long recvmsg(int fd, long message, int flags);

    /** At an address of the kernel's choosing. */
    long mmap(long bytes, int protection, int flags, int fd, long offset);

    int munmap(long address, long bytes);

    /** bpf(2). */
    int bpf(int command, long attributes, int bytes);

    /** A direct buffer over memory that is not the JVM's; big-endian, as every new one. */
    ByteBuffer view(long address, int bytes);

    /**
     * @param threadId 0 for the calling thread
     * @param mask address of a {@code cpu_set_t} of that many bytes
     */
    int schedSetaffinity(int threadId, long maskBytes, long mask);

    /** What the system calls an errno, e.g. {@code Operation not permitted}. */
    String errorText(int errno);

    /** Address of the first byte of a direct buffer. */
    long address(ByteBuffer direct);
}
