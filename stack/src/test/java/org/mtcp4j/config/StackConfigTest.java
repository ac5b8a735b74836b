/* SPDX-License-Identifier: Apache-2.0 */
package org.mtcp4j.config;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Properties;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** What is taken, what is refused, and what is ignored with a warning. */
class StackConfigTest {
    private static StackConfig environment(Map<String, String> variables) throws ConfigException {
        return StackConfig.load(null, new Properties(), variables);
    }

    @Test
    void aVariableThatKubernetesSetsForAServiceIsIgnoredWithAWarning() throws Exception {
        StackConfig config = environment(Map.of(
                "MTCP_WEB_PORT", "tcp://10.0.0.1:80", "MTCP_WEB_SERVICE_HOST", "10.0.0.1", "MTCP_NIC", "tap:mt0"));
        assertThat(config.text(Key.NIC)).isEqualTo("tap:mt0");
        assertThat(config.warnings()).hasSize(1);
        assertThat(config.warnings().get(0))
                .contains("MTCP_WEB_PORT, MTCP_WEB_SERVICE_HOST;", "enableServiceLinks: false")
                .doesNotContain("nearest");
    }

    @Test
    void aMisspeltVariableIsIgnoredWithTheNearestKey() throws Exception {
        assertThat(environment(Map.of("MTCP_HOST_IP", "198.18.0.1/24"))
                        .warnings()
                        .get(0))
                .contains("MTCP_HOST_IP (the nearest key is MTCP_TAP_HOST_IP)");
        assertThat(environment(Map.of("MTCP_GATEWAI", "198.18.0.1")).warnings().get(0))
                .contains("the nearest key is MTCP_GATEWAY");
        assertThat(environment(Map.of("MTCP_TAP_HOST_IP", "198.18.0.1/24")).warnings())
                .isEmpty();
    }

    @ParameterizedTest
    @CsvSource({"host-ip,mtcp.tap.host-ip", "contxts,mtcp.contexts", "no-huge,mtcp.dpdk.no-huge", "time,mtcp.time-wait"
    })
    void anUnknownArgumentIsRefusedWithTheNearestKey(String typed, String nearest) {
        assertThatThrownBy(() -> StackConfig.load(typed + "=1", new Properties(), Map.of()))
                .isInstanceOf(ConfigException.class)
                .hasMessageContaining(
                        "unknown key mtcp." + typed + " (agent argument); the nearest is " + nearest + ":");
    }

    @Test
    void anUnknownPropertyIsRefusedWithoutASuggestionWhereNoKeyIsNear() {
        Properties properties = new Properties();
        properties.setProperty("mtcp.telemetry", "on");
        assertThatThrownBy(() -> StackConfig.load(null, properties, Map.of()))
                .isInstanceOf(ConfigException.class)
                .hasMessageContaining("no key is near it")
                .hasMessageNotContaining("the nearest");
    }

    @Test
    void aKeyWithoutItsPrefixInAFileIsIgnoredWithAWarning(@TempDir Path folder) throws Exception {
        Path file = Files.writeString(folder.resolve("mtcp.properties"), "nic=tap:mt0\nmtcp.mtu=9000\nother=1\n");
        StackConfig config = StackConfig.load("config=" + file, new Properties(), Map.of());
        assertThat(config.text(Key.NIC)).isEqualTo("memory");
        assertThat(config.intValue(Key.MTU)).isEqualTo(9000);
        assertThat(config.warnings())
                .isEqualTo(List.of(
                        "'nic' in " + file + " is ignored: in a file every key has its whole name; write mtcp.nic"));
    }

    @Test
    void aPlusInAnArgumentIsACommaUnlessItIsEscaped() {
        StackConfig config = StackConfig.of("ip=198.18.0.2/24+198.18.1.2/24,capture=/tmp/a\\+b\\c.pcapng");
        assertThat(config.text(Key.IP)).isEqualTo("198.18.0.2/24,198.18.1.2/24");
        assertThat(config.text(Key.CAPTURE)).isEqualTo("/tmp/a+b\\c.pcapng");
    }

    @ParameterizedTest
    @CsvSource({"2m,120", "1min,60", "90s,90", "1500ms,1.5"})
    void aTimeMayBeInMinutes(String text, double seconds) {
        assertThat(StackConfig.of("user-timeout=" + text).number(Key.USER_TIMEOUT) / 1e9)
                .isEqualTo(seconds);
    }

    @ParameterizedTest
    @CsvSource({
        "time-wait=1 fortnight,'is not a time; allowed: 0ms to 240000ms; units are ns, us, ms, s and m (minutes), without one it is ms'",
        "time-wait=5m,'is out of range; allowed: 0ms to 240000ms; units are ns, us, ms, s and m'",
        "memory=1m,is out of range; allowed: 4194304 to 1099511627776 bytes; units are k",
        "sndbuf=lots,units are k",
        "spin-us=lots,without one it is us"
    })
    void aRefusalNamesTheUnits(String argument, String sentence) {
        assertThatThrownBy(() -> StackConfig.load(argument, new Properties(), Map.of()))
                .isInstanceOf(ConfigException.class)
                .hasMessageContaining(sentence);
    }
}
