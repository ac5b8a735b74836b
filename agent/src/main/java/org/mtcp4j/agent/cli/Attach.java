/* SPDX-License-Identifier: Apache-2.0 */
package org.mtcp4j.agent.cli;

import com.sun.tools.attach.AgentInitializationException;
import com.sun.tools.attach.AgentLoadException;
import com.sun.tools.attach.AttachNotSupportedException;
import com.sun.tools.attach.VirtualMachine;
import java.io.IOException;
import java.net.URISyntaxException;
import java.nio.file.Path;
import java.util.concurrent.Callable;
import org.mtcp4j.agent.Agent;
import picocli.CommandLine.Command;
import picocli.CommandLine.Parameters;

/** Puts the agent into a program that runs and has opened no socket yet; what became of it is on that program's standard error. */
@Command(name = "attach", description = "Attaches the agent to a running program that has opened no socket yet.")
final class Attach implements Callable<Integer> {
    @Parameters(index = "0", description = "process id")
    private long pid;

    @Parameters(index = "1", arity = "0..1", description = "agent arguments: key=value,...")
    private String arguments;

    @Override
    public Integer call() {
        try {
            Path jar = Path.of(Attach.class
                    .getProtectionDomain()
                    .getCodeSource()
                    .getLocation()
                    .toURI());
            VirtualMachine machine = VirtualMachine.attach(Long.toString(pid));
            try {
                machine.loadAgent(jar.toString(), arguments);
                String outcome = machine.getSystemProperties().getProperty(Agent.OUTCOME, Agent.STARTED);
                if (!outcome.equals(Agent.STARTED)) {
                    System.err.println("process " + pid + " refused: " + outcome);
                    return 1;
                }
            } finally {
                machine.detach();
            }
            System.out.println("attached: the sockets that the program opens from now on are the stack's");
            return 0;
        } catch (AttachNotSupportedException
                | AgentLoadException
                | AgentInitializationException
                | IOException
                | URISyntaxException e) {
            System.err.println("process " + pid + " cannot be attached to: " + e.getMessage());
            return 1;
        }
    }
}
