/* Matrix-based Renyi information: entropies of the eigenvalues of kernel matrices.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include <math.h>
#include <stdlib.h>

#include "kernel.h"
#include "venturi/linear.h"
#include "venturi/num.h"
#include "venturi/rng.h"

struct settings {
	double alpha, width, spread;
	int64_t rank;
};

static const struct vt_option options[] = {
	{ "alpha", VT_REAL, offsetof(struct settings, alpha), 0.01, 20, "1.01",
	  .help = "order; 1 itself is no order of this family" },
	{ "width", VT_REAL, offsetof(struct settings, width), 0, 1e6, "0", .unit = "standard deviations",
	  .help = "of the Gaussian kernel, for columns at scale 1; 0: spread n^(-1 / (4 + d)), d the columns of a "
	          "variable" },
	{ "spread", VT_REAL, offsetof(struct settings, spread), 1e-3, 1e3, "5",
	  .help = "factor of that rule; 5 is that of the published planes" },
	{ "rank", VT_INT, offsetof(struct settings, rank), 2, 4000, "500",
	  .help = "most eigenvalues of a kernel matrix; where more of them count, only so many rows are taken" },
	{ 0 }
};

static enum vt_status check(struct vt_ctx *ctx, const void *settings)
{
	enum vt_status status = VT_OK;
	const struct settings *s = settings;
	VT_REQUIRE(ctx, fabs(s->alpha - 1) >= 1e-3, VT_ECONFIG, "alpha = %g is too near 1, where the family has no member; "
	           "1.01 is the usual choice", s->alpha);
done:
	return status;
}

/* What is left out of a kernel's trace: below the last digit that 1 / (1 - alpha) leaves of a sum of powers. */
static const double negligible = 1e-13;

/* S = ln(sum of lambda^alpha) / (1 - alpha) of K / n, and its influence function at each row, added `sign` times: with
 * K = L L' and L'L / n = Q diag(lambda) Q', n (A^alpha)_ii = sum over m of lambda_m^(alpha - 1) (L Q)_im^2. */
static enum vt_status add_entropy(struct vt_ctx *ctx, const double *l, size_t n, size_t r, double alpha, double sign,
                                  double *value, double *local)
{
	enum vt_status status = VT_OK;
	double *gram = NULL, *lambda = NULL, *q = NULL, *lq = NULL, total = 0;
	VT_NEW(ctx, gram, r * r);
	VT_NEW(ctx, lambda, r);
	VT_NEW(ctx, q, r * r);
	VT_NEW(ctx, lq, n * r);
	int threads = vt_gemm_serial();
	vt_gemm_f64(true, false, r, r, n, 1 / (double)n, l, r, l, r, 0, gram, r);
	vt_gemm_restore(threads);
	VT_TRY(vt_eigen_symmetric(ctx, gram, r, lambda, q));
	threads = vt_gemm_serial();
	vt_gemm_f64(false, false, n, r, r, 1, l, r, q, r, 0, lq, r);
	vt_gemm_restore(threads);
	for (size_t m = 0; m < r; m++) total += lambda[m] > 0 ? pow(lambda[m], alpha) : 0;
	*value += sign * log(total) / (1 - alpha);
	for (size_t m = 0; m < r; m++) gram[m] = lambda[m] > negligible ? pow(lambda[m], alpha - 1) : 0;
	for (size_t i = 0; i < n; i++) {
		double power = 0;
		for (size_t m = 0; m < r; m++) power += gram[m] * lq[i * r + m] * lq[i * r + m];
		local[i] += sign * alpha / (1 - alpha) * (power / total - 1);
	}
done:
	free(gram);
	free(lambda);
	free(q);
	free(lq);
	return status;
}

/* S(X) + S(Y) - S(X,Y), the joint matrix being the product of the two, element by element.  *enough: all three have
 * at most `rank` eigenvalues that count. */
static enum vt_status information(struct vt_ctx *ctx, const struct settings *s, const struct vt_kernel kernel[2],
                                  double *value, double *local, bool *enough)
{
	enum vt_status status = VT_OK;
	const size_t first[3] = { 0, 1, 0 }, count[3] = { 1, 1, 2 };
	*value = 0;
	for (size_t a = 0; a < 3; a++) {
		double *factor = NULL;
		size_t rank;
		VT_TRY(vt_kernel_factor(ctx, kernel + first[a], count[a], negligible, (size_t)s->rank, &factor, &rank));
		*enough = rank > 0;
		if (!*enough) break;
		status = add_entropy(ctx, factor, kernel->n, rank, s->alpha, a < 2 ? 1 : -1, value, local);
		free(factor);
		if (status != VT_OK) goto done;
	}
done:
	return status;
}

static double kernel_width(const struct settings *s, const struct vt_mat *m)
{
	return s->width > 0 ? s->width : s->spread * pow((double)m->rows, -1 / (4 + (double)m->cols));
}

static enum vt_status estimate(struct vt_ctx *ctx, const struct settings *s, const struct vt_pair *in, bool *enough,
                               struct vt_estimated *out)
{
	enum vt_status status = VT_OK;
	struct vt_kernel kernel[2] = { { 0 }, { 0 } };
	double value, *local = NULL;
	VT_TRY(vt_kernel_create(ctx, &in->x, in->discrete_x, kernel_width(s, &in->x), &kernel[0]));
	VT_TRY(vt_kernel_create(ctx, &in->y, in->discrete_y, kernel_width(s, &in->y), &kernel[1]));
	VT_NEW(ctx, local, in->x.rows);
	VT_TRY(information(ctx, s, kernel, &value, local, enough));
	if (*enough) vt_estimated_normal(value, vt_local_error(in, local), "influence function", out);
done:
	free(local);
	vt_kernel_clear(&kernel[0]);
	vt_kernel_clear(&kernel[1]);
	return status;
}

/* So many rows, evenly drawn and in their order: each row's turn comes with the share that is still wanted. */
static void draw_rows(const struct vt_pair *in, size_t wanted, uint32_t *row)
{
	struct vt_rng rng = vt_rng_stream(in->seed, VT_PURPOSE_RESAMPLE, UINT64_MAX);
	size_t n = in->x.rows, taken = 0;
	for (size_t i = 0; i < n; i++)
		if (vt_rng_below(&rng, n - i) < wanted - taken) row[taken++] = (uint32_t)i;
}

static enum vt_status estimate_part(struct vt_ctx *ctx, const struct settings *s, const struct vt_pair *in,
                                    struct vt_estimated *out)
{
	enum vt_status status = VT_OK;
	size_t n = (size_t)s->rank;
	struct vt_pair part = *in;
	uint32_t *row = NULL;
	double *x = NULL, *y = NULL;
	bool enough;
	VT_NEW(ctx, row, n);
	draw_rows(in, n, row);
	VT_TRY(vt_rows_taken(ctx, &in->x, row, n, &x));
	VT_TRY(vt_rows_taken(ctx, &in->y, row, n, &y));
	part.x = (struct vt_mat){ x, n, in->x.cols, in->x.cols };
	part.y = (struct vt_mat){ y, n, in->y.cols, in->y.cols };
	part.block = NULL;
	VT_TRY(estimate(ctx, s, &part, &enough, out));
	out->ceiling = log((double)n);
	vt_estimated_flag(out, VT_OUT_OF_REGIME, "%zu of %zu rows were taken: the kernel matrices have more than %zu "
	                  "eigenvalues that count; a wider kernel or a larger rank takes all", n, in->x.rows, n);
done:
	free(row);
	free(x);
	free(y);
	return status;
}

static enum vt_status pair(struct vt_ctx *ctx, const void *settings, const struct vt_pair *in, struct vt_estimated *out)
{
	enum vt_status status = VT_OK;
	const struct settings *s = settings;
	bool enough;
	out->unit = "Renyi nat";
	out->ceiling = log((double)in->x.rows);
	VT_TRY(estimate(ctx, s, in, &enough, out));
	if (!enough) status = estimate_part(ctx, s, in, out);
done:
	return status;
}

const struct vt_estimate_kind vt_estimate_renyi = {
	.kind = { "renyi", "matrix-based Renyi information, from eigenvalues of kernel matrices",
	          "Sanchez Giraldo, Rao & Principe 2015; Yu, Sanchez Giraldo, Jenssen & Principe 2019",
	          sizeof(struct settings), options,
	          "the width of the kernel decides: a narrow one gives ln n for anything, a wide one 0; the "
	          "numbers compare with others at the same width, alpha, n and dimension only, and with no Shannon "
	          "information" },
	.traits = VT_TAKES_ALL | VT_SYMMETRIC,
	.n_bounds = 1,
	.bound = { VT_POINT },
	.suffix = { "" },
	.cannot_mean = "Shannon's information, in any limit that can be reached with a sample.",
	.pair = pair,
	.check = check,
};
