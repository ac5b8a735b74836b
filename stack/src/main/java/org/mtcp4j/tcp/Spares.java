/* SPDX-License-Identifier: Apache-2.0 */
package org.mtcp4j.tcp;

/** States of loss that no connection of the context needs now, so that an episode of loss allocates nothing. */
final class Spares {
    private static final int MOST = 64;

    private SackRecovery recovery;
    private int recoveries;
    private Reassembly reassembly;
    private int reassemblies;

    SackRecovery takeRecovery(Connection c) {
        SackRecovery taken = recovery;
        if (taken == null) {
            taken = new SackRecovery();
        } else {
            recovery = taken.next;
            taken.next = null;
            recoveries--;
        }
        taken.begin(c);
        return taken;
    }

    void give(SackRecovery done) {
        if (recoveries < MOST) {
            done.next = recovery;
            recovery = done;
            recoveries++;
        }
    }

    Reassembly takeReassembly() {
        Reassembly taken = reassembly;
        if (taken == null) {
            return new Reassembly();
        }
        reassembly = taken.next;
        taken.next = null;
        reassemblies--;
        return taken;
    }

    void give(Reassembly done) {
        if (reassemblies < MOST) {
            done.clear();
            done.next = reassembly;
            reassembly = done;
            reassemblies++;
        }
    }
}
