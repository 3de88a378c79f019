/* The labels of Shwartz-Ziv & Tishby 2017.  Every wanted number was computed from their
 * published file of 4096 words (SHA-256 0ba9551878a8...), none from this program.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "dataset_open.h"
#include "venturi/value.h"

enum { N = 4096, BITS = 12 };

struct table {
	struct vt_ctx *ctx;
	struct vt_dataset *d;
	double spectrum[N]; /* Walsh coefficients of 1 - 2 y, divided by N */
	int distance[BITS][BITS]; /* 0 same, 1 edge, 2 second neighbours, 3 antipodes */
};

static int bits(unsigned word)
{
	return __builtin_popcount(word);
}

static int label(const struct table *t, unsigned word)
{
	return t->d->label[word];
}

/* Fast Walsh-Hadamard transform; index = the set of bits of the character. */
static void walsh(double *x)
{
	for (size_t half = 1; half < N; half *= 2)
		for (size_t i = 0; i < N; i++) {
			if (i & half) continue;
			double a = x[i], b = x[i + half];
			x[i] = a + b;
			x[i + half] = a - b;
		}
}

/* The test's own icosahedron: 1 for one, 2 for phi. */
static void vertex(int k, double v[3])
{
	static const int corner[BITS][3] = { { 0, 1, 2 },  { 1, 2, 0 },   { 0, 1, -2 },  { -1, 2, 0 },
		                             { 2, 0, -1 }, { 0, -1, 2 },  { 1, -2, 0 },  { -1, -2, 0 },
		                             { -2, 0, -1 }, { 0, -1, -2 }, { -2, 0, 1 }, { 2, 0, 1 } };
	const double size[] = { 0, 1, (1 + sqrt(5)) / 2 };
	for (int i = 0; i < 3; i++) v[i] = corner[k][i] < 0 ? -size[-corner[k][i]] : size[corner[k][i]];
}

static int distance(int j, int k)
{
	double a[3], b[3], square = 0;
	vertex(j, a);
	vertex(k, b);
	for (int i = 0; i < 3; i++) square += (a[i] - b[i]) * (a[i] - b[i]);
	if (square < 1e-9) return 0;
	if (square < 4 + 1e-9) return 1; /* the edge is 2 long */
	return square < 14 ? 2 : 3;      /* antipodes: 4 (1 + phi^2) = 14.47 */
}

static int setup(void **state)
{
	struct table *t = calloc(1, sizeof *t);
	t->ctx = vt_ctx_create();
	t->d = dataset(t->ctx, "sphere12", 0);
	for (unsigned i = 0; i < N; i++) t->spectrum[i] = (1 - 2 * label(t, i)) / (double)N;
	walsh(t->spectrum);
	for (int j = 0; j < BITS; j++)
		for (int k = 0; k < BITS; k++) t->distance[j][k] = distance(j, k);
	*state = t;
	return 0;
}

static int teardown(void **state)
{
	struct table *t = *state;
	vt_dataset_close(t->d);
	vt_ctx_free(t->ctx);
	free(t);
	return 0;
}

static void words_in_order(void **state)
{
	struct table *t = *state;
	assert_int_equal(t->d->n, N);
	assert_int_equal(t->d->n_inputs, BITS);
	assert_int_equal(t->d->n_classes, 2);
	assert_true(t->d->enumerated);
	for (unsigned i = 0; i < N; i++)
		for (unsigned k = 0; k < BITS; k++) assert_true(t->d->x[i * BITS + k] == (i >> (BITS - 1 - k) & 1));
}

static void ones_per_weight(void **state)
{
	static const int wanted[BITS + 1] = { 0, 0, 0, 0, 0, 60, 532, 732, 495, 220, 66, 12, 1 };
	struct table *t = *state;
	int ones[BITS + 1] = { 0 }, total = 0;
	for (unsigned i = 0; i < N; i++) ones[bits(i)] += label(t, i);
	for (int w = 0; w <= BITS; w++) {
		assert_int_equal(ones[w], wanted[w]);
		total += ones[w];
	}
	assert_int_equal(total, 2118);
}

static void entropy_and_information(void **state)
{
	struct table *t = *state;
	WITHIN(t->d->h_y * VT_BITS_PER_NAT, 0.9991571209, 5e-11);
	WITHIN(t->d->i_xy * VT_BITS_PER_NAT, 0.9991571209, 5e-11);
}

static void monotone(void **state)
{
	struct table *t = *state;
	for (unsigned i = 0; i < N; i++)
		for (unsigned k = 0; k < BITS; k++) assert_true(label(t, i | 1u << k) >= label(t, i));
}

/* y(~x) = 1 - y(x): never at weight 6, at 84.8 % of the words of weight 5 and 7, 71.6 % of all. */
static void complements(void **state)
{
	struct table *t = *state;
	int turned[BITS + 1] = { 0 }, all = 0;
	for (unsigned i = 0; i < N; i++) turned[bits(i)] += label(t, ~i & (N - 1)) == 1 - label(t, i);
	for (int w = 0; w <= BITS; w++) all += turned[w];
	assert_int_equal(turned[6], 0);
	WITHIN(turned[5] / 792.0, 0.848, 5e-4);
	WITHIN(turned[7] / 792.0, 0.848, 5e-4);
	WITHIN(all / (double)N, 0.716, 5e-4);
}

static void walsh_weight_per_degree(void **state)
{
	static const double wanted[BITS + 1] = { .00117, .55894, .09427, .07238, .06467, .04525, .08114,
		                                 .03170, .03538, .00616, .00638, .00138, .00117 };
	struct table *t = *state;
	double weight[BITS + 1] = { 0 };
	for (unsigned i = 0; i < N; i++) weight[bits(i)] += t->spectrum[i] * t->spectrum[i];
	for (int w = 0; w <= BITS; w++) WITHIN(weight[w], wanted[w], 1e-5);
}

static void walsh_coefficients(void **state)
{
	struct table *t = *state;
	int edges = 0, second = 0, antipodes = 0;
	for (int k = 0; k < BITS; k++) WITHIN(t->spectrum[1 << k], 884.0 / N, 1e-12);
	for (int j = 0; j < BITS; j++)
		for (int k = 0; k < j; k++) {
			long c = lround(t->spectrum[1 << j | 1 << k] * N);
			int between = t->distance[BITS - 1 - j][BITS - 1 - k];
			assert_int_equal(c, between == 1 ? -156 : between == 2 ? 148 : 180);
			edges += between == 1;
			second += between == 2;
			antipodes += between == 3;
		}
	assert_int_equal(edges, 30);
	assert_int_equal(second, 30);
	assert_int_equal(antipodes, 6);
}

/* 23 w + edges - 5 second neighbours - 8 antipodes >= 99, pairs counted among active bits. */
static void integer_rule(void **state)
{
	static const int points[] = { 0, 1, -5, -8 };
	struct table *t = *state;
	for (unsigned i = 0; i < N; i++) {
		int score = 23 * bits(i);
		for (int j = 0; j < BITS; j++)
			for (int k = 0; k < j; k++)
				if (t->d->x[i * BITS + j] > 0 && t->d->x[i * BITS + k] > 0) score += points[t->distance[j][k]];
		assert_int_equal(label(t, i), score >= 99);
	}
}

static unsigned permuted(unsigned word, const int *image)
{
	unsigned out = 0;
	for (int k = 0; k < BITS; k++)
		if (word >> (BITS - 1 - k) & 1) out |= 1u << (BITS - 1 - image[k]);
	return out;
}

/* Counts the maps that keep all distances, and checks the labels under each. */
static int automorphisms(const struct table *t, int *image, int depth)
{
	int found = 0;
	if (depth == BITS) {
		for (unsigned i = 0; i < N; i++) assert_int_equal(label(t, permuted(i, image)), label(t, i));
		return 1;
	}
	for (int to = 0; to < BITS; to++) {
		bool fits = true;
		for (int k = 0; k < depth && fits; k++) fits = t->distance[to][image[k]] == t->distance[depth][k];
		image[depth] = to;
		if (fits) found += automorphisms(t, image, depth + 1);
	}
	return found;
}

static void symmetries(void **state)
{
	int image[BITS];
	assert_int_equal(automorphisms(*state, image, 0), 120);
}

/* f(x) = n + sqrt(sum over pairs of cosines), from the pair counts: the cosine is 1/sqrt 5
 * along an edge, -1/sqrt 5 between second neighbours, -1 between antipodes. */
static double information(const struct table *t, double gamma)
{
	const double cosine[] = { 0, 1 / sqrt(5), -1 / sqrt(5), -1 };
	double ones = 0, noise = 0;
	for (unsigned i = 0; i < N; i++) {
		double power = bits(i);
		for (int j = 0; j < BITS; j++)
			for (int k = 0; k < j; k++)
				if (i >> (BITS - 1 - j) & i >> (BITS - 1 - k) & 1) power += 2 * cosine[t->distance[j][k]];
		double f = bits(i) + sqrt(fmax(0, power)), p = 1 / (1 + exp(-gamma * (f - 7.63203952)));
		ones += p / N;
		if (p > 0 && p < 1) noise -= (p * log2(p) + (1 - p) * log2(1 - p)) / N;
	}
	return -ones * log2(ones) - (1 - ones) * log2(1 - ones) - noise;
}

/* gamma(0.99 bit) = 54.4922, H(Y) of that source 0.9992197 bit. */
static void stochastic_labels(void **state)
{
	struct table *t = *state;
	struct vt_dataset *d = dataset(t->ctx, "sphere12:gamma=54.4922", 3);
	struct vt_dataset *e = dataset(t->ctx, "sphere12:information=0.99", 3);
	WITHIN(d->i_xy * VT_BITS_PER_NAT, 0.99, 1e-7);
	WITHIN(e->i_xy * VT_BITS_PER_NAT, 0.99, 1e-12);
	WITHIN(information(t, 54.4922), 0.99, 1e-7);
	/* The root's slope: 1e-4 in gamma is far more than 1e-9 bit, so the two gammas agree. */
	assert_true(information(t, 54.4923) - information(t, 54.4921) > 1e-9);
	assert_memory_equal(d->label, e->label, N * sizeof *d->label);
	size_t flipped = 0;
	for (unsigned i = 0; i < N; i++) flipped += d->label[i] != label(t, i);
	/* Expected 4096 times the mean of min(p, 1 - p); a handful of words lie near the threshold. */
	assert_in_range(flipped, 1, 100);
	vt_dataset_close(d);
	vt_dataset_close(e);
	d = dataset(t->ctx, "sphere12:information=0.5", 3);
	WITHIN(d->i_xy * VT_BITS_PER_NAT, 0.5, 1e-12);
	vt_dataset_close(d);
	REFUSED(t->ctx, "sphere12:information=0.9995", VT_ECONFIG, "0.9995 bit", "0.9991571", "in dataset sphere12");
	REFUSED(t->ctx, "sphere12:information=0.9,gamma=2", VT_ECONFIG, "gamma = 2", "0.9 bit");
}

/* Codes 0 .. 3276 against 3277 .. 4095: P(y = 1) is 0.437 and 0.836. */
static void ordered_split(void **state)
{
	struct table *t = *state;
	struct vt_dataset *d = dataset(t->ctx, "sphere12:split=ordered", 0);
	double train = 0, test = 0;
	assert_int_equal(d->n_train, 3277);
	assert_int_equal(d->n_test, 819);
	for (size_t i = 0; i < d->n_train; i++) train += d->label[d->train[i]];
	for (size_t i = 0; i < d->n_test; i++) test += d->label[d->test[i]];
	WITHIN(train / 3277, 0.437, 5e-4);
	WITHIN(test / 819, 0.836, 5e-4);
	assert_int_equal(d->test[0], 3277);
	vt_dataset_close(d);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(words_in_order), cmocka_unit_test(ones_per_weight),
		cmocka_unit_test(entropy_and_information), cmocka_unit_test(monotone),
		cmocka_unit_test(complements), cmocka_unit_test(walsh_weight_per_degree),
		cmocka_unit_test(walsh_coefficients), cmocka_unit_test(integer_rule),
		cmocka_unit_test(symmetries), cmocka_unit_test(stochastic_labels),
		cmocka_unit_test(ordered_split),
	};
	return cmocka_run_group_tests_name("dataset sphere12", tests, setup, teardown);
}
