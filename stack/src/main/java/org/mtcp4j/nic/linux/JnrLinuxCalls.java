/* SPDX-License-Identifier: Apache-2.0 */
package org.mtcp4j.nic.linux;

import com.kenai.jffi.MemoryIO;
import java.nio.ByteBuffer;
import jnr.ffi.LibraryLoader;
import jnr.ffi.Runtime;

/** {@link LinuxCalls} by JNR-FFI. Made by {@link LinuxCallsLoader} through reflection; nobody else may name this class. */
public final class JnrLinuxCalls implements LinuxCalls {
    /** The functions as libc has them; public because JNR-FFI implements it in a class loader of its own. */
    @SuppressWarnings("checkstyle:MethodName")
    public interface Libc {
        int open(String path, int flags);

        int close(int fd);

        long read(int fd, long address, long bytes);

        long write(int fd, long address, long bytes);

        long readv(int fd, long iovecs, int count);

        long writev(int fd, long iovecs, int count);

        int ioctl(int fd, long request, long argument);

        int eventfd(int initial, int flags);

        int epoll_create1(int flags);

        int epoll_ctl(int epollFd, int operation, int fd, long event);

        int epoll_wait(int epollFd, long events, int most, int timeoutMs);

        int poll(long pollFds, long count, int timeoutMs);

        int socket(int domain, int type, int protocol);

        int sched_setaffinity(int threadId, long maskBytes, long mask);

        String strerror(int errno);

        int getpid();
    }

    private final Libc libc;
    private final Runtime runtime;

    /** Loads libc and calls it once: JNR-FFI reports a library that cannot be loaded only at the first call. */
    public JnrLinuxCalls() {
        libc = LibraryLoader.create(Libc.class).load("c");
        runtime = Runtime.getRuntime(libc);
        if (libc.getpid() <= 0) {
            throw new UnsatisfiedLinkError("getpid() does not answer");
        }
    }

    private int result(int value) {
        return value >= 0 ? value : -runtime.getLastError();
    }

    private long result(long value) {
        return value >= 0 ? value : -runtime.getLastError();
    }

    @Override
    public int open(String path, int flags) {
        return result(libc.open(path, flags));
    }

    @Override
    public int close(int fd) {
        return result(libc.close(fd));
    }

    @Override
    public long read(int fd, long address, long bytes) {
        return result(libc.read(fd, address, bytes));
    }

    @Override
    public long write(int fd, long address, long bytes) {
        return result(libc.write(fd, address, bytes));
    }

    @Override
    public long readv(int fd, long iovecs, int count) {
        return result(libc.readv(fd, iovecs, count));
    }

    @Override
    public long writev(int fd, long iovecs, int count) {
        return result(libc.writev(fd, iovecs, count));
    }

    @Override
    public int ioctl(int fd, long request, long argument) {
        return result(libc.ioctl(fd, request, argument));
    }

    @Override
    public int eventfd(int initial, int flags) {
        return result(libc.eventfd(initial, flags));
    }

    @Override
    public int epollCreate1(int flags) {
        return result(libc.epoll_create1(flags));
    }

    @Override
    public int epollCtl(int epollFd, int operation, int fd, long event) {
        return result(libc.epoll_ctl(epollFd, operation, fd, event));
    }

    @Override
    public int epollWait(int epollFd, long events, int most, int timeoutMs) {
        return result(libc.epoll_wait(epollFd, events, most, timeoutMs));
    }

    @Override
    public int poll(long pollFds, int count, int timeoutMs) {
        return result(libc.poll(pollFds, count, timeoutMs));
    }

    @Override
    public int socket(int domain, int type, int protocol) {
        return result(libc.socket(domain, type, protocol));
    }

    @Override
    public int schedSetaffinity(int threadId, long maskBytes, long mask) {
        return result(libc.sched_setaffinity(threadId, maskBytes, mask));
    }

    @Override
    public String errorText(int errno) {
        return libc.strerror(errno);
    }

    @Override
    public long address(ByteBuffer direct) {
        return MemoryIO.getInstance().getDirectBufferAddress(direct);
    }
}
