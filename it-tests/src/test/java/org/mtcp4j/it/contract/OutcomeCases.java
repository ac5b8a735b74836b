/* SPDX-License-Identifier: Apache-2.0 */
package org.mtcp4j.it.contract;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.Arrays;
import java.util.EnumSet;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.stream.Stream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** Every operation in every situation: what it returns, or which exception with which message, is what the JDK's channel says. */
abstract class OutcomeCases extends ContractCases {
    private static final Set<Situation.Kind> OVER_A_DEVICE =
            EnumSet.of(Situation.Kind.CONNECTED, Situation.Kind.PEER_FINISHED, Situation.Kind.CLOSED_CONNECTED);

    private static final Map<String, String> EXPECTED = new ConcurrentHashMap<>();

    OutcomeCases(SocketContract contract) {
        super(contract);
    }

    static Stream<Arguments> operationsInSituations() {
        boolean overADevice = System.getProperty(TapEnvironment.OUTER_NAMESPACE) != null;
        return Arrays.stream(Situation.Kind.values())
                // Over a device a connection takes a while, and the others differ from these in nothing that it could
                // know of.
                .filter(kind -> !overADevice || OVER_A_DEVICE.contains(kind))
                .flatMap(kind -> Arrays.stream(Operation.values()).map(operation -> Arguments.of(kind, operation)));
    }

    @ParameterizedTest
    @MethodSource("operationsInSituations")
    void isThatOfTheJdk(Situation.Kind kind, Operation operation) throws IOException {
        needsClientHere();
        assertThat(outcome(kind, operation, env())).isEqualTo(expected(kind, operation));
    }

    private static String expected(Situation.Kind kind, Operation operation) throws IOException {
        String key = kind + " " + operation;
        String known = EXPECTED.get(key);
        if (known == null) {
            known = outcome(kind, operation, Oracle.JDK);
            EXPECTED.put(key, known);
        }
        return known;
    }

    /** One for all: its silent listener takes a while to fill, and ends with the JVM. */
    private static final class Oracle {
        static final ContractEnvironment JDK = open();

        private static ContractEnvironment open() {
            try {
                return new JdkEnvironment();
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        }
    }

    static String outcome(Situation.Kind kind, Operation operation, ContractEnvironment environment)
            throws IOException {
        try (Situation situation = Situation.of(kind, environment)) {
            return operation.outcome(situation);
        }
    }
}
