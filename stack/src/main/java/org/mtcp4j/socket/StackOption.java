/* SPDX-License-Identifier: Apache-2.0 */
package org.mtcp4j.socket;

/** Socket options the stack knows; values are ints. */
public enum StackOption {
    SNDBUF,
    RCVBUF,
    KEEPALIVE,
    REUSEADDR,
    REUSEPORT,
    /** Seconds, -1 when off. */
    LINGER,
    NODELAY,
    TOS,
    OOBINLINE,
    /** Seconds. */
    KEEPIDLE,
    /** Seconds. */
    KEEPINTERVAL,
    KEEPCOUNT,
    QUICKACK,
    /** Read only; 0. */
    INCOMING_NAPI_ID
}
