/* SPDX-License-Identifier: Apache-2.0 */
/* Part of attack.c: what arrives for the attacker's hosts. */

/* Only what is for its hardware address, and what asks for it: the clients' packets cost it nothing. */
static void listen_on(const char *device)
{
	struct sock_filter code[] = {
	    BPF_STMT(BPF_LD | BPF_W | BPF_ABS, 0),
	    BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, 0x02005e00, 0, 2),
	    BPF_STMT(BPF_LD | BPF_H | BPF_ABS, 4),
	    BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, 0x5366, 5, 0),
	    BPF_STMT(BPF_LD | BPF_H | BPF_ABS, 12),
	    BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, ETH_P_ARP, 3, 0),
	    BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, ETH_P_IPV6, 0, 3),
	    BPF_STMT(BPF_LD | BPF_B | BPF_ABS, ETH + IP6),
	    BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, 135, 0, 1),
	    BPF_STMT(BPF_RET | BPF_K, FRAME),
	    BPF_STMT(BPF_RET | BPF_K, 0),
	};
	struct sock_fprog filter = {sizeof(code) / sizeof(code[0]), code};
	struct sockaddr_ll where = {.sll_family = AF_PACKET, .sll_protocol = htons(ETH_P_ALL), .sll_ifindex = (int)if_nametoindex(device)};
	int on = 1, room = 16 << 20;

	fd = socket(AF_PACKET, SOCK_RAW, 0);
	if (fd < 0 || setsockopt(fd, SOL_SOCKET, SO_ATTACH_FILTER, &filter, sizeof(filter)) || setsockopt(fd, SOL_PACKET, PACKET_IGNORE_OUTGOING, &on, sizeof(on)) ||
	    setsockopt(fd, SOL_SOCKET, SO_RCVBUFFORCE, &room, sizeof(room)) || bind(fd, (struct sockaddr *)&where, sizeof(where))) {
		perror(device);
		exit(1);
	}
}

static int is_host(int number) { return number >= FIRST_HOST && number < FIRST_HOST + HOSTS; }

static void answer_arp(const uint8_t *arp)
{
	struct frame *f;

	if (get16(arp + 6) != 1 || arp[24] != 198 || arp[25] != 18 || arp[26] != net || !is_host(arp[27]))
		return;
	f = next();
	begin(f, arp + 8, own_mac, ETH_P_ARP);
	put(f, arp, 6);
	put16(f, 2);
	put(f, own_mac, 6);
	put(f, arp + 24, 4);
	put(f, arp + 8, 10);
}

static void put_advertisement(struct frame *f, uint32_t flags, const struct address *target, const uint8_t *mac)
{
	put16(f, 136 << 8);
	put16(f, 0);
	put32(f, flags);
	put(f, target->byte, 16);
	put16(f, 2 << 8 | 1);
	put(f, mac, 6);
	finish(f, PROTO_ICMP6, 2);
}

static void answer_solicitation(const uint8_t *frame, int bytes)
{
	const uint8_t *target = frame + ETH + IP6 + 8;
	struct address own = host(1, target[15]), asker;
	struct frame *f;

	if (bytes < ETH + IP6 + 24 || memcmp(target, own.byte, 16) != 0 || !is_host(target[15]))
		return;
	memcpy(asker.byte, frame + ETH + 8, 16);
	f = next();
	begin(f, frame + 6, own_mac, ETH_P_IPV6);
	put_ip(f, 1, &own, &asker, PROTO_ICMP6, 0);
	put_advertisement(f, 3u << 29, &own, own_mac);
}

/* As a host does before it sends its first packet: it asks for the server, which so learns where the host is. */
static void introduce(uint32_t k)
{
	struct address own = host(k & 1, FIRST_HOST + (int)(k / 2)), to = host(k & 1, 2), group = {{255, 2, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 255, 0, 0, 2}};
	struct frame *f = next();

	if (k & 1) {
		begin(f, (uint8_t[]){0x33, 0x33, 255, 0, 0, 2}, own_mac, ETH_P_IPV6);
		put_ip(f, 1, &own, &group, PROTO_ICMP6, 0);
		put32(f, 135u << 24);
		put32(f, 0);
		put(f, to.byte, 16);
		put16(f, 1 << 8 | 1);
		put(f, own_mac, 6);
		finish(f, PROTO_ICMP6, 2);
		return;
	}
	begin(f, all_mac, own_mac, ETH_P_ARP);
	put32(f, 0x00010800);
	put32(f, 0x06040001);
	put(f, own_mac, 6);
	put(f, own.byte, 4);
	put(f, (uint8_t[6]){0}, 6);
	put(f, to.byte, 4);
}

static void learn(struct connection *c, const uint8_t *tcp, int options_bytes)
{
	for (int at = TCP; at < TCP + options_bytes && tcp[at] != 0; at += tcp[at] == 1 ? 1 : tcp[at + 1] < 2 ? 2 : tcp[at + 1])
		if (tcp[at] == 8)
			c->recent = get32(tcp + at + 2);
		else if (tcp[at] == 3)
			c->scale = tcp[at + 2];
}

static void text(int i, const uint8_t *tcp, int payload, int fin)
{
	struct connection *c = &connections[i];

	if (get32(tcp + 4) == c->rcv) {
		c->rcv += (uint32_t)(payload + fin);
		c->received += (uint32_t)payload;
	}
	c->owes_ack = 1;
	if (attack->acknowledges)
		acknowledge(i);
}

static void segment_arrived(int v6, int number, const uint8_t *tcp, int bytes)
{
	int header = tcp[12] >> 4 << 2, flags = tcp[13], payload = bytes - header;
	int i = connection_of(number, get16(tcp + 2));
	struct connection *c;

	if (header < TCP || payload < 0)
		return;
	count.answers++;
	count.resets += (flags & RST) != 0;
	if (i < 0 || i >= CONNECTIONS || connections[i].v6 != v6 || connections[i].state == CLOSED)
		return;
	c = &connections[i];
	if (flags & RST) {
		c->state = CLOSED;
		return;
	}
	learn(c, tcp, header - TCP);
	c->una = get32(tcp + 8);
	if (flags & SYN) {
		if (c->state == OPENING) {
			c->state = OPEN;
			c->snd++;
			c->rcv = get32(tcp + 4) + 1;
			count.established++;
		}
		if (c->state == OPEN)
			acknowledge(i);
		return;
	}
	c->window = get16(tcp + 14) << c->scale;
	if (c->asked && payload == 0) {
		c->asked = 0;
		count.answered++;
	}
	if (payload > 0 || flags & FIN)
		text(i, tcp, payload, flags & FIN);
}

static void frame_arrived(const uint8_t *frame, int bytes)
{
	int v6 = get16(frame + 12) == ETH_P_IPV6;
	const uint8_t *ip = frame + ETH, *l4 = ip + (v6 ? IP6 : IP4);
	int ip_bytes = bytes < ETH + IP6 ? 0 : v6 ? IP6 + (int)get16(ip + 4) : (int)get16(ip + 2);

	if (get16(frame + 12) == ETH_P_ARP && bytes >= ETH + 28) {
		answer_arp(ip);
	} else if (v6 && bytes > ETH + IP6 && ip[6] == PROTO_ICMP6 && l4[0] == 135) {
		answer_solicitation(frame, bytes);
	} else if (ETH + ip_bytes <= bytes && l4 + TCP <= ip + ip_bytes && ip[v6 ? 6 : 9] == PROTO_TCP) {
		segment_arrived(v6, ip[v6 ? 39 : 19], l4, (int)(ip + ip_bytes - l4));
	} else {
		count.icmp += ip_bytes > 0 && (ip[v6 ? 6 : 9] == PROTO_ICMP || ip[v6 ? 6 : 9] == PROTO_ICMP6);
	}
}

/* What has arrived; how many frames. */
static int input(void)
{
	static uint8_t room[BATCH][FRAME];
	static struct mmsghdr message[BATCH];
	static struct iovec vector[BATCH];
	int n;

	for (int i = 0; i < BATCH; i++) {
		vector[i] = (struct iovec){room[i], FRAME};
		message[i].msg_hdr = (struct msghdr){.msg_iov = &vector[i], .msg_iovlen = 1};
	}
	n = recvmmsg(fd, message, BATCH, MSG_DONTWAIT, NULL);
	for (int i = 0; i < n; i++)
		frame_arrived(room[i], (int)message[i].msg_len);
	return n > 0 ? n : 0;
}
