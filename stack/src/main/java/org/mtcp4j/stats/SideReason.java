/* SPDX-License-Identifier: Apache-2.0 */
package org.mtcp4j.stats;

/** Why a socket went to the side where it is: the stack, or the kernel for one of these reasons. */
public enum SideReason {
    STACK("SocketsOnStack", "binds and connects that went to the stack"),
    STACK_AND_KERNEL(
            "SocketsOnBothSides",
            "listeners on both sides: on the any-address, with mtcp.loopback=stack on loopback too (mtcp.wildcard=both)"),
    KERNEL_EXCLUDED("KernelByOffloadRule", "binds and connects that mtcp.offload leaves to the kernel"),
    KERNEL_WILDCARD("KernelByWildcard", "listeners on the any-address that mtcp.wildcard=kernel leaves to the kernel"),
    KERNEL_ADDRESS("KernelByAddress", "binds to an address that is not one of the stack's"),
    KERNEL_NO_ROUTE("KernelByNoRoute", "connects to an address that the stack has no route for"),
    KERNEL_LOOPBACK("KernelByLoopback", "connects to a loopback address where nobody of the stack's listens"),
    KERNEL_ACCEPTED("KernelAccepted", "connections that the kernel's side of a listener on both sides accepted");

    private final String label;
    private final String sentence;

    SideReason(String label, String sentence) {
        this.label = label;
        this.sentence = sentence;
    }

    /** As {@code stat} prints it. */
    public String label() {
        return label;
    }

    public String sentence() {
        return sentence;
    }
}
