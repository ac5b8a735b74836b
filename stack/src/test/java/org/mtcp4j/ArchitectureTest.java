/* SPDX-License-Identifier: Apache-2.0 */
package org.mtcp4j;

import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;

import com.tngtech.archunit.core.domain.JavaClass;
import com.tngtech.archunit.core.domain.JavaModifier;
import com.tngtech.archunit.core.importer.ImportOption;
import com.tngtech.archunit.junit.AnalyzeClasses;
import com.tngtech.archunit.junit.ArchTest;
import com.tngtech.archunit.lang.ArchCondition;
import com.tngtech.archunit.lang.ArchRule;
import com.tngtech.archunit.lang.ConditionEvents;
import com.tngtech.archunit.lang.SimpleConditionEvent;
import com.tngtech.archunit.lang.syntax.ArchRuleDefinition;

/** The arrows of the design (section 2), and that the protocol is pure (section 1.2). */
@AnalyzeClasses(packages = "org.mtcp4j", importOptions = ImportOption.DoNotIncludeTests.class)
class ArchitectureTest {
    private static final String WIRE = "org.mtcp4j.wire..";
    private static final String IP = "org.mtcp4j.ip..";
    private static final String TCP = "org.mtcp4j.tcp..";
    private static final String NIC = "org.mtcp4j.nic..";
    private static final String CORE = "org.mtcp4j.core..";
    private static final String SOCKET = "org.mtcp4j.socket..";
    private static final String CONFIG = "org.mtcp4j.config..";
    private static final String STATS = "org.mtcp4j.stats..";
    private static final String TEXT = "org.mtcp4j.text..";

    @ArchTest
    static final ArchRule WIRE_KNOWS_NOBODY = below(WIRE, IP, TCP, NIC, CORE, SOCKET, CONFIG, STATS);

    @ArchTest
    static final ArchRule IP_KNOWS_WIRE = below(IP, TCP, NIC, CORE, SOCKET, CONFIG, STATS);

    @ArchTest
    static final ArchRule TCP_KNOWS_WIRE = below(TCP, IP, NIC, CORE, SOCKET, CONFIG, STATS);

    @ArchTest
    static final ArchRule NIC_KNOWS_WIRE = below(NIC, IP, TCP, CORE, SOCKET, CONFIG, STATS);

    @ArchTest
    static final ArchRule CORE_IS_BELOW_SOCKET = below(CORE, SOCKET);

    @ArchTest
    static final ArchRule CONFIG_KNOWS_NOBODY = below(CONFIG, WIRE, IP, TCP, NIC, CORE, SOCKET, STATS);

    @ArchTest
    static final ArchRule STATS_KNOW_NOBODY = below(STATS, WIRE, IP, TCP, NIC, CORE, SOCKET, CONFIG);

    @ArchTest
    static final ArchRule TEXT_KNOWS_NOBODY = below(TEXT, WIRE, IP, TCP, NIC, CORE, SOCKET, CONFIG, STATS);

    @ArchTest
    static final ArchRule NO_CHANNELS_BELOW_THE_PROVIDERS = noClasses()
            .that()
            .resideInAnyPackage(WIRE, IP, TCP, CORE, SOCKET)
            .should()
            .dependOnClassesThat()
            .resideInAPackage("java.nio.channels..");

    @ArchTest
    static final ArchRule THE_PROTOCOL_HAS_NO_THREADS = noClasses()
            .that()
            .resideInAnyPackage(WIRE, IP, TCP)
            .should()
            .dependOnClassesThat()
            .resideInAnyPackage("java.util.concurrent..", "java.lang.invoke..", "java.util.logging..", "java.time..")
            .orShould()
            .dependOnClassesThat()
            .haveFullyQualifiedName("java.lang.Thread")
            .orShould()
            .callMethod(System.class, "nanoTime")
            .orShould()
            .callMethod(System.class, "currentTimeMillis");

    @ArchTest
    static final ArchRule THE_PROTOCOL_HAS_NO_LOCKS = ArchRuleDefinition.classes()
            .that()
            .resideInAnyPackage(WIRE, IP, TCP)
            .should(new ArchCondition<>("have neither volatile fields nor synchronized methods") {
                @Override
                public void check(JavaClass type, ConditionEvents events) {
                    type.getFields().stream()
                            .filter(field -> field.getModifiers().contains(JavaModifier.VOLATILE))
                            .forEach(field -> events.add(SimpleConditionEvent.violated(field, field.getFullName())));
                    type.getMethods().stream()
                            .filter(method -> method.getModifiers().contains(JavaModifier.SYNCHRONIZED))
                            .forEach(method -> events.add(SimpleConditionEvent.violated(method, method.getFullName())));
                }
            });

    @ArchTest
    static final ArchRule JNR_HAS_ONE_USER = ArchRuleDefinition.noClasses()
            .that()
            .doNotHaveSimpleName("JnrLinuxCalls")
            .and()
            .haveNameNotMatching(".*JnrLinuxCalls\\$.*")
            .should()
            .dependOnClassesThat()
            .resideInAnyPackage("jnr..", "com.kenai..");

    private static ArchRule below(String room, String... forbidden) {
        return noClasses()
                .that()
                .resideInAPackage(room)
                .should()
                .dependOnClassesThat()
                .resideInAnyPackage(forbidden);
    }
}
