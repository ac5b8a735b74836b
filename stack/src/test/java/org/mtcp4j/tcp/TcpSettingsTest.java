/* SPDX-License-Identifier: Apache-2.0 */
package org.mtcp4j.tcp;

import static org.assertj.core.api.Assertions.assertThat;

import java.lang.reflect.Field;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

class TcpSettingsTest {
    private static final List<String> EACH_ITS_OWN = List.of("timestampOffset", "shared");

    static Stream<Field> fields() {
        return Stream.of(TcpSettings.class.getFields()).filter(field -> !field.isSynthetic());
    }

    private static void change(Field field, TcpSettings settings) throws IllegalAccessException {
        if (field.getType() == boolean.class) {
            field.setBoolean(settings, !field.getBoolean(settings));
        } else if (field.getType() == long.class) {
            field.setLong(settings, field.getLong(settings) + 1);
        } else if (field.getType().isEnum()) {
            Object[] values = field.getType().getEnumConstants();
            field.set(settings, values[field.get(settings) == values[0] ? 1 : 0]);
        } else {
            field.setInt(settings, field.getInt(settings) + 1);
        }
    }

    @ParameterizedTest
    @MethodSource("fields")
    void aValueIsCopiedAndCompared(Field field) throws Exception {
        TcpSettings settings = new TcpSettings();
        change(field, settings);
        TcpSettings copy = settings.copy();
        if (!field.getName().equals("shared")) {
            assertThat(field.get(copy)).isEqualTo(field.get(settings));
        }
        assertThat(copy.isAlike(settings)).isTrue();
        assertThat(settings.isAlike(new TcpSettings())).isEqualTo(EACH_ITS_OWN.contains(field.getName()));
    }

    @Test
    void aConnectionThatChangesSharedSettingsTakesItsOwn() {
        TcpSettings settings = new TcpSettings();
        settings.shared = true;
        Connection one = new Connection(settings, null, null, new TcpCounters(1));
        Connection other = new Connection(settings, null, null, new TcpCounters(1));
        one.ownSettings().noDelay = true;
        assertThat(one.settings().noDelay).isTrue();
        assertThat(one.ownSettings()).as("taken once").isSameAs(one.settings());
        assertThat(other.settings().noDelay).isFalse();
        assertThat(other.settings()).isSameAs(settings);
    }
}
