/* SPDX-License-Identifier: Apache-2.0 */
package org.mtcp4j.it.contract;

import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.TestInstance;

/** All groups of cases in one environment, which is opened once. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
abstract class SocketContract {
    private ContractEnvironment environment;

    abstract ContractEnvironment open() throws Exception;

    @BeforeAll
    void openEnvironment() throws Exception {
        environment = open();
    }

    @AfterAll
    void closeEnvironment() {
        if (environment != null) {
            environment.close();
        }
    }

    ContractEnvironment environment() {
        return environment;
    }

    @Nested
    class Opening extends OpeningCases {
        Opening() {
            super(SocketContract.this);
        }
    }

    @Nested
    class Connecting extends ConnectingCases {
        Connecting() {
            super(SocketContract.this);
        }
    }

    @Nested
    class Data extends DataCases {
        Data() {
            super(SocketContract.this);
        }
    }

    @Nested
    class Transfers extends TransferCases {
        Transfers() {
            super(SocketContract.this);
        }
    }

    @Nested
    class Closing extends ClosingCases {
        Closing() {
            super(SocketContract.this);
        }
    }

    @Nested
    class Options extends OptionCases {
        Options() {
            super(SocketContract.this);
        }
    }

    @Nested
    class SocketAdaptors extends SocketAdaptorCases {
        SocketAdaptors() {
            super(SocketContract.this);
        }
    }

    @Nested
    class ServerAdaptors extends ServerAdaptorCases {
        ServerAdaptors() {
            super(SocketContract.this);
        }
    }

    @Nested
    class Selecting extends SelectingCases {
        Selecting() {
            super(SocketContract.this);
        }
    }

    @Nested
    class Registering extends RegisteringCases {
        Registering() {
            super(SocketContract.this);
        }
    }

    @Nested
    class Interrupting extends InterruptingCases {
        Interrupting() {
            super(SocketContract.this);
        }
    }

    @Nested
    class Outcomes extends OutcomeCases {
        Outcomes() {
            super(SocketContract.this);
        }
    }
}
