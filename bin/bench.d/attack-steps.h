/* SPDX-License-Identifier: Apache-2.0 */
/* Part of attack.c: one step of each attack, and their list. */

/* ---- floods of what belongs to no connection ---------------------------------------------------------------------- */

static void lone(int v6, const struct address *from, int flags)
{
	static const uint8_t mss[4] = {2, 4, 5, 180};
	struct segment s = {.from = (uint16_t)(1024 + chance() % 64000), .to = (uint16_t)port, .seq = chance(), .flags = flags, .window = 65535};

	s.ack = flags & ACK ? chance() : 0;
	s.options = mss;
	s.options_bytes = flags & SYN ? 4 : 0;
	put_tcp(next_ip(v6, from, PROTO_TCP), &s);
}

static struct address any_host(int v6) { return host(v6, FIRST_HOST + (int)(chance() % HOSTS)); }

static void syn(uint32_t k)
{
	struct address from = stranger(k & 1);
	lone(k & 1, &from, SYN);
}

/* Hosts on the link that answer no ARP. */
static void syn_silent(uint32_t k)
{
	struct address from = host(k & 1, 3 + (int)(chance() % 90));
	lone(k & 1, &from, SYN);
}

static void syn_again(uint32_t k)
{
	static uint32_t first;
	struct address from = host(k & 1, FIRST_HOST + (int)(k % 50));
	struct segment s = {.from = FIRST_PORT, .to = (uint16_t)port, .flags = SYN, .window = 65535};

	s.seq = first = first ? first : chance();
	put_tcp(next_ip(k & 1, &from, PROTO_TCP), &s);
}

static void ack(uint32_t k)
{
	struct address from = any_host(k & 1);
	lone(k & 1, &from, ACK);
}

/* As from the clients' host, whose connections stand somewhere among these ports. */
static void rst(uint32_t k)
{
	struct address from = host(k & 1, 1);
	lone(k & 1, &from, RST);
}

static void fin(uint32_t k)
{
	struct address from = host(k & 1, 1);
	lone(k & 1, &from, FIN | ACK);
}

static void put_echo(struct frame *f, int v6)
{
	put16(f, v6 ? 128 << 8 : 8 << 8);
	put16(f, 0);
	put32(f, 0x12340001);
	memset(f->byte + f->end, 'x', 48);
	f->end += 48;
	finish(f, v6 ? PROTO_ICMP6 : PROTO_ICMP, 2);
}

static void echo(uint32_t k)
{
	struct address from = any_host(k & 1);
	put_echo(next_ip(k & 1, &from, k & 1 ? PROTO_ICMP6 : PROTO_ICMP), k & 1);
}

static void udp(uint32_t k)
{
	struct address from = any_host(k & 1);
	struct frame *f = next_ip(k & 1, &from, PROTO_UDP);

	put32(f, 40000u << 16 | (9u + k % 1000));
	put32(f, 40u << 16);
	memset(f->byte + f->end, 'x', 32);
	f->end += 32;
	finish(f, PROTO_UDP, 6);
}

/* The first of two fragments, always of another packet; the second never comes. */
static void fragment(uint32_t k)
{
	struct address from = stranger(k & 1), to = host(k & 1, 2);
	struct frame *f = next();

	begin(f, server_mac, own_mac, k & 1 ? ETH_P_IPV6 : ETH_P_IP);
	put_ip(f, k & 1, &from, &to, k & 1 ? PROTO_FRAGMENT : PROTO_TCP, k << 16 | 0x2000);
	if (k & 1) {
		put32(f, (uint32_t)PROTO_TCP << 24 | 1);
		put32(f, k);
	}
	memset(f->byte + f->end, 'x', 1208);
	f->end += 1208;
	finish(f, 0, -1);
}

/* ---- what nobody may send ------------------------------------------------------------------------------------------ */

static struct address forbidden_source(int v6, uint32_t which)
{
	static const uint8_t four[][4] = {{127, 0, 0, 1}, {224, 0, 0, 1}, {255, 255, 255, 255}, {0, 0, 0, 0}};
	struct address a = {{0}};

	if (which == 4)
		return host(v6, 2);
	if (!v6)
		memcpy(a.byte, four[which], 4);
	else if (which == 0)
		a.byte[15] = 1;
	else if (which < 3)
		memcpy(a.byte, (uint8_t[]){255, 2, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1}, 16);
	return a;
}

static void forbidden(uint32_t k)
{
	struct address from = forbidden_source(k & 1, k / 4 % 5);

	if (k & 2)
		put_echo(next_ip(k & 1, &from, k & 1 ? PROTO_ICMP6 : PROTO_ICMP), k & 1);
	else
		lone(k & 1, &from, SYN);
}

/* To everybody's hardware address, a group's, another host's; from a group's. */
static void hardware(uint32_t k)
{
	static const uint8_t macs[4][6] = {{255, 255, 255, 255, 255, 255}, {1, 0, 0x5e, 0, 0, 1}, {2, 0, 0x5e, 0, 0x53, 0x77}, {0x33, 0x33, 0, 0, 0, 1}};
	struct address from = any_host(k & 1);
	struct frame *f;

	if (k & 2)
		echo(k);
	else
		lone(k & 1, &from, SYN);
	f = &out[waiting - 1];
	memcpy(f->byte, macs[k / 4 % 4], 6);
	if (k / 16 % 8 == 7) {
		memcpy(f->byte, server_mac, 6);
		f->byte[6] |= 1;
	}
}

/* Routing headers with a way to go, hop-by-hop options that are not first, options whose first bits say discard. */
static void extension(uint32_t k)
{
	static const uint8_t headers[6][17] = {
	    {PROTO_ROUTING, 8, PROTO_TCP, 0, 0, 1},
	    {PROTO_OPTIONS, 16, PROTO_HOP, 0, 1, 4, 0, 0, 0, 0, PROTO_TCP, 0, 1, 4},
	    {PROTO_OPTIONS, 8, PROTO_TCP, 0, 0x5e, 2},
	    {PROTO_OPTIONS, 8, PROTO_TCP, 0, 0x9e, 2},
	    {PROTO_HOP, 8, PROTO_TCP, 0, 0xde, 2},
	    {PROTO_ROUTING, 8, PROTO_TCP, 0, 4, 3},
	};
	const uint8_t *which = headers[k % 6];
	struct address from = any_host(1);
	struct frame *f = next_ip(1, &from, which[0]);
	struct segment s = {.from = (uint16_t)(1024 + chance() % 64000), .to = (uint16_t)port, .seq = chance(), .flags = SYN, .window = 65535};
	uint8_t padded[16] = {0};

	memcpy(padded, which + 2, 15);
	put(f, padded, which[1]);
	put_tcp(f, &s);
}

/* The clients' address, and the server's own, are at a hardware address that nobody has. */
static void lie(uint32_t k)
{
	static const uint8_t nobody[6] = {2, 0, 0x5e, 0, 0x53, 0x99}, all_nodes[6] = {0x33, 0x33, 0, 0, 0, 1};
	struct address of = host(k & 1, k % 8 < 6 ? 1 : 2), group = {{255, 2}};
	struct frame *f = next();

	if (k & 1) {
		group.byte[15] = 1;
		begin(f, k & 2 ? server_mac : all_nodes, nobody, ETH_P_IPV6);
		if (k & 2)
			group = host(1, 2);
		put_ip(f, 1, &of, &group, PROTO_ICMP6, 0);
		put_advertisement(f, 1u << 29, &of, nobody);
		return;
	}
	begin(f, k & 2 ? server_mac : all_mac, nobody, ETH_P_ARP);
	put32(f, 0x00010800);
	put32(f, 0x06040000 | (k & 4 ? 1 : 2));
	put(f, nobody, 6);
	put(f, of.byte, 4);
	put(f, k & 2 ? server_mac : nobody, 6);
	of = host(0, k & 2 ? 2 : 1);
	put(f, of.byte, 4);
}

/* Packet Too Big for ports at random of the clients' host, and for connections of the attacker's own, with MTUs that cannot be. */
static void too_big(uint32_t k)
{
	static const uint32_t mtu[6] = {0, 68, 552, 1279, 0x80000000u, 1280};
	int v6 = k & 1, i = (int)(k / 2 % (uint32_t)attack->connections), own = k & 2 && connections[i].v6 == v6;
	struct address from = host(v6, 1), quoted = host(v6, 2), to = own ? host(v6, FIRST_HOST + i % HOSTS) : from;
	struct frame *f = next_ip(v6, &from, v6 ? PROTO_ICMP6 : PROTO_ICMP);
	int l4 = f->l4, ip = f->ip;

	put32(f, v6 ? 2u << 24 : 3u << 24 | 4u << 16);
	put32(f, v6 ? mtu[k / 4 % 6] : mtu[k / 4 % 6] & 0xffff);
	put_ip(f, v6, &quoted, &to, PROTO_TCP, 0x4000);
	if (v6)
		set16(f->byte + f->ip + 4, 1440);
	else
		set16(f->byte + f->ip + 2, 1500);
	put16(f, (uint32_t)port);
	put16(f, own ? (uint32_t)(FIRST_PORT + i / HOSTS) : 1024 + chance() % 64000);
	put32(f, own ? connections[i].rcv - MESSAGE : chance());
	put32(f, 0);
	put32(f, 0x50100000);
	put32(f, 0);
	f->l4 = l4;
	f->ip = ip;
	finish(f, v6 ? PROTO_ICMP6 : PROTO_ICMP, 2);
}

/* ---- connections that misbehave ------------------------------------------------------------------------------------ */

static int nth(uint32_t k) { return (int)(k % (uint32_t)attack->connections); }

/* Blocks that no receiver can mean, of data that is kept under way: the echo is asked for and not acknowledged. */
static void sack(uint32_t k)
{
	static const int32_t edges[5][2] = {{40, 20}, {100, 50000}, {50000, 60000}, {50000, 30}, {20, 20}};
	int i = nth(k), kind = (int)(chance() % 5);
	struct connection *c = &connections[i];
	struct segment s = {.seq = c->snd, .flags = ACK, .window = attack->window};
	uint8_t block[12] = {1, 1, 5, 10};

	if (c->state != OPEN)
		return;
	s.ack = c->rcv - c->received % 4096;
	if (k / (uint32_t)attack->connections % 64 == 0) {
		say(i, MESSAGE);
		return;
	}
	*(uint32_t *)(block + 4) = htonl(s.ack + (uint32_t)edges[kind][0]);
	*(uint32_t *)(block + 8) = htonl(s.ack + (uint32_t)edges[kind][1]);
	segment_with(i, s, block, 12, 0);
}

/* Acknowledges what was never sent, with a timestamp that is far ahead: who takes that drops all that comes later. */
static void ack_beyond(uint32_t k)
{
	int i = nth(k);
	struct segment s = {.seq = connections[i].snd, .ack = connections[i].rcv + 100000, .flags = ACK, .window = attack->window};

	if (connections[i].state == OPEN)
		segment_with(i, s, NULL, 0, 1u << 30);
}

/* Data without ACK and with a timestamp far ahead, and acknowledgements without any. */
static void bare(uint32_t k)
{
	int i = nth(k);
	struct segment s = {.seq = connections[i].snd, .ack = connections[i].rcv, .flags = k & 1 ? ACK : 0, .window = attack->window};

	if (connections[i].state != OPEN)
		return;
	s.payload_bytes = k & 1 ? 0 : 10;
	segment_with(i, s, NULL, 0, k & 1 ? UINT32_MAX : 1u << 30);
}

static void probe(int i)
{
	struct connection *c = &connections[i];

	if (c->state != OPEN)
		return;
	c->asked = 1;
	count.asked++;
	segment(i, ACK, c->snd - 1, c->rcv, 0);
}

static void probes(uint32_t k) { probe(nth(k)); }

/* 1,500 bad packets a second on connections of the attacker's, and others, which probe, must be heard. */
static void challenge(uint32_t k)
{
	int bad = 20 + (int)(k % 480), victim = (int)(k / 75 % 20);

	if (k % 75 == 0)
		probe(victim);
	else if (connections[bad].state == OPEN)
		segment(bad, k & 1 ? SYN : RST, connections[bad].snd + 1000, 0, 0);
}

static void tuples(uint32_t k)
{
	if (k < CONNECTIONS)
		open_connection((int)k, (int)k & 1);
}

/* One byte at the far end of the window. */
static void far_byte(uint32_t k)
{
	struct connection *c = &connections[nth(k)];

	if (c->state == OPEN)
		segment(nth(k), PSH | ACK, c->snd + c->window - 1, c->rcv, 1);
}

/* Reads nothing more, and says so to each probe. */
static void slow_reader(uint32_t k)
{
	struct segment s = {.seq = connections[nth(k)].snd, .ack = connections[nth(k)].rcv, .flags = ACK};

	if (connections[nth(k)].state == OPEN)
		segment_with(nth(k), s, NULL, 0, 0);
}

static void tiny_window(uint32_t k)
{
	struct connection *c = &connections[nth(k)];

	if (c->state == OPEN && c->owes_ack) {
		c->owes_ack = 0;
		acknowledge(nth(k));
	}
}

static void tiny_segment(uint32_t k)
{
	if (connections[nth(k)].state == OPEN)
		say(nth(k), 1);
}

/* Every second byte: a gap behind each. */
static void gaps(uint32_t k)
{
	struct connection *c = &connections[nth(k)];

	if (c->state == OPEN)
		segment(nth(k), ACK, c->snd + 1 + k / (uint32_t)attack->connections % 15000 * 2, c->rcv, 1);
}

static const struct attack attacks[] = {
    {"syn", syn, 50e3, 0, 0, 0, 0, 0, 0},
    {"syn-silent", syn_silent, 50e3, 0, 0, 0, 0, 0, 0},
    {"syn-again", syn_again, 10e3, 0, 0, 0, 0, 0, 0},
    {"ack", ack, 50e3, 0, 0, 0, 0, 0, 0},
    {"rst", rst, 50e3, 0, 0, 0, 0, 0, 0},
    {"fin", fin, 50e3, 0, 0, 0, 0, 0, 0},
    {"echo", echo, 50e3, 0, 0, 0, 0, 0, 0},
    {"udp", udp, 50e3, 0, 0, 0, 0, 0, 0},
    {"fragments", fragment, 50e3, 0, 0, 0, 0, 0, 0},
    {"sources", forbidden, 20e3, 0, 0, 0, 0, 0, 0},
    {"hardware", hardware, 20e3, 0, 0, 0, 0, 0, 0},
    {"extensions", extension, 20e3, 0, 0, 0, 0, 0, 0},
    {"neighbours", lie, 200, 0, 0, 0, 0, 0, 0},
    {"too-big", too_big, 10e3, 40, 0, 500, 1, 1, 1},
    {"sack", sack, 20e3, 32, 0, 500, 1, 0, 1},
    {"ack-beyond", ack_beyond, 10e3, 100, 0, 500, 1, 1, 1},
    {"bare", bare, 10e3, 100, 0, 500, 1, 1, 1},
    {"probes", probes, 3e3, 3000, 0, 500, 1, 1, 0},
    {"challenges", challenge, 1520, 500, 0, 500, 1, 1, 0},
    {"tuples", tuples, 2e3, 0, 0, 500, 1, 1, 0},
    {"far-byte", far_byte, 1e3, 1500, 0, 500, 1, 1, 1},
    {"slow-readers", slow_reader, 1e3, 100, 1, 500, 1, 0, 1},
    {"tiny-windows", tiny_window, 20e3, 100, 1, 1, 0, 0, 1},
    {"tiny-segments", tiny_segment, 30e3, 100, 0, 500, 1, 0, 1},
    {"gaps", gaps, 30e3, 50, 0, 500, 1, 0, 1},
    {NULL, NULL, 0, 0, 0, 0, 0, 0, 0},
};
