/* SPDX-License-Identifier: Apache-2.0 */
/* Frames for bin/bench attack: addresses, headers, checksums. Nothing here keeps state of a connection. */
#ifndef ATTACK_WIRE_H
#define ATTACK_WIRE_H

#include <arpa/inet.h>
#include <stdint.h>
#include <string.h>

enum { ETH = 14, IP4 = 20, IP6 = 40, TCP = 20, FRAME = 1600 };
enum { FIN = 1, SYN = 2, RST = 4, PSH = 8, ACK = 16 };
enum { PROTO_HOP = 0, PROTO_ICMP = 1, PROTO_TCP = 6, PROTO_UDP = 17, PROTO_ROUTING = 43, PROTO_FRAGMENT = 44, PROTO_ICMP6 = 58, PROTO_OPTIONS = 60 };

/* IPv4 in the first four bytes. */
struct address {
	uint8_t byte[16];
};

/* A frame under way: bytes are added behind the end. */
struct frame {
	uint8_t byte[FRAME];
	int end;
	int v6;
	int ip;
	int l4;
};

static inline void put8(struct frame *f, int value) { f->byte[f->end++] = (uint8_t)value; }

static inline void put16(struct frame *f, uint32_t value)
{
	put8(f, (int)(value >> 8));
	put8(f, (int)value);
}

static inline void put32(struct frame *f, uint32_t value)
{
	put16(f, value >> 16);
	put16(f, value);
}

static inline void put(struct frame *f, const void *bytes, int count)
{
	memcpy(f->byte + f->end, bytes, (size_t)count);
	f->end += count;
}

static inline uint32_t get16(const uint8_t *at) { return (uint32_t)(at[0] << 8 | at[1]); }
static inline uint32_t get32(const uint8_t *at) { return get16(at) << 16 | get16(at + 2); }

static inline void set16(uint8_t *at, uint32_t value)
{
	at[0] = (uint8_t)(value >> 8);
	at[1] = (uint8_t)value;
}

static inline uint32_t sum(const uint8_t *at, int count, uint32_t from)
{
	for (; count > 1; count -= 2, at += 2)
		from += get16(at);
	return count ? from + (uint32_t)(at[0] << 8) : from;
}

static inline uint32_t folded(uint32_t all)
{
	while (all >> 16)
		all = (all & 0xffff) + (all >> 16);
	return ~all & 0xffff;
}

static inline void begin(struct frame *f, const uint8_t *to, const uint8_t *from, int type)
{
	f->end = 0;
	put(f, to, 6);
	put(f, from, 6);
	put16(f, (uint32_t)type);
	f->ip = f->end;
}

/* The IP header; its length and checksum come with finish(). */
static inline void put_ip(struct frame *f, int v6, const struct address *from, const struct address *to, int protocol, uint32_t id_and_offset)
{
	f->v6 = v6;
	f->ip = f->end;
	if (v6) {
		put32(f, 6u << 28);
		put16(f, 0);
		put8(f, protocol);
		put8(f, protocol == PROTO_ICMP6 ? 255 : 64);
		put(f, from->byte, 16);
		put(f, to->byte, 16);
	} else {
		put32(f, 0x45000000);
		put32(f, id_and_offset);
		put8(f, 64);
		put8(f, protocol);
		put16(f, 0);
		put(f, from->byte, 4);
		put(f, to->byte, 4);
	}
	f->l4 = f->end;
}

/* Lengths and checksums; sum_at is where the transport's stands behind its header's beginning, or -1. */
static inline void finish(struct frame *f, int protocol, int sum_at)
{
	uint8_t *ip = f->byte + f->ip, *l4 = f->byte + f->l4;
	int bytes = f->end - f->l4;

	if (f->v6) {
		set16(ip + 4, (uint32_t)(f->end - f->ip - IP6));
	} else {
		set16(ip + 2, (uint32_t)(f->end - f->ip));
		set16(ip + 10, 0);
		set16(ip + 10, folded(sum(ip, IP4, 0)));
	}
	if (sum_at >= 0) {
		uint32_t pseudo = protocol == PROTO_ICMP ? 0 : (uint32_t)(protocol + bytes);
		if (protocol != PROTO_ICMP)
			pseudo = f->v6 ? sum(ip + 8, 32, pseudo) : sum(ip + 12, 8, pseudo);
		set16(l4 + sum_at, 0);
		set16(l4 + sum_at, folded(sum(l4, bytes, pseudo)));
	}
}

struct segment {
	uint16_t from;
	uint16_t to;
	uint32_t seq;
	uint32_t ack;
	int flags;
	uint32_t window;
	const uint8_t *options;
	int options_bytes;
	int payload_bytes;
};

/* A TCP header and a payload of x behind whatever the frame has. */
static inline void put_tcp(struct frame *f, const struct segment *s)
{
	f->l4 = f->end;
	put16(f, s->from);
	put16(f, s->to);
	put32(f, s->seq);
	put32(f, s->ack);
	put8(f, (TCP + s->options_bytes) / 4 << 4);
	put8(f, s->flags);
	put16(f, s->window);
	put32(f, 0);
	put(f, s->options, s->options_bytes);
	memset(f->byte + f->end, 'x', (size_t)s->payload_bytes);
	f->end += s->payload_bytes;
	finish(f, PROTO_TCP, 16);
}

#endif
