/*
 * The same work as the model's inode cache, as C does it: one table with open addressing (linear
 * probing, backward-shift deletion, doubled at a load of 0.75), records in the table, handles of up
 * to 12 bytes inline and longer ones from malloc. One thread.
 *
 * usage: inodes INODES OPERATIONS HANDLE_BYTES
 * Times are the thread's processor time. It reads commands from stdin, one per line, and answers
 * each with one line, so that its rounds alternate with those of the program that runs it:
 *   fill         adds every inode; answers nanoseconds per inode
 *   hit          OPERATIONS igets of random inodes, one after another
 *   hit-prefetch the same, 128 at a time with prefetched records
 *   forget       forgets random inodes, each with the lookups it holds; adds them again unmeasured
 *   forget-prefetch
 *   bytes        resident bytes per inode
 *   latency      nanoseconds of a random read that depends on the one before
 */
#define _GNU_SOURCE
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#define INLINE_BYTES 12
#define IN_FLIGHT 128
#define S_IFREG 0x8000

struct inode {
	uint64_t nodeid; /* 0: a free slot */
	uint64_t nlookup;
	uint32_t generation;
	uint32_t type;
	uint16_t mode;
	uint8_t length;
	uint8_t state;
	union {
		uint8_t bytes[INLINE_BYTES];
		struct {
			uint32_t pad;
			uint8_t *spilled;
		} __attribute__((packed));
	};
};

struct table {
	struct inode *slots;
	uint64_t mask, live;
};

static uint64_t hash(uint64_t x)
{
	x = (x ^ (x >> 33)) * 0xff51afd7ed558ccdull;
	x = (x ^ (x >> 33)) * 0xc4ceb9fe1a85ec53ull;
	return x ^ (x >> 33);
}

static double now_ns(void)
{
	struct timespec t;

	clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
	return t.tv_sec * 1e9 + t.tv_nsec;
}

static void die(const char *what)
{
	fprintf(stderr, "inodes: %s\n", what);
	exit(1);
}

static struct inode *find(struct table *t, uint64_t nodeid)
{
	uint64_t at = hash(nodeid) & t->mask;

	while (t->slots[at].nodeid != nodeid) {
		if (!t->slots[at].nodeid)
			return NULL;
		at = (at + 1) & t->mask;
	}
	return &t->slots[at];
}

static struct inode *slot_for(struct table *t, uint64_t nodeid)
{
	uint64_t at = hash(nodeid) & t->mask;

	while (t->slots[at].nodeid)
		at = (at + 1) & t->mask;
	return &t->slots[at];
}

static void grow(struct table *t)
{
	struct table larger = {.mask = t->mask * 2 + 1, .live = t->live};

	larger.slots = calloc(larger.mask + 1, sizeof(struct inode));
	if (!larger.slots)
		die("out of memory");
	for (uint64_t i = 0; i <= t->mask; i++)
		if (t->slots[i].nodeid)
			*slot_for(&larger, t->slots[i].nodeid) = t->slots[i];
	free(t->slots);
	*t = larger;
}

static const uint8_t *handle_of(const struct inode *inode)
{
	return inode->length > INLINE_BYTES ? inode->spilled : inode->bytes;
}

static void add(struct table *t, uint64_t nodeid, uint32_t generation, uint16_t mode,
		uint32_t type, const uint8_t *handle, int length, uint64_t nlookup)
{
	if (t->live * 4 >= (t->mask + 1) * 3)
		grow(t);
	struct inode *inode = slot_for(t, nodeid);

	*inode = (struct inode){.nodeid = nodeid, .nlookup = nlookup, .generation = generation,
				.type = type, .mode = mode, .length = length};
	if (length > INLINE_BYTES && !(inode->spilled = malloc(length)))
		die("out of memory");
	memcpy((uint8_t *)handle_of(inode), handle, length);
	t->live++;
}

/* A new inode would be made where this gives 0. */
static inline int iget_hit(struct inode *inode, uint32_t generation, uint16_t mode, uint32_t type,
			   const uint8_t *handle, int length)
{
	if (!inode || inode->generation != generation || inode->mode != mode ||
	    inode->type != type || inode->length != length ||
	    memcmp(handle_of(inode), handle, length))
		return 0;
	inode->nlookup++;
	return 1;
}

static int forget(struct table *t, struct inode *inode, uint64_t nlookup)
{
	if (!inode || inode->nlookup != nlookup)
		return 0;
	if (inode->length > INLINE_BYTES)
		free(inode->spilled);
	uint64_t hole = inode - t->slots;

	for (uint64_t at = (hole + 1) & t->mask; t->slots[at].nodeid; at = (at + 1) & t->mask) {
		uint64_t home = hash(t->slots[at].nodeid) & t->mask;

		if (((at - home) & t->mask) < ((at - hole) & t->mask))
			continue;
		t->slots[hole] = t->slots[at];
		hole = at;
	}
	t->slots[hole].nodeid = 0;
	t->live--;
	return 1;
}

static void handle_for(uint64_t nodeid, uint8_t *handle, int length)
{
	uint64_t word = nodeid * 0x9e3779b97f4a7c15ull;

	memcpy(handle, &word, 8);
	if (length > 8)
		memset(handle + 8, (int)nodeid, length - 8);
}

/* Always inline: gcc takes a function that only prefetches for one without effect. */
static inline __attribute__((always_inline)) void touch(
	struct table *t, const uint64_t *keys, int count)
{
	for (int i = 0; i < count; i++) {
		const char *at = (const char *)&t->slots[hash(keys[i]) & t->mask];

		__builtin_prefetch(at, 1);
		__builtin_prefetch(at + 64, 1); /* the record's end, and where a probe goes on */
	}
}

static double hits(struct table *t, const uint64_t *keys, long operations, int length, int ahead)
{
	uint8_t handle[256];
	double start = now_ns();

	for (long i = 0; i < operations; i++) {
		if (ahead && i % IN_FLIGHT == 0)
			touch(t, keys + i, operations - i < IN_FLIGHT ? operations - i : IN_FLIGHT);
		handle_for(keys[i], handle, length);
		if (!iget_hit(find(t, keys[i]), 1, S_IFREG, 1, handle, length))
			die("an iget did not hit");
	}
	return (now_ns() - start) / operations;
}

/* Forgets every inode of a random sample once; they are added again outside the measured time. */
static double forgets(struct table *t, const uint64_t *sample, long count, int length, int ahead)
{
	uint64_t *held = malloc(count * sizeof(*held));
	uint8_t handle[256];

	if (!held)
		die("out of memory");
	for (long i = 0; i < count; i++)
		held[i] = find(t, sample[i])->nlookup;
	double start = now_ns();

	for (long i = 0; i < count; i++) {
		if (ahead && i % IN_FLIGHT == 0)
			touch(t, sample + i, count - i < IN_FLIGHT ? count - i : IN_FLIGHT);
		if (!forget(t, find(t, sample[i]), held[i]))
			die("a forget did not fit");
	}
	double spent = now_ns() - start;

	for (long i = 0; i < count; i++) {
		handle_for(sample[i], handle, length);
		add(t, sample[i], 1, S_IFREG, 1, handle, length, held[i]);
	}
	free(held);
	return spent / count;
}

static long resident(void)
{
	long pages = 0;
	FILE *f = fopen("/proc/self/statm", "r");

	if (!f || fscanf(f, "%*d %ld", &pages) != 1)
		die("/proc/self/statm");
	fclose(f);
	return pages * sysconf(_SC_PAGESIZE);
}

/* One cycle through all cache lines of 512 MiB, in random order. */
static double latency(void)
{
	const uint32_t lines = 1u << 23;
	const int stride = 64 / sizeof(uint32_t), steps = 3000000;
	uint32_t *memory = aligned_alloc(64, (size_t)lines * 64);
	uint32_t *order = malloc((size_t)lines * sizeof(*order));
	uint64_t x = 88172645463325252ull;
	volatile uint32_t at = 0;

	if (!memory || !order)
		die("out of memory");
	for (uint32_t i = 0; i < lines; i++)
		order[i] = i;
	for (uint32_t i = lines - 1; i > 0; i--) {
		x ^= x << 13, x ^= x >> 7, x ^= x << 17;
		uint32_t j = x % i, swapped = order[i];

		order[i] = order[j];
		order[j] = swapped;
	}
	for (uint32_t i = 0; i < lines; i++)
		memory[(size_t)order[i] * stride] = order[(i + 1) % lines];
	double start = now_ns();

	for (int i = 0; i < steps; i++)
		at = memory[(size_t)at * stride];
	double spent = now_ns() - start;

	free(memory);
	free(order);
	return spent / steps;
}

int main(int argc, char **argv)
{
	if (argc != 4)
		die("usage: inodes INODES OPERATIONS HANDLE_BYTES");
	long inodes = atol(argv[1]), operations = atol(argv[2]);
	int length = atoi(argv[3]);

	if (inodes < 1 || operations < 1 || length < 8 || length > 128)
		die("bad argument");
	struct table t = {.slots = calloc(1024, sizeof(struct inode)), .mask = 1023};
	uint64_t *keys = malloc(operations * sizeof(*keys));
	long samples = inodes / 2 < operations ? inodes / 2 : operations;
	uint64_t *sample = malloc((samples + 1) * sizeof(*sample));
	uint64_t x = 12345;
	char command[32];

	if (!t.slots || !keys || !sample)
		die("out of memory");
	for (long i = 0; i < operations; i++) {
		x ^= x << 13, x ^= x >> 7, x ^= x << 17;
		keys[i] = 2 + x % inodes;
	}
	/* Every nodeid at most once, in an order without pattern: a walk by an odd stride. */
	for (long i = 0; i < samples; i++)
		sample[i] = 2 + (uint64_t)i * 7368787 % inodes;
	long before = resident();

	while (scanf("%31s", command) == 1) {
		double answer = 0;
		int ahead = strstr(command, "-prefetch") != NULL;

		if (!strcmp(command, "fill")) {
			uint8_t handle[256];
			double start = now_ns();

			for (long i = 0; i < inodes; i++) {
				handle_for(i + 2, handle, length);
				add(&t, i + 2, 1, S_IFREG, 1, handle, length, 1);
			}
			answer = (now_ns() - start) / inodes;
		} else if (!strncmp(command, "hit", 3)) {
			answer = hits(&t, keys, operations, length, ahead);
		} else if (!strncmp(command, "forget", 6)) {
			answer = forgets(&t, sample, samples, length, ahead);
		} else if (!strcmp(command, "bytes")) {
			answer = (double)(resident() - before) / inodes;
		} else if (!strcmp(command, "latency")) {
			answer = latency();
		} else {
			die("unknown command");
		}
		printf("%.3f\n", answer);
		fflush(stdout);
	}
	return 0;
}
