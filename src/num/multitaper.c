/* Multitaper spectra.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include <gsl/gsl_cdf.h>

#include "venturi/fft.h"
#include "venturi/linear.h"
#include "venturi/multitaper.h"

/* ---- tapers ----------------------------------------------------------------------- */

static double diagonal(size_t n, double w, size_t i)
{
	double x = ((double)n - 1) / 2 - (double)i;
	return x * x * cos(2 * M_PI * w);
}

/* Between i - 1 and i. */
static double beside(size_t n, size_t i)
{
	return (double)i * (double)(n - i) / 2;
}

/* The tridiagonal matrix on even or odd sequences, which their first half determines: m x m into a. */
static void half_matrix(size_t n, double w, bool odd, size_t m, double *a)
{
	memset(a, 0, m * m * sizeof *a);
	for (size_t i = 0; i < m; i++) {
		a[i * m + i] = diagonal(n, w, i);
		if (i > 0) a[i * m + i - 1] = a[(i - 1) * m + i] = beside(n, i);
	}
	if (n % 2 == 0) {
		a[m * m - 1] += (odd ? -1 : 1) * beside(n, n / 2); /* the neighbour across the middle is itself */
	} else if (!odd && m > 1) {
		a[m * m - 2] *= M_SQRT2; /* the middle counts once, the others twice */
		a[(m - 1) * m - 1] *= M_SQRT2;
	}
}

/* Column j of the half's eigenvectors as a whole sequence of norm 1. */
static void unfold(size_t n, bool odd, size_t m, const double *vector, size_t j, double *taper)
{
	double sum = 0;
	for (size_t i = 0; i < m; i++) {
		bool middle = n % 2 == 1 && !odd && i + 1 == m;
		double x = vector[i * m + j] * (middle ? 1 : M_SQRT1_2);
		taper[n - 1 - i] = odd ? -x : x;
		taper[i] = x;
		sum += x;
	}
	if (n % 2 == 1 && odd) taper[m] = 0;
	for (size_t i = 0; i < n && sum < 0; i++) taper[i] = -taper[i];
}

/* Tapers 0, 2, 4 ... or 1, 3, 5 ... of k: parities take turns. */
static enum vt_status tapers_of(struct vt_ctx *ctx, size_t n, double w, bool odd, size_t k, double *taper)
{
	enum vt_status status;
	size_t m = odd ? n / 2 : n - n / 2;
	double *a = NULL, *value = NULL, *vector = NULL;
	VT_NEW(ctx, a, m * m);
	VT_NEW(ctx, value, m);
	VT_NEW(ctx, vector, m * m);
	half_matrix(n, w, odd, m, a);
	VT_TRY(vt_eigen_symmetric(ctx, a, m, value, vector));
	for (size_t t = odd; t < k; t += 2) unfold(n, odd, m, vector, t / 2, taper + t * n);
done:
	free(a);
	free(value);
	free(vector);
	return status;
}

/* Energy within w: v' S v, S_jl = sin(2 pi w (j - l)) / (pi (j - l)), by the taper's own correlations. */
static double concentrated(size_t n, double w, const double *v)
{
	double total = 0;
	for (size_t lag = 0; lag < n; lag++) {
		double sum = 0, x = (double)lag;
		for (size_t i = lag; i < n; i++) sum += v[i] * v[i - lag];
		total += lag == 0 ? 2 * w * sum : 2 * sum * sin(2 * M_PI * w * x) / (M_PI * x);
	}
	return fmin(total, 1);
}

enum vt_status vt_dpss(struct vt_ctx *ctx, size_t n, double nw, size_t k, double *taper, double *concentration)
{
	enum vt_status status;
	double w = nw / (double)n;
	VT_REQUIRE(ctx, k >= 1 && k <= n && nw > 0 && 2 * nw < (double)n, VT_EDOMAIN,
	           "%zu tapers of half-bandwidth %g for series of length %zu: wanted 1 to %zu tapers and less than %g", k,
	           nw, n, n, (double)n / 2);
	VT_TRY(tapers_of(ctx, n, w, false, k, taper));
	if (k > 1) VT_TRY(tapers_of(ctx, n, w, true, k, taper));
	for (size_t t = 0; t < k && concentration; t++) concentration[t] = concentrated(n, w, taper + t * n);
done:
	return status;
}

/* ---- spectra ------------------------------------------------------------------------ */

enum vt_status vt_eigenspectra(struct vt_ctx *ctx, size_t n, size_t k, const double *taper, const double *x,
                               size_t step, double *out)
{
	enum vt_status status;
	size_t bins = vt_fft_bins(n);
	const struct vt_strided lines = vt_strided_rows(k, n, n);
	double *tapered = NULL;
	struct vt_complex *c = NULL;
	VT_NEW(ctx, tapered, k * n);
	VT_NEW(ctx, c, k * bins);
	for (size_t t = 0; t < k; t++)
		for (size_t i = 0; i < n; i++) tapered[t * n + i] = taper[t * n + i] * x[i * step];
	VT_TRY(vt_fft_real(ctx, &lines, tapered, c));
	for (size_t i = 0; i < k * bins; i++) out[i] = (double)n * (c[i].re * c[i].re + c[i].im * c[i].im);
done:
	free(tapered);
	free(c);
	return status;
}

/* One bin; Percival & Walden 1993, eqs. 368a and 370a.  Starts from the two best tapers. */
static double adapted(size_t k, const double *eigen, size_t stride, const double *concentration, double variance)
{
	enum { MOST = 100 };
	double s = k > 1 ? (eigen[0] + eigen[stride]) / 2 : eigen[0];
	for (int i = 0; i < MOST && s > 0; i++) {
		double sum = 0, weight = 0, before = s;
		for (size_t t = 0; t < k; t++) {
			double l = concentration[t], b = s / (l * s + (1 - l) * variance);
			sum += b * b * l * eigen[t * stride];
			weight += b * b * l;
		}
		s = sum / weight;
		if (fabs(s - before) <= 1e-10 * before) break;
	}
	return s;
}

void vt_multitaper(size_t k, size_t bins, const double *eigen, const double *concentration, double variance,
                   double *out)
{
	for (size_t b = 0; b < bins; b++) {
		double sum = 0;
		for (size_t t = 0; t < k; t++) sum += eigen[t * bins + b];
		out[b] = concentration ? adapted(k, eigen + b, bins, concentration, variance) : sum / (double)k;
	}
}

/* ---- intervals ------------------------------------------------------------------------ */

struct vt_log_interval vt_jackknife_log(size_t n, const double *value, size_t stride)
{
	double sum = 0, count = (double)n, mean_log = 0, squares = 0;
	for (size_t i = 0; i < n; i++) sum += value[i * stride];
	struct vt_log_interval out = { n > 0 ? sum / count : (double)NAN, NAN, NAN };
	for (size_t i = 0; i < n && n > 1; i++) {
		double log_left = log((sum - value[i * stride]) / (count - 1)), d = log_left - mean_log;
		mean_log += d / (double)(i + 1);
		squares += d * (log_left - mean_log);
	}
	if (n < 2 || !isfinite(squares)) return out;
	double half = gsl_cdf_tdist_Pinv(0.975, count - 1) * sqrt(squares * (count - 1) / count);
	out.lo = out.mean * exp(-half);
	out.hi = out.mean * exp(half);
	return out;
}
