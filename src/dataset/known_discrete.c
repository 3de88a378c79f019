/* Known laws: channels and tables of symbols, and triples.
 *
 * Sources: Cover & Thomas 2006, chapter 7, for the channels.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include <math.h>

#include "known.h"

double vt_binary_entropy(double p)
{
	return p > 0 && p < 1 ? -p * log(p) - (1 - p) * log1p(-p) : 0;
}

static double bit(struct vt_rng *r)
{
	return vt_rng_u32(r) & 1;
}

static bool happens(struct vt_rng *r, double p)
{
	return vt_rng_uniform(r) < p;
}

/* ---- bsc: a fair bit, flipped with probability a --------------------------------------------------------- */

static void bsc_draw(const struct vt_law *law, const double *fixed, struct vt_rng *r, double *x, double *y, double *z)
{
	(void)fixed, (void)z;
	*x = bit(r);
	*y = happens(r, law->a) ? 1 - *x : *x;
}

static double bsc_truth(const struct vt_law *law, const double *fixed)
{
	(void)fixed;
	return M_LN2 - vt_binary_entropy(law->a);
}

const struct vt_family vt_law_bsc = {
	.name = "bsc", .discrete_x = true, .discrete_y = true, .method = "closed form", .draw = bsc_draw, .truth = bsc_truth,
};

/* ---- bec: a fair bit, erased (2) with probability a ------------------------------------------------------- */

static void bec_draw(const struct vt_law *law, const double *fixed, struct vt_rng *r, double *x, double *y, double *z)
{
	(void)fixed, (void)z;
	*x = bit(r);
	*y = happens(r, law->a) ? 2 : *x;
}

static double bec_truth(const struct vt_law *law, const double *fixed)
{
	(void)fixed;
	return (1 - law->a) * M_LN2;
}

const struct vt_family vt_law_bec = {
	.name = "bec", .discrete_x = true, .discrete_y = true, .method = "closed form", .draw = bec_draw, .truth = bec_truth,
};

/* ---- symmetric: a equally likely symbols; with probability b one of the others comes out ---------------------- */

static void symmetric_draw(const struct vt_law *law, const double *fixed, struct vt_rng *r, double *x, double *y,
                           double *z)
{
	size_t k = (size_t)law->a, in = vt_rng_below(r, k), out = in;
	(void)fixed, (void)z;
	if (happens(r, law->b)) out = (in + 1 + vt_rng_below(r, k - 1)) % k;
	*x = (double)in;
	*y = (double)out;
}

static double symmetric_truth(const struct vt_law *law, const double *fixed)
{
	double k = law->a, wrong = law->b, right = 1 - wrong;
	(void)fixed;
	/* ln k - H(out | in), term by term so that independence (wrong = 1 - 1 / k) is 0 to rounding. */
	return right * log(k * right) + (wrong > 0 ? wrong * log(k * wrong / (k - 1)) : 0);
}

const struct vt_family vt_law_symmetric = {
	.name = "symmetric", .discrete_x = true, .discrete_y = true, .method = "closed form", .draw = symmetric_draw,
	.truth = symmetric_truth,
};

/* ---- zipf: a symbols of probability ~ rank^-b; Y is X with probability c, else drawn anew ---------------------- */

static size_t zipf_n(const struct vt_law *law)
{
	return (size_t)law->a;
}

/* Cumulative probabilities. */
static void zipf_fix(const struct vt_law *law, double *sum)
{
	size_t k = zipf_n(law);
	double total = 0;
	for (size_t i = 0; i < k; i++) sum[i] = total += pow((double)(i + 1), -law->b);
	for (size_t i = 0; i < k; i++) sum[i] /= total;
}

static double zipf_symbol(const struct vt_law *law, const double *sum, struct vt_rng *r)
{
	double u = vt_rng_uniform(r);
	size_t low = 0, high = zipf_n(law) - 1;
	while (low < high) {
		size_t middle = (low + high) / 2;
		if (sum[middle] > u) high = middle;
		else low = middle + 1;
	}
	return (double)low;
}

static void zipf_draw(const struct vt_law *law, const double *sum, struct vt_rng *r, double *x, double *y, double *z)
{
	(void)z;
	*x = zipf_symbol(law, sum, r);
	*y = happens(r, law->c) ? *x : zipf_symbol(law, sum, r);
}

/* Joint table: (1 - c) w w' + c diag(w), with margins w.  Off the diagonal the ratio is 1 - c everywhere. */
static double zipf_truth(const struct vt_law *law, const double *sum)
{
	double mi = 0, diagonal = 0, before = 0, c = law->c;
	if (c == 0) return 0;
	for (size_t i = 0; i < zipf_n(law); i++) {
		double w = sum[i] - before, p = (1 - c) * w * w + c * w;
		before = sum[i];
		diagonal += w * w;
		mi += p * log(p / (w * w));
	}
	return mi + (c < 1 ? (1 - c) * (1 - diagonal) * log1p(-c) : 0);
}

const struct vt_family vt_law_zipf = {
	.name = "zipf", .discrete_x = true, .discrete_y = true, .method = "sum over the table", .n_fixed = zipf_n,
	.fix = zipf_fix, .draw = zipf_draw, .truth = zipf_truth,
};

/* ---- xor: two fair bits and their sum; each pair is independent, I(X;Y|Z) = ln 2 --------------------------- */

static void xor_draw(const struct vt_law *law, const double *fixed, struct vt_rng *r, double *x, double *y, double *z)
{
	(void)law, (void)fixed;
	*x = bit(r);
	*y = bit(r);
	*z = *x != *y;
}

static double xor_truth(const struct vt_law *law, const double *fixed)
{
	(void)law, (void)fixed;
	return M_LN2;
}

const struct vt_family vt_law_xor = {
	.name = "xor", .discrete_x = true, .discrete_y = true, .discrete_z = true, .method = "closed form",
	.draw = xor_draw, .truth = xor_truth,
};

/* ---- bsc given: a fair bit Z says whether the bit is flipped with probability a or b ------------------------ */

static void bsc_given_draw(const struct vt_law *law, const double *fixed, struct vt_rng *r, double *x, double *y,
                           double *z)
{
	(void)fixed;
	*z = bit(r);
	*x = bit(r);
	*y = happens(r, *z > 0 ? law->b : law->a) ? 1 - *x : *x;
}

static double bsc_given_truth(const struct vt_law *law, const double *fixed)
{
	(void)fixed;
	return M_LN2 - (vt_binary_entropy(law->a) + vt_binary_entropy(law->b)) / 2;
}

const struct vt_family vt_law_bsc_given = {
	.name = "bsc-given", .discrete_x = true, .discrete_y = true, .discrete_z = true, .method = "closed form",
	.draw = bsc_given_draw, .truth = bsc_given_truth,
};

/* ---- given: X and Y have loading b on the first column of Z and partial correlation a ------------------------ */

static void given_draw(const struct vt_law *law, const double *fixed, struct vt_rng *r, double *x, double *y, double *z)
{
	double own = sqrt(1 - law->b * law->b);
	(void)fixed;
	for (size_t j = 0; j < law->dz; j++) z[j] = vt_rng_normal(r);
	vt_normal_pair(r, law->a, x, y);
	*x = law->b * z[0] + own * *x;
	*y = law->b * z[0] + own * *y;
}

static double given_truth(const struct vt_law *law, const double *fixed)
{
	(void)fixed;
	return law->a != 0 ? -log1p(-law->a * law->a) / 2 : 0;
}

const struct vt_family vt_law_given = {
	.name = "given", .method = "closed form", .draw = given_draw, .truth = given_truth,
};

/* ---- given label: one of b classes moves X up and Y down; correlation a inside each -------------------------- */

static void given_label_draw(const struct vt_law *law, const double *fixed, struct vt_rng *r, double *x, double *y,
                             double *z)
{
	(void)fixed;
	*z = (double)vt_rng_below(r, (size_t)law->b);
	vt_normal_pair(r, law->a, x, y);
	*x += *z;
	*y -= *z;
}

const struct vt_family vt_law_given_label = {
	.name = "given-label", .discrete_z = true, .method = "closed form", .draw = given_label_draw, .truth = given_truth,
};
