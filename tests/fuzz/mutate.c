/* Damages the seeds of targets in great number and hands them to the targets: a crash, a hang or a broken promise is
 * told with what makes it again, and what was found is saved.
 *
 *	mutate [--share=SHARE] [--seed=N] [TARGET...]    SHARE of each target's full number, 1 unless given
 *	mutate --again=K [--seed=N] TARGET               mutation number K alone, in this process
 *	mutate --corpus=DIR                              the seeds, as files DIR/TARGET/N
 *	mutate --damage=K IN OUT                         one damaged copy of a file
 *	mutate --plant                                   a changed file under a good seal, which must be a finding
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include <getopt.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "fuzz.h"
#include "venturi/input.h"

enum { MOST_SEEDS = 512, LONGEST = 1 << 20, SECONDS = 60, MOST_FINDINGS = 5 };

/* ---- seeds ---------------------------------------------------------------------- */

struct seed {
	uint8_t *bytes;
	size_t n;
};
struct seeds {
	size_t n;
	struct seed seed[MOST_SEEDS];
};

static void keep(void *self, const void *bytes, size_t n)
{
	struct seeds *s = self;
	if (s->n == MOST_SEEDS || n > LONGEST / 2) return;
	uint8_t *copy = malloc(n + 1);
	if (!copy) exit(1);
	memcpy(copy, bytes, n);
	s->seed[s->n++] = (struct seed){ copy, n };
}

/* ---- mutations ------------------------------------------------------------------- */

/* splitmix64 (Steele, Lea, Flood 2014): a stream for each mutation, so that each can be made again alone. */
static uint64_t draw(uint64_t *state)
{
	uint64_t z = *state += 0x9e3779b97f4a7c15u;
	z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9u;
	z = (z ^ z >> 27) * 0x94d049bb133111ebu;
	return z ^ z >> 31;
}

static size_t below(uint64_t *state, size_t n)
{
	return n > 0 ? (size_t)(draw(state) % n) : 0;
}

static void put_value(uint8_t *at, size_t width, uint64_t value, bool swapped)
{
	for (size_t i = 0; i < width; i++) at[swapped ? width - 1 - i : i] = (uint8_t)(value >> 8 * i);
}

/* What sizes, offsets and counts go wrong at. */
static void interesting(uint64_t *state, uint8_t *bytes, size_t n)
{
	static const uint64_t value[] = { 0, 1, 2, 7, 8, 0x7f, 0x80, 0xff, 0x100, 0x7fff, 0x8000, 0xffff, 0x10000, 0x7fffffff,
		0x80000000, 0xffffffff, 0x100000000, 0x1fffffffffffffff, 0x7fffffffffffffff, 0x8000000000000000, UINT64_MAX };
	size_t width = (size_t)1 << below(state, 4);
	if (width > n) return;
	put_value(bytes + below(state, n - width + 1), width, value[below(state, sizeof value / sizeof *value)],
	          draw(state) % 4 == 0);
}

/* A block is repeated, taken away, cleared or filled with another one; the length may change. */
static size_t move_block(uint64_t *state, uint8_t *bytes, size_t n)
{
	size_t length = 1 + below(state, n < 512 ? n : 512), from = below(state, n - length + 1), to = below(state, n + 1);
	switch (draw(state) % 4) {
	case 0:
		if (n + length > LONGEST) return n;
		memmove(bytes + to + length, bytes + to, n - to);
		memmove(bytes + to, bytes + (from >= to ? from + length : from), length);
		return n + length;
	case 1:
		memmove(bytes + from, bytes + from + length, n - from - length);
		return n - length;
	case 2:
		memset(bytes + from, draw(state) % 2 ? 0 : 0xff, length);
		return n;
	default:
		if (to > n - length) to = n - length;
		memmove(bytes + to, bytes + from, length);
		return n;
	}
}

static size_t mutate_once(uint64_t *state, uint8_t *bytes, size_t n)
{
	size_t k;
	if (n == 0) return 0;
	switch (draw(state) % 8) {
	case 0:
	case 1:
	case 2: bytes[below(state, n)] ^= (uint8_t)(1 << draw(state) % 8); return n;
	case 3:
		for (k = 1 + below(state, 8); k > 0; k--) bytes[below(state, n)] = (uint8_t)draw(state);
		return n;
	case 4:
	case 5: interesting(state, bytes, n); return n;
	case 6: return move_block(state, bytes, n);
	default: return draw(state) % 8 == 0 ? below(state, n) : n;
	}
}

/* One to four of them. */
static size_t mutate(uint64_t *state, uint8_t *bytes, size_t n)
{
	for (size_t k = 1 + below(state, 4); k > 0; k--) n = mutate_once(state, bytes, n);
	return n;
}

/* Mutation number k of a target: a seed in turn, damaged. */
static size_t make(const struct seeds *s, uint64_t seed, size_t k, uint8_t *bytes)
{
	uint64_t state = seed * 1000003 + k;
	const struct seed *from = &s->seed[k % s->n];
	memcpy(bytes, from->bytes, from->n);
	return mutate(&state, bytes, from->n);
}

/* ---- running ------------------------------------------------------------------------- */

/* What the worker tells the watcher. */
struct shared {
	size_t k; /* the mutation that it is at */
	struct fuzz_counts counts;
};

static struct vt_ctx *context(void)
{
	struct vt_ctx *ctx = vt_ctx_create();
	if (!ctx) exit(1);
	vt_ctx_set_level(ctx, VT_QUIET);
	vt_ctx_set_threads(ctx, 1);
	vt_ctx_set_most_bytes(ctx, (size_t)256 << 20);
	return ctx;
}

static void run_one(struct vt_ctx *ctx, const struct fuzz_target *t, const struct seeds *s, uint64_t seed, size_t k,
                    uint8_t *bytes)
{
	size_t n = make(s, seed, k, bytes);
	/* in a block of its own, so that a sanitizer sees what is read beyond it */
	uint8_t *exact = malloc(n > 0 ? n : 1);
	if (!exact) exit(1);
	memcpy(exact, bytes, n);
	const struct seed *from = &s->seed[k % s->n];
	if (t->compare) t->compare(ctx, from->bytes, from->n, exact, n);
	else t->run(ctx, exact, n);
	free(exact);
}

static _Noreturn void worker(const struct fuzz_target *t, const struct seeds *s, uint64_t seed, size_t n,
                             volatile struct shared *shared)
{
	struct vt_ctx *ctx = context();
	uint8_t *bytes = malloc(LONGEST);
	if (!bytes) exit(1);
	while (shared->k < n) {
		alarm(SECONDS);
		run_one(ctx, t, s, seed, shared->k, bytes);
		shared->counts.refused += fuzz_counts.refused;
		shared->counts.died += fuzz_counts.died;
		fuzz_counts = (struct fuzz_counts){ 0 };
		shared->k++;
	}
	vt_ctx_free(ctx);
	free(bytes);
	exit(0);
}

static void save(const struct fuzz_target *t, const struct seeds *s, uint64_t seed, size_t k)
{
	static uint8_t bytes[LONGEST];
	char name[128];
	size_t n = make(s, seed, k, bytes);
	snprintf(name, sizeof name, "mutate-%s-%zu.bin", t->name, k);
	FILE *f = fopen(name, "wb");
	if (f && fwrite(bytes, 1, n, f) == n && fclose(f) == 0) printf("  saved as %s\n", name);
}

/* Findings of one target; after one the worker goes on with the next mutation. */
static size_t run_target(const struct fuzz_target *t, double share, uint64_t seed)
{
	static struct seeds s;
	struct vt_ctx *ctx = context();
	size_t n = (size_t)((double)t->many * share), findings = 0;
	double began = vt_clock();
	struct shared *shared = mmap(NULL, sizeof *shared, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (shared == MAP_FAILED) exit(1);
	*shared = (struct shared){ 0 };
	s.n = 0;
	t->seeds(ctx, keep, &s);
	if (s.n == 0) fuzz_fail("%s has no seeds", t->name);
	fuzz_folder(); /* here, so that workers share it */
	while (shared->k < n && findings < MOST_FINDINGS) {
		int how = 0;
		fflush(stdout);
		pid_t pid = fork();
		if (pid == 0) worker(t, &s, seed, n, shared);
		if (pid < 0 || waitpid(pid, &how, 0) != pid) exit(1);
		if (WIFEXITED(how) && WEXITSTATUS(how) == 0) break;
		findings++;
		printf("%s: mutation %zu: %s %d; again: mutate --again=%zu --seed=%llu %s\n", t->name, shared->k,
		       WIFSIGNALED(how) ? "signal" : "status", WIFSIGNALED(how) ? WTERMSIG(how) : WEXITSTATUS(how), shared->k,
		       (unsigned long long)seed, t->name);
		save(t, &s, seed, shared->k++);
	}
	printf("%-16s %6zu mutations of %3zu seeds, %6zu refusals, %3zu children died, %zu findings, %.1f s\n", t->name, n,
	       s.n, shared->counts.refused, shared->counts.died, findings, vt_clock() - began);
	for (size_t i = 0; i < s.n; i++) free(s.seed[i].bytes);
	munmap(shared, sizeof *shared);
	vt_ctx_free(ctx);
	return findings;
}

/* ---- other uses ------------------------------------------------------------------------ */

static int again(const char *name, uint64_t seed, size_t k)
{
	static struct seeds s;
	static uint8_t bytes[LONGEST];
	const struct fuzz_target *t = fuzz_target_named(name);
	struct vt_ctx *ctx = context();
	if (!t) return 2;
	t->seeds(ctx, keep, &s);
	run_one(ctx, t, &s, seed, k, bytes);
	vt_ctx_free(ctx);
	return 0;
}

struct corpus {
	const char *dir, *target;
	size_t n;
};

static void write_seed(void *self, const void *bytes, size_t n)
{
	struct corpus *c = self;
	char path[4096];
	snprintf(path, sizeof path, "%s/%s/%zu", c->dir, c->target, c->n++);
	FILE *f = fopen(path, "wb");
	if (!f || fwrite(bytes, 1, n, f) != n || fclose(f) != 0) {
		perror(path);
		exit(1);
	}
}

/* For libFuzzer: a line with the name of each target that it can run. */
static int write_corpus(const char *dir)
{
	struct vt_ctx *ctx = context();
	char path[4096];
	mkdir(dir, 0777);
	for (size_t i = 0; fuzz_targets[i]; i++) {
		struct corpus c = { dir, fuzz_targets[i]->name, 0 };
		if (fuzz_targets[i]->forks) continue;
		snprintf(path, sizeof path, "%s/%s", dir, c.target);
		mkdir(path, 0777);
		fuzz_targets[i]->seeds(ctx, write_seed, &c);
		printf("%s\n", c.target);
	}
	vt_ctx_free(ctx);
	return 0;
}

static int damage(const char *in, const char *out, size_t k)
{
	static struct seeds s;
	static uint8_t bytes[LONGEST];
	size_t n;
	uint8_t *whole = fuzz_read(in, &n);
	keep(&s, whole, n);
	free(whole);
	if (s.n == 0) return 2;
	n = make(&s, 20261127, k, bytes);
	FILE *f = fopen(out, "wb");
	return f && fwrite(bytes, 1, n, f) == n && fclose(f) == 0 ? 0 : 1;
}

/* A target's comparison must be able to fail. */
static int plant(void)
{
	static struct seeds s;
	const struct fuzz_target *t = fuzz_target_named("run-file");
	struct vt_ctx *ctx = context();
	t->seeds(ctx, keep, &s);
	struct seed one = s.seed[0];
	uint8_t *changed = malloc(one.n), *at;
	if (!changed) return 2;
	memcpy(changed, one.bytes, one.n);
	if (!(at = memmem(changed, one.n, "A small run", 11))) return 2;
	*at = 'B';
	vt_seal_make(changed, one.n - VT_SEAL_SIZE, (char *)changed + one.n - VT_SEAL_SIZE);
	t->compare(ctx, one.bytes, one.n, changed, one.n);
	return 0;
}

static bool chosen(int argc, char **argv, int first, const char *name)
{
	for (int i = first; i < argc; i++)
		if (strcmp(argv[i], name) == 0) return true;
	return first == argc;
}

int main(int argc, char **argv)
{
	static const struct option flag[] = { { "share", 1, NULL, 's' }, { "seed", 1, NULL, 'n' }, { "again", 1, NULL, 'a' },
	                                      { "corpus", 1, NULL, 'c' }, { "damage", 1, NULL, 'd' },
	                                      { "plant", 0, NULL, 'p' }, { 0 } };
	double share = 1;
	uint64_t seed = 20261127;
	const char *number = NULL, *dir = NULL, *damaged = NULL;
	size_t findings = 0, targets = 0;
	for (int c; (c = getopt_long(argc, argv, "", flag, NULL)) != -1;) {
		if (c == 's') share = atof(optarg);
		else if (c == 'n') seed = strtoull(optarg, NULL, 10);
		else if (c == 'a') number = optarg;
		else if (c == 'c') dir = optarg;
		else if (c == 'd') damaged = optarg;
		else if (c == 'p') return plant();
		else return 2;
	}
	setenv("PATH", "/usr/bin:/bin", 1);
	if (dir) return write_corpus(dir);
	if (damaged) return optind + 2 == argc ? damage(argv[optind], argv[optind + 1], strtoul(damaged, NULL, 10)) : 2;
	if (number) return optind + 1 == argc ? again(argv[optind], seed, strtoul(number, NULL, 10)) : 2;
	printf("seed %llu\n", (unsigned long long)seed);
	for (size_t i = 0; fuzz_targets[i]; i++)
		if (chosen(argc, argv, optind, fuzz_targets[i]->name)) {
			findings += run_target(fuzz_targets[i], share, seed);
			targets++;
		}
	if (targets == 0) fprintf(stderr, "there is no such target\n");
	return targets == 0 || findings > 0;
}
