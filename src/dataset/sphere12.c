/* All 4096 words of 12 bits with the labels of Shwartz-Ziv & Tishby 2017, in closed form.
 *
 * Bit k sits on vertex v_k of a regular icosahedron; with S the set of bits that are 1,
 *
 *     f(x) = |S| + || sum over k in S of v_k ||,      y = 1 if f > 7.632...,
 *
 * the amplitudes of the spherical harmonics of degree 0 and 1.  53 values occur; those on
 * both sides of the threshold are 7.5627774 and 7.7013016, far beyond rounding.  Any
 * numbering of the vertices gives the same task up to a permutation of the bits.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include <math.h>
#include <stdlib.h>

#include "prepare.h"
#include "venturi/rng.h"
#include "venturi/value.h"

enum { N_BITS = 12, N_WORDS = 1 << N_BITS };

static const double threshold = 7.63203952;

struct settings {
	double train_share, gamma, information;
	int split;
};

#define AT(member) offsetof(struct settings, member)
static const struct vt_option options[] = {
	{ "train_share", VT_REAL, AT(train_share), 0.0002, 1, "0.8", "of the 4096 words", "words to train on" },
	{ "split", VT_CHOICE, AT(split), 0, 0, "iid", NULL,
	  "iid: drawn by the seed; ordered: the first codes, as the first published program did", vt_split_names },
	{ "gamma", VT_REAL, AT(gamma), 0, 1e6, "0", NULL,
	  "p(y = 1 | x) = 1 / (1 + exp(-gamma (f - 7.63203952))), drawn once; 0: labels without noise" },
	{ "information", VT_REAL, AT(information), 0, 1, "0", "bit", "finds the gamma with this I(X;Y); 0: not asked for" },
	{ 0 }
};

/* Vertex of each bit, 1 for one and 2 for phi, before normalising: the cyclic permutations of
 * (0, +-1, +-phi), numbered so that the labels are the published ones word for word. */
static const signed char vertices[N_BITS][3] = {
	{ 0, 1, 2 },   { 1, 2, 0 },  { 0, 1, -2 },  { -1, 2, 0 }, { 2, 0, -1 }, { 0, -1, 2 },
	{ 1, -2, 0 }, { -1, -2, 0 }, { -2, 0, -1 }, { 0, -1, -2 }, { -2, 0, 1 }, { 2, 0, 1 },
};

static void vertex(size_t k, double v[3])
{
	const double phi = (1 + sqrt(5)) / 2, size[] = { 0, 1, phi };
	for (size_t i = 0; i < 3; i++) {
		int c = vertices[k][i];
		v[i] = copysign(size[abs(c)], c) / sqrt(1 + phi * phi);
	}
}

/* The first column is the most significant bit. */
static bool bit(size_t word, size_t k)
{
	return word >> (N_BITS - 1 - k) & 1;
}

static double score(size_t word)
{
	double sum[3] = { 0, 0, 0 }, v[3];
	size_t n = 0;
	for (size_t k = 0; k < N_BITS; k++) {
		if (!bit(word, k)) continue;
		vertex(k, v);
		n++;
		for (size_t i = 0; i < 3; i++) sum[i] += v[i];
	}
	return (double)n + sqrt(sum[0] * sum[0] + sum[1] * sum[1] + sum[2] * sum[2]);
}

/* p(y = 1 | word); gamma = 0 stands for no noise. */
static double probability(double f, double gamma)
{
	if (gamma == 0) return f > threshold;
	return 1 / (1 + exp(-gamma * (f - threshold)));
}

/* Entropy of a coin, nats. */
static double coin(double p)
{
	return p <= 0 || p >= 1 ? 0 : -p * log(p) - (1 - p) * log1p(-p);
}

/* I(X;Y) of the source in nats, words equally likely. */
static double information(const double *f, double gamma)
{
	double ones = 0, noise = 0;
	for (size_t i = 0; i < N_WORDS; i++) {
		double p = probability(f[i], gamma);
		ones += p;
		noise += coin(p);
	}
	return coin(ones / N_WORDS) - noise / N_WORDS;
}

/* The gamma with I(X;Y) = nats.  Information grows with gamma: less noise, the same means. */
static double solve(const double *f, double nats)
{
	double low = -14, high = 14; /* log gamma */
	for (int i = 0; i < 100; i++) {
		double middle = (low + high) / 2;
		if (information(f, exp(middle)) < nats) low = middle;
		else high = middle;
	}
	return exp((low + high) / 2);
}

static enum vt_status choose_gamma(struct vt_ctx *ctx, const struct settings *s, const double *f, double *gamma)
{
	enum vt_status status;
	double most = information(f, 0) * VT_BITS_PER_NAT;

	*gamma = s->gamma;
	if (s->information == 0) return VT_OK;
	VT_REQUIRE(ctx, s->gamma == 0, VT_ECONFIG,
	           "dataset.gamma = %g and dataset.information = %g bit both fix the noise; give one of them", s->gamma,
	           s->information);
	VT_REQUIRE(ctx, s->information >= 1e-9 && s->information < most - 1e-9, VT_ECONFIG,
	           "dataset.information = %.10g bit cannot be reached: wanted more than 0 and less than %.10g bit, which the"
	           " labels without noise have", s->information, most);
	*gamma = solve(f, s->information / VT_BITS_PER_NAT);
	status = VT_OK;
done:
	return status;
}

/* p(word, y).  Both columns from their own logistic: 1 - p would lose what tells sure words apart. */
static void fill_law(const double *f, double gamma, double *law)
{
	for (size_t i = 0; i < N_WORDS; i++) {
		double one = probability(f[i], gamma), zero = gamma == 0 ? 1 - one : probability(2 * threshold - f[i], gamma);
		law[2 * i] = zero / N_WORDS;
		law[2 * i + 1] = one / N_WORDS;
	}
}

static void fill(struct vt_dataset *d, const double *f, double gamma, uint64_t seed)
{
	struct vt_rng r = vt_rng_stream(seed, VT_PURPOSE_DATASET, 0);
	for (size_t i = 0; i < N_WORDS; i++) {
		for (size_t k = 0; k < N_BITS; k++) d->x[i * N_BITS + k] = bit(i, k);
		d->label[i] = vt_rng_uniform(&r) < probability(f[i], gamma);
	}
}

static enum vt_status open_words(struct vt_ctx *ctx, const void *settings, uint64_t seed, struct vt_dataset *out)
{
	enum vt_status status;
	const struct settings *s = settings;
	double *f = NULL, gamma;

	VT_NEW(ctx, f, N_WORDS);
	for (size_t i = 0; i < N_WORDS; i++) f[i] = score(i);
	VT_TRY(choose_gamma(ctx, s, f, &gamma));
	out->n = N_WORDS;
	out->n_inputs = N_BITS;
	out->n_classes = 2;
	out->enumerated = true;
	out->sample = "word";
	out->i_xy = information(f, gamma);
	VT_NEW(ctx, out->x, N_WORDS * N_BITS);
	VT_NEW(ctx, out->label, N_WORDS);
	fill(out, f, gamma, seed);
	out->n_law = N_WORDS;
	VT_NEW(ctx, out->law, 2 * N_WORDS);
	fill_law(f, gamma, out->law);
	status = vt_dataset_split(ctx, out, s->train_share, s->split == VT_SPLIT_ORDERED, seed);
done:
	free(f);
	return status;
}

const struct vt_dataset_kind vt_dataset_sphere12 = {
	.kind = { "sphere12", "all 4096 words of 12 bits, labelled by their power on an icosahedron",
	          "Shwartz-Ziv & Tishby 2017, sec. 3.1; in closed form here", sizeof(struct settings), options,
	          "An ordered split trains on codes 0 to 3276 (44 % ones) and tests on the rest (84 % ones): its test "
	          "accuracy is that of a shifted distribution.  A linear rule gets 56 % of the label's Fourier weight." },
	.open = open_words,
};
