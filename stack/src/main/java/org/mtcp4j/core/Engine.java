/* SPDX-License-Identifier: Apache-2.0 */
package org.mtcp4j.core;

import java.io.IOException;
import java.security.SecureRandom;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.BiConsumer;
import java.util.function.Consumer;
import java.util.function.Function;
import org.mtcp4j.config.Key;
import org.mtcp4j.config.StackConfig;
import org.mtcp4j.ip.IpAddress;
import org.mtcp4j.ip.LinkAddresses;
import org.mtcp4j.ip.Routes;
import org.mtcp4j.nic.Nic;
import org.mtcp4j.nic.NicQueue;
import org.mtcp4j.nic.capture.Capture;
import org.mtcp4j.tcp.InitialSequence;
import org.mtcp4j.wire.FlowHash;

/** All contexts of a stack with what they share: NICs, ports, storage, addresses. Any thread, unless said otherwise. */
public final class Engine {
    private static final long LIST_LIMIT_NS = 500_000_000;
    private static final int FLOWS_A_WALK = 512;
    private static final long POLLED_SPIN_NS = 200_000;
    final int contextCount;
    final boolean dedicated;
    /** Whether applications' threads may adopt contexts from their own threads. */
    final boolean adopts;

    /** Whether every NIC beside loopback, and there is one, has descriptors that are readable while frames wait. */
    private final boolean wakesByDescriptor;

    final int maxConnections;
    final int ttl;
    final TcpDefaults tcp;
    private final MemoryBudget budget;
    final ChunkPool chunks;
    private final ChunkKeeper keeper;
    final Addresses addresses;
    /** Null where no interface is shared with the kernel. */
    final PortGate gate;

    final PortTable ports;
    final InitialSequence initialSequence;
    final TupleHash tupleHash;

    private final StackConfig config;
    private final SocketDefaults defaults;
    private final List<Nic> nics;
    private final Pinning pinning;
    private final BiConsumer<Context, Throwable> onFailure;
    private final Context[] contexts;
    private final Background[] backgrounds;
    private RoundWatch roundWatch;
    private final AtomicInteger nextHome = new AtomicInteger();
    private final ThreadLocal<Integer> homes = new ThreadLocal<>();
    private final AtomicInteger nextListenerHome = new AtomicInteger();
    private final boolean outerIsLoopback;
    private volatile Routes routes;
    private AddressPlan plan = new AddressPlan(List.of(), List.of(), "");
    private CountDownLatch learned = new CountDownLatch(0);

    /**
     * @param nics loopback first, then the outer NICs, in the order of the routes' interfaces; owned by the engine from here on
     * @param onFailure told when a context fails as a whole
     */
    public Engine(
            StackConfig config,
            List<Nic> nics,
            Routes routes,
            Pinning pinning,
            BiConsumer<Context, Throwable> onFailure) {
        this.config = config;
        defaults = SocketDefaults.of(config);
        this.nics = nics;
        this.routes = routes;
        this.pinning = pinning;
        this.onFailure = onFailure;
        contextCount = config.intValue(Key.CONTEXTS);
        wakesByDescriptor = NicTraits.wakeByDescriptor(nics);
        gate = NicTraits.gate(nics);
        ports = new PortTable(gate);
        dedicated = config.is(Key.DRIVER, "dedicated") || (config.is(Key.DRIVER, "auto") && wakesByDescriptor);
        adopts = dedicated && config.is(Key.DRIVER, "auto");
        ttl = config.intValue(Key.TTL);
        tcp = new TcpDefaults(config);
        maxConnections = config.intValue(Key.MAX_CONNECTIONS);
        budget = MemoryBudget.of(config);
        chunks = new ChunkPool(budget);
        keeper = new ChunkKeeper(chunks);
        outerIsLoopback = nics.size() == 1;
        addresses = new Addresses(routes, config.is(Key.LOOPBACK, "stack"));
        SecureRandom random = new SecureRandom();
        initialSequence = new InitialSequence(random.nextLong(), random.nextLong());
        tupleHash = new TupleHash(random.nextLong(), random.nextLong());
        contexts = new Context[contextCount];
        backgrounds = new Background[contextCount];
        long nowNs = System.nanoTime();
        for (int i = 0; i < contextCount; i++) {
            Link[] links = new Link[nics.size()];
            for (int n = 0; n < links.length; n++) {
                links[n] = new Link(
                        nics.get(n), n, i, config.intValue(Key.RECEIVE_BURST), config.intValue(Key.TRANSMIT_BURST));
            }
            contexts[i] = new Context(this, i, links, random.nextLong(), nowNs);
            backgrounds[i] = new Background(contexts[i], this);
        }
    }

    /**
     * Watches the rounds from the start on. Without it nobody does.
     *
     * @param rounds told once of each round that runs longer than a second, with the thread that runs it; on another thread
     * @param errors told of errors that ended work on frames, commands or connections, at most every ten seconds, with the latest
     * @param conflicts told once a link, in a sentence, that another host uses an address of ours
     */
    public void watch(
            BiConsumer<Context, Thread> rounds, BiConsumer<Context, Throwable> errors, Consumer<String> conflicts) {
        roundWatch = new RoundWatch(contexts, rounds, errors).conflicts(conflicts);
    }

    /**
     * Learns addresses, from the start on.
     *
     * @param plan has no more NICs than the engine has outer ones
     */
    public void learn(AddressPlan plan) {
        this.plan = plan;
        int asked = (int) plan.links().stream().filter(AddressPlan.Sources::any).count();
        learned = new CountDownLatch(asked);
        for (int i = 0; i < plan.links().size(); i++) {
            AddressPlan.Sources sources = plan.links().get(i);
            if (sources.any()) {
                learn(contexts[0].links[1 + i], routes.link(i), sources);
            }
        }
    }

    private void learn(Link first, LinkAddresses fixed, AddressPlan.Sources sources) {
        if (sources.kernel()) {
            first.kernel =
                    new KernelLink(this, first, fixed.own(), !plan.gateways().isEmpty(), learned);
            return;
        }
        for (Context context : contexts) {
            context.links[first.index].learns = true;
        }
        first.addresses = new AddressDesk(contexts[0], first, fixed, sources, plan.secret(), learned);
    }

    /**
     * Waits until every address that is to be learned is there.
     *
     * @return false when the time was too short
     */
    public boolean awaitAddresses(long timeoutNs) throws InterruptedException {
        return learned.await(timeoutNs, TimeUnit.NANOSECONDS);
    }

    public boolean learnsAddresses() {
        return plan.any();
    }

    /** A NIC, counted from 0, has other addresses from now on: all who ask find them. Context 0's owner. */
    void readdress(int nic, LinkAddresses now) {
        List<LinkAddresses> links = new ArrayList<>();
        for (int i = 0; i < routes.interfaces(); i++) {
            links.add(i == nic ? now : routes.link(i));
        }
        Routes changed = Routes.ofLinks(links, AddressDesk.connected(plan.gateways(), links));
        routes = changed;
        addresses.routes(changed);
        contexts[0].readdressed(changed, System.nanoTime());
        for (int i = 1; i < contextCount; i++) {
            contexts[i].ownership.commands.push(new Command() {
                @Override
                void run(Context context, long nowNs) {
                    context.readdressed(changed, nowNs);
                }
            });
            contexts[i].driver.doorbell();
        }
    }

    /** Starts the background threads and announces the addresses. */
    public void start() {
        keeper.start();
        for (Background background : backgrounds) {
            background.start();
        }
        if (roundWatch != null) {
            roundWatch.start();
        }
        contexts[0].driver.call(new Call() {
            @Override
            void execute(Context context, long nowNs) {
                for (Link link : context.links) {
                    if (!link.loopback) {
                        link.neighbours.announce();
                    }
                    link.startLearning(nowNs);
                }
            }
        });
    }

    /** Whether binds take their ports in the kernel as well. */
    public boolean reservesInKernel() {
        return gate != null;
    }

    Context context(int index) {
        return contexts[index];
    }

    /**
     * Captures a NIC in every context from now on.
     *
     * @param nic its place in {@code mtcp.nic}
     * @param capture null for none any more
     */
    public void capture(int nic, Capture capture) {
        int link = outerIsLoopback ? 0 : 1 + nic;
        Nic captured = nics.get(link);
        for (Context context : contexts) {
            NicQueue own = captured.queue(context.index());
            NicQueue queue = capture == null ? own : capture.around(own, captured.memory());
            context.driver.call(new QueueCall(link, queue));
        }
    }

    /** All contexts, for {@code stat}. */
    public List<Context> contexts() {
        return List.of(contexts);
    }

    public PortTable ports() {
        return ports;
    }

    /**
     * Binds an address and port, or picks a port that nobody has.
     *
     * @param port 0 picks one
     * @return null when a bind, a connection or a TIME-WAIT is in the way
     */
    public PortTable.Binding bind(IpAddress address, int port, boolean reuseAddress, boolean reusePort) {
        PortTable.Binding bound = ports.bind(address, port, reuseAddress, reusePort, this::isConnected);
        if (bound == null || port == 0 || !isConnected(port)) {
            return bound;
        }
        boolean free = false;
        try {
            free = !conflicts(bound);
        } finally {
            if (!free) {
                ports.release(bound);
            }
        }
        return free ? bound : null;
    }

    private boolean conflicts(PortTable.Binding bound) {
        for (Context context : contexts) {
            if (context.localPorts.isUsed(bound.port())
                    && context.driver.call(new BindCall(bound)).conflicts()) {
                return true;
            }
        }
        return false;
    }

    private boolean isConnected(int localPort) {
        for (Context context : contexts) {
            if (context.localPorts.isUsed(localPort)) {
                return true;
            }
        }
        return false;
    }

    public Addresses addresses() {
        return addresses;
    }

    public Routes routes() {
        return routes;
    }

    public ChunkPool chunks() {
        return chunks;
    }

    public MemoryBudget budget() {
        return budget;
    }

    public List<Nic> nics() {
        return List.copyOf(nics);
    }

    /** What a new socket has, shared. */
    public SocketDefaults defaults() {
        return defaults;
    }

    /**
     * How long a waiting thread polls, unless the user has said how long. A sleep beside a NIC that wakes nobody costs a request a hundred
     * microseconds, so there it is longer. A context's own thread that can sleep on descriptors does not poll at all: it would keep the
     * processor from the application's threads, which have the answers (ADR 0015). With one processor, or a container's quota of one, whoever
     * brings news from inside the process needs the one that polls.
     */
    long spinNs(boolean polled, int processors) {
        long wanted = config.number(Key.SPIN_US);
        if (!config.isDefault(Key.SPIN_US)) {
            return wanted;
        }
        if (polled) {
            return Math.max(wanted, POLLED_SPIN_NS);
        }
        return processors == 1 || (dedicated && wakesByDescriptor) ? 0 : wanted;
    }

    /** Who runs the contexts: {@code dedicated} or {@code inline}. */
    public String driver() {
        return dedicated ? "dedicated" : "inline";
    }

    /** Whether every NIC beside loopback, and there is one, wakes whoever sleeps by a descriptor: requests cost system calls there. */
    public boolean wakesByDescriptor() {
        return wakesByDescriptor;
    }

    Sleeper newSleeper(Link[] links) {
        int[] fds = Arrays.stream(links)
                .mapToInt(link -> link.queue.wakeupFd())
                .filter(fd -> fd >= 0)
                .toArray();
        boolean polled = Arrays.stream(links).anyMatch(link -> link.mustBePolled);
        return fds.length == 0 && !polled ? new ParkSleeper() : pinning.newSleeper(fds);
    }

    void pin(int context) {
        pinning.pin(context);
    }

    void contextFailed(Context context, Throwable cause) {
        onFailure.accept(context, cause);
    }

    // ---- connecting and listening -----------------------------------------------------------------------------------

    /** Whether the stack can reach the address: one of its own, or one that it has a route for. */
    public boolean isReachable(IpAddress remote) {
        if (remote.isMulticast() || routes.isBroadcast(remote.hi(), remote.lo())) {
            // RFC 9293 §3.9.2.3, MUST-46: a connection has one other end.
            return false;
        }
        return addresses.isLocal(remote)
                || (!outerIsLoopback && isUp(routes.interfaceFor(remote.hi(), remote.lo())))
                || (outerIsLoopback && routes.isConnected(remote.hi(), remote.lo()));
    }

    /** Whether there is such an outer NIC, and it is up. */
    private boolean isUp(int nic) {
        return nic >= 0 && nics.get(1 + nic).isUp();
    }

    /** Whether a connection there should stay with the kernel: an address of both, and nobody of the stack's listens. Any thread. */
    public boolean isLeftToKernel(IpAddress remote, int port) {
        return addresses.isShared(remote) && ports.listener(remote.hi(), remote.lo(), port, 0, 0) == null;
    }

    /** The address that a connection to {@code remote} comes from. */
    public IpAddress sourceFor(IpAddress remote) {
        return addresses.isLocal(remote) ? addresses.sourceFor(remote) : routes.sourceFor(remote);
    }

    /**
     * Starts an active open and waits until its SYN is on the way.
     *
     * @param local a specific address
     * @param localPort bound port, or 0 to choose one
     * @return null when no port or tuple is free, or no route is left
     */
    public Flow connect(
            IpAddress local,
            int localPort,
            IpAddress remote,
            int remotePort,
            SocketDefaults options,
            Endpoint endpoint) {
        boolean isInside = addresses.isLocal(remote) || outerIsLoopback;
        int linkIndex = isInside ? 0 : 1 + routes.interfaceFor(remote.hi(), remote.lo());
        if (!isInside && linkIndex == 0) {
            // The route has gone since the source address was chosen.
            return null;
        }
        int hash = FlowHash.of(local.hi(), local.lo(), remote.hi(), remote.lo(), localPort, remotePort);
        Context context = localPort == 0 ? home() : contexts[contexts[0].contextOf(hash)];
        ConnectCall call = new ConnectCall(linkIndex, local, remote, localPort << 16 | remotePort, options, endpoint);
        return context.driver.call(call).flow();
    }

    /** The context where the calling thread selects, else one that it drives, else each in turn. */
    private Context home() {
        Integer known = VirtualThreads.isVirtual() ? null : homes.get();
        if (known != null) {
            return contexts[known];
        }
        for (Context context : contexts) {
            if (context.driver.isDrivenByCaller()) {
                return context;
            }
        }
        return contexts[Math.floorMod(nextHome.getAndIncrement(), contextCount)];
    }

    /**
     * The context where the calling thread selects: the one that it drives, else each in turn, and the same from then on, whoever drives
     * there meanwhile; so that its selectors, its connections and those that its listeners accept are in one.
     */
    public int homeIndexOfCaller() {
        int index = home().index;
        if (!VirtualThreads.isVirtual()) {
            homes.set(index);
        }
        return index;
    }

    /** Where blocking accepts wait: each context in turn. */
    public int nextListenerHome() {
        return Math.floorMod(nextListenerHome.getAndIncrement(), contextCount);
    }

    /** Waits on a waiter that belongs to no one context, driving the given one. */
    public void await(int home, Waiter waiter, long timeoutNs) {
        contexts[home].driver.leadership.await(waiter, timeoutNs);
    }

    /** Before a wait outside the stack: the background leads meanwhile. */
    public void beginForeignWait(int home) {
        contexts[home].driver.foreignWait(true);
    }

    public void endForeignWait(int home) {
        contexts[home].driver.foreignWait(false);
    }

    /** Starts to listen; null when another listener is there. */
    public Listener listen(PortTable.Binding binding, int backlog, SocketDefaults options, Endpoint endpoint) {
        Listener listener = new Listener(
                binding.address(), binding.port(), backlog, options, endpoint, binding.reusePort(), contextCount);
        return ports.listen(listener) ? listener : null;
    }

    /** Stops listening and resets what was not accepted. */
    public void unlisten(Listener listener) {
        unlisten(listener, false);
    }

    private void unlisten(Listener listener, boolean exiting) {
        ports.unlisten(listener);
        listener.close();
        for (Flow flow = listener.drain(); flow != null; flow = listener.drain()) {
            if (!exiting || !flow.link.loopback) {
                flow.askAndKick(Flow.ABORT, false);
            }
        }
    }

    // ---- stopping ---------------------------------------------------------------------------------------------------

    /**
     * Ends every connection: gracefully for at most {@code lingerNs}, then by reset; then stops the threads and closes the NICs.
     *
     * @return connections that were cut
     */
    public int stop(long lingerNs) {
        return stop(lingerNs, false);
    }

    /**
     * As {@link #stop}, at the end of the JVM: connections with both ends in it stay as they are, and whoever waits in the stack hears
     * nothing, as on the kernel.
     */
    public int exit(long lingerNs) {
        return stop(lingerNs, true);
    }

    private int stop(long lingerNs, boolean exiting) {
        int cut = endConnections(lingerNs, exiting);
        for (Background background : backgrounds) {
            background.stop();
        }
        joinAndClose();
        return cut;
    }

    /** As {@link #exit}, but threads that are in the stack may stay there: nothing is closed under them. */
    public int endConnections(long lingerNs) {
        return endConnections(lingerNs, true);
    }

    private int endConnections(long lingerNs, boolean exiting) {
        ports.allListeners().forEach(listener -> unlisten(listener, exiting));
        return new StopDesk(contexts, exiting).end(lingerNs);
    }

    /** Waits until every connection to a peer outside has ended of itself, at most for the time given. */
    public void awaitConnections(long lingerNs) {
        new StopDesk(contexts, true).await(lingerNs);
    }

    private void joinAndClose() {
        keeper.stop();
        if (roundWatch != null) {
            roundWatch.stop();
        }
        boolean interrupted = false;
        for (Background background : backgrounds) {
            try {
                background.join();
            } catch (InterruptedException e) {
                interrupted = true;
            }
        }
        boolean closed = true;
        for (Context context : contexts) {
            closed &= context.close(StopDesk.LIMIT_NS);
        }
        if (closed) {
            // Else somebody is in a round, and would write where nothing is any more.
            nics.forEach(Nic::close);
            if (gate != null) {
                gate.close();
            }
        }
        if (interrupted) {
            Thread.currentThread().interrupt();
        }
    }

    /** Without those of a context that is stuck: tuples in TIME-WAIT that no application holds any more, for {@code stat}. */
    public List<FlowKey> timeWaits() {
        return listed(CountCall::timeWaits);
    }

    /**
     * Visits the flows of all contexts that are not stuck, on the caller's thread. Only some of them are looked up in one round, so that no connection
     * waits for the list; a flow whose table changes meanwhile may be left out, or come twice.
     */
    public void forEachFlow(Visitor<Flow> visitor) throws IOException {
        Flow[] some = new Flow[FLOWS_A_WALK];
        for (Context context : contexts) {
            FlowWalk walk;
            int from = 0;
            do {
                walk = new FlowWalk(some, from);
                if (!context.driver.callWithin(walk, LIST_LIMIT_NS)) {
                    break;
                }
                walk.rethrow();
                for (int i = 0; i < walk.count(); i++) {
                    visitor.visit(some[i]);
                }
                from = walk.nextSlot();
            } while (!walk.isLast());
        }
    }

    /** Flows of all contexts that are not stuck, for leak checks. */
    public List<Flow> flows() {
        return listed(CountCall::flows);
    }

    private <T> List<T> listed(Function<CountCall, T[]> what) {
        List<T> all = new ArrayList<>();
        for (Context context : contexts) {
            CountCall call = new CountCall();
            if (context.driver.callWithin(call, LIST_LIMIT_NS)) {
                call.rethrow();
                all.addAll(List.of(what.apply(call)));
            }
        }
        return all;
    }
}
