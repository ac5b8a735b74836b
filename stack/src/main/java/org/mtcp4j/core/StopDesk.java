/* SPDX-License-Identifier: Apache-2.0 */
package org.mtcp4j.core;

/** Ends the connections of all contexts. Nothing here waits without a clock. */
final class StopDesk {
    /** For a context to do what is asked of it. */
    static final long LIMIT_NS = 500_000_000;

    private static final long LOOK_NS = 200_000;

    private final Context[] contexts;
    /** The JVM ends: only connections to peers outside count. */
    private final boolean exiting;

    StopDesk(Context[] contexts, boolean exiting) {
        this.contexts = contexts;
        this.exiting = exiting;
    }

    /** Gracefully for at most {@code lingerNs}, then by reset; returns how many were cut. */
    int end(long lingerNs) {
        for (Context context : contexts) {
            call(context, new StopCall(false, exiting));
        }
        await(lingerNs);
        int cut = 0;
        for (Context context : contexts) {
            StopCall call = new StopCall(true, exiting);
            cut += call(context, call) ? call.cut() : 0;
        }
        return cut;
    }

    /** Waits until all have ended. */
    void await(long lingerNs) {
        long endNs = System.nanoTime() + lingerNs;
        while (unfinished() > 0 && System.nanoTime() < endNs) {
            for (Context context : contexts) {
                context.driver.drive(true);
            }
            Driver.pause(LOOK_NS);
        }
    }

    private int unfinished() {
        int count = 0;
        for (Context context : contexts) {
            CountCall call = new CountCall();
            if (call(context, call)) {
                count += exiting ? call.unfinishedOutside() : call.unfinished();
            }
        }
        return count;
    }

    /** A context that is stuck holds up neither the end nor the others, and is asked nothing more. */
    private static boolean call(Context context, Call call) {
        if (context.isStuck) {
            return false;
        }
        context.isStuck = !context.driver.callWithin(call, LIMIT_NS);
        return !context.isStuck;
    }
}
