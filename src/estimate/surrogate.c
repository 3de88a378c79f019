/* Surrogates: data of known information with the margins, dimensions, n and dependence of given ones.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include <gsl/gsl_cdf.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "surrogate.h"
#include "venturi/num.h"
#include "venturi/rng.h"

void vt_surrogates_clear(struct vt_surrogates *s)
{
	vt_axes_clear(&s->axes);
	free(s->sorted_x);
	free(s->sorted_y);
	free(s->symbol_x);
	free(s->symbol_y);
	*s = (struct vt_surrogates){ 0 };
}

/* ---- continuous: an elliptical copula ---------------------------------------------- */

static enum vt_status sorted_columns(struct vt_ctx *ctx, const struct vt_mat *m, double **out)
{
	enum vt_status status = VT_OK;
	double *v = NULL;
	VT_NEW(ctx, v, m->rows * m->cols);
	for (size_t c = 0; c < m->cols; c++) {
		for (size_t i = 0; i < m->rows; i++) v[c * m->rows + i] = m->x[i * m->stride + c];
		vt_sort(v + c * m->rows, m->rows);
	}
	*out = v;
done:
	return status;
}

/* Canonical correlations of independent data reach (sqrt dx + sqrt dy) / sqrt n (Wachter 1980): what is not above is
 * noise, and above it is carried by noise, too. */
static size_t above_noise(struct vt_axes *a, size_t n)
{
	size_t pairs = 0, most = a->dw < a->de ? a->dw : a->de;
	double edge = (sqrt((double)a->dw) + sqrt((double)a->de)) / sqrt((double)n);
	for (size_t j = 0; j < most && a->rho[j] > 1.1 * edge; j++) {
		double excess = a->rho[j] * a->rho[j] - (double)(a->dw + a->de) / (double)n;
		a->rho[j] = sqrt(fmax(excess, 0));
		pairs++;
	}
	return pairs;
}

static enum vt_status fit_copula(struct vt_ctx *ctx, const struct vt_pair *in, struct vt_surrogates *s)
{
	enum vt_status status = VT_OK;
	struct vt_elliptical f = { 0 };
	bool singular;
	VT_TRY(vt_elliptical_fit(ctx, &in->x, &in->y, 0, &f, &singular));
	s->possible = !singular;
	s->why = "no copula can be fitted, so that there are no surrogates";
	if (singular) goto done;
	VT_TRY(vt_elliptical_axes(ctx, &f, false, &s->axes));
	s->nu = f.nu;
	s->pairs = above_noise(&s->axes, f.n);
	if (s->pairs == 0 && isinf(s->nu)) { /* no dependence to scale: that of one pair of directions */
		s->pairs = 1;
		s->axes.rho[0] = 0.5;
	}
	VT_TRY(sorted_columns(ctx, &in->x, &s->sorted_x));
	VT_TRY(sorted_columns(ctx, &in->y, &s->sorted_y));
done:
	vt_elliptical_clear(&f);
	return status;
}

/* Fisher's z scales without leaving (-1, 1). */
static double scaled(double rho, double strength)
{
	return tanh(strength * atanh(fmin(rho, 0.99999)));
}

static double scaled_nu(double nu, double strength)
{
	return strength > 0 ? nu / strength : INFINITY;
}

static double copula_truth(const struct vt_surrogates *s, double strength)
{
	double mi = vt_student_excess(s->axes.dw, s->axes.de, scaled_nu(s->nu, strength));
	for (size_t j = 0; j < s->pairs; j++) {
		double rho = scaled(s->axes.rho[j], strength);
		mi -= log1p(-rho * rho) / 2;
	}
	return mi;
}

/* out (n x d) = in (n x d) (l t)' */
static enum vt_status turn(struct vt_ctx *ctx, size_t n, size_t d, const double *l, const double *t, const double *in,
                           double *out)
{
	enum vt_status status = VT_OK;
	double *both = NULL;
	VT_NEW(ctx, both, d * d);
	int threads = vt_gemm_serial();
	vt_gemm_f64(false, false, d, d, d, 1, l, d, t, d, 0, both, d);
	vt_gemm_f64(false, true, n, d, d, 1, in, d, both, d, 0, out, d);
	vt_gemm_restore(threads);
done:
	free(both);
	return status;
}

/* Each column's values become the data's of the same rank. */
static enum vt_status to_margins(struct vt_ctx *ctx, size_t n, size_t d, const double *sorted, double *v)
{
	enum vt_status status = VT_OK;
	struct vt_ranked *r = NULL;
	VT_NEW(ctx, r, n);
	for (size_t c = 0; c < d; c++) {
		for (size_t i = 0; i < n; i++) r[i] = (struct vt_ranked){ v[i * d + c], i };
		vt_ranked_sort(r, n);
		for (size_t i = 0; i < n; i++) v[r[i].row * d + c] = sorted[c * n + i];
	}
done:
	free(r);
	return status;
}

static void draw_white(const struct vt_surrogates *s, double strength, struct vt_rng *rng, size_t n, double *w,
                       double *e)
{
	size_t dx = s->axes.dw, dy = s->axes.de;
	double nu = scaled_nu(s->nu, strength);
	for (size_t i = 0; i < n; i++) {
		double scale = 1;
		if (isfinite(nu)) scale = 1 / sqrt(gsl_cdf_chisq_Pinv(1 - vt_rng_uniform(rng), nu) / nu);
		for (size_t c = 0; c < dx; c++) w[i * dx + c] = vt_rng_normal(rng);
		for (size_t c = 0; c < dy; c++) {
			double rho = c < s->pairs ? scaled(s->axes.rho[c], strength) : 0;
			double z = vt_rng_normal(rng);
			e[i * dy + c] = scale * (c < s->pairs ? rho * w[i * dx + c] + sqrt(1 - rho * rho) * z : z);
		}
		for (size_t c = 0; c < dx; c++) w[i * dx + c] *= scale;
	}
}

static enum vt_status draw_copula(struct vt_ctx *ctx, const struct vt_surrogates *s, double strength,
                                  struct vt_rng *rng, double *x, double *y)
{
	enum vt_status status = VT_OK;
	size_t n = s->in->x.rows, dx = s->axes.dw, dy = s->axes.de;
	double *w = NULL, *e = NULL;
	VT_NEW(ctx, w, n * dx);
	VT_NEW(ctx, e, n * dy);
	draw_white(s, strength, rng, n, w, e);
	VT_TRY(turn(ctx, n, dx, s->axes.lw, s->axes.u, w, x));
	VT_TRY(turn(ctx, n, dy, s->axes.le, s->axes.v, e, y));
	VT_TRY(to_margins(ctx, n, dx, s->sorted_x, x));
	VT_TRY(to_margins(ctx, n, dy, s->sorted_y, y));
done:
	free(w);
	free(e);
	return status;
}

/* ---- discrete: the table mixed with the product of its margins -------------------------- */

static enum vt_status count_symbols(struct vt_ctx *ctx, const struct vt_pair *in, struct vt_surrogates *s)
{
	enum vt_status status = VT_OK;
	s->possible = true;
	VT_TRY(vt_symbols(ctx, &in->x, &s->symbol_x, &s->n_x));
	VT_TRY(vt_symbols(ctx, &in->y, &s->symbol_y, &s->n_y));
done:
	return status;
}

static int by_number(const void *a, const void *b)
{
	uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;
	return (x > y) - (x < y);
}

/* Of p = (1 - t) px py + t pxy, t = strength: cells without a row have p = (1 - t) px py. */
static enum vt_status table_truth(struct vt_ctx *ctx, const struct vt_surrogates *s, double strength, double *mi)
{
	enum vt_status status = VT_OK;
	size_t n = s->in->x.rows;
	uint64_t *cell = NULL;
	double *px = NULL, *py = NULL, sum = 0, covered = 0, t = fmin(strength, 1);
	VT_NEW(ctx, cell, n);
	VT_NEW(ctx, px, s->n_x);
	VT_NEW(ctx, py, s->n_y);
	for (size_t i = 0; i < n; i++) {
		px[s->symbol_x[i]] += 1 / (double)n;
		py[s->symbol_y[i]] += 1 / (double)n;
		cell[i] = (uint64_t)s->symbol_x[i] * s->n_y + (uint64_t)s->symbol_y[i];
	}
	qsort(cell, n, sizeof *cell, by_number);
	for (size_t begin = 0, end; begin < n; begin = end) {
		for (end = begin + 1; end < n && cell[end] == cell[begin];) end++;
		double apart = px[cell[begin] / s->n_y] * py[cell[begin] % s->n_y];
		double p = (1 - t) * apart + t * (double)(end - begin) / (double)n;
		sum += p * log(p / apart);
		covered += apart;
	}
	if (t < 1) sum += (1 - t) * fmax(1 - covered, 0) * log1p(-t);
	*mi = sum;
done:
	free(cell);
	free(px);
	free(py);
	return status;
}

static void draw_table(const struct vt_surrogates *s, double strength, struct vt_rng *rng, double *x, double *y)
{
	size_t n = s->in->x.rows;
	for (size_t i = 0; i < n; i++) {
		size_t a = vt_rng_below(rng, n), b = vt_rng_uniform(rng) < strength ? a : vt_rng_below(rng, n);
		x[i] = s->symbol_x[a];
		y[i] = s->symbol_y[b];
	}
}

/* ---- both ---------------------------------------------------------------------------------- */

enum vt_status vt_surrogates_create(struct vt_ctx *ctx, const struct vt_pair *in, struct vt_surrogates *out)
{
	enum vt_status status = VT_OK;
	struct vt_surrogates s = { .in = in, .nu = INFINITY };
	if (in->z.cols > 0) s.why = "there are no surrogates for conditional information";
	else if (in->discrete_x != in->discrete_y) s.why = "there are no surrogates for a label with a continuous variable";
	else if (in->discrete_x) VT_TRY(count_symbols(ctx, in, &s));
	else VT_TRY(fit_copula(ctx, in, &s));
	*out = s;
	s = (struct vt_surrogates){ 0 };
done:
	vt_surrogates_clear(&s);
	return status;
}

enum vt_status vt_surrogates_truth(struct vt_ctx *ctx, const struct vt_surrogates *s, double strength, double *mi)
{
	if (s->in->discrete_x) return table_truth(ctx, s, strength, mi);
	*mi = copula_truth(s, strength);
	return VT_OK;
}

enum vt_status vt_surrogates_draw(struct vt_ctx *ctx, const struct vt_surrogates *s, double strength,
                                  uint64_t replicate, double *x, double *y)
{
	struct vt_rng rng = vt_rng_stream(s->in->seed, VT_PURPOSE_SURROGATE, replicate);
	if (!s->in->discrete_x) return draw_copula(ctx, s, strength, &rng, x, y);
	draw_table(s, strength, &rng, x, y);
	return VT_OK;
}
