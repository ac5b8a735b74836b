/* SPDX-License-Identifier: Apache-2.0 */
package org.mtcp4j.ip;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.ByteBuffer;
import org.junit.jupiter.api.Test;
import org.mtcp4j.wire.Arp;
import org.mtcp4j.wire.Dhcp;
import org.mtcp4j.wire.Ethernet;
import org.mtcp4j.wire.Icmp6;
import org.mtcp4j.wire.Ipv4;
import org.mtcp4j.wire.Ipv6;
import org.mtcp4j.wire.Ndp;
import org.mtcp4j.wire.RouterAdvert;
import org.mtcp4j.wire.Udp;

/** Whole frames that this host sends of its own accord, each read back field by field, in a buffer that holds something else. */
class FramesTest {
    private static final int FRAME = 64;
    private static final int L3 = FRAME + Ethernet.HEADER_BYTES;
    private static final int ICMP = L3 + Ipv6.HEADER_BYTES;
    private static final long OUR_MAC = 0x0e00_0000_0002L;
    private static final long PEER_MAC = 0x0e00_0000_0001L;
    private static final int OUR_IP = 0xc612_0002;
    private static final int PEER_IP = 0xc612_0001;
    private static final IpAddress OURS = IpAddress.parse("fe80::2%1");
    private static final IpAddress TARGET = IpAddress.parse("fe80::12:3456%1");

    private final ByteBuffer bytes = ByteBuffer.allocate(600);

    FramesTest() {
        for (int i = 0; i < bytes.capacity(); i++) {
            bytes.put(i, (byte) 0x5a);
        }
    }

    private void assertEthernet(long to, int type) {
        assertThat(Ethernet.destination(bytes, FRAME)).isEqualTo(to);
        assertThat(Ethernet.source(bytes, FRAME)).isEqualTo(OUR_MAC);
        assertThat(Ethernet.type(bytes, FRAME)).isEqualTo(type);
        assertThat(bytes.get(FRAME - 1)).as("before the frame").isEqualTo((byte) 0x5a);
    }

    private void assertArp(int operation, int senderIp, int targetIp) {
        assertThat(Arp.check(bytes, L3, Arp.PACKET_BYTES)).isEqualTo(Arp.OK);
        assertThat(Arp.operation(bytes, L3)).isEqualTo(operation);
        assertThat(Arp.senderMac(bytes, L3)).isEqualTo(OUR_MAC);
        assertThat(Arp.senderIp(bytes, L3)).isEqualTo(senderIp);
        assertThat(Arp.targetMac(bytes, L3)).isZero();
        assertThat(Arp.targetIp(bytes, L3)).isEqualTo(targetIp);
    }

    @Test
    void rfc826_aRequestAsksEverybodyOrProbesOne() {
        ArpFrames.writeRequest(bytes, FRAME, OUR_MAC, OUR_IP, Ethernet.BROADCAST, PEER_IP);
        assertEthernet(Ethernet.BROADCAST, Ethernet.TYPE_ARP);
        assertArp(Arp.REQUEST, OUR_IP, PEER_IP);
        ArpFrames.writeRequest(bytes, FRAME, OUR_MAC, OUR_IP, PEER_MAC, PEER_IP);
        assertEthernet(PEER_MAC, Ethernet.TYPE_ARP);
    }

    @Test
    void rfc5227_2_1_aProbeNamesNoSenderAndAnAnnouncementNamesItTwice() {
        ArpFrames.writeProbe(bytes, FRAME, OUR_MAC, PEER_IP);
        assertEthernet(Ethernet.BROADCAST, Ethernet.TYPE_ARP);
        assertArp(Arp.REQUEST, 0, PEER_IP);
        ArpFrames.writeAnnouncement(bytes, FRAME, OUR_MAC, OUR_IP);
        assertEthernet(Ethernet.BROADCAST, Ethernet.TYPE_ARP);
        assertArp(Arp.REQUEST, OUR_IP, OUR_IP);
    }

    @Test
    void rfc2131_4_1_aClientsMessageGoesFromItsPortToTheServers() {
        Dhcp.write(bytes, FRAME + DhcpFrames.MESSAGE_OFFSET, Dhcp.DISCOVER, OUR_MAC, 0x1234_5678, 3, Dhcp.Parties.NONE);
        DhcpFrames.write(bytes, FRAME, OUR_MAC, PEER_MAC, OUR_IP, PEER_IP);
        assertEthernet(PEER_MAC, Ethernet.TYPE_IPV4);
        int length = DhcpFrames.FRAME_BYTES - Ethernet.HEADER_BYTES;
        assertThat(Ipv4.check(bytes, L3, length)).isEqualTo(Ipv4.OK);
        assertThat(Ipv4.checksumGood(bytes, L3)).isTrue();
        assertThat(Ipv4.totalBytes(bytes, L3)).isEqualTo(length);
        assertThat(Ipv4.protocol(bytes, L3)).isEqualTo(Ipv4.PROTOCOL_UDP);
        assertThat(Ipv4.source(bytes, L3)).isEqualTo(OUR_IP);
        assertThat(Ipv4.destination(bytes, L3)).isEqualTo(PEER_IP);
        int udp = L3 + Ipv4.HEADER_BYTES;
        assertThat(Udp.isWhole(bytes, udp, length - Ipv4.HEADER_BYTES)).isTrue();
        assertThat(Udp.checksumGood(bytes, L3, udp)).isTrue();
        assertThat(bytes.getShort(udp)).isEqualTo((short) Dhcp.CLIENT_PORT);
        assertThat(Udp.destinationPort(bytes, udp)).isEqualTo(Dhcp.SERVER_PORT);
        assertThat(Udp.payloadBytes(bytes, udp)).isEqualTo(Dhcp.MESSAGE_BYTES);
        assertThat(bytes.getInt(udp + Udp.HEADER_BYTES + 4)).isEqualTo(0x1234_5678);
    }

    private void assertIpv6(IpAddress source, long toHi, long toLo, int messageBytes) {
        assertThat(Ipv6.check(bytes, L3, Ipv6.HEADER_BYTES + messageBytes)).isEqualTo(Ipv6.OK);
        assertThat(Ipv6.payloadBytes(bytes, L3)).isEqualTo(messageBytes);
        assertThat(Ipv6.hopLimit(bytes, L3)).isEqualTo(Ndp.HOPS);
        assertThat(IpAddress.of(Ipv6.sourceHi(bytes, L3), Ipv6.sourceLo(bytes, L3)))
                .isEqualTo(source.withoutZone());
        assertThat(Ipv6.destinationHi(bytes, L3)).isEqualTo(toHi);
        assertThat(Ipv6.destinationLo(bytes, L3)).isEqualTo(toLo);
        assertThat(Icmp6.isGood(bytes, L3, ICMP, messageBytes)).isTrue();
    }

    private void assertTarget(IpAddress target) {
        assertThat(IpAddress.of(Ndp.targetHi(bytes, ICMP), Ndp.targetLo(bytes, ICMP)))
                .isEqualTo(target.withoutZone());
    }

    @Test
    void rfc4861_7_2_2_aSolicitationGoesToTheTargetsGroupOrToTheNeighbour() {
        int end = NdpFrames.writeSolicitation(bytes, FRAME, OUR_MAC, OURS, Ethernet.BROADCAST, TARGET);
        assertThat(end).isEqualTo(NdpFrames.FRAME_BYTES);
        assertEthernet(0x3333_ff12_3456L, Ethernet.TYPE_IPV6);
        assertIpv6(OURS, Ndp.SOLICITED_NODE_HI, 0x1_ff12_3456L, Ndp.MESSAGE_BYTES);
        assertTarget(TARGET);
        assertThat(Ndp.linkAddress(bytes, ICMP, Ndp.MESSAGE_BYTES, Ndp.SOURCE_LINK_ADDRESS))
                .isEqualTo(OUR_MAC);
        assertThat(Icmp6.type(bytes, ICMP)).isEqualTo(Icmp6.NEIGHBOUR_SOLICITATION);
        assertThat(Icmp6.word(bytes, ICMP)).isZero();
        NdpFrames.writeSolicitation(bytes, FRAME, OUR_MAC, OURS, PEER_MAC, TARGET);
        assertEthernet(PEER_MAC, Ethernet.TYPE_IPV6);
        assertIpv6(OURS, TARGET.withoutZone().hi(), TARGET.lo(), Ndp.MESSAGE_BYTES);
    }

    @Test
    void rfc4861_4_3_whoHasNoAddressTellsNoHardwareAddress() {
        int end = NdpFrames.writeSolicitation(bytes, FRAME, OUR_MAC, IpAddress.ANY_V6, Ethernet.BROADCAST, TARGET);
        assertThat(end).isEqualTo(Ethernet.HEADER_BYTES + Ipv6.HEADER_BYTES + Ndp.OPTIONS_OFFSET);
        assertIpv6(IpAddress.ANY_V6, Ndp.SOLICITED_NODE_HI, 0x1_ff12_3456L, Ndp.OPTIONS_OFFSET);
        assertThat(Ndp.isValid(bytes, L3, ICMP, Ndp.OPTIONS_OFFSET)).isTrue();
    }

    @Test
    void rfc4861_6_3_7_aRouterSolicitationGoesToAllRouters() {
        int end = NdpFrames.writeRouterSolicitation(bytes, FRAME, OUR_MAC, OURS);
        assertThat(end).isEqualTo(Ethernet.HEADER_BYTES + Ipv6.HEADER_BYTES + RouterAdvert.SOLICITATION_BYTES);
        assertEthernet(0x3333_0000_0002L, Ethernet.TYPE_IPV6);
        assertIpv6(OURS, Ndp.SOLICITED_NODE_HI, RouterAdvert.ALL_ROUTERS_LO, RouterAdvert.SOLICITATION_BYTES);
        assertThat(Icmp6.type(bytes, ICMP)).isEqualTo(Icmp6.ROUTER_SOLICITATION);
        assertThat(Icmp6.word(bytes, ICMP)).isZero();
        int option = ICMP + Icmp6.HEADER_BYTES;
        assertThat(bytes.get(option)).isEqualTo((byte) Ndp.SOURCE_LINK_ADDRESS);
        assertThat(bytes.get(option + 1)).isEqualTo((byte) 1);
        assertThat(Ethernet.mac(bytes, option + 2)).isEqualTo(OUR_MAC);
    }

    @Test
    void rfc4861_7_2_6_anAnnouncementTellsAllNodes() {
        NdpFrames.writeAnnouncement(bytes, FRAME, OUR_MAC, OURS);
        assertEthernet(0x3333_0000_0001L, Ethernet.TYPE_IPV6);
        assertIpv6(OURS, Ndp.SOLICITED_NODE_HI, Ndp.ALL_NODES_LO, Ndp.MESSAGE_BYTES);
        assertTarget(OURS);
        assertThat(Icmp6.type(bytes, ICMP)).isEqualTo(Icmp6.NEIGHBOUR_ADVERTISEMENT);
        assertThat(Icmp6.word(bytes, ICMP)).isEqualTo(Ndp.OVERRIDE);
        assertThat(Ndp.linkAddress(bytes, ICMP, Ndp.MESSAGE_BYTES, Ndp.TARGET_LINK_ADDRESS))
                .isEqualTo(OUR_MAC);
    }

    @Test
    void rfc4861_7_2_4_anAnswerGoesToWhoAsksOrToAllNodes() {
        NdpFrames.writeSolicitation(bytes, 300, PEER_MAC, TARGET, Ethernet.BROADCAST, OURS);
        NdpFrames.writeReply(bytes, FRAME, 300, OUR_MAC);
        assertEthernet(PEER_MAC, Ethernet.TYPE_IPV6);
        assertIpv6(OURS, TARGET.withoutZone().hi(), TARGET.lo(), Ndp.MESSAGE_BYTES);
        assertTarget(OURS);
        NdpFrames.writeSolicitation(bytes, 300, PEER_MAC, IpAddress.ANY_V6, Ethernet.BROADCAST, OURS);
        NdpFrames.writeReply(bytes, FRAME, 300, OUR_MAC);
        assertEthernet(0x3333_0000_0001L, Ethernet.TYPE_IPV6);
        assertIpv6(OURS, Ndp.SOLICITED_NODE_HI, Ndp.ALL_NODES_LO, Ndp.MESSAGE_BYTES);
        assertThat(Icmp6.word(bytes, ICMP)).isEqualTo(Ndp.OVERRIDE);
    }
}
