/* SPDX-License-Identifier: Apache-2.0 */
package org.mtcp4j.dpdk;

import com.kenai.jffi.MemoryIO;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import jnr.ffi.LibraryLoader;
import jnr.ffi.annotations.IgnoreError;

/** {@link DpdkCalls} by JNR-FFI. Made through reflection; nobody else may name this class. */
public final class JnrDpdkCalls implements DpdkCalls {
    /** As libc has them. */
    @SuppressWarnings("checkstyle:MethodName")
    public interface Libc {
        long fopen(String path, String mode);

        int setvbuf(long stream, long buffer, int mode, long size);

        int fileno(long stream);

        int sigfillset(long set);

        int sigdelset(long set, int signal);

        int pthread_sigmask(int how, long set, long old);

        int getsockopt(int fd, int level, int option, long value, long length);

        int close(int fd);

        @IgnoreError
        long read(int fd, long address, long count);
    }

    /** As DPDK and the shim have them; DPDK's are found through the shim's dependencies. */
    @SuppressWarnings("checkstyle:MethodName")
    public interface Dpdk {
        int mtcp_shim_id();

        String mtcp_built_for();

        int mtcp_gate();

        void mtcp_keep_apart(int begins);

        int mtcp_restart(int port);

        int mtcp_dead_socket(String path);

        String rte_version();

        String rte_strerror(int errno);

        int mtcp_errno();

        int rte_openlog_stream(long stream);

        void rte_log_set_global_level(int level);

        int rte_eal_init(int count, long arguments);

        int rte_dev_probe(String devargs);

        int rte_eal_hotplug_remove(String bus, String device);

        int rte_eth_dev_get_port_by_name(String name, long port);

        int rte_eth_dev_is_valid_port(int port);

        long mtcp_standard_error();

        int mtcp_port_look(int port, long structure);

        int mtcp_port_open(int port, long memory, long structure);

        int rte_eth_dev_stop(int port);

        int rte_eth_dev_close(int port);

        int rte_eth_macaddr_get(int port, long address);

        int rte_eth_dev_default_mac_addr_set(int port, long address);

        int rte_eth_promiscuous_enable(int port);

        int mtcp_link_up(int port);

        long mtcp_missed(int port);

        int rte_eth_dev_rx_intr_ctl_q_get_fd(int port, int queue);

        int rte_eth_dev_rx_intr_enable(int port, int queue);

        int rte_eth_dev_rx_intr_disable(int port, int queue);

        int mtcp_memory_new(String name, long structure);

        void mtcp_memory_free(String name, long structure);

        int mtcp_free_frames(long memory);

        long mtcp_queue_new(long memory, long place);

        void mtcp_queue_leave(long queue);

        void mtcp_queue_free(long queue);

        int mtcp_is_rung(long queue);

        long mtcp_counters(long queue);

        @IgnoreError
        int mtcp_rx(long queue, int most);

        @IgnoreError
        int mtcp_peek(long queue);

        @IgnoreError
        void mtcp_watch(long wait, int begins);

        @IgnoreError
        int mtcp_wait(long wait);

        @IgnoreError
        int mtcp_tx(long queue, int count);

        @IgnoreError
        int mtcp_alloc(long queue, int large, int count);

        @IgnoreError
        void mtcp_free(long queue, int large, int count);
    }

    private static final int SIG_BLOCK = 0;
    private static final int SIGSET_BYTES = 128;
    /** What the JVM needs on its own threads: ILL TRAP BUS FPE SEGV, and USR2, by which it suspends threads. */
    private static final int[] LEFT_ALONE = {4, 5, 7, 8, 11, 12};

    private static final int SOL_SOCKET = 1;
    private static final int SO_DOMAIN = 39;
    private static final int UNBUFFERED = 2;

    private final Libc libc = LibraryLoader.create(Libc.class).load("c");
    private final MemoryIO memory = MemoryIO.getInstance();
    private Dpdk dpdk;

    /** For arguments by reference; guarded by this. */
    private final ByteBuffer scratch = ByteBuffer.allocateDirect(SIGSET_BYTES).order(ByteOrder.nativeOrder());

    private final ByteBuffer scratchBigEndian = scratch.duplicate().order(ByteOrder.BIG_ENDIAN);
    private final long scratchAddress = MemoryIO.getInstance().getDirectBufferAddress(scratch);

    // ---- libc -------------------------------------------------------------------------------------------------------

    @Override
    public long openStream(String path) {
        long stream = libc.fopen(path, "w");
        if (stream != 0) {
            libc.setvbuf(stream, 0, UNBUFFERED, 0);
        }
        return stream;
    }

    @Override
    public long standardError() {
        return dpdk.mtcp_standard_error();
    }

    @Override
    public int descriptor(long stream) {
        return libc.fileno(stream);
    }

    @Override
    public synchronized void blockSignals() {
        libc.sigfillset(scratchAddress);
        for (int signal : LEFT_ALONE) {
            libc.sigdelset(scratchAddress, signal);
        }
        libc.pthread_sigmask(SIG_BLOCK, scratchAddress, 0);
    }

    @Override
    public synchronized int socketDomain(int fd) {
        scratch.putInt(4, 4);
        return libc.getsockopt(fd, SOL_SOCKET, SO_DOMAIN, scratchAddress, scratchAddress + 4) == 0
                ? scratch.getInt(0)
                : -1;
    }

    @Override
    public void close(int fd) {
        libc.close(fd);
    }

    @Override
    public void readCount(int fd, long address) {
        libc.read(fd, address, Long.BYTES);
    }

    @Override
    public long address(ByteBuffer direct) {
        return memory.getDirectBufferAddress(direct);
    }

    @Override
    public ByteBuffer view(long address, int bytes) {
        return memory.newDirectByteBuffer(address, bytes).order(ByteOrder.nativeOrder());
    }

    // ---- the library as a whole -------------------------------------------------------------------------------------

    @Override
    public void load(String shimPath) {
        dpdk = LibraryLoader.create(Dpdk.class).load(shimPath);
        // JNR-FFI reports a library that cannot be loaded only at the first call.
        dpdk.mtcp_shim_id();
    }

    @Override
    public int shimId() {
        return dpdk.mtcp_shim_id();
    }

    @Override
    public String builtFor() {
        return dpdk.mtcp_built_for();
    }

    @Override
    public String version() {
        return dpdk.rte_version();
    }

    @Override
    public String errorText(int errno) {
        return dpdk.rte_strerror(errno);
    }

    @Override
    public int errno() {
        return dpdk.mtcp_errno();
    }

    @Override
    public void logStream(long stream) {
        dpdk.rte_openlog_stream(stream);
    }

    @Override
    public void logLevel(int level) {
        dpdk.rte_log_set_global_level(level);
    }

    @Override
    public int ealInit(int count, long arguments) {
        return dpdk.rte_eal_init(count, arguments);
    }

    @Override
    public int probe(String devargs) {
        return dpdk.rte_dev_probe(devargs);
    }

    @Override
    public int remove(String bus, String device) {
        return dpdk.rte_eal_hotplug_remove(bus, device);
    }

    // ---- ports ------------------------------------------------------------------------------------------------------

    @Override
    public synchronized int portByName(String name) {
        int failed = dpdk.rte_eth_dev_get_port_by_name(name, scratchAddress);
        return failed != 0 ? failed : scratch.getShort(0) & 0xffff;
    }

    @Override
    public boolean isPort(int port) {
        return dpdk.rte_eth_dev_is_valid_port(port) == 1;
    }

    @Override
    public int portLook(int port, long structure) {
        return dpdk.mtcp_port_look(port, structure);
    }

    @Override
    public int portOpen(int port, long memoryStructure, long structure) {
        return dpdk.mtcp_port_open(port, memoryStructure, structure);
    }

    @Override
    public int gate() {
        return dpdk.mtcp_gate();
    }

    @Override
    public void keepApart(boolean begins) {
        dpdk.mtcp_keep_apart(begins ? 1 : 0);
    }

    @Override
    public int restart(int port) {
        return dpdk.mtcp_restart(port);
    }

    @Override
    public boolean isDeadSocket(String path) {
        return dpdk.mtcp_dead_socket(path) == 1;
    }

    @Override
    public void portStop(int port) {
        dpdk.rte_eth_dev_stop(port);
    }

    @Override
    public void portClose(int port) {
        dpdk.rte_eth_dev_close(port);
    }

    @Override
    public synchronized long macAddress(int port) {
        int failed = dpdk.rte_eth_macaddr_get(port, scratchAddress);
        return failed != 0 ? failed : scratchBigEndian.getLong(0) >>> 16;
    }

    @Override
    public synchronized int setMacAddress(int port, long macAddress) {
        scratchBigEndian.putLong(0, macAddress << 16);
        return dpdk.rte_eth_dev_default_mac_addr_set(port, scratchAddress);
    }

    @Override
    public void promiscuous(int port) {
        dpdk.rte_eth_promiscuous_enable(port);
    }

    @Override
    public boolean isLinkUp(int port) {
        return dpdk.mtcp_link_up(port) == 1;
    }

    @Override
    public long missed(int port) {
        return dpdk.mtcp_missed(port);
    }

    @Override
    public int interruptFd(int port, int queue) {
        return dpdk.rte_eth_dev_rx_intr_ctl_q_get_fd(port, queue);
    }

    @Override
    public int interruptEnable(int port, int queue) {
        return dpdk.rte_eth_dev_rx_intr_enable(port, queue);
    }

    @Override
    public int interruptDisable(int port, int queue) {
        return dpdk.rte_eth_dev_rx_intr_disable(port, queue);
    }

    // ---- memory and queues ------------------------------------------------------------------------------------------

    @Override
    public int memoryNew(String name, long structure) {
        return dpdk.mtcp_memory_new(name, structure);
    }

    @Override
    public void memoryFree(String name, long structure) {
        dpdk.mtcp_memory_free(name, structure);
    }

    @Override
    public int freeFrames(long structure) {
        return dpdk.mtcp_free_frames(structure);
    }

    @Override
    public long queueNew(long memoryStructure, long place) {
        return dpdk.mtcp_queue_new(memoryStructure, place);
    }

    @Override
    public void queueLeave(long queue) {
        dpdk.mtcp_queue_leave(queue);
    }

    @Override
    public void queueFree(long queue) {
        dpdk.mtcp_queue_free(queue);
    }

    @Override
    public boolean isRung(long queue) {
        return dpdk.mtcp_is_rung(queue) != 0;
    }

    @Override
    public long counters(long queue) {
        return dpdk.mtcp_counters(queue);
    }

    @Override
    public int receive(long queue, int most) {
        return dpdk.mtcp_rx(queue, most);
    }

    @Override
    public int peek(long queue) {
        return dpdk.mtcp_peek(queue);
    }

    @Override
    public void watch(long wait, boolean begins) {
        dpdk.mtcp_watch(wait, begins ? 1 : 0);
    }

    @Override
    public int await(long wait) {
        return dpdk.mtcp_wait(wait);
    }

    @Override
    public int transmit(long queue, int count) {
        return dpdk.mtcp_tx(queue, count);
    }

    @Override
    public int allocate(long queue, int large, int count) {
        return dpdk.mtcp_alloc(queue, large, count);
    }

    @Override
    public void free(long queue, int large, int count) {
        dpdk.mtcp_free(queue, large, count);
    }
}
