/* SPDX-License-Identifier: Apache-2.0 */
package org.mtcp4j.core;

/**
 * With {@code driver=auto}: whether a context is run by its own thread, or by an application's event loop that has adopted it. A thread
 * that alone waits, and alone submits what it does, saves two switches of threads a request when it runs the rounds itself; as soon as
 * others wait or submit, as in a pool, the context's own thread gathers what all of them do (ADR 0017). Each change back makes the next
 * adoption wait twice as long. Fields are read and written by application threads without order: what is lost is a hint.
 */
final class Adoption {
    /** Waits in a row of one thread at one place, with nobody else's wait or command between them. */
    static final int FIRST_STREAK = 64;

    static final int MAX_STREAK = 1 << 16;
    /** Waits and commands of others, beside those that are forgotten, which end an adoption. */
    static final int MAX_STRANGERS = 32;
    /** Commands of the adopter without a wait between them. */
    static final int MAX_SUBMISSIONS = 1 << 16;
    /** Waits of the adopter for which one of a stranger's is forgotten. */
    private static final int FORGET_EVERY = 8;

    private Waiter waiter;
    private Thread thread;
    private int streak;
    private int neededStreak = FIRST_STREAK;
    private int strangers;
    private int submissions;
    private int adopterWaits;

    /** The context's own thread runs it, and a platform thread begins to wait; true when that thread should adopt the context. */
    boolean waitBegins(Waiter at, Thread who) {
        if (at != waiter || who != thread) {
            waiter = at;
            thread = who;
            streak = 0;
            return false;
        }
        return ++streak >= neededStreak;
    }

    /** The context's own thread runs it, and somebody submits a command. */
    void submits(Thread who) {
        if (streak != 0 && who != thread) {
            streak = 0;
        }
    }

    /** The context's own thread runs it, and somebody begins to wait where no thread can run it. */
    void waitsElsewhere() {
        streak = 0;
    }

    /** The context is adopted, and somebody submits a command; true when that should end it. */
    boolean submitsAdopted(Thread who) {
        // An adopter that submits and submits, and waits elsewhere, leaves packets to the tick.
        return who == thread ? ++submissions >= MAX_SUBMISSIONS : strangerComes();
    }

    /** Whether the place is the one whose thread has adopted the context. */
    boolean isAdopter(Waiter at, Thread who) {
        return at == waiter && who == thread;
    }

    boolean isAdopter(Thread who) {
        return who == thread;
    }

    /** The adopter waits once more. */
    void adopterWaits() {
        submissions = 0;
        if (strangers > 0 && ++adopterWaits % FORGET_EVERY == 0) {
            strangers--;
        }
    }

    /** Somebody else waits or submits while the context is adopted; true when that has happened too often. */
    boolean strangerComes() {
        return ++strangers >= MAX_STRANGERS;
    }

    /** The context's own thread runs it again. */
    void ends() {
        neededStreak = Math.min(2 * neededStreak, MAX_STREAK);
        streak = 0;
        strangers = 0;
        submissions = 0;
    }
}
