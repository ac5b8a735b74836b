/* SPDX-License-Identifier: Apache-2.0 */
package org.mtcp4j.socket;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.net.InetSocketAddress;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class OffloadRulesTest {
    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "                         | 198.18.0.2 |   80 | true",
                "198.18.0.2:*             | 198.18.0.2 |   80 | true",
                "198.18.0.2:*             | 198.18.0.3 |   80 | false",
                "198.18.0.2:*,!*:22       | 198.18.0.2 |   22 | false",
                "198.18.0.2:*,!*:22       | 198.18.0.2 |   23 | true",
                "!*:22                    | 198.18.0.9 |   22 | false",
                "!*:22                    | 198.18.0.9 |   80 | true",
                "!198.18.0.0/16:*         | 198.18.0.9 |   80 | false",
                "!198.18.0.0/16:*         | 198.19.0.9 |   80 | true",
                "*:8000-8099              | 198.18.0.2 | 8000 | true",
                "*:8000-8099              | 198.18.0.2 | 8099 | true",
                "*:8000-8099              | 198.18.0.2 | 8100 | false",
                "[2001:db8::1]:80         | 2001:db8::1 |  80 | true",
                "![2001:db8::]/32:80      | 2001:db8::1 |  80 | false",
            })
    void decidesByAddressAndPort(String rules, String host, int port, boolean allowed) {
        OffloadRules parsed = OffloadRules.parse(rules == null ? "" : rules);
        assertThat(parsed.allows(new InetSocketAddress(host, port))).isEqualTo(allowed);
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "                   |   80 | true",
                "!*:22              |   22 | false",
                "!*:22              |   80 | true",
                "!198.18.0.2:22     |   22 | true",
                "198.18.0.2:80      |   80 | true",
                "198.18.0.2:80      |   81 | false",
            })
    void decidesAnyAddressByPort(String rules, int port, boolean allowed) {
        assertThat(OffloadRules.parse(rules == null ? "" : rules).allowsAnyAddress(port))
                .isEqualTo(allowed);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "80",
                ":80",
                "198.18.0.2",
                "198.18.0.2:x",
                "*:70000",
                "*:9-8",
                "*:-1",
                "256.1.1.1:80",
                "*:80,,*:81",
                "!"
            })
    void refusesWhatIsNoRuleInOneSentence(String text) {
        assertThatThrownBy(() -> OffloadRules.parse(text))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageNotContaining("\n")
                .extracting(Throwable::getMessage)
                .asString()
                .isNotBlank();
    }

    @Test
    void namesTheRuleThatDecides() {
        OffloadRules rules = OffloadRules.parse("198.18.0.2:*,!*:22");
        assertThat(rules.deciding(new InetSocketAddress("198.18.0.2", 22))).isEqualTo("!*:22");
        assertThat(rules.deciding(new InetSocketAddress("198.18.0.2", 80))).isEqualTo("198.18.0.2:*");
        assertThat(rules.deciding(new InetSocketAddress("198.18.0.3", 80))).isEqualTo("!(none of the including rules)");
    }
}
