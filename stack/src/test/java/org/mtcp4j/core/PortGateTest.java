/* SPDX-License-Identifier: Apache-2.0 */
package org.mtcp4j.core;

import static org.assertj.core.api.Assertions.assertThat;

import java.net.InetAddress;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CountDownLatch;
import org.junit.jupiter.api.Test;
import org.mtcp4j.ip.IpAddress;
import org.mtcp4j.nic.KernelShare;

class PortGateTest {
    private static final IpAddress OURS = IpAddress.parse("198.18.0.2");
    private static final IpAddress OURS_6 = IpAddress.parse("2001:db8::2");
    private static final IpAddress SECOND = IpAddress.parse("198.18.0.3");

    /** A kernel that somebody else's programs have ports of. */
    private static final class Kernel extends StillShare {
        final Map<Integer, InetAddress> entered = new HashMap<>();
        final Set<String> open = new HashSet<>();
        final Map<Integer, Integer> reserved = new HashMap<>();
        final Set<Integer> others = new HashSet<>();
        int asked;
        private int nextHandle = 100;
        private int nextPort = 40_000;

        @Override
        public void enter(int place, InetAddress address) {
            assertThat(entered.put(place, address)).isNull();
        }

        @Override
        public void leave(InetAddress address) {
            entered.values().remove(address);
        }

        @Override
        public synchronized void open(int place, int port, boolean ours) {
            String key = place + ":" + port;
            assertThat(ours ? open.add(key) : open.remove(key)).isTrue();
        }

        @Override
        public synchronized int reserve(InetAddress address, int port, boolean reuse) {
            asked++;
            int wanted = port == 0 ? nextPort++ : port;
            if (others.contains(wanted)) {
                return -98;
            }
            reserved.put(nextHandle, wanted);
            return nextHandle++;
        }

        @Override
        public synchronized int reservedPort(int handle) {
            return reserved.getOrDefault(handle, 0);
        }

        @Override
        public synchronized void release(int handle) {
            assertThat(reserved.remove(handle)).isNotNull();
        }
    }

    private final Kernel kernel = new Kernel();
    private final PortGate gate = new PortGate(List.of(kernel));

    private void add(IpAddress address, int port) {
        gate.add(address.hi(), address.lo(), port);
    }

    private void remove(IpAddress address, int port) {
        gate.remove(address.hi(), address.lo(), port);
    }

    private PortGate.Place place(IpAddress address) {
        return gate.placeOf(address.hi(), address.lo());
    }

    @Test
    void portIsTheStacksFromListeningToTheEndOfTheLastConnection() {
        gate.enter(kernel, OURS);
        assertThat(gate.reserve(IpAddress.ANY_V6, 8080)).isEqualTo(8080);
        assertThat(kernel.open).isEmpty();
        gate.listen(IpAddress.ANY_V6, 8080);
        assertThat(kernel.open).containsExactly("0:8080");
        add(OURS, 8080);
        gate.unlisten(IpAddress.ANY_V6, 8080);
        gate.unreserve(IpAddress.ANY_V6, 8080);
        assertThat(kernel.open).as("a connection has it").containsExactly("0:8080");
        assertThat(kernel.reserved).containsValue(8080);
        remove(OURS, 8080);
        assertThat(kernel.open).isEmpty();
        assertThat(kernel.reserved).isEmpty();
    }

    @Test
    void portOfAnotherProgramIsNeverTheStacks() {
        gate.enter(kernel, OURS);
        kernel.others.add(9090);
        assertThat(gate.reserve(OURS, 9090)).isNegative();
        assertThat(kernel.open).isEmpty();
    }

    @Test
    void connectionOfAListenerThatHasJustBeenClosedHasItsPortReservedOrNotAtAll() {
        gate.enter(kernel, OURS);
        add(OURS, 8080);
        assertThat(kernel.open).containsExactly("0:8080");
        assertThat(kernel.reserved).containsValue(8080);
        remove(OURS, 8080);
        assertThat(kernel.open).isEmpty();
        assertThat(kernel.reserved).isEmpty();
        kernel.others.add(8080);
        add(OURS, 8080);
        assertThat(kernel.open).isEmpty();
        remove(OURS, 8080);
        assertThat(kernel.open).isEmpty();
    }

    @Test
    void onlyTheAddressThatIsListenedAtIsTheStacks() {
        gate.enter(kernel, OURS);
        gate.enter(kernel, SECOND);
        gate.enter(kernel, OURS_6);
        gate.listen(SECOND, 80);
        assertThat(kernel.open).containsExactly("1:80");
        gate.listen(IpAddress.ANY_V4, 81);
        assertThat(kernel.open).containsExactlyInAnyOrder("1:80", "0:81", "1:81");
        gate.listen(IpAddress.ANY_V6, 82);
        assertThat(kernel.open).contains("0:82", "1:82", "2:82");
    }

    @Test
    void addressThatComesLaterHasTheListenersOfTheAnyAddress() {
        gate.listen(IpAddress.ANY_V6, 8080);
        gate.listen(OURS_6, 8081);
        gate.enter(kernel, OURS);
        assertThat(kernel.open).containsExactly("0:8080");
        gate.unlisten(IpAddress.ANY_V6, 8080);
        assertThat(kernel.open).isEmpty();
    }

    @Test
    void placeOfAnAddressThatHasGoneIsUsedAgainOnceNobodyUsesIt() {
        gate.enter(kernel, OURS);
        add(OURS, 40_000);
        gate.leave(kernel, OURS);
        gate.enter(kernel, SECOND);
        assertThat(place(SECOND).index).isEqualTo(1);
        remove(OURS, 40_000);
        gate.leave(kernel, SECOND);
        gate.enter(kernel, OURS_6);
        assertThat(place(OURS_6).index).isZero();
    }

    @Test
    void placesOfAddressesThatHaveGoneAreUsedAgainThoughSomebodyListensAtTheAnyAddress() {
        gate.listen(IpAddress.ANY_V6, 8080);
        for (int i = 0; i < 3 * KernelShare.MOST_ADDRESSES; i++) {
            IpAddress address = IpAddress.ofIpv4(0xc612_0100 + i);
            assertThat(gate.enter(kernel, address)).isTrue();
            assertThat(kernel.open).containsExactly(place(address).index + ":8080");
            gate.leave(kernel, address);
            assertThat(kernel.open).isEmpty();
        }
        gate.enter(kernel, OURS);
        gate.unlisten(IpAddress.ANY_V6, 8080);
        assertThat(kernel.open).isEmpty();
    }

    @Test
    void addressThatComesBackHasItsConnectionsAndTheListenersOfNow() {
        gate.enter(kernel, OURS);
        gate.listen(IpAddress.ANY_V6, 8080);
        gate.listen(OURS, 8081);
        add(OURS, 8080);
        gate.leave(kernel, OURS);
        assertThat(kernel.open).as("a connection has it").containsExactly("0:8080");
        assertThat(kernel.entered).as("so that nobody resets it").containsKey(0);
        gate.unlisten(IpAddress.ANY_V6, 8080);
        gate.listen(IpAddress.ANY_V6, 8082);
        gate.enter(kernel, OURS);
        assertThat(kernel.open).containsExactlyInAnyOrder("0:8080", "0:8081", "0:8082");
        remove(OURS, 8080);
        assertThat(kernel.open).containsExactlyInAnyOrder("0:8081", "0:8082");
        gate.unlisten(OURS, 8081);
        gate.unlisten(IpAddress.ANY_V6, 8082);
        assertThat(kernel.open).isEmpty();
        add(OURS, 40_000);
        gate.leave(kernel, OURS);
        assertThat(kernel.entered).containsKey(0);
        remove(OURS, 40_000);
        assertThat(kernel.entered).isEmpty();
    }

    @Test
    void moreAddressesThanPlacesAreLeftToTheKernel() {
        for (int i = 0; i < KernelShare.MOST_ADDRESSES; i++) {
            assertThat(gate.enter(kernel, IpAddress.ofIpv4(0xc612_0100 + i))).isTrue();
        }
        assertThat(gate.enter(kernel, OURS)).isFalse();
    }

    @Test
    void leasedPortServesOtherDestinationsAndIsGivenBackWhenManyAreIdle() {
        gate.enter(kernel, OURS);
        List<Integer> ports = new ArrayList<>();
        for (int i = 0; i < PortGate.MOST_IDLE + 10; i++) {
            int port = gate.lease(place(OURS), false, 0);
            add(OURS, port);
            remove(OURS, port);
            ports.add(port);
        }
        assertThat(kernel.open).hasSize(ports.size());
        int again = gate.leaseAgain(place(OURS));
        assertThat(ports).contains(again);
        remove(OURS, again);
        ports.forEach(port -> remove(OURS, port));
        assertThat(kernel.open).isEmpty();
        assertThat(kernel.reserved).hasSize(PortGate.MOST_IDLE);
    }

    @Test
    void aKernelWithoutAPortIsAskedAgainAfterAWhileOrForWhoInsists() {
        gate.enter(kernel, OURS);
        for (int port = 40_000; port < 40_010; port++) {
            kernel.others.add(port);
        }
        long nowNs = -5;
        assertThat(gate.lease(place(OURS), false, nowNs)).isNegative();
        for (int i = 1; i < 10; i++) {
            // The kernel is asked no more, which has another port by now.
            assertThat(gate.lease(place(OURS), false, nowNs + PortGate.PAUSE_NS - i))
                    .isNegative();
        }
        assertThat(kernel.asked).isEqualTo(1);
        assertThat(gate.lease(place(OURS), true, nowNs + 1)).isNegative();
        assertThat(gate.lease(place(OURS), false, nowNs + 1 + PortGate.PAUSE_NS))
                .isNegative();
        assertThat(kernel.asked).isEqualTo(3);
        kernel.others.clear();
        assertThat(gate.lease(place(OURS), true, nowNs)).isPositive();
        assertThat(gate.lease(place(OURS), false, nowNs)).isPositive();
    }

    @Test
    void idleLeasedPortIsGivenToAServerThatBindsIt() {
        gate.enter(kernel, OURS);
        int port = gate.lease(place(OURS), false, 0);
        remove(OURS, port);
        assertThat(kernel.reserved).containsValue(port);
        assertThat(gate.reserve(IpAddress.ANY_V6, port)).isEqualTo(port);
        assertThat(kernel.reserved).hasSize(1);
        assertThat(gate.leasedPorts(place(OURS))).isZero();
    }

    @Test
    void openBitFollowsTheCountWhateverThreadsDo() throws Exception {
        gate.enter(kernel, OURS);
        CountDownLatch start = new CountDownLatch(1);
        List<Thread> threads = new ArrayList<>();
        for (int t = 0; t < 4; t++) {
            Thread thread = new Thread(() -> {
                try {
                    start.await();
                } catch (InterruptedException e) {
                    return;
                }
                for (int i = 0; i < 20_000; i++) {
                    add(OURS, 8080);
                    remove(OURS, 8080);
                }
            });
            thread.start();
            threads.add(thread);
        }
        start.countDown();
        for (Thread thread : threads) {
            thread.join();
        }
        assertThat(kernel.open).isEmpty();
        add(OURS, 8080);
        assertThat(kernel.open).containsExactly("0:8080");
    }
}
