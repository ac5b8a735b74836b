/* SPDX-License-Identifier: Apache-2.0 */
package org.mtcp4j.core;

import java.lang.invoke.VarHandle;
import org.mtcp4j.stats.Counter;

/** The flows with news for their applications, and the selectors to wake, until the end of the round. The owner's. */
final class NewsList {
    /** Rounds after errors come each millisecond: as long as a heap may be full. */
    private static final int MAX_TRIES = 2_000;

    private final Context context;
    private final WakeList wakes = new WakeList();
    private Flow head;
    /** Those that an error kept from being told. */
    private Flow again;

    NewsList(Context context) {
        this.context = context;
    }

    void add(Flow flow, int news) {
        if (flow.news == 0) {
            flow.nextNews = head;
            head = flow;
        }
        flow.news |= news;
        if ((news & Endpoint.INPUT) != 0) {
            flow.answerMark = context.driver.answers.told(flow.answerMark);
        }
    }

    void add(Endpoint endpoint, int news) {
        endpoint.publish(news, wakes);
    }

    void publish() {
        while (again != null) {
            Flow flow = again;
            again = flow.nextNews;
            flow.nextNews = head;
            head = flow;
        }
        if (head != null) {
            // Between what was published and the looks at who waits: who is about to wait does it the other way round.
            VarHandle.fullFence();
        }
        for (Flow flow = head; flow != null; flow = head) {
            int news = flow.news;
            head = flow.nextNews;
            flow.nextNews = null;
            flow.news = 0;
            try {
                context.faults.working = flow;
                context.faults.at(Faults.NEWS);
                Endpoint endpoint = flow.endpoint;
                if (endpoint != null) {
                    endpoint.publish(news, wakes);
                }
                flow.triesToTell = 0;
            } catch (Throwable e) {
                context.faults.failed(e, null);
                if (++flow.triesToTell < MAX_TRIES) {
                    // Once more with the next round: a thread may wait for it.
                    flow.news = news;
                    flow.nextNews = again;
                    again = flow;
                }
            }
        }
        int woken = wakes.wakeAll(context.faults);
        if (woken > 0) {
            context.counters.add(Counter.WAKEUPS, woken);
        }
    }
}
