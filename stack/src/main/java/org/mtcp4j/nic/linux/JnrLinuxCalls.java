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

        int bind(int fd, long address, int bytes);

        int connect(int fd, long address, int bytes);

        int listen(int fd, int backlog);

        int accept4(int fd, long address, long bytes, int flags);

        int getsockname(int fd, long address, long bytes);

        int setsockopt(int fd, int level, int name, long value, int bytes);

        int getsockopt(int fd, int level, int name, long value, long bytes);

        long send(int fd, long address, long bytes, int flags);

        long recv(int fd, long address, long bytes, int flags);

        long sendmsg(int fd, long message, int flags);

        long recvmsg(int fd, long message, int flags);

        /** With a seventh argument that nobody reads: JNR-FFI 2.2.19 spoils the sixth of six on x86-64. */
        long mmap(long at, long bytes, long protection, long flags, long fd, long offset, long unused);

        int munmap(long address, long bytes);

        long syscall(long number, long a, long b, long c);

        int sched_setaffinity(int threadId, long maskBytes, long mask);

        String strerror(int errno);

        int getpid();
    }

    private static final long BPF_X86_64 = 321;
    /** Of asm-generic, as aarch64 and riscv64 have it. */
    private static final long BPF_GENERIC = 280;

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
    public int bind(int fd, long address, int bytes) {
        return result(libc.bind(fd, address, bytes));
    }

    @Override
    public int connect(int fd, long address, int bytes) {
        return result(libc.connect(fd, address, bytes));
    }

    @Override
    public int listen(int fd, int backlog) {
        return result(libc.listen(fd, backlog));
    }

    @Override
    public int accept4(int fd, int flags) {
        return result(libc.accept4(fd, 0, 0, flags));
    }

    @Override
    public int getsockname(int fd, long address, long bytes) {
        return result(libc.getsockname(fd, address, bytes));
    }

    @Override
    public int setsockopt(int fd, int level, int name, long value, int bytes) {
        return result(libc.setsockopt(fd, level, name, value, bytes));
    }

    @Override
    public int getsockopt(int fd, int level, int name, long value, long bytes) {
        return result(libc.getsockopt(fd, level, name, value, bytes));
    }

    @Override
    public long send(int fd, long address, long bytes, int flags) {
        return result(libc.send(fd, address, bytes, flags));
    }

    @Override
    public long recv(int fd, long address, long bytes, int flags) {
        return result(libc.recv(fd, address, bytes, flags));
    }

    @Override
    public long sendmsg(int fd, long message, int flags) {
        return result(libc.sendmsg(fd, message, flags));
    }

    @Override
    public long recvmsg(int fd, long message, int flags) {
        return result(libc.recvmsg(fd, message, flags));
    }

    @Override
    public long mmap(long bytes, int protection, int flags, int fd, long offset) {
        return result(libc.mmap(0, bytes, protection, flags, fd, offset, 0));
    }

    @Override
    public int munmap(long address, long bytes) {
        return result(libc.munmap(address, bytes));
    }

    @Override
    public int bpf(int command, long attributes, int bytes) {
        long number = EPOLL_PACKED ? BPF_X86_64 : BPF_GENERIC;
        return (int) result(libc.syscall(number, command, attributes, bytes));
    }

    @Override
    public ByteBuffer view(long address, int bytes) {
        return MemoryIO.getInstance().newDirectByteBuffer(address, bytes);
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
