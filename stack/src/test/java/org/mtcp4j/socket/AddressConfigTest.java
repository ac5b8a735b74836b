/* SPDX-License-Identifier: Apache-2.0 */
package org.mtcp4j.socket;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.net.InetAddress;
import java.net.InetSocketAddress;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.mtcp4j.config.StackConfig;
import org.mtcp4j.stats.SideReason;

/** Addresses that cannot work are refused in a sentence; what a configuration says of a side is what a running stack says. */
class AddressConfigTest {
    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "ip=198.18.0.2 | '198.18.0.2' has no prefix length, so nothing is its neighbour; write 198.18.0.2/24",
                "ip=2001:db8::2 | write 2001:db8::2/64",
                "ip=198.18.0.0/24 | '198.18.0.0/24' is the network itself",
                "ip=2001:db8::/64 | is the network itself, and its routers' anycast address",
                "ip=198.18.0.255/24 | is the broadcast address of its network",
                "ip=255.255.255.255/32 | is the broadcast address",
                "ip=127.0.0.1/8 | is a loopback address",
                "ip=::1/128 | is a loopback address",
                "ip=224.0.0.1/24 | is a multicast address",
                "ip=ff02::1/64 | is a multicast address",
                "ip=0.0.0.0/0 | is the unspecified address",
                "ip=198.18.0.2/24,gateway=198.18.0.2 | the gateway 198.18.0.2 is one of the stack's own addresses",
                "ip=2001:db8::2/64,gateway=2001:db8::2 | is one of the stack's own addresses",
                "ip=198.18.0.2/24,gateway=224.0.0.1 | the gateway 224.0.0.1 is a multicast address",
                "ip=198.18.0.2/24,tap.host-ip=198.18.0.2/24 | mtcp.tap.host-ip=198.18.0.2/24 is the stack's own address",
                "ip=198.18.0.2/24,tap.host-ip=198.18.1.1/24 | is in none of the stack's networks ([198.18.0.2/24])",
                "ip=198.18.0.2/24,tap.host-ip=198.18.0.255/24 | is the broadcast address of its network",
                "ip=198.18.0.2/24,tap.host-ip=198.18.0.1 | mtcp.tap.host-ip '198.18.0.1' has no prefix length",
                "ip=2001:db8::2/64,tap.host-ip=2001:db8:1::1/64 | is in none of the stack's networks ([2001:db8::2/64",
                "mac=01:00:5e:00:53:01 | is a group's address or nobody's",
                "mac=00:00:00:00:00:00 | is a group's address or nobody's"
            })
    void whatCannotWorkIsRefusedWithItsCure(String arguments, String sentence) {
        assertThatThrownBy(() -> Stack.start(StackConfig.of("nic=memory," + arguments)))
                .isInstanceOf(StackUnavailableException.class)
                .hasMessageContaining(sentence)
                .message()
                .contains("; ")
                .doesNotContain("\n");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "ip=198.18.0.0/31",
                "ip=198.18.0.2/32",
                "ip=2001:db8::/127",
                "ip=198.18.0.2/24+2001:db8::2/64,gateway=198.18.0.1",
                "ip=198.18.0.2/24,tap.host-ip=198.18.0.1/24",
                "ip=2001:db8::2/64,tap.host-ip=198.18.0.1/24",
                "ip=198.18.0.2/24+2001:db8::2/64,tap.host-ip=198.18.0.1/24+2001:db8::1/64",
                "ip=2001:db8::2/64,tap.host-ip=2001:db8::1/64"
            })
    void whatCanWorkIsTaken(String arguments) throws Exception {
        Stack.start(StackConfig.of("nic=memory," + arguments)).close();
    }

    @ParameterizedTest
    @ValueSource(strings = {"kernel", "stack"})
    void aConfigurationSaysOfASideWhatARunningStackSays(String loopback) throws Exception {
        StackConfig config = StackConfig.of("nic=memory,ip=198.18.0.2/24+2001:db8::2/64,loopback=" + loopback);
        Reachability configured = new Reachability(config);
        try (Stack stack = Stack.start(config)) {
            for (String text : new String[] {
                "198.18.0.2",
                "198.18.0.9",
                "198.18.0.255",
                "255.255.255.255",
                "224.0.0.1",
                "10.0.0.1",
                "127.0.0.1",
                "::1",
                "2001:db8::2",
                "2001:db8::9",
                "2001:db9::1",
                "ff02::1"
            }) {
                InetSocketAddress address = new InetSocketAddress(InetAddress.getByName(text), 80);
                assertThat(configured.sideOf(address)).as(text).isEqualTo(stack.sideOf(address));
                assertThat(configured.owns(address.getAddress())).as(text).isEqualTo(stack.owns(address.getAddress()));
                assertThat(configured.shares(address.getAddress()))
                        .as(text)
                        .isEqualTo(stack.shares(address.getAddress()));
            }
        }
    }

    @Test
    void theTapsHostAddressIsTheMachinesWhereTheStackHasItsLoopback() throws Exception {
        InetSocketAddress host = new InetSocketAddress(InetAddress.getByName("198.18.0.1"), 80);
        String arguments = "nic=tap:mt0,tap.host-ip=198.18.0.1/24,loopback=";
        assertThat(new Reachability(StackConfig.of(arguments + "stack")).sideOf(host))
                .isEqualTo(SideReason.KERNEL_LOOPBACK);
        assertThat(new Reachability(StackConfig.of(arguments + "kernel")).sideOf(host))
                .isEqualTo(SideReason.STACK);
    }

    @Test
    void whatHasNoEffectIsWarnedOf() throws Exception {
        assertThat(warning("contexts=64")).contains("mtcp.contexts=64 is more than the ", "; set mtcp.contexts=");
        assertThat(warning("cpus=0")).contains("mtcp.cpus=0 has no effect", "; set mtcp.driver=dedicated");
    }

    private static String warning(String arguments) throws Exception {
        StackConfig config = StackConfig.of("nic=memory,driver=inline," + arguments);
        try (Stack stack = Stack.start(config)) {
            assertThat(stack.warnings(config)).hasSize(1);
            return stack.warnings(config).get(0);
        }
    }
}
