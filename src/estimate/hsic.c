/* Hilbert-Schmidt independence criterion: dependence in a kernel's eyes, no information.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "kernel.h"
#include "venturi/num.h"

enum statistic { BIASED, UNBIASED };
enum { PARTS = 64, CHUNK = 512 };

struct settings {
	double width_x, width_y;
	int statistic;
};

static const char *const statistic_names[] = { "biased", "unbiased", NULL };

static const struct vt_option options[] = {
	{ "width_x", VT_REAL, offsetof(struct settings, width_x), 0, 1e6, "0", .unit = "standard deviations",
	  .help = "of x's Gaussian kernel, for columns at scale 1; 0: the median distance of distinct rows" },
	{ "width_y", VT_REAL, offsetof(struct settings, width_y), 0, 1e6, "0", .unit = "standard deviations",
	  .help = "the same for y; a discrete variable's kernel is 1 for equal symbols, else 0" },
	{ "statistic", VT_CHOICE, offsetof(struct settings, statistic), .def = "biased", .choices = statistic_names,
	  .help = "biased: never negative, about 1 / n for independent data. unbiased: about 0 for them" },
	{ 0 }
};

/* Sums over all pairs: of K L, of row sums' products, of K, of L. */
struct moments {
	double kl, cross, k, l;
};

/* Gretton et al. 2005: tr(K H L H) / n^2.  Song et al. 2012, eq. 5, with diagonals (all 1) taken out. */
static double statistic(const struct moments *m, double n, int which)
{
	if (which == BIASED) return (m->kl - 2 * m->cross / n + m->k / n * (m->l / n)) / (n * n);
	double kl = m->kl - n, k = m->k - n, l = m->l - n, cross = m->cross - m->k - m->l + n;
	return (kl + k / (n - 1) * (l / (n - 2)) - 2 * cross / (n - 2)) / (n * (n - 3));
}

/* ---- rows, never a whole matrix ------------------------------------------------- */

struct job {
	const struct vt_kernel *x, *y;
	const double *mean_k, *mean_l; /* second pass: means of rows, then of everything */
	double all_k, all_l;
	double *k, *l, *kl;            /* first pass: row sums */
	double *centred;               /* second pass: row means of the product of centred kernels */
};

static void sum_row(const struct job *job, size_t i)
{
	double a[CHUNK], b[CHUNK];
	size_t n = job->x->n;
	for (size_t from = 0; from < n; from += CHUNK) {
		size_t to = n - from < CHUNK ? n : from + CHUNK;
		vt_kernel_row(job->x, i, from, to, a);
		vt_kernel_row(job->y, i, from, to, b);
		for (size_t j = 0; j < to - from; j++) {
			job->k[i] += a[j];
			job->l[i] += b[j];
			job->kl[i] += a[j] * b[j];
		}
	}
}

static void centred_row(const struct job *job, size_t i)
{
	double a[CHUNK], b[CHUNK], sum = 0;
	size_t n = job->x->n;
	for (size_t from = 0; from < n; from += CHUNK) {
		size_t to = n - from < CHUNK ? n : from + CHUNK;
		vt_kernel_row(job->x, i, from, to, a);
		vt_kernel_row(job->y, i, from, to, b);
		for (size_t j = from; j < to; j++)
			sum += (a[j - from] - job->mean_k[i] - job->mean_k[j] + job->all_k) *
			       (b[j - from] - job->mean_l[i] - job->mean_l[j] + job->all_l);
	}
	job->centred[i] = sum / (double)n;
}

static enum vt_status part(void *self, size_t block)
{
	const struct job *job = self;
	size_t n = job->x->n;
	for (size_t i = vt_block_begin(block, PARTS, n); i < vt_block_begin(block + 1, PARTS, n); i++)
		if (job->centred)
			centred_row(job, i);
		else
			sum_row(job, i);
	return VT_OK;
}

/* Row sums of both kernels and of their product, 3 n numbers from `sums` on. */
static enum vt_status row_sums(struct vt_ctx *ctx, const struct vt_kernel *x, const struct vt_kernel *y, double *sums,
                               struct moments *m)
{
	size_t n = x->n;
	struct job job = { .x = x, .y = y, .k = sums, .l = sums + n, .kl = sums + 2 * n };
	memset(sums, 0, 3 * n * sizeof *sums);
	enum vt_status status = vt_blocks_run(ctx, PARTS, false, part, &job);
	*m = (struct moments){ 0 };
	for (size_t i = 0; i < n; i++) {
		m->kl += job.kl[i];
		m->cross += job.k[i] * job.l[i];
		m->k += job.k[i];
		m->l += job.l[i];
	}
	return status;
}

/* HSIC is the squared norm of the cross-covariance of features: its influence function is twice the deviation of a
 * row's mean product of centred kernels.  It vanishes for independent data, where the null alone tells. */
static enum vt_status influence(struct vt_ctx *ctx, const struct vt_kernel *x, const struct vt_kernel *y, double *sums,
                                const struct moments *m, double *local)
{
	enum vt_status status = VT_OK;
	size_t n = x->n;
	double nn = (double)n * (double)n;
	struct job job = { .x = x, .y = y, .mean_k = sums, .mean_l = sums + n, .all_k = m->k / nn, .all_l = m->l / nn,
	                   .centred = local };
	for (size_t i = 0; i < 2 * n; i++) sums[i] /= (double)n;
	VT_TRY(vt_blocks_run(ctx, PARTS, false, part, &job));
	for (size_t i = 0; i < n; i++) local[i] *= 2;
done:
	return status;
}

static enum vt_status kernels(struct vt_ctx *ctx, const struct settings *s, const struct vt_pair *in,
                              struct vt_kernel kernel[2])
{
	enum vt_status status = VT_OK;
	VT_TRY(vt_kernel_create(ctx, &in->x, in->discrete_x, in->swapped ? s->width_y : s->width_x, &kernel[0]));
	VT_TRY(vt_kernel_create(ctx, &in->y, in->discrete_y, in->swapped ? s->width_x : s->width_y, &kernel[1]));
done:
	return status;
}

static enum vt_status pair(struct vt_ctx *ctx, const void *settings, const struct vt_pair *in, struct vt_estimated *out)
{
	enum vt_status status = VT_OK;
	const struct settings *s = settings;
	size_t n = in->x.rows;
	struct vt_kernel kernel[2] = { { 0 }, { 0 } };
	struct moments m;
	double *sums = NULL, *local = NULL;
	out->unit = "1";
	if (n < 4) {
		vt_estimated_flag(out, VT_DEGENERATE, "%zu rows: the criterion needs at least 4", n);
		goto done;
	}
	VT_TRY(kernels(ctx, s, in, kernel));
	VT_NEW(ctx, sums, 3 * n);
	VT_NEW(ctx, local, n);
	VT_TRY(row_sums(ctx, &kernel[0], &kernel[1], sums, &m));
	VT_TRY(influence(ctx, &kernel[0], &kernel[1], sums, &m, local));
	vt_estimated_normal(statistic(&m, (double)n, s->statistic), vt_local_error(in, local), "influence function", out);
done:
	vt_kernel_clear(&kernel[0]);
	vt_kernel_clear(&kernel[1]);
	free(sums);
	free(local);
	return status;
}

/* ---- null ------------------------------------------------------------------------ */

/* Sum over pairs of K L with y in another order: the squared norm of F'G, F and G being factors of the kernels. */
static double product_of_factors(const double *f, size_t rank_f, const double *g, size_t rank_g, size_t n,
                                 const uint32_t *order, double *moved, double *product)
{
	double sum = 0;
	for (size_t i = 0; i < n; i++) memcpy(moved + i * rank_g, g + order[i] * rank_g, rank_g * sizeof *moved);
	int threads = vt_gemm_serial();
	vt_gemm_f64(true, false, rank_f, rank_g, n, 1, f, rank_f, moved, rank_g, 0, product, rank_g);
	vt_gemm_restore(threads);
	for (size_t a = 0; a < rank_f * rank_g; a++) sum += product[a] * product[a];
	return sum;
}

/* One pass over all pairs for each permutation, where kernels are too narrow for a factor. */
static enum vt_status null_by_pairs(struct vt_ctx *ctx, const struct settings *s, const struct vt_pair *in,
                                    const uint32_t *order, double *mi)
{
	enum vt_status status = VT_OK;
	size_t n = in->x.rows;
	struct vt_kernel kernel[2] = { { 0 }, { 0 } };
	struct vt_pair moved = *in;
	struct moments m;
	double *sums = NULL, *y = NULL;
	VT_NEW(ctx, sums, 3 * n);
	for (size_t r = 0; r < in->n_null; r++) {
		VT_TRY(vt_rows_taken(ctx, &in->y, order + r * n, n, &y));
		moved.y = (struct vt_mat){ y, n, in->y.cols, in->y.cols };
		VT_TRY(kernels(ctx, s, &moved, kernel));
		VT_TRY(row_sums(ctx, &kernel[0], &kernel[1], sums, &m));
		mi[r] = statistic(&m, (double)n, s->statistic);
		vt_kernel_clear(&kernel[0]);
		vt_kernel_clear(&kernel[1]);
		free(y);
		y = NULL;
	}
done:
	vt_kernel_clear(&kernel[0]);
	vt_kernel_clear(&kernel[1]);
	free(sums);
	free(y);
	return status;
}

/* What both factors leave out changes the statistic by less than a permutation that must not count as equal. */
static const double left_out = 1e-11;
enum { MOST_RANK = 400 };

static enum vt_status null_by_factors(struct vt_ctx *ctx, const struct settings *s, const struct vt_kernel kernel[2],
                                      const uint32_t *order, size_t n_null, double *mi, bool *done_so)
{
	enum vt_status status = VT_OK;
	size_t n = kernel->n, rank[2] = { 0, 0 };
	double *factor[2] = { NULL, NULL }, *sums = NULL, *moved = NULL, *product = NULL;
	struct moments m;
	for (size_t a = 0; a < 2; a++)
		VT_TRY(vt_kernel_factor(ctx, &kernel[a], 1, left_out, MOST_RANK, &factor[a], &rank[a]));
	*done_so = rank[0] > 0 && rank[1] > 0;
	if (!*done_so) goto done;
	VT_NEW(ctx, sums, 3 * n);
	VT_NEW(ctx, moved, n * rank[1]);
	VT_NEW(ctx, product, rank[0] * rank[1]);
	VT_TRY(row_sums(ctx, &kernel[0], &kernel[1], sums, &m));
	for (size_t r = 0; r < n_null; r++) {
		const uint32_t *o = order + r * n;
		m.kl = product_of_factors(factor[0], rank[0], factor[1], rank[1], n, o, moved, product);
		m.cross = 0;
		for (size_t i = 0; i < n; i++) m.cross += sums[i] * sums[n + o[i]];
		mi[r] = statistic(&m, (double)n, s->statistic);
	}
done:
	free(factor[0]);
	free(factor[1]);
	free(sums);
	free(moved);
	free(product);
	return status;
}

static enum vt_status null(struct vt_ctx *ctx, const void *settings, const struct vt_pair *in, const uint32_t *order,
                           double *mi)
{
	enum vt_status status = VT_OK;
	struct vt_kernel kernel[2] = { { 0 }, { 0 } };
	bool done_so;
	VT_TRY(kernels(ctx, settings, in, kernel));
	VT_TRY(null_by_factors(ctx, settings, kernel, order, in->n_null, mi, &done_so));
	if (!done_so) status = null_by_pairs(ctx, settings, in, order, mi);
done:
	vt_kernel_clear(&kernel[0]);
	vt_kernel_clear(&kernel[1]);
	return status;
}

const struct vt_estimate_kind vt_estimate_hsic = {
	.kind = { "hsic", "Hilbert-Schmidt independence criterion: dependence, without a unit",
	          "Gretton, Bousquet, Smola & Scholkopf 2005; Song et al. 2012, eq. 5", sizeof(struct settings), options,
	          "no information, and no scale of its own: only the null says whether a value is large; widths decide "
	          "what dependence is seen" },
	.traits = VT_TAKES_ALL | VT_SYMMETRIC,
	.n_bounds = 1,
	.bound = { VT_POINT },
	.suffix = { "" },
	.cannot_mean = "An amount of information: it has no bits.",
	.pair = pair,
	.null = null,
};
