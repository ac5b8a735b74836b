/* SPDX-License-Identifier: Apache-2.0 */
package org.mtcp4j.dpdk;

import java.nio.ByteBuffer;

/**
 * DPDK and the shim over it ({@code mtcp4j_dpdk.c}). Results are DPDK's: negative numbers are {@code -errno} unless said otherwise.
 * This interface is what keeps JNR-FFI in a class loader of its own. No native function takes more than five parameters: JNR-FFI's
 * x86-64 stub for six passes garbage as the last.
 */
public interface DpdkCalls {
    // ---- libc -------------------------------------------------------------------------------------------------------

    /** A C stream that writes to the file, which is made; 0 on failure. */
    long openStream(String path);

    /** A C stream to standard error, unbuffered, which says before each line that it is DPDK's. */
    long standardError();

    int descriptor(long stream);

    /** Keeps the calling thread, and threads it starts, from running handlers of signals sent to the process. */
    void blockSignals();

    /** {@code AF_*} of a socket, or -1 where the descriptor is none. */
    int socketDomain(int fd);

    void close(int fd);

    /** Whether the path is a Unix socket at which nobody listens any more. */
    boolean isDeadSocket(String path);

    /** Reads eight bytes: an eventfd's count, which is zero then. */
    void readCount(int fd, long address);

    long address(ByteBuffer direct);

    /** Native memory as a buffer in the machine's byte order. */
    ByteBuffer view(long address, int bytes);

    // ---- the library as a whole -------------------------------------------------------------------------------------

    /** Binds the shim at that path, and the libraries it needs. */
    void load(String shimPath);

    /** First 32 bits of the SHA-256 of the source that the shim was built from. */
    int shimId();

    /** Release the shim was built for, as {@code 22.11}. */
    String builtFor();

    /** The library's own version, as {@code DPDK 22.11.11}. */
    String version();

    String errorText(int errno);

    /** {@code rte_errno} of this thread's last call. */
    int errno();

    /** 0 for the library's own. */
    void logStream(long stream);

    void logLevel(int level);

    /** -1 on failure. */
    int ealInit(int count, long arguments);

    int probe(String devargs);

    int remove(String bus, String device);

    // ---- ports ------------------------------------------------------------------------------------------------------

    /** The port's id, or a negative number. */
    int portByName(String name);

    boolean isPort(int port);

    /** @param structure {@code struct port} of the shim */
    int portLook(int port, long structure);

    int portOpen(int port, long memory, long structure);

    /** Before the first port whose queues are gated: keeps DPDK's interrupt thread apart from bursts. */
    int gate();

    /** Begins and ends, on one thread, what must not meet DPDK's interrupt thread; queues are neither made nor freed meanwhile. */
    void keepApart(boolean begins);

    /** Stops and starts a port of gated queues that has no link. */
    int restart(int port);

    void portStop(int port);

    void portClose(int port);

    /** The address in the low 48 bits, or a negative number. */
    long macAddress(int port);

    int setMacAddress(int port, long macAddress);

    void promiscuous(int port);

    boolean isLinkUp(int port);

    /** Frames that the port received and had no descriptor or no buffer for. */
    long missed(int port);

    /** The descriptor that becomes readable when the queue has frames, or -1. */
    int interruptFd(int port, int queue);

    int interruptEnable(int port, int queue);

    int interruptDisable(int port, int queue);

    // ---- memory and queues ------------------------------------------------------------------------------------------

    /** @param structure {@code struct memory} of the shim, filled in */
    int memoryNew(String name, long structure);

    void memoryFree(String name, long structure);

    int freeFrames(long memory);

    /**
     * Address of a queue, whose descriptor area stands first; 0 on failure.
     *
     * @param place {@code struct place} of the shim
     */
    long queueNew(long memory, long place);

    /** Ends waits at the queue; returns when there is none. */
    void queueLeave(long queue);

    void queueFree(long queue);

    /** Whether the peer can be asked to ring while somebody waits at the queue. */
    boolean isRung(long queue);

    /** Address of its counters. */
    long counters(long queue);

    int receive(long queue, int most);

    int peek(long queue);

    /**
     * Before and after a wait; its thread owns the queues when it begins.
     *
     * @param wait {@code struct wait} of the shim
     */
    void watch(long wait, boolean begins);

    /** Waits; returns {@link org.mtcp4j.nic.QueueWait}'s bits. */
    int await(long wait);

    int transmit(long queue, int count);

    int allocate(long queue, int large, int count);

    void free(long queue, int large, int count);
}
