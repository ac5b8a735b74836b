/* SPDX-License-Identifier: Apache-2.0 */
package org.mtcp4j.nic;

import java.net.InetAddress;

/**
 * What a NIC has beside its frames that is an interface of the kernel's, too: the same addresses and neighbours, and each TCP port one
 * owner. Only frames to an address that was entered, and there to a port that was opened, come to the stack; the kernel has all others.
 */
public interface KernelShare {
    /** Addresses that can be entered at a time; their places are counted from 0. */
    int MOST_ADDRESSES = 32;

    /** What the kernel knows of the interface; the owner of queue 0 hears of changes when it receives. Any thread. */
    InterfaceState state();

    /** Of the state: grows by one with each change, from 1. Any thread. */
    int version();

    /**
     * Whether the kernel has that neighbour's hardware address now; it asks nobody for it. Any thread.
     *
     * @param hi upper half of the address, without a zone; of IPv4 in its mapped form
     */
    boolean knowsNeighbour(long hi, long lo);

    /** From now on frames to this address are looked at. */
    void enter(int place, InetAddress address);

    /** From now on frames to this address are the kernel's. */
    void leave(InetAddress address);

    /** Whether frames to the address of that place and this port are the stack's. One thread at a time for all ports. */
    void open(int place, int port, boolean ours);

    /**
     * Reserves a TCP port in the kernel, so that no other program gets it. Any thread.
     *
     * @param address one of the interface's, or an any-address
     * @param port 0: one that the kernel chooses
     * @param reuse whether a socket with SO_REUSEADDR may be bound there as well, and listen
     * @return a handle, or a negative number if somebody has the port
     */
    int reserve(InetAddress address, int port, boolean reuse);

    /** Of a reservation, or 0 after the end. */
    int reservedPort(int handle);

    void release(int handle);
}
