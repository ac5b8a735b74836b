/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What no software port offers: mbufs as a card's driver would give them, put into a ring, and mbufs as it would get them, taken from the
 * ring. ShimTranslationTest builds and runs this.
 */
#include "mtcp4j_dpdk.c"

static int failures;

#define CHECK(is, wanted)                                                                                              \
	do {                                                                                                           \
		long long got_ = (long long)(is), wanted_ = (long long)(wanted);                                       \
		if (got_ != wanted_) {                                                                                 \
			failures++;                                                                                    \
			printf("line %d: %s is %#llx, not %s, %#llx\n", __LINE__, #is, got_, #wanted, wanted_);         \
		}                                                                                                      \
	} while (0)

enum { ROOM = 1600, LARGE_ROOM = 9000, FRAMES = 2048, LARGE = 64 };

static struct memory memory = { .frames = FRAMES, .room = ROOM, .large = LARGE, .large_room = LARGE_ROOM, .cache = 32 };
static struct queue *q;
static uint16_t ring;
static struct rte_mempool *foreign;

static int all_free(void)
{
	return mtcp_free_frames(&memory) == FRAMES + LARGE && rte_mempool_avail_count(foreign) == 63;
}

/* So many bytes, numbered from first on. */
static struct rte_mbuf *piece(struct rte_mempool *pool, unsigned int bytes, unsigned int first)
{
	struct rte_mbuf *m = rte_pktmbuf_alloc(pool);
	char *data = rte_pktmbuf_append(m, bytes);

	for (unsigned int i = 0; i < bytes; i++)
		data[i] = first + i;
	return m;
}

static struct rte_mempool *small_pool(void) { return q->pools[0]; }

/* Through the ring and the shim; the frame's index in the area, always 0. */
static int arrive(struct rte_mbuf *m)
{
	CHECK(rte_eth_tx_burst(ring, 0, &m, 1), 1);
	return mtcp_rx(q, BURST);
}

static unsigned int length(void) { return (q->area[0].place >> 32) & 0xffffff; }
static unsigned int flags(void) { return q->area[0].place >> 56; }
static unsigned char *data(void) { return (unsigned char *)q->base + (uint32_t)q->area[0].place; }

static void is_numbered(unsigned int bytes)
{
	unsigned int wrong = 0;

	CHECK(length(), bytes);
	for (unsigned int i = 0; i < bytes; i++)
		wrong += data()[i] != (unsigned char)i;
	CHECK(wrong, 0);
}

static void release(int large)
{
	mtcp_free(q, large, 1);
	CHECK(all_free(), 1);
}

static void flags_of_received_frames(void)
{
	struct rte_mbuf *m = piece(small_pool(), 60, 0);

	CHECK(arrive(m), 1);
	is_numbered(60);
	CHECK(flags(), 0);
	release(0);
	m = piece(small_pool(), 60, 0);
	m->ol_flags = RTE_MBUF_F_RX_L4_CKSUM_GOOD | RTE_MBUF_F_RX_IP_CKSUM_GOOD;
	CHECK(arrive(m), 1);
	CHECK(flags(), RX_L4_GOOD);
	release(0);
	m = piece(small_pool(), 60, 0);
	m->ol_flags = RTE_MBUF_F_RX_L4_CKSUM_BAD;
	CHECK(arrive(m), 1);
	CHECK(flags(), 0);
	release(0);
	m = piece(small_pool(), 60, 0);
	m->ol_flags = RTE_MBUF_F_RX_L4_CKSUM_NONE;
	CHECK(arrive(m), 1);
	CHECK(flags(), 0);
	release(0);
	m = piece(small_pool(), 60, 0);
	m->ol_flags = RTE_MBUF_F_RX_RSS_HASH;
	m->hash.rss = 0x9abcdef0;
	CHECK(arrive(m), 1);
	CHECK(flags(), RX_HASH);
	CHECK(q->area[0].more, 0x9abcdef0);
	release(0);
	m = piece(small_pool(), 1500, 0);
	m->ol_flags = RTE_MBUF_F_RX_LRO;
	m->tso_segsz = 700;
	CHECK(arrive(m), 1);
	CHECK(q->area[0].more >> 32, 700);
	release(0);
}

static struct rte_mbuf *chain(const unsigned int *bytes, int pieces)
{
	struct rte_mbuf *head = piece(small_pool(), bytes[0], 0);

	for (unsigned int i = 1, at = bytes[0]; i < (unsigned int)pieces; at += bytes[i++])
		CHECK(rte_pktmbuf_chain(head, piece(small_pool(), bytes[i], at)), 0);
	return head;
}

static void frames_in_pieces(void)
{
	struct rte_mbuf *m = chain((unsigned int[]){ 100, 200, 300 }, 3);

	m->ol_flags = RTE_MBUF_F_RX_L4_CKSUM_GOOD;
	CHECK(arrive(m), 1);
	is_numbered(600);
	CHECK(flags(), RX_L4_GOOD);
	release(0);
	CHECK(arrive(chain((unsigned int[]){ 1500, 1500, 1500, 7 }, 4)), 1);
	is_numbered(4507);
	CHECK((uint32_t)q->area[0].place >= memory.large_at, 1);
	release(1);
	CHECK(arrive(chain((unsigned int[]){ 1600, 1600, 1600, 1600, 1600, 1600 }, 6)), 0);
	CHECK(q->counters[RX_DROPPED], 1);
	CHECK(all_free(), 1);
}

static void frames_that_start_elsewhere(void)
{
	struct rte_mbuf *m = piece(small_pool(), 60, 0);

	rte_pktmbuf_prepend(m, 2);
	rte_pktmbuf_mtod(m, char *)[0] = 0;
	for (int i = 0; i < 62; i++)
		rte_pktmbuf_mtod(m, char *)[i] = i;
	CHECK(arrive(m), 1);
	is_numbered(62);
	release(0);
	CHECK(arrive(piece(foreign, 500, 0)), 1);
	is_numbered(500);
	release(0);
}

/* The stack sees the tag of a frame whether or not the port has taken it off. */
static void tags(void)
{
	unsigned char tag[] = { 0x81, 0x00, 0x60, 0x05 };
	struct rte_mbuf *m = piece(small_pool(), 64, 0);

	memcpy(rte_pktmbuf_mtod_offset(m, char *, 12), tag, 4);
	m->ol_flags = RTE_MBUF_F_RX_VLAN;
	m->vlan_tci = 0x6005;
	CHECK(arrive(m), 1);
	CHECK(length(), 64);
	CHECK(memcmp(data() + 12, tag, 4), 0);
	release(0);
	m = piece(small_pool(), 60, 0);
	m->ol_flags = RTE_MBUF_F_RX_VLAN | RTE_MBUF_F_RX_VLAN_STRIPPED | RTE_MBUF_F_RX_L4_CKSUM_GOOD;
	m->vlan_tci = 0x6005;
	CHECK(arrive(m), 1);
	CHECK(length(), 64);
	CHECK(data()[11], 11);
	CHECK(memcmp(data() + 12, tag, 4), 0);
	CHECK(data()[16], 12);
	CHECK(flags(), RX_L4_GOOD);
	release(0);
}

/* A frame of TCP as the stack writes it. */
static void write_frame(unsigned char *frame, int v6, int tagged, unsigned int bytes)
{
	int at = 12;

	memset(frame, 0, bytes);
	if (tagged) {
		memcpy(frame + at, "\x81\x00\x00\x05", 4);
		at += 4;
	}
	memcpy(frame + at, v6 ? "\x86\xdd" : "\x08\x00", 2);
	unsigned char *ip = frame + at + 2;
	ip[0] = v6 ? 0x60 : 0x45;
	ip[v6 ? 6 : 9] = 6;
	unsigned int rest = bytes - (ip - frame);
	rest = v6 ? rest - 40 : rest;
	ip[v6 ? 4 : 2] = rest >> 8;
	ip[v6 ? 5 : 3] = rest;
	memcpy(ip + (v6 ? 8 : 12), "\xc6\x12\x00\x01\xc6\x12\x00\x02", 8);
	unsigned char *tcp = ip + (v6 ? 40 : 20);
	tcp[12] = 0x80;
	for (unsigned char *payload = tcp + 32; payload < frame + bytes; payload++)
		*payload = 7 * (payload - frame);
}

/* Such a frame, sent; the mbuf as the driver got it. */
static struct rte_mbuf *sent(int v6, int tagged, uint64_t asked, unsigned int bytes, uint16_t segment)
{
	struct rte_mbuf *got = NULL;
	int large = bytes > ROOM;

	CHECK(mtcp_alloc(q, large, 1), 1);
	write_frame(data(), v6, tagged, bytes);
	q->area[0].place = (uint32_t)q->area[0].place | (uint64_t)bytes << 32 | asked << 56;
	q->area[0].more = (uint64_t)segment << 32;
	CHECK(mtcp_tx(q, 1), 1);
	CHECK(rte_eth_rx_burst(ring, 0, &got, 1), 1);
	CHECK(got->pkt_len, bytes);
	CHECK(got->data_len, bytes);
	return got;
}

static void drop(struct rte_mbuf *m)
{
	rte_pktmbuf_free(m);
	CHECK(all_free(), 1);
}

static void requests_to_the_driver(void)
{
	struct rte_mbuf *m = sent(0, 0, 0, 100, 0);

	CHECK(m->ol_flags, 0);
	CHECK(m->tx_offload, 0);
	drop(m);
	m = sent(0, 0, TX_L4, 100, 0);
	CHECK(m->ol_flags, RTE_MBUF_F_TX_IPV4 | RTE_MBUF_F_TX_TCP_CKSUM);
	CHECK(m->l2_len, 14);
	CHECK(m->l3_len, 20);
	CHECK(m->l4_len, 32);
	CHECK(m->tso_segsz, 0);
	drop(m);
	m = sent(1, 1, TX_L4, 140, 0);
	CHECK(m->ol_flags, RTE_MBUF_F_TX_IPV6 | RTE_MBUF_F_TX_TCP_CKSUM);
	CHECK(m->l2_len, 18);
	CHECK(m->l3_len, 40);
	CHECK(m->l4_len, 32);
	drop(m);
	m = sent(0, 0, TX_L4 | TX_TSO, 8000, 1448);
	CHECK(m->ol_flags, RTE_MBUF_F_TX_IPV4 | RTE_MBUF_F_TX_TCP_CKSUM | RTE_MBUF_F_TX_TCP_SEG | RTE_MBUF_F_TX_IP_CKSUM);
	CHECK(m->tso_segsz, 1448);
	/* Drivers want the sum over the pseudo-header without a length, which differs from segment to segment. */
	struct rte_tcp_hdr *tcp = rte_pktmbuf_mtod_offset(m, struct rte_tcp_hdr *, 34);
	uint32_t sum = 0xc612 + 0x0001 + 0xc612 + 0x0002 + 6;
	sum = (sum & 0xffff) + (sum >> 16);
	CHECK(rte_be_to_cpu_16(tcp->cksum), sum);
	drop(m);
	m = sent(1, 0, TX_L4 | TX_TSO, 5000, 1428);
	CHECK(m->ol_flags, RTE_MBUF_F_TX_IPV6 | RTE_MBUF_F_TX_TCP_CKSUM | RTE_MBUF_F_TX_TCP_SEG);
	CHECK(m->tso_segsz, 1428);
	drop(m);
}

/* The ring has no checksums: they are made and checked in its place, whatever the length. */
static void sums_in_place_of_the_driver(void)
{
	q->sums = SUMS_MADE;
	for (int kind = 0; kind < 4; kind++) {
		int v6 = kind & 1, tagged = kind >> 1, at = 14 + 4 * tagged;
		for (unsigned int bytes = 110; bytes < 130; bytes++) {
			struct rte_mbuf *m = sent(v6, tagged, TX_L4, bytes, 0);
			char *ip = rte_pktmbuf_mtod_offset(m, char *, at), *tcp = ip + (v6 ? 40 : 20);
			CHECK(m->ol_flags, 0);
			CHECK((v6 ? rte_ipv6_udptcp_cksum_verify((struct rte_ipv6_hdr *)ip, tcp)
				  : rte_ipv4_udptcp_cksum_verify((struct rte_ipv4_hdr *)ip, tcp)), 0);
			CHECK(arrive(m), 1);
			CHECK(flags(), RX_L4_GOOD);
			m = mbuf_of(q, q->area[0].place);
			rte_pktmbuf_mtod(m, char *)[bytes - 1] ^= 0x10;
			CHECK(arrive(m), 1);
			CHECK(flags(), 0);
			release(0);
		}
	}
	/* A fragment, and lengths that lie. */
	struct rte_mbuf *m = sent(0, 0, TX_L4, 100, 0);
	struct rte_ipv4_hdr *v4 = rte_pktmbuf_mtod_offset(m, struct rte_ipv4_hdr *, 14);
	v4->fragment_offset = RTE_BE16(0x2000);
	CHECK(arrive(m), 1);
	CHECK(flags(), 0);
	m = mbuf_of(q, q->area[0].place);
	v4->fragment_offset = 0;
	v4->total_length = RTE_BE16(1400);
	CHECK(arrive(m), 1);
	CHECK(flags(), 0);
	m = mbuf_of(q, q->area[0].place);
	v4->total_length = RTE_BE16(21);
	CHECK(arrive(m), 1);
	CHECK(flags(), 0);
	release(0);
	q->sums = SUMS_LEFT;
}

/* What the kernel of this machine leaves to an interface: good with the sum of the pseudo-header alone, or with the whole, and with nothing else. */
static void sums_that_a_local_peer_leaves_to_an_interface(void)
{
	for (int kind = 0; kind < 4; kind++) {
		int v6 = kind & 1, tagged = kind >> 1, at = 14 + 4 * tagged;
		for (unsigned int bytes = 110; bytes < 130; bytes++) {
			q->sums = SUMS_LOCAL;
			struct rte_mbuf *m = sent(v6, tagged, TX_L4, bytes, 0);
			char *ip = rte_pktmbuf_mtod_offset(m, char *, at);
			struct rte_tcp_hdr *tcp = (struct rte_tcp_hdr *)(ip + (v6 ? 40 : 20));
			CHECK((v6 ? rte_ipv6_udptcp_cksum_verify((struct rte_ipv6_hdr *)ip, tcp)
				  : rte_ipv4_udptcp_cksum_verify((struct rte_ipv4_hdr *)ip, tcp)), 0);
			CHECK(arrive(m), 1);
			CHECK(flags(), RX_L4_GOOD);
			m = mbuf_of(q, q->area[0].place);
			uint16_t partial = v6 ? rte_ipv6_phdr_cksum((struct rte_ipv6_hdr *)ip, 0)
					      : rte_ipv4_phdr_cksum((struct rte_ipv4_hdr *)ip, 0);
			tcp->cksum = partial;
			CHECK(arrive(m), 1);
			CHECK(flags(), RX_L4_GOOD | RX_L4_PARTIAL);
			m = mbuf_of(q, q->area[0].place);
			tcp->cksum = partial ^ 0x10;
			CHECK(arrive(m), 1);
			CHECK(flags(), 0);
			m = mbuf_of(q, q->area[0].place);
			/* Not from who may come from outside. */
			q->sums = SUMS_MADE;
			tcp->cksum = partial;
			CHECK(arrive(m), 1);
			CHECK(flags(), 0);
			release(0);
		}
	}
	q->sums = SUMS_LEFT;
}

/* Between peers in shared memory: what is sent keeps the sum of its pseudo-header, what comes is good. */
static void sums_that_are_trusted(void)
{
	q->sums = SUMS_TRUSTED;
	for (int kind = 0; kind < 4; kind++) {
		int v6 = kind & 1, tagged = kind >> 1, at = 14 + 4 * tagged + (v6 ? 40 : 20);
		struct rte_mbuf *m = sent(v6, tagged, TX_L4, 130, 0);
		struct rte_tcp_hdr *tcp = rte_pktmbuf_mtod_offset(m, struct rte_tcp_hdr *, at);
		CHECK(m->ol_flags, 0);
		CHECK(tcp->cksum, 0);
		CHECK(arrive(m), 1);
		CHECK(flags(), RX_L4_GOOD);
		release(0);
	}
	q->sums = SUMS_LEFT;
}

/* A full ring refuses a burst: what was summed is not summed again, and has the sum of the bytes as they are. */
static void sums_of_refused_frames(void)
{
	struct rte_mbuf *got[BURST];
	unsigned int filled = 0, refused = 0, arrived = 0;

	q->sums = SUMS_MADE;
	for (unsigned int taken = 8; taken == 8; filled += taken) {
		CHECK(mtcp_alloc(q, 0, 8), 8);
		for (int i = 0; i < 8; i++) {
			unsigned char *frame = (unsigned char *)q->base + (uint32_t)q->area[i].place;
			write_frame(frame, 0, 0, 100);
			q->area[i].place = (uint32_t)q->area[i].place | 100ull << 32 | (uint64_t)TX_L4 << 56;
			q->area[i].more = 0;
		}
		taken = mtcp_tx(q, 8);
		refused = 8 - taken;
	}
	CHECK(refused > 0, 1);
	memmove(q->area, q->area + 8 - refused, refused * sizeof(q->area[0]));
	for (unsigned int i = 0; i < refused; i++) {
		CHECK((q->area[i].place >> 56) & TX_L4, 0);
		CHECK((q->area[i].place >> 32) & 0xffff, 100);
		/* Who sums once more would sum what is there now. */
		q->base[(uint32_t)q->area[i].place + 99] ^= 0x10;
	}
	CHECK(mtcp_tx(q, refused), 0);
	for (unsigned int i = 0; i < refused; i++)
		q->base[(uint32_t)q->area[i].place + 99] ^= 0x10;
	for (unsigned int n; (n = rte_eth_rx_burst(ring, 0, got, 32)) > 0; arrived += n)
		rte_pktmbuf_free_bulk(got, n);
	CHECK(arrived, filled);
	CHECK(mtcp_tx(q, refused), refused);
	CHECK(rte_eth_rx_burst(ring, 0, got, 32), refused);
	for (unsigned int i = 0; i < refused; i++) {
		char *ip = rte_pktmbuf_mtod_offset(got[i], char *, 14);
		CHECK(rte_ipv4_udptcp_cksum_verify((struct rte_ipv4_hdr *)ip, ip + 20), 0);
	}
	rte_pktmbuf_free_bulk(got, refused);
	CHECK(all_free(), 1);
	q->sums = SUMS_LEFT;
}

/* net_null claims RSS and keeps the key that it is given later; net_ring has none. */
static void rss_keys(void)
{
	uint16_t null;
	uint8_t key[40], other[40] = { 1, 2, 3 };
	struct port port = { .queues = 2, .mtu = 1500, .ring = 256 };
	struct rte_eth_rss_conf conf = { .rss_key = other, .rss_key_len = 40, .rss_hf = RTE_ETH_RSS_NONFRAG_IPV4_TCP };

	for (int i = 0; i < 40; i++)
		key[i] = i & 1 ? 0x5a : 0x6d;
	CHECK(rte_eth_dev_get_port_by_name("net_null0", &null), 0);
	CHECK(mtcp_port_open(null, &memory, &port), 0);
	CHECK(port.capabilities & CAN_RSS, CAN_RSS);
	CHECK(has_symmetric_key(null, key, 40), 1);
	CHECK(rte_eth_dev_rss_hash_update(null, &conf), 0);
	CHECK(has_symmetric_key(null, key, 40), 0);
	CHECK(has_symmetric_key(ring, key, 40), 0);
	rte_eth_dev_stop(null);
	rte_eth_dev_close(null);
}

int main(void)
{
	char lcore[16];
	snprintf(lcore, sizeof(lcore), "0@%d", sched_getcpu());
	char *arguments[] = { "shim_test", "--no-pci", "--no-huge", "--no-shconf", "--no-telemetry", "-m", "256", "--lcores",
			      lcore, "--log-level=4", "--vdev=net_ring0", "--vdev=net_null0,size=64" };
	struct port port = { .queues = 1, .mtu = 1500, .ring = 256 };

	if (rte_eal_init(RTE_DIM(arguments), arguments) < 0 || mtcp_memory_new("t", &memory) != 0)
		return 2;
	foreign = rte_pktmbuf_pool_create("foreign", 63, 0, 0, 2048, SOCKET_ID_ANY);
	if (foreign == NULL || rte_eth_dev_get_port_by_name("net_ring0", &ring) != 0 || mtcp_port_open(ring, &memory, &port) != 0)
		return 2;
	struct place place = { .port = ring, .rx = 0, .tx = 0, .lcore = 1, .sums = SUMS_MADE };
	q = mtcp_queue_new(&memory, &place);
	CHECK(q->sums, SUMS_MADE);
	mtcp_queue_free(q);
	/* As a card's that has them, and for who did not ask. */
	place.sums = SUMS_LEFT;
	q = mtcp_queue_new(&memory, &place);
	CHECK(q->sums, SUMS_LEFT);
	flags_of_received_frames();
	frames_in_pieces();
	frames_that_start_elsewhere();
	tags();
	requests_to_the_driver();
	sums_in_place_of_the_driver();
	sums_of_refused_frames();
	sums_that_are_trusted();
	sums_that_a_local_peer_leaves_to_an_interface();
	rss_keys();
	rte_eth_dev_stop(ring);
	printf("%d failures\n", failures);
	return failures != 0;
}
