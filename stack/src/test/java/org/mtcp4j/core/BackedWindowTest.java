/* SPDX-License-Identifier: Apache-2.0 */
package org.mtcp4j.core;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.mtcp4j.stats.Counter;

/** Two whole contexts in virtual time, the server's with little storage: windows that are announced have storage behind them. */
class BackedWindowTest {
    private static final int UPLOADS = 100;
    private static final int UPLOAD_BYTES = 256 * 1024;
    private static final long LIMIT_NS = 60_000 * ContextPair.MS;

    private final ByteBuffer buffer = ByteBuffer.allocateDirect(64 * 1024);
    private final List<Upload> uploads = new ArrayList<>();
    private ContextPair pair;

    private static final class Upload {
        final Flow from;
        final Flow to;
        int written;
        int read;

        Upload(Flow from, Flow to) {
            this.from = from;
            this.to = to;
        }
    }

    @BeforeEach
    void begin() throws Exception {
        pair = new ContextPair(4096, "nic=memory,memory=4m", "nic=memory,memory=64m", 4);
        pair.listen(1_000, new SocketDefaults(65_536, 131_072));
    }

    private void open() {
        Flow[] ends = pair.connect(new SocketDefaults(131_072, 65_536));
        uploads.add(new Upload(ends[0], ends[1]));
    }

    private void write(Upload upload) {
        int left = UPLOAD_BYTES - upload.written;
        if (left > 0 && upload.from.isWritable()) {
            upload.written += upload.from.write(buffer.clear().limit(Math.min(left, buffer.capacity())));
        }
    }

    /** A few of them are read at a time, as by threads that wait for their turn. */
    private void move(int readersAtATime) {
        long endNs = pair.nowNs + LIMIT_NS;
        int next = 0;
        while (uploads.stream().anyMatch(each -> each.read < UPLOAD_BYTES)) {
            uploads.forEach(this::write);
            pair.turn();
            for (int i = 0; i < readersAtATime; i++) {
                Upload upload = uploads.get(next++ % uploads.size());
                upload.read += Math.max(0, upload.to.read(buffer.clear()));
            }
            assertThat(pair.nowNs).isLessThan(endNs);
        }
    }

    /** What the answer to a SYN promises does not depend on who holds something, as long as there is storage for all. */
    @Test
    void theFirstWindowIsWholeOnABusyServerWithStorageToSpare() {
        ChunkPool pool = new ChunkPool(256L << 20);
        ChunkCache[] caches = {new ChunkCache(pool, 2), new ChunkCache(pool, 2)};
        for (int i = 0; i < 200; i++) {
            caches[i % 2].begins();
        }
        assertThat(caches[0].backedAtFirst(65_535, 256)).isEqualTo(65_535);
        long each = caches[0].backed(1L << 30);
        assertThat(each).isEqualTo(caches[1].backed(1L << 30)).isGreaterThan(300_000);
        for (int i = 0; i < 200; i++) {
            caches[i % 2].ends();
        }
        assertThat(caches[0].backed(1L << 30)).isGreaterThan(100 * each);
    }

    @Test
    void manyUploadsShareLittleStorageAndHardlyEverWaitForTimeouts() {
        for (int i = 0; i < UPLOADS; i++) {
            open();
        }
        move(2);
        // 6,000 drops and 300 timeouts where windows do not follow the storage.
        assertThat(pair.server.counters.get(Counter.NO_STORAGE)).isLessThan(10 * UPLOADS);
        assertThat(pair.client.tcpCounters.timeouts).isLessThan(UPLOADS / 10);
    }
}
