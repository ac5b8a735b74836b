/* SPDX-License-Identifier: Apache-2.0 */
package org.mtcp4j.core;

import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import org.mtcp4j.nic.NicUnavailableException;
import org.mtcp4j.nic.linux.LinuxCalls;
import org.mtcp4j.nic.linux.LinuxCallsLoader;

/** Pins contexts' threads by {@code sched_setaffinity} and sleeps by {@code epoll}. */
public final class LinuxPinning implements Pinning {
    private static final int MASK_BYTES = 128;

    private final LinuxCalls calls;
    private final int[] cpus;

    /**
     * @param cpuList as {@code 0,2-3}; empty for no pinning
     * @throws IllegalArgumentException with one sentence when the list cannot be read
     * @throws NicUnavailableException when native calls cannot be made here
     */
    public LinuxPinning(String cpuList) throws NicUnavailableException {
        cpus = parse(cpuList);
        calls = LinuxCallsLoader.load();
    }

    /** The processors of a list such as {@code 0,2-3}. */
    static int[] parse(String list) {
        List<Integer> found = new ArrayList<>();
        for (String part : list.isBlank() ? new String[0] : list.split(",", -1)) {
            String[] ends = part.trim().split("-", -1);
            try {
                int first = Integer.parseInt(ends[0]);
                int last = ends.length == 1 ? first : Integer.parseInt(ends[1]);
                if (ends.length > 2 || first < 0 || last < first || last >= 8 * MASK_BYTES) {
                    throw new NumberFormatException("range");
                }
                for (int cpu = first; cpu <= last; cpu++) {
                    found.add(cpu);
                }
            } catch (NumberFormatException e) {
                throw new IllegalArgumentException("mtcp.cpus: '" + part + "' is no processor; write 0,2-3", e);
            }
        }
        return found.stream().mapToInt(Integer::intValue).toArray();
    }

    @Override
    public void pin(int context) {
        if (cpus.length == 0) {
            return;
        }
        int cpu = cpus[context % cpus.length];
        ByteBuffer mask = ByteBuffer.allocateDirect(MASK_BYTES);
        mask.put(cpu / 8, (byte) (1 << (cpu % 8)));
        int result = calls.schedSetaffinity(0, MASK_BYTES, calls.address(mask));
        if (result < 0) {
            System.err.println("[mtcp] WARN mtcp.cpus: context " + context + " cannot be pinned to processor " + cpu
                    + " (" + calls.errorText(-result) + "); it runs unpinned");
        }
    }

    @Override
    public Sleeper newSleeper(int[] fds) {
        return new EpollSleeper(calls, fds);
    }
}
