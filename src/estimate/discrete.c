/* Information of discrete variables from counts: what all such estimators share.
 *
 * The error.  An estimate moves with the sample by its local terms (first order) and by a quadratic form in the
 * deviations of the shares (second order), which is all that is left where the local terms are constant: independent
 * variables, noiseless channels.  With p(k) the shares of the joint cells and E_a, E_b, E_c the projections on
 * functions of (X,Z), (Y,Z), Z, the form's matrix times the covariance of the shares is
 *     M = 1 - E_a - E_b + E_c          (E_c = 1p' without Z)
 * and its variance tr(M M) / (2 n^2), where
 *     tr(M M) = m_ab - m_a - m_b - m_c + 2 sum_k p(k)^2 / (p_a(k) p_b(k)),
 * m counting cells.  Independent: (Kx - 1)(Ky - 1), the degrees of chi-square.  Y = X: K - 1.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include <math.h>
#include <stdlib.h>

#include "discrete.h"

double vt_joint_information(const struct vt_joint *j, double (*entropy)(const struct vt_counts *))
{
	/* One symbol tells nothing, exactly; and the sum is the same for (X,Y) and (Y,X). */
	if (j->n_x == 1 || j->n_y == 1) return 0;
	return (entropy(&j->a) + entropy(&j->b)) - (entropy(&j->ab) + entropy(&j->c));
}

/* Local terms ln p(ab) p(c) / (p(a) p(b)) with psi-like logarithms of the counts: those of the shares themselves
 * make a lone row look a hundred times likelier than it is, and the scatter too small. */
enum vt_status vt_discrete_local(struct vt_ctx *ctx, const struct vt_joint *j, double *local)
{
	enum vt_status status = VT_OK;
	size_t n = j->ab.n;
	double *g = NULL;
	VT_NEW(ctx, g, n + 1);
	for (size_t c = 1; c <= n; c++) g[c] = c < 16 ? vt_grassberger(c) : log((double)c);
	for (size_t i = 0; i < n; i++)
		local[i] = g[j->ab.of_row[i]] + g[j->c.of_row[i]] - g[j->a.of_row[i]] - g[j->b.of_row[i]];
done:
	free(g);
	return status;
}

/* Blocks are the independent units where rows are not. */
static double units(const struct vt_pair *in)
{
	double blocks = 1;
	if (!in->block) return (double)in->x.rows;
	for (size_t i = 1; i < in->x.rows; i++) blocks += in->block[i] != in->block[i - 1];
	return blocks;
}

/* tr(M M) / (2 n^2) */
static double second_order(const struct vt_pair *in, const struct vt_joint *j)
{
	double overlap = 0, cells = (double)j->ab.occupied - (double)j->a.occupied - (double)j->b.occupied -
	                            (double)j->c.occupied;
	for (size_t i = 0; i < j->ab.n; i++)
		overlap += (double)j->ab.of_row[i] / ((double)j->a.of_row[i] * (double)j->b.of_row[i]);
	return fmax(cells + 2 * overlap, 0) / 2 / units(in) / units(in);
}

/* The local terms themselves are estimates, whose scatter exceeds the true one by tr(M M) / n^2. */
static double error(const struct vt_discrete_method *m, const struct vt_pair *in, const struct vt_joint *j,
                    const double *local, double keep)
{
	double scatter = vt_local_error(in, local), second = second_order(in, j);
	double jitter = m->jitter ? m->jitter(j) : 0;
	if (isnan(scatter)) return NAN; /* a single block */
	return sqrt(fmax(scatter * scatter - 2 * second, 0) + keep * keep * second + jitter);
}

/* ---- bias ------------------------------------------------------------------- */

static double singletons(const struct vt_counts *c)
{
	return c->size[0] == 1 ? (double)c->times[0] : 0;
}

static double rare(const struct vt_counts *c)
{
	double one = singletons(c), two = 0;
	for (size_t k = 0; k < c->n_sizes && c->size[k] <= 2; k++) two = c->size[k] == 2 ? (double)c->times[k] : 0;
	return one + one * (one - 1) / (2 * (two + 1));
}

/* Grassberger's correction leaves up to about 0.15 / n in each cell that expects less than a row or so; of these there
 * are the singletons and, by Chao 1984, f1 (f1 - 1) / (2 (f2 + 1)) that were not seen. */
static double bias_left(const struct vt_joint *j)
{
	return 0.15 * rare(&j->ab) / (double)j->ab.n;
}

/* The counts' own estimate with little bias and no jitter: Grassberger's for few rows, Miller's for many. */
static double reference_entropy(const struct vt_counts *c)
{
	double sum = 0, n = (double)c->n;
	if (c->occupied == 1) return 0;
	for (size_t k = 0; k < c->n_sizes; k++) {
		double s = (double)c->size[k], g = s < 16 ? vt_grassberger(c->size[k]) : log(s) - 1 / (2 * s);
		sum += (double)c->times[k] * s * g;
	}
	return log(n) - sum / n;
}

/* At a bias of half an error a 95 % interval covers 92 times in 100; where singletons are many, nothing about the bias
 * can be known. */
static void flag_bias(const struct vt_discrete_method *m, const struct vt_joint *j, struct vt_estimated *e)
{
	const double most = 0.5, most_singletons = 0.2;
	double left = bias_left(j), apart = 0;
	if (j->n_x == 1 || j->n_y == 1) return;
	if (!m->jitter) apart = e->mi - vt_joint_information(j, reference_entropy);
	/* What was drawn towards 0 has its error drawn along, so the interval misses more often: 1.5 times as strict. */
	apart = apart < 0 ? -1.5 * apart : apart;
	if (left + apart > most * e->se)
		vt_estimated_flag(e, VT_BIAS_DOMINATED, "%zu rows in %zu joint cells: a bias of about %.2g nat is left, "
		                  "the standard error is %.2g", j->ab.n, j->ab.occupied, left + fabs(apart), e->se);
	else if (singletons(&j->ab) > most_singletons * (double)j->ab.n)
		vt_estimated_flag(e, VT_BIAS_DOMINATED, "%g of %zu rows are alone in their joint cell",
		                  singletons(&j->ab), j->ab.n);
}

static void flag_ceiling(const struct vt_joint *j, struct vt_estimated *e)
{
	double n = (double)j->ab.n;
	e->ceiling = log(fmin(fmin(j->n_x, j->n_y), n));
	if (e->mi > log(n) - 0.05 / VT_BITS_PER_NAT)
		vt_estimated_flag(e, VT_SATURATED, "%zu rows cannot show more than their logarithm, %.4g nat", j->ab.n, log(n));
}

enum vt_status vt_discrete_estimate_symbols(struct vt_ctx *ctx, const struct vt_discrete_method *m,
                                            const void *settings, const struct vt_pair *in,
                                            const struct vt_symbol_rows *s, struct vt_estimated *out)
{
	enum vt_status status = VT_OK;
	struct vt_joint j = { 0 };
	double mi, keep = 1, *local = NULL;
	VT_TRY(vt_joint_of(ctx, s, &j));
	VT_NEW(ctx, local, s->n);
	VT_TRY(m->mi(ctx, settings, &j, &mi));
	if (!isfinite(mi)) {
		vt_estimated_flag(out, VT_DEGENERATE, "no finite value on %zu rows in %zu cells", s->n, j.ab.occupied);
		goto done;
	}
	if (m->local) VT_TRY(m->local(ctx, settings, &j, local, &keep));
	else VT_TRY(vt_discrete_local(ctx, &j, local));
	vt_estimated_normal(mi, error(m, in, &j, local, keep),
	                    in->block ? "local terms, summed over blocks, and second order" : "local terms and second order",
	                    out);
	flag_ceiling(&j, out);
	flag_bias(m, &j, out);
done:
	vt_joint_clear(&j);
	free(local);
	return status;
}

enum vt_status vt_discrete_estimate(struct vt_ctx *ctx, const struct vt_discrete_method *m, const void *settings,
                                    const struct vt_pair *in, struct vt_estimated *out)
{
	enum vt_status status = VT_OK;
	struct vt_symbol_rows s = { 0 };
	VT_TRY(vt_symbol_rows_of(ctx, in, &s));
	VT_TRY(vt_discrete_estimate_symbols(ctx, m, settings, in, &s, out));
done:
	vt_symbol_rows_clear(&s);
	return status;
}

enum vt_status vt_discrete_null_symbols(struct vt_ctx *ctx, const struct vt_discrete_method *m, const void *settings,
                                        const struct vt_pair *in, const struct vt_symbol_rows *s,
                                        const uint32_t *order, double *mi)
{
	enum vt_status status = VT_OK;
	struct vt_symbol_rows moved = *s;
	struct vt_joint j = { 0 };
	moved.y = NULL;
	VT_NEW(ctx, moved.y, s->n);
	for (size_t r = 0; r < in->n_null; r++) {
		for (size_t i = 0; i < s->n; i++) moved.y[i] = s->y[order[r * s->n + i]];
		vt_joint_clear(&j);
		VT_TRY(vt_joint_of(ctx, &moved, &j));
		VT_TRY(m->mi(ctx, settings, &j, &mi[r]));
	}
done:
	vt_joint_clear(&j);
	free(moved.y);
	return status;
}

enum vt_status vt_discrete_null(struct vt_ctx *ctx, const struct vt_discrete_method *m, const void *settings,
                                const struct vt_pair *in, const uint32_t *order, double *mi)
{
	enum vt_status status = VT_OK;
	struct vt_symbol_rows s = { 0 };
	VT_TRY(vt_symbol_rows_of(ctx, in, &s));
	VT_TRY(vt_discrete_null_symbols(ctx, m, settings, in, &s, order, mi));
done:
	vt_symbol_rows_clear(&s);
	return status;
}
