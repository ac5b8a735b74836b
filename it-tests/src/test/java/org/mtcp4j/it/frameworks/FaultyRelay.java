/* SPDX-License-Identifier: Apache-2.0 */
package org.mtcp4j.it.frameworks;

import java.util.concurrent.locks.LockSupport;
import org.mtcp4j.nic.FrameBatch;
import org.mtcp4j.nic.Nic;
import org.mtcp4j.nic.NicFactory;
import org.mtcp4j.nic.NicQueue;
import org.mtcp4j.nic.NicSettings;
import org.mtcp4j.nic.NicUnavailableException;
import org.mtcp4j.nic.fault.Faults;
import org.mtcp4j.nic.fault.FaultyNic;

/**
 * A cable between two TAPs that loses, reorders, duplicates and delays, both ways alike: what comes out of one goes into the other. Arguments:
 * the names of the TAPs, loss, reordering, duplication, the delay in ms, the seed. Ends with its standard input.
 */
final class FaultyRelay {
    private static final int FRAMES = 32_768;
    private static final int MTU = 1_500;
    private static final long NAP_NS = 200_000;

    private final FaultyNic[] nics = new FaultyNic[2];

    private FaultyRelay(String[] arguments) throws NicUnavailableException {
        for (int i = 0; i < 2; i++) {
            Faults faults = new Faults(
                    Double.parseDouble(arguments[2]),
                    Double.parseDouble(arguments[3]),
                    Double.parseDouble(arguments[4]),
                    /* corrupt= */ 0,
                    Long.parseLong(arguments[5]) * 1_000_000L,
                    /* rateBitsPerSecond= */ 0,
                    Long.parseLong(arguments[6]) + i);
            NicSettings settings = new NicSettings(1, MTU, 0, FRAMES, null, System::nanoTime);
            Nic tap = NicFactory.open("tap:" + arguments[i], settings, "");
            nics[i] = new FaultyNic(tap, faults, System::nanoTime);
        }
    }

    public static void main(String[] arguments) throws Exception {
        FaultyRelay relay = new FaultyRelay(arguments);
        System.out.println("relays");
        Thread thread = new Thread(relay::run, "relay");
        thread.setDaemon(true);
        thread.start();
        while (System.in.read() >= 0) {
            System.out.println(relay.nics[0].done() + "; " + relay.nics[1].done());
        }
    }

    private void run() {
        FrameBatch in = new FrameBatch(64);
        FrameBatch out = new FrameBatch(64);
        while (true) {
            if (pass(nics[0], nics[1], in, out) + pass(nics[1], nics[0], in, out) == 0) {
                LockSupport.parkNanos(NAP_NS);
            }
        }
    }

    private static int pass(Nic from, Nic to, FrameBatch in, FrameBatch out) {
        NicQueue source = from.queue(0);
        NicQueue sink = to.queue(0);
        in.count = 0;
        out.count = 0;
        int got = source.receive(in);
        for (int i = 0; i < in.count; i++) {
            int copy = in.lengthBytes[i] <= to.frameBytes() ? sink.allocate() : -1;
            if (copy >= 0) {
                to.memory().bytes().put(copy, from.memory().bytes(), in.offset[i], in.lengthBytes[i]);
                out.add(copy, in.lengthBytes[i], 0);
            }
            source.free(in.offset[i]);
        }
        int sent = sink.transmit(out);
        for (int i = sent; i < out.count; i++) {
            sink.free(out.offset[i]);
        }
        return got;
    }
}
