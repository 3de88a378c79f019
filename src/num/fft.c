/* The only caller of FFTW.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include <fftw3.h>

#include "venturi/fft.h"

enum kind { REAL, COSINE, PLANE, PLANE_INVERSE };
enum { BLOCKS = 32, LONGEST = 1 << 30 };

_Static_assert(sizeof(struct vt_complex) == sizeof(fftw_complex), "a complex number is two doubles");

/* ---- plans ---------------------------------------------------------------- */

struct plan {
	enum kind kind;
	size_t n;
	fftw_plan plan;
	struct plan *next;
};
struct plans {
	struct plan *first;
};

/* The context keeps the plans under this address. */
static const char owner = 'f';

static void release_alone(void *self)
{
	struct plans *all = self;
	for (struct plan *p = all->first, *next; p; p = next) {
		next = p->next;
		fftw_destroy_plan(p->plan);
		free(p);
	}
}

static void release(void *thing)
{
	vt_alone_run(release_alone, thing);
	free(thing);
}

/* What a plan is made with; arrays only lend their alignment, which is 64 bytes wherever we execute. */
struct making {
	enum kind kind;
	int n;
	double *from, *to;
	fftw_plan plan;
};

static void make_alone(void *self)
{
	struct making *m = self;
	fftw_complex *in = (fftw_complex *)m->from, *out = (fftw_complex *)m->to;
	const unsigned flags = FFTW_ESTIMATE;
	switch (m->kind) {
	case REAL: m->plan = fftw_plan_dft_r2c_1d(m->n, m->from, out, flags); break;
	case COSINE: m->plan = fftw_plan_r2r_1d(m->n, m->from, m->to, FFTW_REDFT10, flags); break;
	case PLANE: m->plan = fftw_plan_dft_2d(m->n, m->n, in, out, FFTW_FORWARD, flags); break;
	case PLANE_INVERSE: m->plan = fftw_plan_dft_2d(m->n, m->n, in, out, FFTW_BACKWARD, flags); break;
	}
}

static struct plan *find(const struct plans *all, enum kind kind, size_t n)
{
	struct plan *p = all ? all->first : NULL;
	while (p && (p->kind != kind || p->n != n)) p = p->next;
	return p;
}

static enum vt_status cache(struct vt_ctx *ctx, struct plans **out)
{
	enum vt_status status = VT_OK;
	struct plans *all = vt_ctx_kept(ctx, &owner);
	if (!all) {
		VT_NEW(ctx, all, 1);
		status = vt_ctx_keep(ctx, &owner, all, release);
		if (status != VT_OK) free(all);
	}
	if (status == VT_OK) *out = all;
done:
	return status;
}

/* Numbers of an array that a transform reads or writes: a plane is complex, a spectrum has n / 2 + 1 bins. */
static size_t room(enum kind kind, size_t n)
{
	return kind == PLANE || kind == PLANE_INVERSE ? 2 * n * n : n + 2;
}

static enum vt_status make(struct vt_ctx *ctx, struct plans *all, enum kind kind, size_t n, struct plan **out)
{
	enum vt_status status;
	struct making m = { .kind = kind, .n = (int)n };
	struct plan *p = NULL;
	VT_NEW(ctx, p, 1);
	VT_NEW(ctx, m.from, room(kind, n));
	VT_NEW(ctx, m.to, room(kind, n));
	vt_alone_run(make_alone, &m);
	VT_REQUIRE(ctx, m.plan, VT_EBUG, "FFTW has no plan for length %zu", n);
	*p = (struct plan){ kind, n, m.plan, all->first };
	*out = all->first = p;
	p = NULL;
	status = VT_OK;
done:
	free(m.from);
	free(m.to);
	free(p);
	return status;
}

static enum vt_status plan(struct vt_ctx *ctx, enum kind kind, size_t n, struct plan **out)
{
	enum vt_status status;
	struct plans *all = NULL;
	size_t most = kind == PLANE || kind == PLANE_INVERSE ? 1 << 15 : LONGEST;
	VT_REQUIRE(ctx, n > 0 && n <= most, VT_EDOMAIN, "a transform of length %zu, wanted 1 to %zu", n, most);
	VT_TRY(cache(ctx, &all));
	struct plan *p = find(all, kind, n);
	if (!p) VT_TRY(make(ctx, all, kind, n, &p));
	*out = p;
done:
	return status;
}

/* ---- series ----------------------------------------------------------------- */

struct vt_strided vt_strided_rows(size_t rows, size_t cols, size_t stride)
{
	return (struct vt_strided){ rows, cols, stride, 1 };
}

struct vt_strided vt_strided_columns(size_t rows, size_t cols, size_t stride)
{
	return (struct vt_strided){ cols, rows, 1, stride };
}

size_t vt_fft_bins(size_t n)
{
	return n / 2 + 1;
}

static bool alone(size_t n, size_t k)
{
	return k == 0 || 2 * k == n;
}

double vt_fft_power(size_t n, size_t k, struct vt_complex c)
{
	return (alone(n, k) ? 1 : 2) * (c.re * c.re + c.im * c.im);
}

double vt_fft_amplitude(size_t n, size_t k, struct vt_complex c)
{
	return (alone(n, k) ? 1 : 2) / sqrt((double)n) * hypot(c.re, c.im);
}

struct series_job {
	const struct vt_strided *l;
	const struct plan *p;
	const double *x;
	double *out;
	double *buffer; /* two arrays a block, each `stride` numbers */
	size_t stride, n_blocks;
};

static void execute(const struct series_job *j, double *from, double *to)
{
	if (j->p->kind == REAL) fftw_execute_dft_r2c(j->p->plan, from, (fftw_complex *)to);
	else fftw_execute_r2r(j->p->plan, from, to);
}

static enum vt_status series_block(void *self, size_t b)
{
	const struct series_job *j = self;
	size_t n = j->l->length, width = j->p->kind == REAL ? 2 * vt_fft_bins(n) : n;
	double *from = j->buffer + 2 * b * j->stride, *to = from + j->stride;
	double scale = j->p->kind == REAL ? 1 / sqrt((double)n) : sqrt(0.5 / (double)n);
	for (size_t r = vt_block_begin(b, j->n_blocks, j->l->n); r < vt_block_begin(b + 1, j->n_blocks, j->l->n); r++) {
		for (size_t i = 0; i < n; i++) from[i] = j->x[r * j->l->next + i * j->l->step];
		execute(j, from, to);
		for (size_t k = 0; k < width; k++) j->out[r * width + k] = scale * to[k];
		if (j->p->kind == COSINE) j->out[r * width] *= M_SQRT1_2;
	}
	return VT_OK;
}

static enum vt_status series(struct vt_ctx *ctx, enum kind kind, const struct vt_strided *l, const double *x,
                             double *out)
{
	enum vt_status status;
	struct plan *p = NULL;
	struct series_job job = { .l = l, .x = x, .out = out, .n_blocks = l->n < BLOCKS ? l->n : BLOCKS };
	VT_TRY(plan(ctx, kind, l->length, &p));
	job.p = p;
	job.stride = (room(kind, l->length) + 7) / 8 * 8; /* whole cache lines: all arrays are aligned alike */
	VT_NEW(ctx, job.buffer, 2 * job.stride * job.n_blocks);
	VT_TRY(vt_blocks_run(ctx, job.n_blocks, false, series_block, &job));
done:
	free(job.buffer);
	return status;
}

enum vt_status vt_fft_real(struct vt_ctx *ctx, const struct vt_strided *l, const double *x, struct vt_complex *out)
{
	return series(ctx, REAL, l, x, (double *)out);
}

enum vt_status vt_dct(struct vt_ctx *ctx, const struct vt_strided *l, const double *x, double *out)
{
	return series(ctx, COSINE, l, x, out);
}

/* ---- planes ------------------------------------------------------------------ */

enum vt_status vt_fft_plane_plan(struct vt_ctx *ctx, size_t p)
{
	enum vt_status status;
	struct plan *unused;
	VT_TRY(plan(ctx, PLANE, p, &unused));
	VT_TRY(plan(ctx, PLANE_INVERSE, p, &unused));
done:
	return status;
}

enum vt_status vt_fft_plane(struct vt_ctx *ctx, size_t p, bool inverse, const struct vt_complex *x,
                            struct vt_complex *out)
{
	enum vt_status status;
	struct plan *found = NULL;
	double *from = NULL, *to = NULL;
	VT_TRY(plan(ctx, inverse ? PLANE_INVERSE : PLANE, p, &found));
	VT_NEW(ctx, from, 2 * p * p);
	VT_NEW(ctx, to, 2 * p * p);
	memcpy(from, x, p * p * sizeof *x);
	fftw_execute_dft(found->plan, (fftw_complex *)from, (fftw_complex *)to);
	for (size_t i = 0; i < p * p; i++) out[i] = (struct vt_complex){ to[2 * i] / (double)p, to[2 * i + 1] / (double)p };
done:
	free(from);
	free(to);
	return status;
}
