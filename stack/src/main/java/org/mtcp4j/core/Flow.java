/* SPDX-License-Identifier: Apache-2.0 */
package org.mtcp4j.core;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteBuffer;
import org.mtcp4j.ip.IpAddress;
import org.mtcp4j.tcp.CloseReason;
import org.mtcp4j.tcp.Connection;
import org.mtcp4j.tcp.TcpSettings;
import org.mtcp4j.tcp.TcpState;

/**
 * A connection in its context: tuple, storage, links. The owner's, but for the two streams, {@link #status()}, {@link #endpoint} and
 * {@link #ask}. A flow object is never reused, so a stale handle meets a dead flow, not another connection.
 */
public final class Flow extends Connection {
    /** {@link #ask} bits. */
    public static final int WROTE = 1;

    public static final int READ = 1 << 1;
    public static final int SHUTDOWN = 1 << 2;
    public static final int CLOSE = 1 << 3;
    public static final int ABORT = 1 << 4;
    public static final int SETTINGS = 1 << 5;
    public static final int RELEASE = 1 << 6;
    public static final int URGENT = 1 << 7;
    /** The application waits for chunks. */
    static final int STORAGE = 1 << 8;

    /** {@link #status()} bits: the handshake is done; the peer's FIN came; CLOSED; our FIN is acknowledged. */
    public static final int CONNECTED = 1;

    public static final int FIN_RECEIVED = 1 << 1;
    public static final int CLOSED = 1 << 2;
    public static final int FIN_ACKED = 1 << 3;

    private static final VarHandle ASKED;

    static {
        try {
            ASKED = MethodHandles.lookup().findVarHandle(Flow.class, "asked", int.class);
        } catch (ReflectiveOperationException e) {
            throw new ExceptionInInitializerError(e);
        }
    }

    final long localHi;
    final long localLo;
    final long remoteHi;
    final long remoteLo;
    final int ports;
    final int hash;
    /** Where it stands in its {@link FlowTable}; set there. */
    int tableHash;

    final Context context;
    final Link link;
    final SendStream send;
    final ReceiveStream receive;
    private final FlowCommand command = new FlowCommand(this);

    /** Whom to tell; null until accepted. */
    volatile Endpoint endpoint;

    /** Where it will be accepted; null for active opens and once established. */
    Listener listener;

    @SuppressWarnings("unused") // through ASKED
    private volatile int asked;

    /** Something was asked for, but an error came before the command was queued. */
    private volatile boolean unqueued;

    private volatile int status;
    private volatile boolean outputWanted;
    private volatile CloseReason reason = CloseReason.NONE;
    private volatile SocketDefaults options;

    /** What waits until the writer that is inside has left: {@link #SHUTDOWN}, {@link #CLOSE}. */
    private volatile int putOff;

    /** Application's reader: position up to which it has told the owner. */
    private long readTold;

    /** Owner's: an acknowledgement waits for the application to have read everything. Published with what was received. */
    private boolean acknowledgesWhenRead;

    // ---- owner's links and marks
    Flow wheelNext;
    Flow wheelPrevious;
    int wheelSlot = -1;
    long wheelTick;
    Flow nextOutput;
    boolean inOutputList;
    boolean waitsForNeighbour;
    Flow nextNews;
    /** {@link AnswerCount}'s. */
    int answerMark;

    int news;
    Flow nextForStorage;
    /** In {@link StorageWaiters}. The owner writes. */
    volatile boolean awaitsStorage;

    boolean inTable;
    boolean applicationClosed;
    boolean countsHalfOpen;
    boolean countsOrphan;
    // Of Faults and NewsList, after an error.
    boolean failing;
    Flow nextFailing;
    short triesToTell;
    private boolean muted;
    /** The neighbour that the flow's packets go to; unused over loopback. */
    long hopHi;

    long hopLo;

    Flow(Context context, Link link, FlowKey key, TcpSettings settings, SocketDefaults options) {
        super(settings, context.output, context.input, context.tcpCounters);
        this.context = context;
        this.link = link;
        localHi = key.localHi;
        localLo = key.localLo;
        remoteHi = key.remoteHi;
        remoteLo = key.remoteLo;
        ports = key.ports;
        hash = key.hash;
        this.options = options;
        send = new SendStream(context.chunks, options.sendLimitBytes(), link.loopback);
        receive = new ReceiveStream(context.chunks);
    }

    boolean matches(long aLocalHi, long aLocalLo, long aRemoteHi, long aRemoteLo, int aPorts) {
        return ports == aPorts
                && remoteLo == aRemoteLo
                && localLo == aLocalLo
                && remoteHi == aRemoteHi
                && localHi == aLocalHi;
    }

    public int localPort() {
        return ports >>> 16;
    }

    public int remotePort() {
        return ports & 0xffff;
    }

    public long localHi() {
        return localHi;
    }

    public long localLo() {
        return localLo;
    }

    public long remoteHi() {
        return remoteHi;
    }

    public long remoteLo() {
        return remoteLo;
    }

    public IpAddress localAddress() {
        return IpAddress.of(localHi, localLo);
    }

    public IpAddress remoteAddress() {
        return IpAddress.of(remoteHi, remoteLo);
    }

    /** Bits {@link #CONNECTED}, {@link #FIN_RECEIVED}, {@link #CLOSED}, {@link #FIN_ACKED}. Any thread. */
    public int status() {
        return status;
    }

    /** Why it closed; meaningful once {@link #CLOSED}. Any thread. */
    public CloseReason reason() {
        return reason;
    }

    int tos() {
        return options.tos;
    }

    /** Owner: takes up changed options. */
    void applyOptions(long nowNs) {
        options.applyTo(ownSettings(), growsBuffers());
        SendBufferSize.set(this);
        settingsChanged(nowNs);
    }

    boolean growsBuffers() {
        return !link.isInside;
    }

    // ---- the application's side -------------------------------------------------------------------------------------

    /** The accepting or connecting socket takes the flow over. */
    public void attach(Endpoint owner, SocketDefaults socketOptions) {
        options = socketOptions;
        endpoint = owner;
        VarHandle.fullFence();
    }

    public SocketDefaults options() {
        return options;
    }

    /** Those are its options now, or have changed. */
    public void optionsChanged(SocketDefaults socketOptions) {
        options = socketOptions;
        SendBufferSize.set(this);
        askAndKick(SETTINGS, true);
    }

    /** Asks the owner for something; {@code mayHold} lets it wait for the thread's next round. Any thread. */
    public void askAndKick(int bits, boolean mayHold) {
        // Also when the command is queued already: it may have been left for whatever round comes next.
        ask(bits);
        context.driver.kick(mayHold);
    }

    /** Moves received bytes into the buffers, as one unit. One reader at a time. Returns bytes, 0 when none wait. */
    public long read(ByteBuffer[] dsts, int offset, int length) {
        if (!receive.enter()) {
            return 0;
        }
        try {
            return readInside(dsts, offset, length);
        } finally {
            // First a store, no call: an error may have come at the end of the thread's stack.
            if (receive.word == StreamGuard.APPLICATION) {
                receive.word = StreamGuard.IDLE;
                leftByError();
            }
        }
    }

    private long readInside(ByteBuffer[] dsts, int offset, int length) {
        long from = receive.read();
        long position = receive.skipUrgent(from, options.oobInline);
        long start = position;
        try {
            for (int i = offset; i < offset + length && position < receive.received(); i++) {
                position += receive.take(dsts[i], position);
            }
        } finally {
            // A buffer can throw: its memory may belong to another thread, or be gone.
            leaveReader(from, position);
        }
        return position - start;
    }

    /** As {@link #read(ByteBuffer[], int, int)}. */
    public int read(ByteBuffer dst) {
        if (!receive.enter()) {
            return 0;
        }
        try {
            return readInside(dst);
        } finally {
            if (receive.word == StreamGuard.APPLICATION) {
                receive.word = StreamGuard.IDLE;
                leftByError();
            }
        }
    }

    private int readInside(ByteBuffer dst) {
        long from = receive.read();
        long start = receive.skipUrgent(from, options.oobInline);
        int n = 0;
        try {
            n = receive.take(dst, start);
        } finally {
            leaveReader(from, start + n);
        }
        return n;
    }

    /** Behind the store that lets others in: the owner may have wanted to release or to end meanwhile. */
    private void leftByError() {
        askAndKick(RELEASE | putOff, true);
    }

    private void leaveReader(long from, long position) {
        receive.publishRead(position);
        boolean release = receive.exit();
        if (release) {
            askAndKick(RELEASE, true);
        }
        if (position != from) {
            if (position - readTold >= options.receiveBufferBytes / 4) {
                readTold = position;
                askAndKick(READ, true);
            } else if (position == receive.received() && acknowledgesWhenRead) {
                askAndKick(READ, true);
            } else if (position == receive.received()) {
                // Nothing waits for this: the storage goes back in whatever round comes next.
                ask(READ);
            }
        }
    }

    /** False where nothing is taken any more; inside the word. */
    private boolean mayWrite() {
        if (send.isEnding()) {
            leaveWriter(send.written(), send.written());
            return false;
        }
        return true;
    }

    /**
     * Owner: the last byte has been written, and read as a limit. False while somebody writes: what a write has taken is sent, so the bits are asked
     * for again when it has left.
     */
    boolean endsWriting(int bits, long nowNs) {
        int before = putOff;
        putOff = before | bits;
        boolean ends = send.tryEnd();
        if (ends) {
            readLimits(nowNs);
        }
        return ends;
    }

    /** Takes bytes to send, as one unit. One writer at a time. Returns bytes, 0 when the buffer is full. */
    public long write(ByteBuffer[] srcs, int offset, int length) {
        if (!send.enter()) {
            return 0;
        }
        try {
            return mayWrite() ? writeInside(srcs, offset, length) : 0;
        } finally {
            // First a store, no call: an error may have come at the end of the thread's stack.
            if (send.word == StreamGuard.APPLICATION) {
                send.word = StreamGuard.IDLE;
                leftByError();
            }
        }
    }

    private long writeInside(ByteBuffer[] srcs, int offset, int length) {
        long from = send.written();
        long position = from;
        send.appended = from;
        try {
            for (int i = offset; i < offset + length; i++) {
                position += send.append(srcs[i], position);
                if (srcs[i].hasRemaining()) {
                    break;
                }
            }
        } finally {
            // A buffer can throw: its memory may belong to another thread, or be gone.
            leaveWriter(from, Math.max(position, send.appended));
        }
        return position - from;
    }

    /** As {@link #write(ByteBuffer[], int, int)}. */
    public int write(ByteBuffer src) {
        if (!send.enter()) {
            return 0;
        }
        try {
            return mayWrite() ? writeInside(src) : 0;
        } finally {
            if (send.word == StreamGuard.APPLICATION) {
                send.word = StreamGuard.IDLE;
                leftByError();
            }
        }
    }

    private int writeInside(ByteBuffer src) {
        long from = send.written();
        send.appended = from;
        try {
            return send.append(src, from);
        } finally {
            leaveWriter(from, send.appended);
        }
    }

    private long leaveWriter(long from, long position) {
        send.publish(position);
        if (send.exit()) {
            askAndKick(RELEASE | putOff, true);
        } else if (position != from) {
            askAndKick(WROTE, true);
        }
        return position - from;
    }

    /** Takes one byte to send as urgent. One writer at a time. False when the buffer is full. */
    public boolean writeUrgent(ByteBuffer oneByte) {
        if (!send.enter()) {
            return false;
        }
        try {
            return mayWrite() && writeUrgentInside(oneByte);
        } finally {
            if (send.word == StreamGuard.APPLICATION) {
                send.word = StreamGuard.IDLE;
                leftByError();
            }
        }
    }

    private boolean writeUrgentInside(ByteBuffer oneByte) {
        long from = send.written();
        long position = from + send.append(oneByte, from);
        if (position != from) {
            // Known before the byte is: no segment with it may leave without the pointer.
            send.urgentEnd = position;
            ask(URGENT);
        }
        return leaveWriter(from, position) > 0;
    }

    /** Bytes that wait to be read. */
    public int available() {
        return receive.isReleased() ? 0 : receive.available(options.oobInline);
    }

    /** Bytes written and not acknowledged. */
    public int unacknowledged() {
        return (int) (send.written() - send.acked());
    }

    /** Whether everything written has been acknowledged. */
    public boolean isDrained() {
        return send.acked() == send.written();
    }

    /** Waits for news of one direction, driving the context. See {@link Leadership#await}. */
    public void await(Waiter waiter, long timeoutNs) {
        context.driver.leadership.await(waiter, timeoutNs);
    }

    /**
     * Any thread: asks the owner for something.
     *
     * @return true when the command is newly queued, so that somebody must see to its being run
     */
    boolean ask(int bits) {
        if ((int) ASKED.getAndBitwiseOr(this, bits) == 0 || unqueued) {
            queue();
            return true;
        }
        return false;
    }

    /** The asking thread may be at the end of its stack: then whoever asks next queues the command. */
    private void queue() {
        unqueued = false;
        boolean queued = false;
        try {
            context.ownership.commands.push(command);
            queued = true;
        } finally {
            if (!queued) {
                unqueued = true;
            }
        }
    }

    /** Owner: takes what was asked; the node may be queued again from here on. */
    int takeAsked() {
        return (int) ASKED.getAndSet(this, 0);
    }

    /** Owner: the limits that the application has moved, read once a turn. */
    void readLimits(long nowNs) {
        long written = send.written();
        sendLimit(written, nowNs);
        readUpTo(receive.read(), nowNs);
        if (receive.holdsStorage()) {
            receive.trim(hasOutOfOrderData());
        }
    }

    /** Owner: publishes what a turn brought; returns news of {@link Endpoint}. */
    int publishProgress() {
        int found = 0;
        boolean waits = acknowledgesWhenRead();
        if (waits != acknowledgesWhenRead) {
            acknowledgesWhenRead = waits;
        }
        long received = receivedPosition();
        if (received != receive.received()) {
            receive.urgent(urgentPosition(), options.oobInline);
            receive.publish(received);
            found |= Endpoint.INPUT;
            link.confirmed(this);
        }
        long acked = ackedPosition();
        if (acked != send.acked()) {
            send.acknowledge(acked);
            link.confirmed(this);
            SendBufferSize.tune(this);
            if (acked == send.written()) {
                SendBufferSize.shrink(this);
            }
            found |= roomForOutput();
        } else if (isWindowShut() && SendBufferSize.growBehindShutWindow(this)) {
            found |= roomForOutput();
        }
        return found | publishStatus();
    }

    /** Pairs with isWritable: room is published, then the wish is read. */
    private int roomForOutput() {
        VarHandle.fullFence();
        if (outputWanted && hasRoom()) {
            if (!hasStorage()) {
                context.storageWaiters.add(this);
                return 0;
            }
            outputWanted = false;
            return Endpoint.OUTPUT;
        }
        return 0;
    }

    /** Owner: the application hears of no end any more, as that of a process that has ended. */
    void mute() {
        muted = true;
    }

    private int publishStatus() {
        int now = statusOf(state());
        if (finReceived()) {
            now |= FIN_RECEIVED;
        }
        if (finAcked()) {
            now |= FIN_ACKED;
        }
        if (now == status || muted) {
            return 0;
        }
        if ((now & FIN_ACKED) != 0) {
            context.orphans.forget(this);
        }
        if ((now & CLOSED) != 0) {
            reason = closeReason();
        }
        status = now | (status & CONNECTED);
        return Endpoint.INPUT | Endpoint.OUTPUT;
    }

    /** Owner: its state can't be trusted any more: the application hears of a reset. Returns the news of it. */
    int kill() {
        reason = CloseReason.RESET;
        status |= CLOSED;
        return Endpoint.INPUT | Endpoint.OUTPUT;
    }

    private static int statusOf(TcpState state) {
        return switch (state) {
            case LISTEN, SYN_SENT, SYN_RECEIVED -> 0;
            case CLOSED -> CLOSED;
            default -> CONNECTED;
        };
    }

    /** Whether OP_WRITE is due: a third of the buffer is free, as Linux has it, and there is storage for something. Any thread. */
    public boolean isWritable() {
        if (hasRoom() && hasStorage()) {
            return true;
        }
        // Whoever is told no is told when that changes: the wish is published, then the room is looked at once more.
        outputWanted = true;
        VarHandle.fullFence();
        if (!hasRoom()) {
            return false;
        }
        if (hasStorage()) {
            return true;
        }
        if (!awaitsStorage) {
            askAndKick(STORAGE, true);
        }
        return false;
    }

    boolean hasRoom() {
        return 3L * send.free() >= send.limitBytes;
    }

    boolean hasStorage() {
        return send.hasStorage();
    }
}
