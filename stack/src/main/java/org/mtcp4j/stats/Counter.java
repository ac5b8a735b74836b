/* SPDX-License-Identifier: Apache-2.0 */
package org.mtcp4j.stats;

/** The one table of counters of a context; Linux {@code nstat} names where one exists. */
public enum Counter {
    ROUNDS("Rounds", "rounds that found work"),
    IDLE_ROUNDS("IdleRounds", "rounds that found none"),
    LONG_ROUNDS(
            "LongRounds",
            "rounds that ran longer than 1 s, or took 10 s since their thread got no processor; each reported with its stack"),
    ADOPTIONS("Adoptions", "times an application's thread took over to run the context (mtcp.driver=auto)"),
    SLEEPS("Sleeps", "times the leader slept"),
    WAKEUPS("Wakeups", "wake-ups given to selectors"),
    COMMANDS("Commands", "commands run"),
    STALE_COMMANDS("StaleCommands", "commands for flows that were gone"),
    IN_FRAMES("InFrames", "frames received"),
    OUT_FRAMES("OutFrames", "frames transmitted"),
    NIC_BUSY("NicBusy", "times the NIC took fewer frames than offered"),
    NO_FRAME("NoFrame", "segments put off because the frame pool was empty"),
    HANDED_OFF("HandedOff", "frames passed to the context that owns the flow"),
    HANDOFF_FULL("HandoffFull", "frames dropped because the ring between contexts was full"),
    IN_TRUNCATED("IpInTruncatedPkts", "frames shorter than their headers say"),
    IN_OTHER_VLAN("InOtherVlan", "frames without the tag of the NIC's VLAN, mtcp.vlan"),
    IN_OTHER_HOST("InOtherHost", "frames to another host's hardware address, or from a group's"),
    IN_GROUP_FRAMES(
            "InUnicastInGroupFrame",
            "packets for one host in a broadcast or multicast frame (RFC 1122 §3.3.6), TCP among them"),
    IN_MARTIANS(
            "IpInMartians",
            "IPv4 packets from a NIC whose source nobody there can have: 127/8, ours, a group, broadcast (RFC 1122 §3.2.1.3)"),
    IN6_MARTIANS(
            "Ip6InMartians",
            "IPv6 packets from a NIC whose source nobody there can have: ::1, ours, a group; :: but to try an address"),
    IN_HDR_ERRORS("IpInHdrErrors", "bad IP version, header length, header checksum or TTL"),
    IN_ADDR_ERRORS("IpInAddrErrors", "packets for an address that is not ours"),
    IN_UNKNOWN_PROTOS("IpInUnknownProtos", "neither TCP nor ICMP, or an Ethernet type without a handler"),
    IN_FRAGMENTS("IpReasmReqds", "IPv4 fragments received"),
    IN_FRAGMENT_OKS("IpReasmOKs", "packets put together from fragments"),
    IN_FRAGMENT_FAILS(
            "IpReasmFails",
            "fragments dropped: malformed, overlapping, of a packet too long for a frame; packets given up for room"),
    IN_FRAGMENT_TIMEOUTS("IpReasmTimeout", "packets given up since fragments were missing for 30 s"),
    OUT_FRAGMENTS("IpFragCreates", "fragments of long echo replies sent"),
    IN_BAD_ARP("ArpInErrors", "ARP packets that are malformed"),
    IN_BAD_NDP(
            "Icmp6InNeighborErrors",
            "neighbour solicitations and advertisements that are malformed or from off the link"),
    ADDRESS_CONFLICTS("AddressConflicts", "somebody else on the link uses one of our addresses, or one that we try"),
    ROUTER_ADVERTS(
            "Icmp6InRouterAdvertisements", "router advertisements received while addresses are learned from them"),
    BAD_ROUTER_ADVERTS(
            "Icmp6InRouterAdvertErrors", "router advertisements that are malformed or from off the link (RFC 4861)"),
    ROUTER_ADVERTS_TOO_MUCH(
            "RouterAdvertLimits",
            "router advertisements of which some was passed over: 16 prefixes, or 8 routers, are known already"),
    BAD_DHCP("DhcpInErrors", "DHCP messages that are malformed, another client's, or say what cannot be"),
    DHCP_DECLINES("DhcpDeclines", "addresses of a DHCP server's that somebody has already"),
    IN6_HDR_ERRORS(
            "Ip6InHdrErrors",
            "bad IPv6 version, length or extension headers; options that ask to be discarded, routing headers with a way to go"),
    IN6_ADDR_ERRORS("Ip6InAddrErrors", "IPv6 packets for an address or group that is not ours"),
    IN6_FRAGMENTS("Ip6ReasmReqds", "IPv6 fragments received"),
    IN6_FRAGMENT_OKS("Ip6ReasmOKs", "IPv6 packets put together from fragments"),
    IN6_FRAGMENT_FAILS("Ip6ReasmFails", "IPv6 fragments dropped, as IpReasmFails"),
    IN6_FRAGMENT_TIMEOUTS("Ip6ReasmTimeout", "IPv6 packets given up since fragments were missing for 60 s"),
    OUT6_FRAGMENTS("Ip6FragCreates", "fragments of long ICMPv6 echo replies sent"),
    ICMP6_IN_ECHOS("Icmp6InEchos", "ICMPv6 echo requests received"),
    ICMP6_IN_ERRORS(
            "Icmp6InErrors", "ICMPv6 messages that are malformed; packet too big with less than 1,280 (RFC 8201 §4)"),
    TCP_CSUM_ERRORS("TcpInCsumErrors", "segments with a bad checksum"),
    TCP_PARTIAL_SUMS(
            "TcpInPartialCsums",
            "segments of a peer in this machine, which has left the checksum to an interface that they never met (nic=xdp:, DPDK's af_packet"
                    + " and af_xdp): taken by the sum of their pseudo-header"),
    TCP_HDR_ERRORS("TcpInErrs", "segments with a bad header"),
    TCP_NO_SOCKET("TcpExtNoSocket", "segments for no connection and no listener"),
    TCP_OUT_RSTS(
            "TcpExtOutRstsNoSocket",
            "resets sent to segments without a connection; TcpOutRsts are those of connections"),
    LISTEN_OVERFLOWS("TcpExtListenOverflows", "connection attempts dropped because the accept queue was full"),
    LISTEN_DROPS("TcpExtListenDrops", "connection attempts dropped: too many half open, or connections at all"),
    SYN_QUEUE_FULL_DROPS(
            "TcpExtTCPReqQFullDrop", "connection attempts dropped: too many half open, and cookies are turned off"),
    SYN_COOKIES_SENT("TcpExtSyncookiesSent", "SYNs answered with a cookie since too many connections were half open"),
    SYN_COOKIES_RECEIVED("TcpExtSyncookiesRecv", "connections made from a cookie that came back"),
    SYN_COOKIES_FAILED("TcpExtSyncookiesFailed", "acknowledgements that are not of a cookie of ours, or too old"),
    NO_STORAGE("TcpExtNoStorage", "payload dropped because mtcp.memory was used up"),
    ICMP_IN_ECHOS("IcmpInEchos", "echo requests received"),
    ICMP_IN_ERRORS("IcmpInErrors", "ICMP messages that are malformed"),
    ICMP_IN_UNREACHABLES("IcmpInDestUnreachs", "ICMP errors for our connections"),
    ICMP_OUT_UNREACHABLES(
            "IcmpOutDestUnreachs", "ICMP errors sent: nobody here speaks that protocol or has that UDP port"),
    ICMP_OUT_TIME_EXCEEDED(
            "IcmpOutTimeExcds", "IPv4 senders told that fragments were missing for 30 s, if the first one was there"),
    ICMP6_OUT_TIME_EXCEEDED("Icmp6OutTimeExcds", "IPv6 senders told so, after 60 s"),
    ICMP6_OUT_PARAMETER_PROBLEMS(
            "Icmp6OutParmProblems",
            "IPv6 senders told of an extension header or option that we do not take (RFC 8200 §4)"),
    NEIGHBOUR_FAILURES("NeighbourFailures", "flows whose next hop did not answer"),
    NEIGHBOUR_DROPS("NeighbourDrops", "segments lost because the next hop had just not answered"),
    NEIGHBOUR_REFUSALS(
            "NeighbourRefusals",
            "SYNs dropped: their next hop has not answered, or too many strangers are asked for already"),
    ROUTER_CHANGES("RouterChanges", "connections that left a router for another"),
    LINK_DOWNS("LinkDowns", "times a NIC was found down"),
    FLOW_ERRORS(
            "FlowErrors",
            "errors (no memory, no stack, a fault of this stack) that ended one frame, command or connection's turn"),
    CONTEXT_FAILURES("ContextFailures", "times a context was rebuilt after errors, all its connections reset");

    private final String label;
    private final String sentence;

    Counter(String label, String sentence) {
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
