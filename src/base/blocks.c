/* Parallel loops over a fixed number of blocks: the only door to OpenMP.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include <time.h>

#if defined __SSE2__
#include <immintrin.h>
#endif

#if defined _OPENMP
#include <omp.h>
#endif

#include "venturi/base.h"

/* MXCSR: flush to zero (bit 15), denormals are zero (bit 6).  Elsewhere denormals stay. */
unsigned vt_denormals_flush(void)
{
#if defined __SSE2__
	unsigned mode = _mm_getcsr();
	_mm_setcsr(mode | 0x8040u);
	return mode;
#else
	return 0;
#endif
}

void vt_denormals_restore(unsigned mode)
{
#if defined __SSE2__
	_mm_setcsr(mode);
#else
	(void)mode;
#endif
}

size_t vt_blocks_worker(void)
{
#if defined _OPENMP
	return (size_t)omp_get_thread_num();
#else
	return 0;
#endif
}

size_t vt_block_begin(size_t b, size_t n_blocks, size_t n)
{
	size_t share = n / n_blocks, rest = n % n_blocks;
	return b * share + (b < rest ? b : rest);
}

/* The mode is per thread, and a team may hold threads that were born under another mode. */
static int run_block(vt_block_fn *fn, void *self, size_t b, bool flush)
{
	unsigned mode = flush ? vt_denormals_flush() : 0;
	int status = fn(self, b);
	if (flush) vt_denormals_restore(mode);
	return status;
}

/* Any failure beats success; among failures the most negative, then the largest. */
static int worse(int a, int b)
{
	if (a < 0 || b < 0) return a < b ? a : b;
	return a > b ? a : b;
}

enum vt_status vt_blocks_run(struct vt_ctx *ctx, size_t n_blocks, bool flush, vt_block_fn *fn, void *self)
{
	int stop = 0, reject = 0; /* negative and positive statuses apart: both reduce without order */
	int threads = vt_ctx_threads(ctx);
	if ((size_t)threads > n_blocks) threads = (int)n_blocks;
	if (threads <= 1) {
		for (size_t b = 0; b < n_blocks; b++) stop = worse(stop, run_block(fn, self, b, flush));
		return (enum vt_status)stop;
	}
#pragma omp parallel for default(none) shared(n_blocks, flush, fn, self) schedule(dynamic, 1) num_threads(threads) \
	reduction(min : stop) reduction(max : reject)
	for (size_t b = 0; b < n_blocks; b++) {
		int status = run_block(fn, self, b, flush);
		if (status < stop) stop = status;
		if (status > reject) reject = status;
	}
	return (enum vt_status)(stop < 0 ? stop : reject);
}

/* Without OpenMP 5 nothing can be done: such a child must be given one thread. */
void vt_blocks_dismiss(void)
{
#if defined _OPENMP && defined HAVE_OMP_PAUSE_RESOURCE_ALL
	omp_pause_resource_all(omp_pause_soft);
#endif
}

void vt_alone_run(void (*fn)(void *self), void *self)
{
#pragma omp critical
	fn(self);
}

const char *vt_isa(void)
{
#if defined VT_WITHOUT_CLONES || !defined __x86_64__
	return "baseline";
#else
	__builtin_cpu_init();
	if (__builtin_cpu_supports("x86-64-v4")) return "avx512";
	if (__builtin_cpu_supports("x86-64-v3")) return "avx2";
	return "baseline";
#endif
}

double vt_clock(void)
{
	struct timespec t;
	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}
