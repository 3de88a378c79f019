/* Binary operations on residues mod p, the task of Power et al. 2022: given a and b, say a o b.
 *
 * Every pair is a row of tokens a, b and "=", with the answer asked at the last one.  For most operations (a, b) and
 * (b, a) have the same answer or nearly the same features, so that a split by pairs lets a memoriser answer the test
 * pairs whose mirror it was shown: at 40 % for training that is 40 % of them.  `mirror_free` keeps both orders on one
 * side.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "prepare.h"
#include "venturi/rng.h"

enum operation { ADD, SUBTRACT, MULTIPLY, DIVIDE, MIXED, SQUARES, QUADRATIC, QUADRATIC_X, CUBIC, CUBIC_Y };
static const char *const operations[] = { "add", "subtract", "multiply", "divide", "mixed", "x2+y2", "x2+xy+y2",
                                          "x2+xy+y2+x", "x3+xy", "x3+xy2+y", NULL };
enum split { SPLIT_RANDOM, SPLIT_MIRROR_FREE };
static const char *const splits[] = { "random", "mirror_free", NULL };

/* Larger laws are left out: p^3 numbers. */
enum { LARGEST_LAW = 128 };

struct settings {
	int64_t p;
	int operation, split;
	double train_share;
	bool shuffle_labels, equals;
};

#define AT(member) offsetof(struct settings, member)
static const struct vt_option options[] = {
	{ "p", VT_INT, AT(p), 2, 1024, "53", NULL, "modulus; division wants a prime" },
	{ "operation", VT_CHOICE, AT(operation), 0, 0, "add", NULL,
	  "x o y mod p; divide: x / y, y not 0; mixed: x / y for odd y, else x - y; the rest as written", operations },
	{ "train_share", VT_REAL, AT(train_share), 1e-6, 1, "0.4", "of the pairs", "pairs to train on" },
	{ "split", VT_CHOICE, AT(split), 0, 0, "random", NULL,
	  "random: each pair by itself; mirror_free: (a, b) and (b, a) always on the same side", splits },
	{ "shuffle_labels", VT_BOOL, AT(shuffle_labels), 0, 0, "false", NULL,
	  "answers dealt anew over all pairs by the seed: nothing is left to find" },
	{ "equals", VT_BOOL, AT(equals), 0, 0, "true", NULL, "a third token p, \"=\", at which the answer is asked" },
	{ 0 }
};

/* ---- arithmetic ------------------------------------------------------------- */

static bool is_prime(uint64_t p)
{
	for (uint64_t f = 2; f * f <= p; f++)
		if (p % f == 0) return false;
	return p >= 2;
}

static uint64_t power(uint64_t x, uint64_t n, uint64_t p)
{
	uint64_t y = 1 % p;
	for (x %= p; n > 0; n /= 2, x = x * x % p)
		if (n % 2) y = y * x % p;
	return y;
}

/* 1 / y = y^(p - 2) for a prime p and y not 0 (Fermat). */
static uint64_t quotient(uint64_t x, uint64_t y, uint64_t p)
{
	return x * power(y, p - 2, p) % p;
}

static uint64_t answer(enum operation o, uint64_t x, uint64_t y, uint64_t p)
{
	switch (o) {
	case ADD: return (x + y) % p;
	case SUBTRACT: return (x + p - y) % p;
	case MULTIPLY: return x * y % p;
	case DIVIDE: return quotient(x, y, p);
	case MIXED: return y % 2 ? quotient(x, y, p) : (x + p - y) % p;
	case SQUARES: return (x * x + y * y) % p;
	case QUADRATIC: return (x * x + x * y + y * y) % p;
	case QUADRATIC_X: return (x * x + x * y + y * y + x) % p;
	case CUBIC: return (x * x % p * x + x * y) % p;
	case CUBIC_Y: break;
	}
	return (x * x % p * x + x * y % p * y + y) % p;
}

/* ---- rows -------------------------------------------------------------------- */

static enum vt_status check(struct vt_ctx *ctx, const struct settings *s)
{
	enum vt_status status;
	bool divides = s->operation == DIVIDE || s->operation == MIXED;
	VT_REQUIRE(ctx, !divides || is_prime((uint64_t)s->p), VT_ECONFIG,
	           "dataset.operation = %s divides mod p, and dataset.p = %lld is no prime", operations[s->operation],
	           (long long)s->p);
	status = VT_OK;
done:
	return status;
}

/* Row of the pair (a, b): pairs in order of a, then b; division has none with b = 0. */
static size_t row_of(const struct settings *s, size_t a, size_t b)
{
	size_t p = (size_t)s->p;
	return s->operation == DIVIDE ? a * (p - 1) + b - 1 : a * p + b;
}

static void fill(const struct settings *s, struct vt_dataset *d)
{
	size_t p = (size_t)s->p, width = d->n_inputs;
	for (size_t a = 0; a < p; a++)
		for (size_t b = s->operation == DIVIDE; b < p; b++) {
			size_t i = row_of(s, a, b);
			d->x[i * width] = (double)a;
			d->x[i * width + 1] = (double)b;
			if (s->equals) d->x[i * width + 2] = (double)p;
			d->label[i] = (int32_t)answer((enum operation)s->operation, a, b, p);
		}
}

static void deal(struct vt_dataset *d, uint64_t seed, uint32_t *order, int32_t *label)
{
	struct vt_rng r = vt_rng_stream(seed, VT_PURPOSE_DATASET, 0);
	for (size_t i = 0; i < d->n; i++) order[i] = (uint32_t)i;
	vt_rng_shuffle(&r, order, d->n);
	memcpy(label, d->label, d->n * sizeof *label);
	for (size_t i = 0; i < d->n; i++) d->label[i] = label[order[i]];
}

static enum vt_status shuffle_labels(struct vt_ctx *ctx, struct vt_dataset *d, uint64_t seed)
{
	enum vt_status status;
	uint32_t *order = NULL;
	int32_t *label = NULL;
	VT_NEW(ctx, order, d->n);
	VT_NEW(ctx, label, d->n);
	deal(d, seed, order, label);
	status = VT_OK;
done:
	free(order);
	free(label);
	return status;
}

static enum vt_status fill_law(struct vt_ctx *ctx, struct vt_dataset *d)
{
	enum vt_status status;
	d->n_law = d->n;
	VT_NEW(ctx, d->law, d->n_law * d->n_classes);
	for (size_t i = 0; i < d->n; i++) d->law[i * d->n_classes + (size_t)d->label[i]] = 1 / (double)d->n;
	status = VT_OK;
done:
	return status;
}

/* The label is a function of the pair: I(X;Y) = H(Y) over all pairs. */
static double label_entropy(const struct vt_dataset *d, size_t *count)
{
	double h = 0;
	for (size_t i = 0; i < d->n; i++) count[d->label[i]]++;
	for (size_t c = 0; c < d->n_classes; c++) {
		double share = (double)count[c] / (double)d->n;
		if (count[c] > 0) h -= share * log(share);
	}
	return h;
}

/* ---- the split that keeps mirrors together ---------------------------------------- */

/* Rows that stand for themselves and their mirror, those with a <= b, and those without a mirror. */
static size_t list_units(const struct settings *s, uint32_t *unit)
{
	size_t p = (size_t)s->p, n = 0;
	for (size_t a = 0; a < p; a++)
		for (size_t b = s->operation == DIVIDE; b < p; b++)
			if (a <= b) unit[n++] = (uint32_t)row_of(s, a, b);
	return n;
}

/* The mirror of a row of list_units, or the row itself. */
static size_t mirror(const struct settings *s, const struct vt_dataset *d, size_t row)
{
	size_t a = (size_t)d->x[row * d->n_inputs], b = (size_t)d->x[row * d->n_inputs + 1];
	bool alone = a == b || (s->operation == DIVIDE && a == 0);
	return alone ? row : row_of(s, b, a);
}

/* Units in the order of the seed: each goes to training as long as it fits. */
static enum vt_status split_mirror_free(struct vt_ctx *ctx, const struct settings *s, struct vt_dataset *d,
                                        uint64_t seed)
{
	enum vt_status status;
	uint32_t *unit = NULL;
	size_t wanted = (size_t)llround(s->train_share * (double)d->n);
	VT_NEW(ctx, unit, d->n);
	VT_NEW(ctx, d->train, d->n);
	VT_NEW(ctx, d->test, d->n);
	size_t n = list_units(s, unit);
	struct vt_rng r = vt_rng_stream(seed, VT_PURPOSE_SPLIT, 0);
	vt_rng_shuffle(&r, unit, n);
	for (size_t u = 0; u < n; u++) {
		size_t row = unit[u], other = mirror(s, d, row), size = other == row ? 1 : 2;
		bool fits = d->n_train + size <= wanted;
		uint32_t *part = fits ? d->train : d->test;
		size_t *count = fits ? &d->n_train : &d->n_test;
		part[(*count)++] = (uint32_t)row;
		if (other != row) part[(*count)++] = (uint32_t)other;
	}
	VT_REQUIRE(ctx, d->n_train > 0, VT_EDOMAIN, "dataset.train_share = %g of %zu pairs leaves none for training",
	           s->train_share, d->n);
	status = VT_OK;
done:
	free(unit);
	return status;
}

static enum vt_status open_pairs(struct vt_ctx *ctx, const void *settings, uint64_t seed, struct vt_dataset *out)
{
	enum vt_status status;
	const struct settings *s = settings;
	size_t p = (size_t)s->p, *count = NULL;

	VT_TRY(check(ctx, s));
	out->n = s->operation == DIVIDE ? p * (p - 1) : p * p;
	out->n_inputs = s->equals ? 3 : 2;
	out->n_tokens = s->equals ? p + 1 : p;
	out->n_classes = p;
	out->n_labels = 1;
	out->enumerated = true;
	out->sample = "pair";
	VT_NEW(ctx, out->x, out->n * out->n_inputs);
	VT_NEW(ctx, out->label, out->n);
	VT_NEW(ctx, count, out->n_classes);
	fill(s, out);
	if (s->shuffle_labels) VT_TRY(shuffle_labels(ctx, out, seed));
	if (p <= LARGEST_LAW) VT_TRY(fill_law(ctx, out));
	out->i_xy = label_entropy(out, count);
	out->loss_floor = 0;
	if (s->split == SPLIT_MIRROR_FREE) VT_TRY(split_mirror_free(ctx, s, out, seed));
	else VT_TRY(vt_dataset_split(ctx, out, s->train_share, false, seed));
	status = VT_OK;
done:
	free(count);
	return status;
}

const struct vt_dataset_kind vt_dataset_modadd = {
	.kind = { "modadd", "all pairs of residues mod p and the result of a binary operation",
	          "Power et al. 2022, appendix A.1 (their operations on permutations are left out)", sizeof(struct settings),
	          options,
	          "split: random leaks where the operation is symmetric, or nearly: a test pair whose mirror is in training "
	          "is answered from memory, so that test accuracy before any rule was found is about the training share and "
	          "not 1/p.  With shuffle_labels both orders have answers of their own.  No law is given above p = 128." },
	.open = open_pairs,
};
