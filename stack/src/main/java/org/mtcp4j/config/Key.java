/* SPDX-License-Identifier: Apache-2.0 */
package org.mtcp4j.config;

import java.util.Arrays;
import java.util.Locale;
import org.mtcp4j.config.ValueType.Range;
import org.mtcp4j.text.Nearest;

/** The one table of keys: name, type, range, default and what it is for. The manual and {@code config} are generated from it. */
public enum Key {
    ENABLED("enabled", ValueType.BOOLEAN, "true", "false leaves the program on the kernel"),
    NIC(
            "nic",
            ValueType.TEXT,
            "memory",
            "NIC: memory, xdp:INTERFACE, tap:NAME, dpdk:DEVARGS; several separated by ';'"),
    IP(
            "ip",
            ValueType.TEXT,
            "198.18.0.2/24",
            "the stack's addresses, ADDRESS/PREFIX, several separated by ','; dhcp: from a DHCPv4 server; slaac: IPv6 ones from"
                    + " router advertisements; kernel: those of the interface, as xdp:INTERFACE has them unless they are named; ';'"
                    + " between NICs"),
    ADDRESS_WAIT(
            "address-wait",
            ValueType.MILLIS,
            new Range(0, 600_000),
            "10s",
            "how long the start waits for the addresses that mtcp.ip wants from the network"),
    GATEWAY(
            "gateway",
            ValueType.TEXT,
            "",
            "default gateways' addresses, + between them, the best first: one that does not answer is left for the next; empty for none"),
    MTU("mtu", ValueType.BYTES, new Range(576, 65_535), "1500", "largest IP packet in bytes"),
    MAC(
            "mac",
            ValueType.TEXT,
            "",
            "hardware address aa:bb:cc:dd:ee:ff, ';' between NICs; empty for one of the NIC's choosing"),
    VLAN(
            "vlan",
            ValueType.TEXT,
            "",
            "VLAN of the NIC, 1 to 4094, ';' between NICs; empty for none: frames are sent untagged, and tags of others do not matter"),
    CONTEXTS(
            "contexts",
            ValueType.INT,
            new Range(1, 64),
            "1",
            "contexts: one NIC queue, flow table and timer wheel each"),
    CPUS("cpus", ValueType.TEXT, "", "processors for the contexts' own threads, as 0,2-3; empty for no pinning"),
    DRIVER(
            "driver",
            ValueType.choice("auto", "inline", "dedicated"),
            "auto",
            "who runs the contexts: waiting application threads (inline), or a thread each (dedicated); auto: a thread each where"
                    + " every NIC has a descriptor to sleep on, as TAP has, else inline"),
    SPIN_US(
            "spin-us",
            ValueType.MICROS,
            new Range(0, 1_000_000),
            "20us",
            "how long a waiting thread polls before it sleeps; by default not at all where a context's own thread sleeps on the NICs'"
                    + " descriptors or there is one processor, and 200us where nothing announces packets"),
    LOOPBACK(
            "loopback",
            ValueType.choice("kernel", "stack"),
            "kernel",
            "who serves 127/8, ::1 and local interface addresses"),
    WILDCARD(
            "wildcard",
            ValueType.choice("both", "stack", "kernel"),
            "both",
            "where a listener on the any-address listens; with loopback=stack, both is for loopback addresses too"),
    OFFLOAD(
            "offload",
            ValueType.TEXT,
            "",
            "rules ADDRESS:PORT separated by ',', '!' excludes; empty: own addresses and routes"),
    NETTY(
            "netty",
            ValueType.choice("nio", "native"),
            "nio",
            "nio: Netty's native transports say that they are not available, so programs take NIO; native: they bypass the stack"),
    ON_FAILURE(
            "on-failure",
            ValueType.choice("kernel", "fail"),
            "kernel",
            "when the stack cannot start: run on the kernel, or stop the JVM"),
    COMPILER_HINTS(
            "compiler-hints",
            ValueType.choice("auto", "always", "never"),
            "auto",
            "whether the JVM's optimizing compiler is asked to compile the stack in pieces: a program is warm sooner, and a packet costs a little"
                    + " more; auto: where every NIC has a descriptor to sleep on"),
    PROFILE("profile", ValueType.choice("latency", "throughput", "safe"), "safe", "set of defaults"),
    SNDBUF("sndbuf", ValueType.BYTES, new Range(4_096, 1 << 30), "256k", "send buffer of a socket in bytes"),
    RCVBUF("rcvbuf", ValueType.BYTES, new Range(4_096, 1 << 30), "512k", "receive buffer of a socket in bytes"),
    SNDBUF_MOST(
            "sndbuf-most",
            ValueType.BYTES,
            new Range(0, 1 << 30),
            "32m",
            "up to here a send buffer grows on a path that needs it, unless the program has set SO_SNDBUF; 0: never"),
    RCVBUF_MOST(
            "rcvbuf-most",
            ValueType.BYTES,
            new Range(0, 1 << 30),
            "32m",
            "up to here a receive buffer grows on a path that needs it, unless the program has set SO_RCVBUF; 0: never"),
    MEMORY(
            "memory",
            ValueType.BYTES,
            new Range(4 << 20, 1L << 40),
            "1g",
            "limit of all buffered payload in bytes; unless set, no more than a quarter of the JVM's direct memory or an eighth of its heap; set, no more than twice that"),
    SYN_COOKIES(
            "syn-cookies",
            ValueType.choice("pressure", "never", "always"),
            "pressure",
            "SYNs answered without keeping anything: when too many connections are half open, never, or always"),
    TTL("ttl", ValueType.INT, new Range(1, 255), "64", "time to live, or hop limit, of the packets of connections"),
    MAX_CONNECTIONS(
            "max-connections",
            ValueType.INT,
            new Range(16, 10_000_000),
            "1000000",
            "limit of connections, TIME-WAIT included"),
    CONGESTION(
            "congestion",
            ValueType.choice("cubic", "newreno", "bbr"),
            "cubic",
            "congestion control; bbr is version 1, paced"),
    ECN(
            "ecn",
            ValueType.choice("off", "on", "passive"),
            "passive",
            "explicit congestion notification (RFC 3168): never, asked for, or agreed to when the peer asks"),
    USER_TIMEOUT(
            "user-timeout",
            ValueType.MILLIS,
            new Range(0, 86_400_000),
            "0",
            "how long what was sent may go unanswered before the connection is given up, as Linux's TCP_USER_TIMEOUT; 0:"
                    + " after 15 repetitions"),
    TIME_WAIT("time-wait", ValueType.MILLIS, new Range(0, 240_000), "60s", "how long TIME-WAIT lasts (2 MSL)"),
    FRAMES(
            "frames",
            ValueType.INT,
            new Range(256, 1 << 20),
            "8192",
            "frames in a NIC's pool; unless set, fewer in a JVM with less than 128 MiB of heap or direct memory"),
    RECEIVE_BURST(
            "receive-burst",
            ValueType.INT,
            new Range(1, 512),
            "64",
            "frames that a context takes from a NIC before it tells the program, and no more than 256 KiB; 1 turns batching off"),
    TRANSMIT_BURST(
            "transmit-burst",
            ValueType.INT,
            new Range(1, 512),
            "128",
            "frames that a context gathers before it hands them to a NIC, at the end of a round at the latest, and no more than 256"
                    + " KiB; 1 turns batching off"),
    TAP_HOST_IP(
            "tap.host-ip",
            ValueType.TEXT,
            "",
            "ADDRESS/PREFIX given to the kernel's end of the TAP, one or several of either family, ';' between NICs"),
    XDP_HELPER(
            "xdp.helper",
            ValueType.TEXT,
            "",
            "socket of 'java -jar mtcp4j-agent.jar xdp-helper', which attaches for a program that has CAP_NET_RAW alone"),
    DPDK_EAL_ARGS("dpdk.eal-args", ValueType.TEXT, "", "further arguments for DPDK's environment layer"),
    DPDK_NO_HUGE(
            "dpdk.no-huge",
            ValueType.BOOLEAN,
            "false",
            "run DPDK without hugepages even where some are free; it does so of itself where none are"),
    DPDK_CHECKSUMS(
            "dpdk.checksums",
            ValueType.choice("full", "trusted"),
            "full",
            "trusted: between net_memif peers, whose frames never leave the machine's memory, TCP checksums are neither made"
                    + " nor checked; set it at both ends"),
    CAPTURE("capture", ValueType.TEXT, "", "pcapng file to write packets to; %p is the process id; empty for none"),
    LOG("log", ValueType.choice("error", "warn", "info", "debug"), "info", "least level that is printed"),
    LINGER_ON_EXIT(
            "linger-on-exit",
            ValueType.MILLIS,
            new Range(0, 600_000),
            "2s",
            "how long the exit waits for data in flight"),
    CONFIG("config", ValueType.TEXT, "", "properties file with mtcp.* keys");

    private final String shortName;
    private final ValueType type;
    private final Range range;
    private final String defaultText;
    private final String sentence;

    Key(String shortName, ValueType type, String defaultText, String sentence) {
        this(shortName, type, null, defaultText, sentence);
    }

    Key(String shortName, ValueType type, Range range, String defaultText, String sentence) {
        this.shortName = shortName;
        this.type = type;
        this.range = range;
        this.defaultText = defaultText;
        this.sentence = sentence;
    }

    /** As in agent arguments: {@code nic}. */
    public String shortName() {
        return shortName;
    }

    /** As a system property: {@code mtcp.nic}. */
    public String property() {
        return "mtcp." + shortName;
    }

    /** As an environment variable: {@code MTCP_TAP_HOST_IP}. */
    public String variable() {
        return "MTCP_" + shortName.replace('.', '_').replace('-', '_').toUpperCase(Locale.ROOT);
    }

    public ValueType type() {
        return type;
    }

    /** Null where the type has none. In the type's unit: bytes, or nanoseconds for times. */
    public Range range() {
        return range;
    }

    public String defaultText() {
        return defaultText;
    }

    public String sentence() {
        return sentence;
    }

    /** The key of that short name, or null. */
    public static Key find(String shortName) {
        for (Key key : values()) {
            if (key.shortName.equals(shortName)) {
                return key;
            }
        }
        return null;
    }

    /** The key that was probably meant, or null: see {@link Nearest}. */
    public static Key nearest(String shortName) {
        String nearest = Nearest.to(
                shortName, Arrays.stream(values()).map(Key::shortName).toList());
        return nearest == null ? null : find(nearest);
    }
}
