/* One statistic of dependence for any pair, for p-values that no choice after a look at the data can spoil.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "automatic.h"
#include "venturi/linear.h"
#include "venturi/num.h"
#include "venturi/rng.h"

enum { MOST_FEATURES = 64 };

/* Scores themselves, then cosines of random projections of them at three scales. */
static void waves(const double *z, size_t d, size_t p, const double *direction, double *out)
{
	size_t plain = d < p / 2 ? d : p / 2;
	for (size_t f = 0; f < p; f++) {
		double phase = direction[f * (d + 1) + d];
		if (f < plain) {
			out[f] = z[f];
			continue;
		}
		for (size_t c = 0; c < d; c++) phase += direction[f * (d + 1) + c] * z[c];
		out[f] = cos(phase);
	}
}

static enum vt_status wave_features(struct vt_ctx *ctx, const struct vt_mat *m, size_t p, uint64_t index, double **out)
{
	static const double scale[] = { 0.5, 1, 2 };
	enum vt_status status = VT_OK;
	size_t n = m->rows, d = m->cols;
	struct vt_rng rng = vt_rng_stream(index, VT_PURPOSE_CONTROL, 1000);
	double *z = NULL, *direction = NULL, *feature = NULL;
	VT_TRY(vt_normal_scores(ctx, m, &z));
	VT_NEW(ctx, direction, p * (d + 1));
	VT_NEW(ctx, feature, n * p);
	for (size_t f = 0; f < p; f++) {
		for (size_t c = 0; c < d; c++) direction[f * (d + 1) + c] = vt_rng_normal(&rng) * scale[f % 3] / sqrt((double)d);
		direction[f * (d + 1) + d] = 2 * M_PI * vt_rng_uniform(&rng);
	}
	for (size_t i = 0; i < n; i++) waves(z + i * d, d, p, direction, feature + i * p);
	*out = feature;
	feature = NULL;
done:
	free(z);
	free(direction);
	free(feature);
	return status;
}

/* Symbols by number of first appearance, those beyond p sharing. */
static enum vt_status indicator_features(struct vt_ctx *ctx, const struct vt_mat *m, size_t most, size_t *p,
                                         double **out)
{
	enum vt_status status = VT_OK;
	int32_t *symbol = NULL;
	size_t symbols;
	double *feature = NULL;
	VT_TRY(vt_symbols(ctx, m, &symbol, &symbols));
	*p = symbols - 1 < most ? symbols - 1 : most;
	*p = *p > 0 ? *p : 1;
	VT_NEW(ctx, feature, m->rows * *p);
	for (size_t i = 0; i < m->rows; i++) {
		size_t s = (size_t)symbol[i] % (*p + 1); /* one of p + 1, the last one left out */
		if (s < *p) feature[i * *p + s] = 1;
	}
	*out = feature;
	feature = NULL;
done:
	free(symbol);
	free(feature);
	return status;
}

/* Features uncorrelated and of variance 1 on the rows that there are; a ridge keeps nearly equal ones apart. */
static enum vt_status whiten(struct vt_ctx *ctx, size_t n, size_t p, double *feature)
{
	enum vt_status status = VT_OK;
	double *s = NULL, *mean = NULL, *inverse = NULL, *white = NULL, trace = 0;
	VT_NEW(ctx, s, p * p);
	VT_NEW(ctx, mean, p);
	VT_NEW(ctx, inverse, p * p);
	VT_NEW(ctx, white, n * p);
	VT_TRY(vt_covariance(ctx, &(struct vt_mat){ feature, n, p, p }, mean, s));
	for (size_t c = 0; c < p; c++) trace += s[c * p + c] / (double)p;
	for (size_t c = 0; c < p; c++) {
		s[c * p + c] += 1e-6 * trace + 1e-300;
		inverse[c * p + c] = 1;
	}
	for (size_t i = 0; i < n; i++)
		for (size_t c = 0; c < p; c++) feature[i * p + c] -= mean[c];
	VT_REQUIRE(ctx, vt_cholesky(s, p, 0), VT_EBUG, "a covariance with a ridge has no factor");
	vt_cholesky_solve(s, p, inverse, p);
	int threads = vt_gemm_serial();
	vt_gemm_f64(false, true, n, p, p, 1, feature, p, inverse, p, 0, white, p);
	vt_gemm_restore(threads);
	memcpy(feature, white, n * p * sizeof *feature);
done:
	free(s);
	free(mean);
	free(inverse);
	free(white);
	return status;
}

static enum vt_status features(struct vt_ctx *ctx, const struct vt_mat *m, bool discrete, uint64_t index, size_t *p,
                               double **out)
{
	enum vt_status status = VT_OK;
	size_t most = m->rows / 20 < MOST_FEATURES ? m->rows / 20 : MOST_FEATURES;
	*p = most > 1 ? most : 1;
	if (discrete) VT_TRY(indicator_features(ctx, m, *p, p, out));
	else VT_TRY(wave_features(ctx, m, *p, index, out));
	VT_TRY(whiten(ctx, m->rows, *p, *out));
done:
	return status;
}

/* Half the sum of squared correlations less its mean without dependence: the information of small correlations. */
static double statistic(const double *a, size_t p, const double *b, size_t q, size_t n, double *product)
{
	double sum = 0;
	int threads = vt_gemm_serial();
	vt_gemm_f64(true, false, p, q, n, 1 / (double)n, a, p, b, q, 0, product, q);
	vt_gemm_restore(threads);
	for (size_t k = 0; k < p * q; k++) sum += product[k] * product[k];
	return (sum - (double)(p * q) / (double)n) / 2;
}

enum vt_status vt_dependence(struct vt_ctx *ctx, const struct vt_pair *in, const uint32_t *order, double *observed,
                             double *null)
{
	enum vt_status status = VT_OK;
	size_t n = in->x.rows, p, q;
	double *a = NULL, *b = NULL, *product = NULL, *moved = NULL;
	VT_TRY(features(ctx, &in->x, in->discrete_x, 0, &p, &a));
	VT_TRY(features(ctx, &in->y, in->discrete_y, 1, &q, &b));
	VT_NEW(ctx, product, p * q);
	*observed = statistic(a, p, b, q, n, product);
	for (size_t r = 0; r < in->n_null; r++) {
		VT_TRY(vt_rows_taken(ctx, &(struct vt_mat){ b, n, q, q }, order + r * n, n, &moved));
		null[r] = statistic(a, p, moved, q, n, product);
		free(moved);
		moved = NULL;
	}
done:
	free(a);
	free(b);
	free(product);
	free(moved);
	return status;
}
