/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What of DPDK cannot be called from Java: inline functions (bursts, mbufs), and structures whose layout changes with the release.
 * A frame is known to Java by the offset of its first byte in one region; its mbuf stands at a fixed distance before it.
 */
#define _GNU_SOURCE
#define ALLOW_EXPERIMENTAL_API /* the interrupt handles of 22.11 */
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <poll.h>
#include <pthread.h>
#include <sched.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <dirent.h>
#include <unistd.h>
#include <rte_common.h>
#include <rte_eal.h>
#include <rte_errno.h>
#include <rte_ethdev.h>
#include <rte_ether.h>
#include <rte_interrupts.h>
#include <rte_ip.h>
#include <rte_malloc.h>
#include <rte_mbuf.h>
#include <rte_mbuf_pool_ops.h>
#include <rte_memory.h>
#include <rte_mempool.h>
#include <rte_memzone.h>
#include <rte_spinlock.h>
#include <rte_tcp.h>
#include <rte_version.h>

#ifndef SHIM_ID
#define SHIM_ID 0
#endif
#define BURST 64u
/* From an mbuf to its frame; buffers have no private area. */
#define DISTANCE (sizeof(struct rte_mbuf) + RTE_PKTMBUF_HEADROOM)

/* As in FrameBatch and Nic. */
enum { RX_L4_GOOD = 1, RX_HASH = 2, TX_L4 = 4, TX_TSO = 8, RX_L4_PARTIAL = 32 };
enum { CAN_TX_L4 = 1, CAN_TSO = 2, CAN_RX_L4 = 4, CAN_INTERRUPT = 16, CAN_RSS = 32 };
/*
 * What becomes of TCP checksums where the port knows nothing of them: the caller's business, made and checked here, nobody's, or made and
 * checked here but for segments that the kernel of this machine has left to an interface which they never meet.
 */
enum { SUMS_LEFT, SUMS_MADE, SUMS_TRUSTED, SUMS_LOCAL };
enum { RX_DROPPED, TX_DROPPED, EMPTY_POLLS, POLLS, COUNTERS };

/* Two 64-bit words a frame: offset | length << 32 | flags << 56, and hash | segment size << 32. */
struct frame {
	uint64_t place, more;
};

struct queue {
	struct frame area[BURST]; /* first: Java knows its address as the queue's */
	uint64_t counters[COUNTERS];
	char *base;
	struct rte_mempool *pools[2]; /* ordinary frames, large frames or NULL */
	rte_spinlock_t *sharing;      /* NULL unless the transmit queue has several users */
	rte_spinlock_t lock;          /* of those who share this one's */
	uint16_t port, stashed, stash_at;
	int rx_queue; /* -1: receives nothing */
	uint16_t tx_queue;
	unsigned int lcore;
	uint32_t watched, held;  /* those who wait for frames without owning the queue; the lock below is held */
	uint32_t full, closing;  /* the port has not taken all of the last burst; whoever waits is to leave */
	rte_spinlock_t watching; /* kept by the owner and by those, only while there are any */
	uint32_t sums;           /* as above; SUMS_LEFT where the port does it */
	uint32_t gated, blocked; /* bursts ask the gate; the port is stopped, changed only while the gate is closed */
	int bell;                /* an eventfd that rings when the link of a gated queue comes or goes, else -1 */
	int ring_fd;             /* what a memif peer writes when it was asked to, or -1 */
	struct ring *ring;       /* where it is asked; both belong to the link below */
	uint32_t up, link, asked_of, told; /* whether there is a link, and its number; whether bell and peer tell of everything */
	struct rte_mbuf *stash[BURST];
	uint32_t inside __rte_cache_aligned; /* a burst of a gated queue is on the way */
};

struct memory {
	int64_t frames, room, large, large_room, cache; /* wanted; large may be 0 */
	int64_t base, bytes, large_at;                  /* found; large_at: no ordinary frame is at or behind it */
	int64_t pools[2];
};

struct port {
	int64_t queues, mtu, ring, interrupts;                      /* wanted; mtu 0: the port's own */
	int64_t capabilities, rx_queues, tx_queues, most_mtu, step; /* found; the step that failed */
};

/* As in QueueWait. */
enum { WAIT_RECEIVE = 1, WAIT_TRANSMIT = 2, WAIT_DESCRIPTOR = 4 };

struct wait {
	int64_t fd, timeout_us, count; /* a descriptor to be waited for as well, or -1; negative for no limit */
	struct {
		int64_t queue, wanted, ready;
	} of[];
};

struct place {
	int64_t port, rx, tx, lcore; /* rx -1: receives nothing; lcore -1: none, so without a cache of the pool's */
	int64_t share_with;          /* the queue whose transmit queue this one uses too, or NULL */
	int64_t gated;               /* bursts must not meet DPDK's interrupt thread */
	int64_t sums;                /* as above, for a port that does not do it */
};

uint32_t mtcp_shim_id(void) { return SHIM_ID; }

/* The release this was built for; rte_version() is the one that was loaded. */
const char *mtcp_built_for(void) { return RTE_STR(RTE_VER_YEAR) "." RTE_STR(RTE_VER_MONTH); }

int mtcp_errno(void) { return rte_errno; }

/* Whether the path is a Unix socket at which nobody listens any more. Of another type than any listener's, so as not to connect. */
int mtcp_dead_socket(const char *path)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0), dead = 0;

	if (fd >= 0 && strlen(path) < sizeof(address.sun_path)) {
		strcpy(address.sun_path, path);
		dead = connect(fd, (struct sockaddr *)&address, sizeof(address)) < 0 && errno == ECONNREFUSED;
	}
	if (fd >= 0)
		close(fd);
	return dead;
}

/* ---- memory ---------------------------------------------------------------------------------------------------------- */

static void init_frame(struct rte_mempool *pool, void *highest, void *object, unsigned int index)
{
	char **end = highest;

	rte_pktmbuf_init(pool, NULL, object, index);
	if ((char *)object + pool->elt_size > *end)
		*end = (char *)object + pool->elt_size;
}

/*
 * Objects may lie across pages where devices see the process's addresses; DPDK would keep them off the borders, which with pages of
 * 4 KiB wastes half. Where devices see physical addresses it does so, and frames have gaps.
 */
static struct rte_mempool *make_pool(const char *name, unsigned int frames, unsigned int room, unsigned int cache, char **from,
				     char *end)
{
	struct rte_pktmbuf_pool_private private = { .mbuf_data_room_size = RTE_PKTMBUF_HEADROOM + room };
	int physical = rte_eal_iova_mode() == RTE_IOVA_PA, got = -1;
	struct rte_mempool *pool = rte_mempool_create_empty(name, frames, DISTANCE + room, cache, sizeof(private), SOCKET_ID_ANY,
							    physical ? 0 : RTE_MEMPOOL_F_NO_IOVA_CONTIG);
	char *start = RTE_PTR_ALIGN_CEIL(*from, RTE_CACHE_LINE_SIZE);

	if (pool == NULL)
		return NULL;
	if (rte_mempool_set_ops_byname(pool, rte_mbuf_best_mempool_ops(), NULL) == 0) {
		rte_pktmbuf_pool_init(pool, &private);
		got = physical ? rte_mempool_populate_virt(pool, start, end - start, getpagesize(), NULL, NULL)
			       : rte_mempool_populate_iova(pool, start, (rte_iova_t)(uintptr_t)start, end - start, NULL, NULL);
	}
	if (got != (int)frames) {
		rte_mempool_free(pool);
		rte_errno = ENOMEM;
		return NULL;
	}
	rte_mempool_obj_iter(pool, init_frame, from);
	return pool;
}

/* One region for both sizes. */
int mtcp_memory_new(const char *name, struct memory *memory)
{
	char zone_name[RTE_MEMZONE_NAMESIZE], large_name[RTE_MEMPOOL_NAMESIZE];
	size_t bytes = memory->frames * rte_mempool_calc_obj_size(DISTANCE + memory->room, 0, NULL)
		+ memory->large * rte_mempool_calc_obj_size(DISTANCE + memory->large_room, 0, NULL) + 4096;
	const struct rte_memzone *zone;
	char *at;

	if (rte_eal_iova_mode() == RTE_IOVA_PA)
		bytes += bytes / 8 + (4 << 20);
	snprintf(zone_name, sizeof(zone_name), "%s_z", name);
	snprintf(large_name, sizeof(large_name), "%s_l", name);
	zone = bytes > INT32_MAX ? NULL : rte_memzone_reserve_aligned(zone_name, bytes, SOCKET_ID_ANY, 0, 4096);
	if (zone == NULL)
		return -(bytes > INT32_MAX ? EFBIG : rte_errno);
	at = zone->addr;
	memory->base = (int64_t)(intptr_t)zone->addr;
	memory->bytes = zone->len;
	memory->pools[0] = (int64_t)(intptr_t)make_pool(name, memory->frames, memory->room, memory->cache, &at, at + zone->len);
	memory->large_at = at - (char *)zone->addr;
	memory->pools[1] = 0;
	if (memory->large > 0 && memory->pools[0] != 0)
		memory->pools[1] = (int64_t)(intptr_t)make_pool(large_name, memory->large, memory->large_room, 0, &at,
								(char *)zone->addr + zone->len);
	if (memory->pools[0] != 0 && (memory->large == 0 || memory->pools[1] != 0))
		return 0;
	int cause = rte_errno;
	rte_mempool_free((struct rte_mempool *)(intptr_t)memory->pools[0]);
	rte_memzone_free(zone);
	return -cause;
}

void mtcp_memory_free(const char *name, struct memory *memory)
{
	char zone_name[RTE_MEMZONE_NAMESIZE];

	snprintf(zone_name, sizeof(zone_name), "%s_z", name);
	rte_mempool_free((struct rte_mempool *)(intptr_t)memory->pools[1]);
	rte_mempool_free((struct rte_mempool *)(intptr_t)memory->pools[0]);
	rte_memzone_free(rte_memzone_lookup(zone_name));
}

/* ---- ports ----------------------------------------------------------------------------------------------------------- */

static uint64_t if_has(uint64_t offered, uint64_t wanted) { return (offered & wanted) == wanted ? wanted : 0; }

/* What the port offers, before it is opened. */
int mtcp_port_look(uint16_t id, struct port *port)
{
	struct rte_eth_dev_info info;
	int failed = rte_eth_dev_info_get(id, &info);

	if (failed)
		return failed;
	uint64_t tx = info.tx_offload_capa, rx = info.rx_offload_capa;
	port->capabilities = (tx & RTE_ETH_TX_OFFLOAD_TCP_CKSUM ? CAN_TX_L4 : 0)
		| (if_has(tx, RTE_ETH_TX_OFFLOAD_TCP_TSO | RTE_ETH_TX_OFFLOAD_TCP_CKSUM | RTE_ETH_TX_OFFLOAD_IPV4_CKSUM) ? CAN_TSO : 0)
		| (rx & RTE_ETH_RX_OFFLOAD_TCP_CKSUM ? CAN_RX_L4 : 0)
		| (if_has(info.flow_type_rss_offloads, RTE_ETH_RSS_NONFRAG_IPV4_TCP) && info.reta_size > 0 ? CAN_RSS : 0);
	port->rx_queues = info.max_rx_queues;
	port->tx_queues = info.max_tx_queues;
	port->most_mtu = info.max_mtu;
	return 0;
}

/* Both directions of a flow get one hash: the key repeats itself every 16 bits. Read back, since drivers may ignore it. */
static int has_symmetric_key(uint16_t id, const uint8_t *wanted, uint8_t bytes)
{
	uint8_t key[128] = { 0 };
	struct rte_eth_rss_conf conf = { .rss_key = key, .rss_key_len = bytes };

	return rte_eth_dev_rss_hash_conf_get(id, &conf) == 0 && (conf.rss_hf & RTE_ETH_RSS_NONFRAG_IPV4_TCP)
		&& memcmp(key, wanted, bytes) == 0;
}

/* Configures and starts; on failure port->step says where: 1 configure, 2 receive queue, 3 transmit queue, 4 start. */
int mtcp_port_open(uint16_t id, const struct memory *memory, struct port *port)
{
	struct rte_eth_conf conf = { 0 };
	struct rte_eth_dev_info info;
	uint16_t rx = port->ring, tx = port->ring, queues;
	uint8_t key[128];
	int failed = mtcp_port_look(id, port);

	if (failed || (failed = rte_eth_dev_info_get(id, &info)))
		return failed;
	for (size_t i = 0; i < sizeof(key); i++)
		key[i] = i & 1 ? 0x5a : 0x6d;
	conf.rxmode.mtu = port->mtu;
	/* It claims 1518 bytes, and carries frames of any length in as many of its buffers as they take. */
	if (strcmp(info.driver_name, "net_memif") == 0)
		conf.rxmode.mtu = RTE_MIN(port->mtu, info.max_rx_pktlen - RTE_ETHER_HDR_LEN - RTE_ETHER_CRC_LEN);
	conf.intr_conf.rxq = port->interrupts;
	conf.rxmode.offloads = info.rx_offload_capa
		& (RTE_ETH_RX_OFFLOAD_TCP_CKSUM | RTE_ETH_RX_OFFLOAD_IPV4_CKSUM | (port->queues > 1 ? RTE_ETH_RX_OFFLOAD_RSS_HASH : 0));
	conf.txmode.offloads = info.tx_offload_capa & RTE_ETH_TX_OFFLOAD_TCP_CKSUM;
	if (port->capabilities & CAN_TSO)
		conf.txmode.offloads |= RTE_ETH_TX_OFFLOAD_TCP_TSO | RTE_ETH_TX_OFFLOAD_IPV4_CKSUM
			| (info.tx_offload_capa & RTE_ETH_TX_OFFLOAD_MULTI_SEGS);
	if (port->queues > 1 && (port->capabilities & CAN_RSS)) {
		conf.rxmode.mq_mode = RTE_ETH_MQ_RX_RSS;
		conf.rx_adv_conf.rss_conf.rss_hf = info.flow_type_rss_offloads & (RTE_ETH_RSS_NONFRAG_IPV4_TCP | RTE_ETH_RSS_NONFRAG_IPV6_TCP);
		conf.rx_adv_conf.rss_conf.rss_key = key;
		conf.rx_adv_conf.rss_conf.rss_key_len = info.hash_key_size ? info.hash_key_size : 40;
	}
	port->step = 1;
	port->rx_queues = RTE_MIN(port->rx_queues, port->queues);
	port->tx_queues = RTE_MIN(port->tx_queues, port->queues);
	queues = RTE_MAX(port->rx_queues, port->tx_queues);
	failed = rte_eth_dev_configure(id, port->rx_queues, port->tx_queues, &conf);
	if (failed || (failed = rte_eth_dev_adjust_nb_rx_tx_desc(id, &rx, &tx)))
		return failed;
	for (int i = 0; i < queues; i++) {
		struct rte_eth_rxconf rx_conf = info.default_rxconf;
		struct rte_eth_txconf tx_conf = info.default_txconf;
		rx_conf.offloads = conf.rxmode.offloads;
		tx_conf.offloads = conf.txmode.offloads;
		port->step = 2;
		if (i < port->rx_queues)
			failed = rte_eth_rx_queue_setup(id, i, rx, SOCKET_ID_ANY, &rx_conf,
							(struct rte_mempool *)(intptr_t)memory->pools[0]);
		if (failed)
			return failed;
		port->step = 3;
		if (i < port->tx_queues)
			failed = rte_eth_tx_queue_setup(id, i, tx, SOCKET_ID_ANY, &tx_conf);
		if (failed)
			return failed;
	}
	port->step = 4;
	failed = rte_eth_dev_start(id);
	if (conf.rxmode.mq_mode != RTE_ETH_MQ_RX_RSS || failed)
		port->capabilities &= ~CAN_RSS;
	else if (!has_symmetric_key(id, key, conf.rx_adv_conf.rss_conf.rss_key_len)) {
		/* Some take a key only when told once more. */
		rte_eth_dev_rss_hash_update(id, &conf.rx_adv_conf.rss_conf);
		if (!has_symmetric_key(id, key, conf.rx_adv_conf.rss_conf.rss_key_len))
			port->capabilities &= ~CAN_RSS;
	}
	return failed;
}

int mtcp_link_up(uint16_t id)
{
	struct rte_eth_link link = { 0 };

	return rte_eth_link_get_nowait(id, &link) == 0 && link.link_status == RTE_ETH_LINK_UP;
}

/* Received, and lost for want of a descriptor or a buffer. */
uint64_t mtcp_missed(uint16_t id)
{
	struct rte_eth_stats stats = { 0 };

	return rte_eth_stats_get(id, &stats) == 0 ? stats.imissed + stats.rx_nombuf : 0;
}

/* ---- the gate -------------------------------------------------------------------------------------------------------- */

/*
 * When a memif peer leaves, the driver unmaps its rings on DPDK's interrupt thread, whether or not a burst is in them. So that thread is
 * kept in a callback of ours, and let go on, for as long as there is something to handle, only while the gate is closed to bursts.
 */
#define MOST_GATED 256
static pthread_mutex_t gate = PTHREAD_MUTEX_INITIALIZER; /* held while the gate is closed, and by who changes the list */
static uint32_t gate_closed;
static struct queue *gated[MOST_GATED];
static int bell = -1;

/* Whether a burst may go on; if so, leave_gate follows. */
static inline int enter_gate(struct queue *q)
{
	if (likely(!q->gated))
		return 1;
	__atomic_store_n(&q->inside, 1, __ATOMIC_SEQ_CST);
	if (likely(!__atomic_load_n(&gate_closed, __ATOMIC_SEQ_CST) && !q->blocked))
		return 1;
	__atomic_store_n(&q->inside, 0, __ATOMIC_RELEASE);
	return 0;
}

static inline void leave_gate(struct queue *q)
{
	if (unlikely(q->gated))
		__atomic_store_n(&q->inside, 0, __ATOMIC_RELEASE);
}

static void close_gate(void)
{
	pthread_mutex_lock(&gate);
	__atomic_store_n(&gate_closed, 1, __ATOMIC_SEQ_CST);
	for (int i = 0; i < MOST_GATED; i++)
		while (gated[i] != NULL && __atomic_load_n(&gated[i]->inside, __ATOMIC_SEQ_CST))
			sched_yield();
}

/* While the gate is closed. */
static void note_links(void)
{
	for (int i = 0; i < MOST_GATED; i++) {
		uint32_t up = gated[i] != NULL && mtcp_link_up(gated[i]->port);
		if (gated[i] != NULL && gated[i]->up != up) {
			gated[i]->up = up;
			gated[i]->link++;
			eventfd_write(gated[i]->bell, 1);
		}
	}
}

static void open_gate(void)
{
	__atomic_store_n(&gate_closed, 0, __ATOMIC_SEQ_CST);
	pthread_mutex_unlock(&gate);
}

static int register_gated(struct queue *q, struct queue *instead_of)
{
	int at = 0;

	pthread_mutex_lock(&gate);
	while (at < MOST_GATED && gated[at] != instead_of)
		at++;
	if (at < MOST_GATED)
		gated[at] = q;
	if (q != NULL)
		q->up = mtcp_link_up(q->port);
	pthread_mutex_unlock(&gate);
	return at < MOST_GATED;
}

/* Whether the descriptor is the epoll of the interrupt thread: it has the bell among its own. */
static int watches_bell(int fd)
{
	char path[64], line[256], wanted[32];
	int found = 0;

	snprintf(path, sizeof(path), "/proc/self/fdinfo/%d", fd);
	int length = snprintf(wanted, sizeof(wanted), "tfd: %8d ", bell);
	FILE *info = fopen(path, "re");
	while (info != NULL && !found && fgets(line, sizeof(line), info) != NULL)
		found = strncmp(line, wanted, length) == 0;
	if (info != NULL)
		fclose(info);
	return found;
}

static int interrupt_epoll(int known)
{
	if (known >= 0 && watches_bell(known))
		return known;
	DIR *all = opendir("/proc/self/fdinfo");
	known = -1;
	for (struct dirent *entry = all ? readdir(all) : NULL; entry != NULL && known < 0; entry = readdir(all))
		if (entry->d_name[0] != '.' && watches_bell(atoi(entry->d_name)))
			known = atoi(entry->d_name);
	if (all != NULL)
		closedir(all);
	return known;
}

/* On the interrupt thread, whenever it has nothing else to do or has done some of it: the bell rings until it is read. */
static void wait_at_gate(void *unused)
{
	static int closed, epoll = -1;
	eventfd_t rung;

	(void)unused;
	if (closed) {
		note_links();
		open_gate();
	}
	if (eventfd_read(bell, &rung) == 0)
		epoll = interrupt_epoll(epoll);
	struct pollfd others = { .fd = epoll, .events = POLLIN };
	poll(&others, 1, epoll < 0 ? 5 : -1);
	close_gate();
	closed = 1;
	eventfd_write(bell, 1);
}

/* Once, before the first port whose queues are gated. */
int mtcp_gate(void)
{
	if (bell >= 0)
		return 0;
	struct rte_intr_handle *handle = rte_intr_instance_alloc(RTE_INTR_INSTANCE_F_PRIVATE);
	bell = eventfd(1, EFD_NONBLOCK | EFD_CLOEXEC);
	if (handle == NULL || bell < 0)
		return -ENOMEM;
	rte_intr_fd_set(handle, bell);
	rte_intr_type_set(handle, RTE_INTR_HANDLE_EXT);
	return rte_intr_callback_register(handle, wait_at_gate, NULL);
}

/*
 * Between two calls, of one thread, the interrupt thread handles nothing: both it and who closes a port let go of the link, and the driver
 * lets them do so at once. Nothing that changes the list of queues may come between.
 */
void mtcp_keep_apart(int begins)
{
	if (begins)
		close_gate();
	else
		open_gate();
}

/* Stops and starts a port, by which a memif client looks for its server anew. */
int mtcp_restart(uint16_t id)
{
	close_gate();
	if (!mtcp_link_up(id)) {
		rte_eth_dev_stop(id);
		int failed = rte_eth_dev_start(id);
		for (int i = 0; i < MOST_GATED; i++)
			if (gated[i] != NULL && gated[i]->port == id)
				gated[i]->blocked = failed != 0;
		note_links();
		open_gate();
		return failed;
	}
	open_gate();
	return 0;
}

/* ---- queues: only the owner of the queue calls these ------------------------------------------------------------------- */

struct queue *mtcp_queue_new(const struct memory *memory, const struct place *place)
{
	struct queue *share_with = (struct queue *)(intptr_t)place->share_with;
	struct rte_eth_dev_info info;

	if (rte_eth_dev_info_get(place->port, &info) != 0 || place->rx >= info.nb_rx_queues || place->tx < 0
	    || place->tx >= info.nb_tx_queues || place->lcore < -1 || place->lcore >= RTE_MAX_LCORE)
		return NULL;
	struct queue *q = rte_zmalloc("mtcp_queue", sizeof(*q), RTE_CACHE_LINE_SIZE);
	if (q != NULL) {
		q->base = (char *)(intptr_t)memory->base;
		q->pools[0] = (struct rte_mempool *)(intptr_t)memory->pools[0];
		q->pools[1] = (struct rte_mempool *)(intptr_t)memory->pools[1];
		q->port = place->port;
		q->rx_queue = place->rx;
		q->tx_queue = place->tx;
		q->lcore = place->lcore < 0 ? LCORE_ID_ANY : place->lcore;
		q->gated = place->gated != 0;
		q->sums = info.tx_offload_capa & RTE_ETH_TX_OFFLOAD_TCP_CKSUM ? SUMS_LEFT : place->sums;
		if (share_with != NULL)
			q->sharing = share_with->sharing = &share_with->lock;
		q->bell = q->ring_fd = -1;
		q->link = 1;
		if (q->gated && ((q->bell = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC)) < 0 || !register_gated(q, NULL))) {
			if (q->bell >= 0)
				close(q->bell);
			rte_free(q);
			return NULL;
		}
	}
	return q;
}

/*
 * The mempool keeps a cache per lcore id. The id belongs to the queue, and whoever owns the queue wears it for a call. While somebody waits
 * at the queue without owning it, the two keep out of each other's way by a lock. A wait begins while its thread owns the queue, so that
 * the next owner knows; otherwise the lock costs nothing.
 */
static inline unsigned int enter(struct queue *q)
{
	unsigned int before = RTE_PER_LCORE(_lcore_id);

	if (unlikely(__atomic_load_n(&q->watched, __ATOMIC_ACQUIRE) != 0)) {
		while (!rte_spinlock_trylock(&q->watching))
			sched_yield();
		q->held = 1;
	}
	RTE_PER_LCORE(_lcore_id) = q->lcore;
	return before;
}

static inline void leave(struct queue *q, unsigned int before)
{
	RTE_PER_LCORE(_lcore_id) = before;
	if (unlikely(q->held)) {
		q->held = 0;
		rte_spinlock_unlock(&q->watching);
	}
}

/* Of 16-bit words in memory order, not folded; a last byte is the first of a word. */
__attribute__((target_clones("avx2", "default"))) static uint64_t sum_of(const char *bytes, uint32_t length)
{
	uint64_t sum = 0;
	uint32_t word, words = length / sizeof(word);

	for (uint32_t i = 0; i < words; i++) {
		memcpy(&word, bytes + i * sizeof(word), sizeof(word));
		sum += word;
	}
	word = 0;
	memcpy(&word, bytes + words * sizeof(word), length % sizeof(word));
	return sum + word;
}

/* The TCP segment in a frame. */
struct segment {
	const char *tcp;
	uint32_t length;
	uint64_t pseudo; /* the sum of its pseudo-header, in memory order, not folded */
};

/* Of an IP packet that is not a fragment; 0 for anything else. */
static inline int find_tcp(const char *ip, uint32_t length, uint16_t type, struct segment *found)
{
	uint64_t sum = 0;
	uint32_t header;

	if (type == RTE_BE16(RTE_ETHER_TYPE_IPV4)) {
		const struct rte_ipv4_hdr *v4 = (const struct rte_ipv4_hdr *)ip;
		if (length < sizeof(*v4) || v4->next_proto_id != IPPROTO_TCP || (v4->fragment_offset & RTE_BE16(0x3fff)))
			return 0;
		header = rte_ipv4_hdr_len(v4);
		uint32_t total = rte_be_to_cpu_16(v4->total_length);
		if (total > length || total < header + sizeof(struct rte_tcp_hdr))
			return 0;
		length = total;
		sum = (uint64_t)v4->src_addr + v4->dst_addr;
	} else if (type == RTE_BE16(RTE_ETHER_TYPE_IPV6)) {
		const struct rte_ipv6_hdr *v6 = (const struct rte_ipv6_hdr *)ip;
		header = sizeof(*v6);
		if (length < header || v6->proto != IPPROTO_TCP)
			return 0;
		uint32_t payload = rte_be_to_cpu_16(v6->payload_len);
		if (payload > length - header || payload < sizeof(struct rte_tcp_hdr))
			return 0;
		length = header + payload;
		sum = sum_of(ip + offsetof(struct rte_ipv6_hdr, src_addr), sizeof(v6->src_addr) + sizeof(v6->dst_addr));
	} else {
		return 0;
	}
	found->tcp = ip + header;
	found->length = length - header;
	found->pseudo = sum + RTE_BE16(IPPROTO_TCP) + rte_cpu_to_be_16(length - header);
	return 1;
}

static inline int find_segment(const char *frame, uint32_t length, struct segment *found)
{
	uint32_t at = sizeof(struct rte_ether_hdr);
	uint16_t type = ((const struct rte_ether_hdr *)frame)->ether_type;

	if (length < at + sizeof(struct rte_ipv4_hdr))
		return 0;
	if (type == RTE_BE16(RTE_ETHER_TYPE_VLAN)) {
		type = ((const struct rte_vlan_hdr *)(frame + at))->eth_proto;
		at += sizeof(struct rte_vlan_hdr);
	}
	return find_tcp(frame + at, length - at, type, found);
}

static inline uint16_t fold(uint64_t sum)
{
	sum = (sum >> 32) + (sum & 0xffffffff);
	sum = (sum >> 32) + (sum & 0xffffffff);
	sum = (sum >> 16) + (sum & 0xffff);
	sum = (sum >> 16) + (sum & 0xffff);
	return (sum >> 16) + (sum & 0xffff);
}

/* The ones-complement sum of pseudo-header, header and payload. Here rather than in Java because the frame is in the cache, and because it takes a
 * fifth of the time. */
static inline uint16_t sum_of_segment(const struct segment *segment)
{
	return fold(segment->pseudo + sum_of(segment->tcp, segment->length));
}

/* What is known of a received frame's checksum. */
static inline uint64_t judge_sum(const struct queue *q, const char *frame, uint32_t length)
{
	struct segment segment;

	if (!find_segment(frame, length, &segment))
		return 0;
	/* Before it was sent it held as much: the sum that an interface was to begin with. A right one that is the same by chance is as good. */
	if (q->sums == SUMS_LOCAL && ((const struct rte_tcp_hdr *)segment.tcp)->cksum == fold(segment.pseudo))
		return RX_L4_GOOD | RX_L4_PARTIAL;
	return sum_of_segment(&segment) == 0xffff ? RX_L4_GOOD : 0;
}

static inline struct rte_mbuf *mbuf_of(const struct queue *q, uint32_t offset)
{
	return (struct rte_mbuf *)(q->base + offset - DISTANCE);
}

/* A chain, or a frame that starts elsewhere, becomes one piece at the place where Java looks for it; NULL when it is lost. */
static struct rte_mbuf *straighten(struct queue *q, struct rte_mbuf *m)
{
	/* A tag that the driver took off unasked; the stack shall know of it. */
	if ((m->ol_flags & RTE_MBUF_F_RX_VLAN_STRIPPED) && rte_vlan_insert(&m) != 0) {
		q->counters[RX_DROPPED]++;
		rte_pktmbuf_free(m);
		return NULL;
	}
	uint32_t length = rte_pktmbuf_pkt_len(m);

	if (m->nb_segs == 1 && m->pool == q->pools[0] && length <= (uint32_t)m->buf_len - RTE_PKTMBUF_HEADROOM) {
		memmove((char *)m->buf_addr + RTE_PKTMBUF_HEADROOM, rte_pktmbuf_mtod(m, char *), length);
		m->data_off = RTE_PKTMBUF_HEADROOM;
		return m;
	}
	for (int size = 0; size < 2; size++) {
		struct rte_mempool *pool = q->pools[size];
		if (pool == NULL || length + RTE_PKTMBUF_HEADROOM > rte_pktmbuf_data_room_size(pool))
			continue;
		struct rte_mbuf *whole = rte_pktmbuf_alloc(pool);
		if (whole == NULL)
			break;
		const char *piece = rte_pktmbuf_read(m, 0, length, rte_pktmbuf_mtod(whole, char *));
		if (piece != rte_pktmbuf_mtod(whole, char *))
			memcpy(rte_pktmbuf_mtod(whole, char *), piece, length);
		whole->pkt_len = whole->data_len = length;
		whole->ol_flags = m->ol_flags;
		whole->hash.rss = m->hash.rss;
		whole->tso_segsz = m->ol_flags & RTE_MBUF_F_RX_LRO ? m->tso_segsz : 0;
		rte_pktmbuf_free(m);
		return whole;
	}
	q->counters[RX_DROPPED]++;
	rte_pktmbuf_free(m);
	return NULL;
}

/* Frames are in the area; at most BURST. */
int mtcp_rx(struct queue *q, unsigned int most)
{
	struct rte_mbuf *burst[BURST];
	struct rte_mbuf **from = burst;
	unsigned int before = enter(q), got, given = 0;

	most = RTE_MIN(most, BURST);
	if (unlikely(q->stashed > 0)) {
		from = q->stash + q->stash_at;
		got = RTE_MIN(most, q->stashed);
		q->stash_at += got;
		q->stashed -= got;
	} else if (q->rx_queue < 0 || !enter_gate(q)) {
		got = 0;
	} else {
		got = rte_eth_rx_burst(q->port, q->rx_queue, burst, most);
		leave_gate(q);
	}
	for (unsigned int i = 0; i < got; i++) {
		struct rte_mbuf *m = from[i];
		if (unlikely(m->nb_segs != 1 || m->data_off != RTE_PKTMBUF_HEADROOM || m->pool != q->pools[0]
			     || (m->ol_flags & RTE_MBUF_F_RX_VLAN_STRIPPED))) {
			m = straighten(q, m);
			if (m == NULL)
				continue;
		}
		char *data = (char *)m + DISTANCE;
		rte_prefetch0(data);
		uint64_t flags = q->sums == SUMS_TRUSTED ? RX_L4_GOOD : 0, more = 0;
		if (m->ol_flags != 0) {
			flags |= (m->ol_flags & RTE_MBUF_F_RX_L4_CKSUM_MASK) == RTE_MBUF_F_RX_L4_CKSUM_GOOD ? RX_L4_GOOD : 0;
			if (m->ol_flags & RTE_MBUF_F_RX_RSS_HASH) {
				flags |= RX_HASH;
				more = m->hash.rss;
			}
			if (m->ol_flags & RTE_MBUF_F_RX_LRO)
				more |= (uint64_t)m->tso_segsz << 32;
		}
		q->area[given].place = (uint32_t)(data - q->base) | (uint64_t)m->data_len << 32 | flags << 56;
		q->area[given++].more = more;
	}
	/* Behind the loop, by when the frames are in the cache. */
	for (unsigned int i = 0; (q->sums == SUMS_MADE || q->sums == SUMS_LOCAL) && i < given; i++) {
		uint64_t place = q->area[i].place;
		if (!((place >> 56) & RX_L4_GOOD))
			q->area[i].place |= judge_sum(q, q->base + (uint32_t)place, (place >> 32) & 0xffffff) << 56;
	}
	q->counters[POLLS]++;
	q->counters[EMPTY_POLLS] += got == 0;
	leave(q, before);
	return given;
}

/* Whether frames wait; the next mtcp_rx returns them. */
int mtcp_peek(struct queue *q)
{
	unsigned int before = enter(q), stashed;

	if (q->stashed == 0 && q->rx_queue >= 0 && enter_gate(q)) {
		q->stash_at = 0;
		q->stashed = rte_eth_rx_burst(q->port, q->rx_queue, q->stash, BURST / 2);
		leave_gate(q);
	}
	stashed = q->stashed;
	leave(q, before);
	return stashed;
}

/* ---- a peer that rings ------------------------------------------------------------------------------------------------- */

/*
 * memif's protocol lets a receiver ask for a ring at each burst: it clears a flag of the ring, and the sender writes an eventfd. DPDK's driver
 * obeys the flag when it sends, and reads the eventfd when it receives, but sets the flag with each new link, never clears it, and gives away
 * neither the ring nor the eventfd. The eventfd is taken from the driver's queue, which begins in DPDK 22.11 as below; the ring is one of the
 * shared mappings. Both are used only after they were seen to be what they should, and the queue is polled where they were not.
 */
struct driver_queue {
	struct rte_mempool *pool;
	void *unused;
	int32_t direction;
	uint16_t region, port;
	uint32_t ring_offset;
	uint16_t last_head, last_tail;
	void *buffers;
	uint64_t packets, bytes;
	struct rte_intr_handle *interrupt;
};

struct ring { /* of the protocol's version 2.0 */
	uint32_t cookie;
	uint16_t flags;
};
#define RING_COOKIE 0x3e31f20
#define DO_NOT_RING 1
/* Of which a burst that reads the eventfd leaves nothing; more than any number of rings. */
#define PROBE ((eventfd_t)1 << 48)

/* Whether it is memory of DPDK's with that much room. */
static int is_allocated(const void *memory, size_t least)
{
	size_t bytes = 0;

	return ((uintptr_t)memory & (RTE_CACHE_LINE_SIZE - 1)) == 0 && rte_mem_virt2memseg_list(memory) != NULL
		&& rte_malloc_validate(memory, &bytes) == 0 && bytes >= least;
}

/* NULL where it is none of the known layout, and where the port is stopped. */
static const struct driver_queue *driver_queue(const struct queue *q)
{
	const struct driver_queue *own = q->gated && q->rx_queue >= 0 ? rte_eth_fp_ops[q->port].rxq.data[q->rx_queue] : NULL;

	return own != NULL && is_allocated(own, sizeof(*own)) && own->pool == q->pools[0] && own->port == q->port
				&& is_allocated(own->interrupt, 1) && rte_intr_type_get(own->interrupt) == RTE_INTR_HANDLE_EXT
		? own
		: NULL;
}

/* Whether the port's peer can be asked to ring. */
int mtcp_is_rung(const struct queue *q) { return driver_queue(q) != NULL; }

static int is_eventfd(int fd)
{
	static const char wanted[] = "anon_inode:[eventfd]";
	char path[64], target[sizeof(wanted)];

	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	return fd >= 0 && readlink(path, target, sizeof(target)) == sizeof(wanted) - 1
		&& memcmp(target, wanted, sizeof(wanted) - 1) == 0 && (fcntl(fd, F_GETFL) & O_NONBLOCK);
}

/* Whether a burst reads that eventfd by that ring's flag. Nothing is stashed. */
static int obeys(struct queue *q, struct ring *ring, int fd)
{
	uint16_t before = __atomic_fetch_and(&ring->flags, ~DO_NOT_RING, __ATOMIC_SEQ_CST);
	eventfd_t left = PROBE;

	if (eventfd_write(fd, PROBE) != 0)
		return 0;
	q->stash_at = 0;
	q->stashed = rte_eth_rx_burst(q->port, q->rx_queue, q->stash, BURST / 2);
	if (eventfd_read(fd, &left) != 0)
		left = 0;
	if (before & DO_NOT_RING)
		__atomic_fetch_or(&ring->flags, DO_NOT_RING, __ATOMIC_SEQ_CST);
	return left < PROBE;
}

/* Inside the gate; nothing is stashed. */
static void find_ring(struct queue *q)
{
	const struct driver_queue *own = q->up ? driver_queue(q) : NULL;
	int fd = own ? rte_intr_fd_get(own->interrupt) : -1;
	FILE *maps = is_eventfd(fd) ? fopen("/proc/self/maps", "re") : NULL;
	char line[512];
	uintptr_t from, to;

	q->asked_of = q->link;
	q->ring = NULL;
	q->ring_fd = -1;
	q->told = !q->up;
	while (maps != NULL && q->ring == NULL && q->stashed == 0 && fgets(line, sizeof(line), maps) != NULL) {
		if (strstr(line, "/memfd:memif") == NULL || sscanf(line, "%" SCNxPTR "-%" SCNxPTR " rw-s", &from, &to) != 2)
			continue;
		struct ring *ring = (struct ring *)(from + own->ring_offset);
		if (own->ring_offset + 4096ul > to - from || ring->cookie != RING_COOKIE || !obeys(q, ring, fd))
			continue;
		q->ring = ring;
		q->ring_fd = fd;
		q->told = 1;
	}
	if (q->ring == NULL && q->stashed > 0)
		q->asked_of--; /* next time, when those are taken */
	if (maps != NULL)
		fclose(maps);
}

/* Frames that came may then be found when others are free, of which nobody tells; caches of other queues hold a fifth at most. */
static int is_short_of_frames(const struct queue *q)
{
	return rte_mempool_avail_count(q->pools[0]) < q->pools[0]->size / 4;
}

/* Asks the peer to ring, and says where: for one who looks once more and then sleeps. Whether it and the bell tell of everything. */
static int ask(struct queue *q, struct pollfd *bell, struct pollfd *ring)
{
	unsigned int before = enter(q);
	eventfd_t rung;
	int told = 0;

	bell->fd = ring->fd = -1;
	if (q->bell >= 0) {
		eventfd_read(q->bell, &rung);
		bell->fd = q->bell;
		if (enter_gate(q)) {
			if (q->asked_of != q->link && q->stashed == 0)
				find_ring(q);
			if (q->asked_of == q->link && q->ring != NULL) {
				__atomic_fetch_and(&q->ring->flags, ~DO_NOT_RING, __ATOMIC_SEQ_CST);
				ring->fd = q->ring_fd;
			}
			told = q->asked_of == q->link && q->told && !is_short_of_frames(q);
			leave_gate(q);
		} else {
			told = q->blocked;
		}
	}
	leave(q, before);
	return told;
}

/* Ringing costs the sender a system call a burst, and the receiver another. */
static void hush(struct queue *q)
{
	unsigned int before = enter(q);

	if (q->bell >= 0 && enter_gate(q)) {
		if (q->asked_of == q->link && q->ring != NULL)
			__atomic_fetch_or(&q->ring->flags, DO_NOT_RING, __ATOMIC_RELEASE);
		leave_gate(q);
	}
	leave(q, before);
}

/* ---- waiting ----------------------------------------------------------------------------------------------------------- */

/* Before and after a wait; the thread owns the queues when it begins. */
void mtcp_watch(struct wait *wait, int begins)
{
	for (int i = 0; i < wait->count; i++)
		__atomic_fetch_add(&((struct queue *)(intptr_t)wait->of[i].queue)->watched, begins ? 1 : -1, __ATOMIC_SEQ_CST);
}

static int64_t now_us(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return now.tv_sec * 1000000ll + now.tv_nsec / 1000;
}

/* Drivers that do not tell whether there is room are tried again after this long. */
#define RETRY_US 1000

static int look(struct wait *wait, int64_t waited_us)
{
	int all = 0;

	for (int i = 0; i < wait->count; i++) {
		struct queue *q = (struct queue *)(intptr_t)wait->of[i].queue;
		int ready = 0;
		if ((wait->of[i].wanted & WAIT_RECEIVE) && mtcp_peek(q) > 0)
			ready |= WAIT_RECEIVE;
		if (wait->of[i].wanted & WAIT_TRANSMIT) {
			int status = q->full ? rte_eth_tx_descriptor_status(q->port, q->tx_queue, 0) : RTE_ETH_TX_DESC_DONE;
			if (status == RTE_ETH_TX_DESC_DONE || (status < 0 && waited_us >= RETRY_US))
				ready |= WAIT_TRANSMIT;
		}
		if (q->closing)
			all |= WAIT_DESCRIPTOR;
		wait->of[i].ready = ready;
		all |= ready;
	}
	return all;
}

/*
 * A sender publishes a frame and then looks whether it is to ring, with no fence between, so it may miss that it was asked just now; after
 * this long what it published is seen.
 */
#define SURELY_SEEN_US 1000
#define FOREVER_US INT64_MAX
#define MOST_WAITED 32
/* A ring without a frame means little; many of them, that something is wrong with it. */
#define MOST_FRUITLESS 16

/* Whether the peers and bells of all queues tell of everything. */
static int ask_all(struct wait *wait, struct pollfd *on)
{
	int told = wait->count <= MOST_WAITED;

	for (int i = 0; i < wait->count && i < MOST_WAITED; i++) {
		told &= (wait->of[i].wanted & WAIT_TRANSMIT) == 0;
		told &= ask((struct queue *)(intptr_t)wait->of[i].queue, &on[2 * i], &on[2 * i + 1]);
	}
	return told;
}

/*
 * Waits until one of the queues is ready, the descriptor is readable, or the time is over. Where all peers can be asked to ring it sleeps
 * until one does; else it looks, and sleeps ever longer, from 50 us to 5 ms. Here rather than in Java, because a look after a sleep costs
 * what it touches: 15 us less of cold code and data.
 */
int mtcp_wait(struct wait *wait)
{
	int64_t start = now_us(), now = start, step = 50;
	struct pollfd on[1 + 2 * MOST_WAITED];
	int ready, fruitless = 0, seen = 0, count = RTE_MIN(wait->count, MOST_WAITED);

	for (int i = 0; i <= 2 * count; i++)
		on[i] = (struct pollfd){ .fd = i == 0 ? wait->fd : -1, .events = POLLIN };
	for (;; now = now_us()) {
		int told = ask_all(wait, on + 1) && fruitless < MOST_FRUITLESS;
		ready = look(wait, now - start);
		int64_t most = !told ? step : seen ? FOREVER_US : SURELY_SEEN_US;
		int64_t left = wait->timeout_us < 0 ? most : RTE_MIN(most, start + wait->timeout_us - now);
		if (ready || left <= 0)
			break;
		struct timespec sleep = { .tv_sec = left / 1000000, .tv_nsec = left % 1000000 * 1000 };
		int woken = ppoll(on, fruitless < MOST_FRUITLESS ? 1 + 2 * count : 1, left == FOREVER_US ? NULL : &sleep, NULL);
		if (woken > 0 && on[0].revents != 0) {
			ready = look(wait, now - start) | WAIT_DESCRIPTOR;
			break;
		}
		fruitless += woken > 0;
		seen = told && woken == 0;
		step = RTE_MIN(2 * step, 5000);
	}
	for (int i = 0; i < count; i++)
		hush((struct queue *)(intptr_t)wait->of[i].queue);
	return ready;
}

/* The header lengths that a device wants to know, and the sums as it wants them. */
static void ask_offload(struct rte_mbuf *m, uint64_t flags, uint16_t segment)
{
	char *frame = rte_pktmbuf_mtod(m, char *);
	struct rte_ether_hdr *ether = (struct rte_ether_hdr *)frame;
	uint16_t type = ether->ether_type;
	int tagged = type == RTE_BE16(RTE_ETHER_TYPE_VLAN);

	m->l2_len = sizeof(*ether) + (tagged ? sizeof(struct rte_vlan_hdr) : 0);
	if (tagged)
		type = ((struct rte_vlan_hdr *)(ether + 1))->eth_proto;
	int v4 = type == RTE_BE16(RTE_ETHER_TYPE_IPV4);
	void *ip = frame + m->l2_len;
	m->l3_len = v4 ? rte_ipv4_hdr_len(ip) : sizeof(struct rte_ipv6_hdr);
	struct rte_tcp_hdr *tcp = (struct rte_tcp_hdr *)((char *)ip + m->l3_len);
	m->l4_len = (tcp->data_off >> 4) * 4;
	m->ol_flags = (v4 ? RTE_MBUF_F_TX_IPV4 : RTE_MBUF_F_TX_IPV6) | RTE_MBUF_F_TX_TCP_CKSUM;
	if (flags & TX_TSO) {
		m->tso_segsz = segment;
		m->ol_flags |= RTE_MBUF_F_TX_TCP_SEG | (v4 ? RTE_MBUF_F_TX_IP_CKSUM : 0);
		if (v4)
			((struct rte_ipv4_hdr *)ip)->hdr_checksum = 0;
		tcp->cksum = v4 ? rte_ipv4_phdr_cksum(ip, m->ol_flags) : rte_ipv6_phdr_cksum(ip, m->ol_flags);
	}
}

/* In place of a port that does not. */
static void fill_in_sum(char *frame, uint32_t length)
{
	struct segment segment;

	if (find_segment(frame, length, &segment)) {
		struct rte_tcp_hdr *tcp = (struct rte_tcp_hdr *)(frame + (segment.tcp - frame));
		tcp->cksum = 0;
		tcp->cksum = ~sum_of_segment(&segment);
	}
}

/*
 * Sends the area's first frames; returns how many the port, or the drop counter, has taken. The rest have in the area the flags with which to
 * offer them again: a sum that was filled in is not asked for a second time.
 */
int mtcp_tx(struct queue *q, unsigned int count)
{
	struct rte_mbuf *burst[BURST];
	unsigned int before = enter(q), sent, asked = 0, ready;

	count = RTE_MIN(count, BURST);
	for (unsigned int i = 0; i < count; i++) {
		uint64_t place = q->area[i].place, flags = place >> 56;
		struct rte_mbuf *m = mbuf_of(q, place);
		m->data_off = RTE_PKTMBUF_HEADROOM;
		m->pkt_len = m->data_len = (place >> 32) & 0xffff;
		m->ol_flags = 0;
		m->tx_offload = 0;
		if (q->sums != SUMS_LEFT && (flags & TX_L4)) {
			/* What is trusted keeps the sum of its pseudo-header. */
			if (q->sums != SUMS_TRUSTED)
				fill_in_sum(rte_pktmbuf_mtod(m, char *), m->data_len);
			q->area[i].place = place & ~((uint64_t)TX_L4 << 56);
		} else if (flags & (TX_L4 | TX_TSO)) {
			ask_offload(m, flags, q->area[i].more >> 32);
			asked = 1;
		}
		burst[i] = m;
	}
	if (unlikely(q->sharing != NULL))
		rte_spinlock_lock(q->sharing);
	if (enter_gate(q)) {
		ready = asked ? rte_eth_tx_prepare(q->port, q->tx_queue, burst, count) : count;
		sent = rte_eth_tx_burst(q->port, q->tx_queue, burst, ready);
		leave_gate(q);
	} else {
		ready = sent = 0;
		count = q->blocked ? count : 0;
	}
	q->full = sent < ready;
	if (unlikely(q->sharing != NULL))
		rte_spinlock_unlock(q->sharing);
	if (unlikely(sent == 0 && count > 0 && q->gated) && (q->blocked || !mtcp_link_up(q->port))) {
		/* Into a cable that is not plugged in. */
		rte_pktmbuf_free_bulk(burst, count);
		q->counters[TX_DROPPED] += count;
		ready = sent = count;
	}
	if (unlikely(sent == ready && ready < count)) {
		/* The port cannot send this one, ever. */
		rte_pktmbuf_free(burst[sent++]);
		q->counters[TX_DROPPED]++;
	}
	leave(q, before);
	return sent;
}

/* Offsets of free frames into the area, one a word; fewer than wanted when the pool is nearly empty. */
int mtcp_alloc(struct queue *q, int large, unsigned int count)
{
	struct rte_mbuf *frames[BURST];
	unsigned int before = enter(q);

	for (count = q->pools[large] == NULL ? 0 : RTE_MIN(count, BURST); count > 0; count /= 2)
		if (rte_mempool_get_bulk(q->pools[large], (void **)frames, count) == 0)
			break;
	leave(q, before);
	for (unsigned int i = 0; i < count; i++)
		q->area[i].place = (char *)frames[i] + DISTANCE - q->base;
	return count;
}

void mtcp_free(struct queue *q, int large, unsigned int count)
{
	struct rte_mbuf *frames[BURST];
	unsigned int before = enter(q);

	count = RTE_MIN(count, BURST);
	for (unsigned int i = 0; i < count; i++)
		frames[i] = mbuf_of(q, q->area[i].place);
	if (count > 0)
		rte_mempool_put_bulk(q->pools[large], (void **)frames, count);
	leave(q, before);
}

/* Before the port is stopped: whoever waits at the queue leaves. */
void mtcp_queue_leave(struct queue *q)
{
	__atomic_store_n(&q->closing, 1, __ATOMIC_SEQ_CST);
	if (q->bell >= 0)
		eventfd_write(q->bell, 1);
	while (__atomic_load_n(&q->watched, __ATOMIC_SEQ_CST) != 0)
		usleep(100);
}

/* After the last call: frees what was peeked at. */
void mtcp_queue_free(struct queue *q)
{
	if (q->gated) {
		register_gated(NULL, q);
		close(q->bell);
	}
	rte_pktmbuf_free_bulk(q->stash + q->stash_at, q->stashed);
	rte_free(q);
}

/* Address of the 64-bit counters, as the enumeration above has them. */
void *mtcp_counters(struct queue *q) { return q->counters; }

int mtcp_free_frames(const struct memory *memory)
{
	struct rte_mempool *large = (struct rte_mempool *)(intptr_t)memory->pools[1];

	return rte_mempool_avail_count((struct rte_mempool *)(intptr_t)memory->pools[0]) + (large ? rte_mempool_avail_count(large) : 0);
}

/* ---- what DPDK says ------------------------------------------------------------------------------------------------- */

static const char said_by[] = "[mtcp] DPDK: ";

/* Lines to standard error, each with whose it is; the stream's lock is held. */
static ssize_t say(void *cookie, const char *text, size_t bytes)
{
	static int amid_line;
	char line[1024];
	size_t at = 0, done;

	(void)cookie;
	for (done = 0; done < bytes; done++) {
		if (!amid_line) {
			memcpy(line + at, said_by, sizeof(said_by) - 1);
			at += sizeof(said_by) - 1;
		}
		line[at++] = text[done];
		amid_line = text[done] != '\n';
		if (!amid_line || at == sizeof(line)) {
			if (write(STDERR_FILENO, line, at) < 0)
				break;
			at = 0;
		}
	}
	if (at > 0 && write(STDERR_FILENO, line, at) < 0)
		return 0;
	return bytes;
}

void *mtcp_standard_error(void)
{
	cookie_io_functions_t calls = {.write = say};
	FILE *stream = fopencookie(NULL, "w", calls);

	if (stream)
		setvbuf(stream, NULL, _IONBF, 0);
	return stream;
}
