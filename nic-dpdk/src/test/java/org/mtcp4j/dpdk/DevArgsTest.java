/* SPDX-License-Identifier: Apache-2.0 */
package org.mtcp4j.dpdk;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.junit.jupiter.api.Test;
import org.mtcp4j.nic.NicFactory;
import org.mtcp4j.nic.NicUnavailableException;

class DevArgsTest {
    @Test
    void theProviderIsFound() {
        assertThat(NicFactory.providers()).containsKeys("dpdk", "memory", "tap");
    }

    @Test
    void aVirtualDeviceIsItsNameAndItsArguments() throws NicUnavailableException {
        DevArgs memif = DevArgs.parse("net_memif0,role=client,socket=/tmp/x.sock");
        assertThat(memif.name()).isEqualTo("net_memif0");
        assertThat(memif.isPci()).isFalse();
        assertThat(memif.argument("role")).isEqualTo("client");
        assertThat(memif.argument("rol")).isNull();
        assertThat(DevArgs.parse("vdev:net_null0").text()).isEqualTo("net_null0");
    }

    /** DPDK itself would say nothing, and make a server with its own socket of it. */
    @Test
    void memifArgumentsThatDpdkDoesNotKnowAreRefusedBesideThoseThatItKnows() throws NicUnavailableException {
        for (String bad : new String[] {"rol=client", "socket", "Role=client", "sockets=/run/x.sock", ""}) {
            assertThatThrownBy(() -> DevArgs.parse("net_memif0,role=client," + bad))
                    .isInstanceOf(NicUnavailableException.class)
                    .hasMessageContaining("'" + bad + "' is no argument of net_memif0")
                    .hasMessageContaining("role, bsize, rsize, socket,");
        }
        DevArgs.parse(
                "net_memif0,id=0,role=client,bsize=2048,rsize=10,socket=/x,socket-abstract=no,mac=02:00:00:00:00:01,"
                        + "owner-uid=1,owner-gid=1,zero-copy=yes,secret=x");
        DevArgs.parse("net_pcap0,rx_iface=x,anything=1");
    }

    @Test
    void memifGetsBuffersForWholeFrames() throws NicUnavailableException {
        DevArgs memif = DevArgs.parse("net_memif0,role=client");
        assertThat(memif.textFor(1_500)).isEqualTo("net_memif0,role=client");
        assertThat(memif.textFor(9_000)).isEqualTo("net_memif0,role=client,bsize=9024,rsize=7");
        assertThat(memif.textFor(2_100)).endsWith(",bsize=2176,rsize=9");
        assertThat(memif.textFor(65_326)).endsWith(",bsize=65344,rsize=5");
        assertThat(DevArgs.parse("net_memif0,rsize=10").textFor(9_000)).isEqualTo("net_memif0,rsize=10,bsize=9024");
        assertThatThrownBy(() -> memif.textFor(65_535)).hasMessageContaining("set mtcp.mtu to at most 65326");
        DevArgs told = DevArgs.parse("net_memif0,bsize=16384");
        assertThat(told.textFor(9_000)).isEqualTo(told.text());
        assertThat(DevArgs.parse("net_tap0").textFor(9_000)).isEqualTo("net_tap0");
    }

    @Test
    void noDeviceGetsFramesLargerThanABuffer() throws NicUnavailableException {
        DevArgs any = DevArgs.parse("net_ring0");
        assertThat(any.textFor(65_326)).isEqualTo("net_ring0");
        assertThatThrownBy(() -> any.textFor(65_327)).hasMessageContaining("set mtcp.mtu to at most 65326");
    }

    @Test
    void aPciDeviceMayLeaveItsDomainOut() throws NicUnavailableException {
        assertThat(DevArgs.parse("3b:00.1").text()).isEqualTo("0000:3b:00.1");
        DevArgs whole = DevArgs.parse("pci:0001:3b:00.0,rx_vec_en=1");
        assertThat(whole.isPci()).isTrue();
        assertThat(whole.name()).isEqualTo("0001:3b:00.0");
        assertThat(whole.text()).isEqualTo("0001:3b:00.0,rx_vec_en=1");
    }

    @Test
    void whatIsNoDeviceIsRefusedWithAnExample() {
        for (String bad : new String[] {"", ",role=server", "0000:3b:00", "net memif", "/dev/vfio"}) {
            assertThatThrownBy(() -> DevArgs.parse(bad))
                    .isInstanceOf(NicUnavailableException.class)
                    .hasMessageContaining("is no DPDK device; write mtcp.nic=dpdk:");
        }
    }
}
