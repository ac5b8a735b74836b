/* SPDX-License-Identifier: Apache-2.0 */
package org.mtcp4j.compat;

import java.net.ServerSocket;
import java.rmi.Remote;
import java.rmi.RemoteException;
import java.rmi.registry.LocateRegistry;
import java.rmi.registry.Registry;
import java.rmi.server.UnicastRemoteObject;

/** RMI, which listens on any address and advertises that of the host. */
final class RmiExercise implements Exercise {
    /** Called from the client. */
    public interface Echo extends Remote {
        /** Calls back, then returns what it was given. */
        byte[] echo(byte[] bytes, Heard heard) throws RemoteException;
    }

    /** Called from the server. */
    public interface Heard extends Remote {
        /** How many bytes. */
        void heard(int bytes) throws RemoteException;
    }

    private static final class Serving implements Echo {
        @Override
        public byte[] echo(byte[] bytes, Heard heard) throws RemoteException {
            heard.heard(bytes.length);
            return bytes;
        }
    }

    private static final class Hearing implements Heard {
        volatile int last;

        @Override
        public void heard(int bytes) {
            last = bytes;
        }
    }

    @Override
    public Class<?> subject() {
        return Remote.class;
    }

    @Override
    public void run() throws Exception {
        int port;
        try (ServerSocket free = new ServerSocket(0)) {
            port = free.getLocalPort();
        }
        Registry own = LocateRegistry.createRegistry(port);
        Serving serving = new Serving();
        Hearing hearing = new Hearing();
        own.bind("echo", UnicastRemoteObject.exportObject(serving, 0));
        Registry registry = LocateRegistry.getRegistry(Checks.LOOPBACK.getHostAddress(), port);
        Echo echo = (Echo) registry.lookup("echo");
        byte[] body = Checks.body();
        Checks.same(body, echo.echo(body, (Heard) UnicastRemoteObject.exportObject(hearing, 0)));
        Checks.same(body.length, hearing.last);
        UnicastRemoteObject.unexportObject(serving, true);
        UnicastRemoteObject.unexportObject(hearing, true);
        UnicastRemoteObject.unexportObject(own, true);
    }
}
