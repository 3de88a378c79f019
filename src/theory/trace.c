/* The whole curve of a law, for drawing: betas where they are needed, ends where they are known.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "law.h"
#include "venturi/num.h"

/* The curve starts at beta = 1 at the earliest (information cannot grow in processing), so beta
 * is spaced by the logarithm of beta - 1.  Beyond LAST the gain about Y is below 1e-4 of the
 * price: the end of the curve is known and stands for it. */
static const double first = 1e-4, last = 1e4;
static const double closest = 1.02; /* ratio of beta - 1 that is not split any more */

enum { N_COARSE = 12, N_ENDS = 3 };

/* ---- where to put betas ------------------------------------------------------------------- */

/* From half way to the critical beta on: solutions can exist below it. */
static size_t coarse(const struct vt_ib_facts *f, size_t n, double *beta)
{
	double from = isfinite(f->beta_c) ? fmax((f->beta_c - 1) / 2, first) : 1, to = fmax(last, 100 * from);
	for (size_t i = 0; i < n; i++) beta[i] = 1 + from * pow(to / from, (double)i / (double)(n - 1));
	return n;
}

/* Distance on paper: each axis as a share of its length. */
static double gap(const struct vt_ib_facts *f, const struct vt_ib_point *a, const struct vt_ib_point *b)
{
	return hypot((a->i_xt - b->i_xt) / f->h_y, (a->i_ty - b->i_ty) / f->i_xy);
}

/* Splits the widest gaps that can be split, at most `room` of them; betas ascend.  Returns how
 * many were appended. */
static size_t split_gaps(const struct vt_ib_facts *f, size_t n, double *beta, const struct vt_ib_point *p, size_t room)
{
	size_t added = 0;
	while (added < room) {
		size_t widest = n;
		double most = 1.0 / 64;
		for (size_t i = 0; i + 1 < n; i++) {
			bool taken = false;
			double middle = 1 + sqrt((beta[i] - 1) * (beta[i + 1] - 1));
			for (size_t k = 0; k < added; k++) taken |= beta[n + k] == middle;
			if (taken || beta[i + 1] - 1 < closest * (beta[i] - 1) || gap(f, &p[i], &p[i + 1]) < most) continue;
			most = gap(f, &p[i], &p[i + 1]);
			widest = i;
		}
		if (widest == n) break;
		beta[n + added++] = 1 + sqrt((beta[widest] - 1) * (beta[widest + 1] - 1));
	}
	return added;
}

/* Looks at the curve roughly, several times, and returns the number of betas chosen. */
static enum vt_status choose(struct vt_ctx *ctx, struct vt_mat joint, const struct vt_ib_facts *f, size_t most,
                             double *beta, struct vt_ib_point *p, size_t *n)
{
	const struct vt_ib_settings rough = { .n_starts = SIZE_MAX, .max_iterations = 300, .tolerance = 1e-6 };
	enum vt_status status = VT_OK;
	*n = coarse(f, most < N_COARSE ? most : N_COARSE, beta);
	for (size_t added = 1; added > 0 && *n < most; *n += added) {
		VT_TRY(vt_ib_curve(ctx, joint, &rough, *n, beta, p));
		/* A third of what is left at a time: gaps look different after a split. */
		added = split_gaps(f, *n, beta, p, (most - *n + 2) / 3);
		vt_sort(beta, *n + added);
	}
done:
	return status;
}

/* ---- points --------------------------------------------------------------------------------- */

static struct vt_ib_point known(double beta, double i_xt, double i_ty, size_t clusters)
{
	return (struct vt_ib_point){ .beta = beta, .i_xt = i_xt, .i_ty = i_ty, .h_t = i_xt, .clusters = clusters,
		                     .converged = true };
}

/* From the sufficient statistic to X itself: nothing more about Y. */
static size_t add_ends(const struct vt_ib_facts *f, struct vt_ib_point *out, size_t n)
{
	out[n++] = known(INFINITY, f->h_states, f->i_xy, f->n_states);
	if (f->h_x > f->h_states + 1e-9) out[n++] = known(INFINITY, f->h_x, f->i_xy, f->n_states);
	return n;
}

/* Nothing to be told. */
static size_t flat(const struct vt_ib_facts *f, struct vt_ib_point *out)
{
	out[0] = known(1, 0, 0, 1);
	out[1] = known(INFINITY, f->h_x, 0, 1);
	return 2;
}

/* The line i_ty = i_xt, then the flat part. */
static size_t straight(const struct vt_ib_facts *f, size_t n, struct vt_ib_point *out)
{
	size_t steps = n - N_ENDS < 10 ? n - N_ENDS : 10;
	for (size_t i = 0; i <= steps; i++) {
		double h = f->h_y * (double)i / (double)steps;
		out[i] = known(1, h, h, i == 0 ? 1 : f->n_states);
		if (i > 0 && i < steps) out[i].h_t = NAN; /* a mixture of two channels: as many as one likes */
	}
	if (f->h_x > f->h_y + 1e-9) out[++steps] = known(INFINITY, f->h_x, f->i_xy, f->n_states);
	return steps + 1;
}

/* Solutions in order of beta are in order of i_xt; those that repeat a corner are left out. */
static size_t distinct(const struct vt_ib_facts *f, size_t n, const struct vt_ib_point *p, struct vt_ib_point *out)
{
	size_t kept = 0;
	out[kept++] = known(1, 0, 0, 1);
	for (size_t i = 0; i < n; i++) {
		if (p[i].i_xt > f->h_states - 1e-9) break;
		if (p[i].i_xt > out[kept - 1].i_xt + 1e-9) out[kept++] = p[i];
		else if (kept == 1) out[0].beta = p[i].beta; /* the last beta that tells nothing */
	}
	return kept;
}

enum vt_status vt_ib_trace(struct vt_ctx *ctx, struct vt_mat joint, const struct vt_ib_settings *s, size_t n,
                           struct vt_ib_point *out, size_t *n_out)
{
	enum vt_status status;
	struct vt_ib_facts f;
	double *beta = NULL;
	struct vt_ib_point *p = NULL;
	size_t n_beta;

	VT_REQUIRE(ctx, n >= 8, VT_EDOMAIN, "a curve of %zu points, wanted at least 8", n);
	VT_TRY(vt_ib_facts(ctx, joint, &f));
	if (!isfinite(f.beta_c) || f.deterministic) {
		*n_out = isfinite(f.beta_c) ? straight(&f, n, out) : flat(&f, out);
		goto done;
	}
	VT_NEW(ctx, beta, n);
	VT_NEW(ctx, p, n);
	VT_TRY(choose(ctx, joint, &f, n - N_ENDS, beta, p, &n_beta));
	VT_TRY(vt_ib_curve(ctx, joint, s, n_beta, beta, p));
	*n_out = add_ends(&f, out, distinct(&f, n_beta, p, out));
done:
	free(beta);
	free(p);
	return status;
}
