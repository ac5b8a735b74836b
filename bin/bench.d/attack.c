/* SPDX-License-Identifier: Apache-2.0 */
/*
 * attack DEVICE NET SERVER_MAC PORT NAME SECONDS: sends what attack NAME is made of into DEVICE for so long, at its rate, beside the clients of
 * the host there, whose addresses are 198.18.NET.1 and 2001:db8:NET::1; the server's end with 2. Hosts of its own, 198.18.NET.100 to 249 and
 * 2001:db8:NET::100 to ::249, answer ARP and neighbour solicitations and have a small TCP. Prints "ready" when its connections are there, waits for a
 * line, attacks, prints a line of figures, waits for another line, resets its connections, prints "closed".
 */
#define _GNU_SOURCE
#include <errno.h>
#include <linux/filter.h>
#include <linux/if_packet.h>
#include <net/ethernet.h>
#include <net/if.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "attack-wire.h"

enum { BATCH = 64, HOSTS = 150, FIRST_HOST = 100, FIRST_PORT = 10000, CONNECTIONS = 12000, CLOSED = 0, OPENING = 1, OPEN = 2 };
enum { MESSAGE = 64, OPTION_TIMESTAMPS = 12 };

struct connection {
	uint8_t state;
	uint8_t v6;
	uint8_t asked;
	uint8_t owes_ack;
	uint8_t scale;
	uint32_t snd;
	uint32_t rcv;
	uint32_t una;
	uint32_t window;
	uint32_t recent;
	uint32_t received;
};

struct attack {
	const char *name;
	void (*step)(uint32_t k);
	double rate;
	int connections;
	/* 0: messages come back; 1: the server writes without end. */
	int port;
	/* Announced from the handshake on. */
	uint32_t window;
	/* Window scale, SACK and timestamps are offered. */
	int options;
	/* What arrives is acknowledged at once. */
	int acknowledges;
	/* A message goes there and back on each connection first. */
	int greets;
};

static const uint8_t own_mac[6] = {2, 0, 0x5e, 0, 0x53, 0x66}, all_mac[6] = {255, 255, 255, 255, 255, 255};
static uint8_t server_mac[6];
static int net, port, fd;
static const struct attack *attack;
static struct connection connections[CONNECTIONS];
static struct frame out[BATCH];
static int waiting;
static struct {
	long sent, dropped, established, resets, answers, asked, answered, icmp, own, own_answered;
} count;

static double now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static uint32_t now_ms(void) { return (uint32_t)(long)(now() * 1e3); }

static uint32_t chance(void)
{
	static uint64_t state = 88172645463325252u;

	state ^= state << 13;
	state ^= state >> 7;
	state ^= state << 17;
	return (uint32_t)(state >> 16);
}

/* Of a host here; 1 is the clients', 2 the server's. */
static struct address host(int v6, int number)
{
	struct address a = {{198, 18, (uint8_t)net, (uint8_t)number}};

	if (v6) {
		memset(&a, 0, sizeof(a));
		memcpy(a.byte, (uint8_t[]){0x20, 1, 0x0d, 0xb8, 0, (uint8_t)net}, 6);
		a.byte[15] = (uint8_t)number;
	}
	return a;
}

/* Of somebody behind the gateway, which is the clients' host. */
static struct address stranger(int v6)
{
	uint32_t r = chance();
	struct address a = {{198, 19, (uint8_t)(r >> 8), (uint8_t)(1 + r % 250)}};

	if (v6) {
		memset(&a, 0, sizeof(a));
		memcpy(a.byte, (uint8_t[]){0x20, 1, 0x0d, 0xb8, 0xff, 0xff}, 6);
		memcpy(a.byte + 12, &r, 4);
	}
	return a;
}

/* ---- sending ------------------------------------------------------------------------------------------------- */

static void flush(void)
{
	static struct mmsghdr message[BATCH];
	static struct iovec vector[BATCH];

	for (int i = 0; i < waiting; i++) {
		vector[i] = (struct iovec){out[i].byte, (size_t)out[i].end};
		message[i].msg_hdr = (struct msghdr){.msg_iov = &vector[i], .msg_iovlen = 1};
	}
	for (int at = 0; at < waiting;) {
		int n = sendmmsg(fd, message + at, (unsigned)(waiting - at), 0);
		count.sent += n > 0 ? n : 0;
		count.dropped += n > 0 ? 0 : 1;
		at += n > 0 ? n : 1;
	}
	waiting = 0;
}

/* The next frame to fill. */
static struct frame *next(void)
{
	if (waiting == BATCH)
		flush();
	return &out[waiting++];
}

static struct frame *next_ip(int v6, const struct address *from, int protocol)
{
	struct frame *f = next();
	struct address to = host(v6, 2);

	begin(f, server_mac, own_mac, v6 ? ETH_P_IPV6 : ETH_P_IP);
	put_ip(f, v6, from, &to, protocol, 0);
	return f;
}

static int connection_of(int number, uint32_t port_there) { return (int)(port_there - FIRST_PORT) * HOSTS + number - FIRST_HOST; }

static int timestamps(uint8_t *options, uint32_t value, uint32_t echo)
{
	memcpy(options, (uint8_t[]){1, 1, 8, 10}, 4);
	*(uint32_t *)(options + 4) = htonl(value);
	*(uint32_t *)(options + 8) = htonl(echo);
	return OPTION_TIMESTAMPS;
}

/* Any segment of a connection; more are options behind the timestamps. */
static void segment_with(int i, struct segment s, const uint8_t *more, int more_bytes, uint32_t ts_ahead)
{
	struct connection *c = &connections[i];
	struct address from = host(c->v6, FIRST_HOST + i % HOSTS);
	uint8_t options[40];

	if (s.flags & SYN && attack->options) {
		memcpy(options, (uint8_t[]){2, 4, 5, 180, 4, 2, 8, 10, 0, 0, 0, 0, 0, 0, 0, 0, 1, 3, 3, 7}, 20);
		*(uint32_t *)(options + 8) = htonl(now_ms());
		s.options_bytes = 20;
	} else if (attack->options && ts_ahead != UINT32_MAX) {
		s.options_bytes = timestamps(options, now_ms() + ts_ahead, c->recent);
	}
	if (more_bytes > 0)
		memcpy(options + s.options_bytes, more, (size_t)more_bytes);
	s.options_bytes += more_bytes;
	s.options = options;
	s.from = (uint16_t)(FIRST_PORT + i / HOSTS);
	s.to = (uint16_t)(port + attack->port);
	put_tcp(next_ip(c->v6, &from, PROTO_TCP), &s);
}

static void segment(int i, int flags, uint32_t seq, uint32_t ack, int payload)
{
	struct segment s = {.seq = seq, .ack = ack, .flags = flags, .window = attack->window, .payload_bytes = payload};

	segment_with(i, s, NULL, 0, 0);
}

static void acknowledge(int i) { segment(i, ACK, connections[i].snd, connections[i].rcv, 0); }

static void say(int i, int bytes)
{
	segment(i, PSH | ACK, connections[i].snd, connections[i].rcv, bytes);
	connections[i].snd += (uint32_t)bytes;
}

static void open_connection(int i, int v6)
{
	connections[i] = (struct connection){.state = OPENING, .v6 = (uint8_t)v6, .snd = (uint32_t)i << 16 | 0x777};
	segment(i, SYN, connections[i].snd, 0, 0);
}

#include "attack-input.h"
#include "attack-steps.h"

/* ---- the run ------------------------------------------------------------------------------------------------- */

static void turn(void)
{
	flush();
	if (input() == 0)
		nanosleep(&(struct timespec){0, 200000}, NULL);
}

static void pass(double seconds)
{
	for (double end = now() + seconds; now() < end;)
		turn();
}

/* Calls the step at its rate. What this process had no time for is made up for within 10 ms, and later not at all. */
static void run(void (*step)(uint32_t), double rate, double seconds, uint32_t limit)
{
	double start = now(), due = 0, last = start;

	for (uint32_t k = 0; k < limit;) {
		double t = now();
		if (t - start > seconds)
			break;
		due += (t - last) * rate;
		last = t;
		due = due > rate / 100 + BATCH ? rate / 100 + BATCH : due;
		for (int n = 0; due >= 1 && n < BATCH && k < limit; n++, due--)
			step(k++);
		if (due >= 1) {
			flush();
			input();
		} else {
			turn();
		}
	}
	flush();
}

static void open_step(uint32_t k) { open_connection((int)k, (int)k & 1); }

static void open_again(uint32_t k)
{
	if (connections[k].state == OPENING)
		segment((int)k, SYN, connections[k].snd, 0, 0);
}

static void greet_step(uint32_t k)
{
	if (connections[k].state == OPEN)
		say((int)k, attack->port ? 1 : MESSAGE);
}

static void reset_step(uint32_t k)
{
	if (connections[k].state != CLOSED)
		segment((int)k, RST | ACK, connections[k].snd, connections[k].rcv, 0);
}

static void prepare(void)
{
	run(introduce, 3000, 10, 2 * HOSTS);
	pass(0.1);
	run(open_step, 3000, 10, (uint32_t)attack->connections);
	pass(0.3);
	run(open_again, 6000, 10, (uint32_t)attack->connections);
	pass(0.2);
	if (attack->greets) {
		run(greet_step, 5000, 10, (uint32_t)attack->connections);
		pass(0.2);
	}
}

/* Whether connections still work that have been attacked with: a message there and back. */
static void ask_own(void)
{
	for (int i = 0; i < attack->connections && i < 20; i++) {
		if (connections[i].state == OPEN) {
			count.own++;
			connections[i].received = 0;
			acknowledge(i);
			say(i, MESSAGE);
		}
	}
	pass(1);
	for (int i = 0; i < attack->connections && i < 20; i++)
		count.own_answered += connections[i].state == OPEN && connections[i].received >= MESSAGE;
}

static void await_line(const char *say)
{
	char line[16];

	puts(say);
	fflush(stdout);
	if (fgets(line, sizeof(line), stdin) == NULL)
		exit(1);
}

int main(int words, char **word)
{
	long established, sent;
	double seconds;

	if (words != 7 || sscanf(word[3], "%hhx:%hhx:%hhx:%hhx:%hhx:%hhx", server_mac, server_mac + 1, server_mac + 2, server_mac + 3, server_mac + 4, server_mac + 5) != 6)
		return 2;
	net = atoi(word[2]);
	port = atoi(word[4]);
	for (attack = attacks; attack->name && strcmp(attack->name, word[5]); attack++)
		;
	if (!attack->name)
		return 2;
	seconds = atof(word[6]);
	listen_on(word[1]);
	prepare();
	await_line("ready");
	established = count.established;
	memset(&count, 0, sizeof(count));
	count.established = established;
	run(attack->step, attack->rate, seconds, UINT32_MAX);
	sent = count.sent;
	pass(0.1);
	if (attack->greets && !attack->port)
		ask_own();
	printf("sent %ld dropped %ld established %ld resets %ld answers %ld asked %ld answered %ld icmp %ld own %ld ownanswered %ld\n", sent, count.dropped, count.established,
	       count.resets, count.answers, count.asked, count.answered, count.icmp, count.own, count.own_answered);
	await_line("held");
	/* Twice: a reset may be lost as anything may. */
	for (int i = 0; i < 2; i++) {
		run(reset_step, 20000, 5, CONNECTIONS);
		pass(0.1);
	}
	puts("closed");
	return 0;
}
