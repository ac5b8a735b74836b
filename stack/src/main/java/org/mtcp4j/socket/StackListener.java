/* SPDX-License-Identifier: Apache-2.0 */
package org.mtcp4j.socket;

import java.io.IOException;
import java.net.BindException;
import java.net.InetSocketAddress;
import java.net.SocketException;
import org.mtcp4j.core.Engine;
import org.mtcp4j.core.Flow;
import org.mtcp4j.core.Listener;
import org.mtcp4j.core.PortTable;

/**
 * A listening socket: present in every context, with one accept queue each. One thread at a time accepts; everything else may be
 * called from any thread.
 */
public final class StackListener extends Pollable {
    private static final int DEFAULT_BACKLOG = 50;
    /** Linux's net.core.somaxconn. */
    private static final int MOST_BACKLOG = 4096;

    private final Engine engine;
    private final OptionSet options;
    private final int home;
    private volatile int drivenBy = -1;
    private volatile PortTable.Binding binding;
    private volatile Listener listener;
    private volatile InetSocketAddress local;
    private volatile boolean closed;

    StackListener(Engine engine) {
        this.engine = engine;
        options = new OptionSet(engine.defaults());
        options.set(StackOption.REUSEADDR, 1);
        home = engine.nextListenerHome();
    }

    /**
     * Binds and listens. See {@link StackSocket#bind} for the exceptions.
     *
     * @param backlog 0 or less for the JDK's default of 50
     */
    public void bind(InetSocketAddress address, int backlog) throws IOException {
        PortTable.Binding bound = Binds.bind(engine, address, options);
        Listener opened = null;
        boolean done = false;
        try {
            int limit = Math.min(MOST_BACKLOG, backlog < 1 ? DEFAULT_BACKLOG : backlog);
            opened = engine.listen(bound, limit, options.values(), this);
            if (opened == null) {
                throw new BindException("Address already in use");
            }
            InetSocketAddress name = new InetSocketAddress(address.getAddress(), bound.port());
            synchronized (this) {
                if (closed) {
                    // By another thread, which found nothing to give back.
                    throw new SocketException("Socket closed");
                }
                binding = bound;
                listener = opened;
                done = true;
            }
            local = name;
        } finally {
            if (!done) {
                giveBack(opened, bound);
            }
        }
        // One may have been set meanwhile.
        opened.options(options.values());
        int driven = drivenBy;
        opened.home(driven < 0 ? home : driven);
    }

    private void giveBack(Listener opened, PortTable.Binding bound) {
        try {
            if (opened != null) {
                engine.unlisten(opened);
            }
        } finally {
            engine.ports().release(bound);
        }
    }

    /** As before {@link #bind}; unless it is closed. */
    public void unbind() {
        Listener opened;
        PortTable.Binding bound;
        synchronized (this) {
            opened = closed ? null : listener;
            bound = binding;
            listener = closed ? listener : null;
        }
        if (opened != null) {
            local = null;
            giveBack(opened, bound);
        }
    }

    /** Which context the thread drives that will accept here. */
    void drivenBy(int context) {
        drivenBy = context;
        Listener present = listener;
        if (present != null) {
            present.home(context);
        }
    }

    /** Null while unbound. */
    public InetSocketAddress localAddress() {
        return local;
    }

    /** A connected socket, or null when none waits. It inherits the listener's options as Linux lets it. */
    public StackSocket accept() {
        StackSocket accepted = take();
        return accepted != null && handedOver(accepted) ? accepted : null;
    }

    /**
     * As {@link #accept}, but the connection stays here until {@link #handedOver}: whoever fails in between, as for want of memory, gets it with
     * the next call.
     */
    public StackSocket take() {
        Listener present = listener;
        Flow flow = present == null ? null : present.take();
        return flow == null ? null : new StackSocket(engine, flow);
    }

    /**
     * Whoever called {@link #take} is about to give the connection to its application, or has closed it. False where the listener was closed
     * meanwhile, and the connection with it: then nobody gets it.
     */
    public boolean handedOver(StackSocket accepted) {
        Listener present = listener;
        if (present != null && present.handedOver()) {
            return true;
        }
        accepted.close();
        return false;
    }

    /** Stops listening; connections not yet accepted are reset. Idempotent, never blocks. */
    public void close() {
        synchronized (this) {
            if (closed) {
                return;
            }
            closed = true;
        }
        Listener present = listener;
        if (present != null) {
            giveBack(present, binding);
        }
        wakeWaiters();
    }

    /** See {@link StackSocket#option(StackOption)}. */
    public int option(StackOption option) {
        return options.get(option);
    }

    /** See {@link StackSocket#option(StackOption, int)}. */
    public void option(StackOption option, int value) {
        options.set(option, value);
        Listener present = listener;
        if (present != null) {
            present.options(options.values());
        }
    }

    @Override
    public int readyOps(int wanted) {
        Listener present = listener;
        return present != null && present.hasWaiting() ? ACCEPT : 0;
    }

    @Override
    public void await(int ops, long timeoutNs) {
        var waiter = inputWaiter();
        if (closed || (readyOps() & ops) != 0) {
            return;
        }
        engine.await(home, waiter, timeoutNs == 0 ? -1 : timeoutNs);
        waiter.consume();
    }
}
