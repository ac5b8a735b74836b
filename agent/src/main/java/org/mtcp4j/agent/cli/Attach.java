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
            String outcome = Attachment.attach(pid, jar, arguments);
            if (!outcome.equals(Agent.STARTED)) {
                System.err.println("process " + pid + " refused: " + outcome);
                return 1;
            }
            System.out.println("attached: the sockets that the program opens from now on are the stack's");
            return 0;
        } catch (IOException | URISyntaxException e) {
            System.err.println("process " + pid + " cannot be attached to: " + e.getMessage());
        } catch (NoClassDefFoundError e) {
            System.err.println("this Java has no module jdk.attach (" + e.getMessage()
                    + " is missing), which attach needs; run it with a"
                    + " JDK, or make the image with jlink --add-modules jdk.attach");
        }
        return 1;
    }

    /** In a class of its own: an image of the JDK may lack the module, and the other commands do not need it. */
    private static final class Attachment {
        /** What the agent said became of it. */
        static String attach(long pid, Path jar, String arguments) throws IOException {
            try {
                VirtualMachine machine = VirtualMachine.attach(Long.toString(pid));
                try {
                    machine.loadAgent(jar.toString(), arguments);
                    return machine.getSystemProperties().getProperty(Agent.OUTCOME, Agent.STARTED);
                } finally {
                    machine.detach();
                }
            } catch (AttachNotSupportedException | AgentLoadException | AgentInitializationException e) {
                throw new IOException(e.getMessage(), e);
            }
        }
    }
}
