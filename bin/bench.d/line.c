/* SPDX-License-Identifier: Apache-2.0 */
/*
 * line CPU CPU MILLISECONDS: how long a cache line takes from one processor to the other and back, in nanoseconds; least of many
 * stretches. It tells how near to each other a hypervisor has put two processors at the moment.
 */
#define _GNU_SOURCE
#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

enum { TURNS = 2000, END = -1 };

static struct {
	_Alignas(128) atomic_long turn;
} line;

static void pin(int cpu)
{
	cpu_set_t set;

	CPU_ZERO(&set);
	CPU_SET(cpu, &set);
	pthread_setaffinity_np(pthread_self(), sizeof(set), &set);
}

static double now_ns(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return now.tv_sec * 1e9 + now.tv_nsec;
}

/* Answers each even number with the next. */
static void *answer(void *cpu)
{
	pin(*(int *)cpu);
	for (long at = 0;;) {
		long is = atomic_load(&line.turn);
		if (is == END)
			return NULL;
		if (is == at + 1)
			atomic_store(&line.turn, at += 2);
	}
}

int main(int count, char **words)
{
	int other = count == 4 ? atoi(words[2]) : 0;
	double least = 1e9, end;
	pthread_t thread;
	long at = 0;

	if (count != 4)
		return 2;
	pin(atoi(words[1]));
	end = now_ns() + atof(words[3]) * 1e6;
	pthread_create(&thread, NULL, answer, &other);
	while (now_ns() < end) {
		double start = now_ns(), ns;
		for (int i = 0; i < TURNS; i++, at += 2) {
			atomic_store(&line.turn, at + 1);
			while (atomic_load(&line.turn) != at + 2)
				;
		}
		ns = (now_ns() - start) / TURNS;
		if (ns < least)
			least = ns;
	}
	atomic_store(&line.turn, END);
	pthread_join(thread, NULL);
	printf("%.0f\n", least);
	return 0;
}
