/* SPDX-License-Identifier: Apache-2.0 */
package org.mtcp4j.nic;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assumptions.abort;

import java.util.List;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.mtcp4j.nic.linux.TapNicProvider;

class TapNicTest {
    @Test
    @Tag("netns")
    void passesTheContractInANamespaceOfItsOwn() throws Exception {
        Netns.Result result = Netns.runTests(List.of(), TapNicContract.class, TapNicOffload.class);
        assertThat(result.output()).contains("ran 19 failed 0");
        assertThat(result.exitCode()).isZero();
    }

    @Test
    @Tag("netns")
    void withoutPermissionSaysSoInOneSentence() throws Exception {
        if (!System.getProperty("user.name").equals("root")) {
            abort("only root has a capability to drop");
        }
        Netns.Result result = Netns.runTests(
                List.of("setpriv", "--bounding-set", "-net_admin", "--inh-caps", "-net_admin"),
                WithoutPermission.class);
        assertThat(result.output()).contains("ran 1 failed 0");
    }

    /** Run without CAP_NET_ADMIN. */
    static class WithoutPermission {
        @BeforeAll
        static void onlyInANamespaceOfItsOwn() throws Exception {
            Netns.requireInside();
        }

        @Test
        void openIsRefusedWithTheCure() {
            assertThatThrownBy(() -> new TapNicProvider().open("mt9", Frames.settings(1, 64)))
                    .isInstanceOf(NicUnavailableException.class)
                    .hasMessageContaining("CAP_NET_ADMIN is missing; run as root, or in a namespace")
                    .hasMessageContaining("--cap-add NET_ADMIN --device /dev/net/tun")
                    .hasMessageContaining("securityContext.capabilities.add: [NET_ADMIN]");
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"", ".", "a/b", "sixteen-letters-", "with space", "tap%d", "all", "default"})
    void refusesNamesThatNoInterfaceMayHave(String name) {
        assertThatThrownBy(() -> new TapNicProvider().open(name, Frames.settings(1, 64)))
                .isInstanceOf(NicUnavailableException.class)
                .hasMessageContaining("'" + name + "' is no name for a TAP device; write mtcp.nic=tap:NAME");
    }
}
