/* Measures of simplicity on functions, counts and nets that are made by hand.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "measured_file.h"

enum { BITS = 7, WORDS = 1 << BITS };

static const char *const one_tap[] = { "output" };
static const size_t one_unit[] = { 1 };

/* All words of 7 bits, and an output of the test's. */
struct words {
	double x[WORDS * BITS], y[WORDS], wanted[WORDS];
	struct vt_tap tap;
	struct vt_snapshot snapshot;
	struct vt_snapshot_shape shape;
};

static void words_fill(struct words *w)
{
	for (size_t i = 0; i < WORDS; i++)
		for (size_t k = 0; k < BITS; k++) w->x[i * BITS + k] = i >> (BITS - 1 - k) & 1 ? 1 : -1;
	w->tap = (struct vt_tap){ "output", VT_ROLE_OUTPUT, { w->y, WORDS, 1, 1 }, NULL, 0 };
	w->snapshot = (struct vt_snapshot){ .n_taps = 1, .tap = &w->tap, .input = { w->x, WORDS, BITS, BITS },
		                            .target = { w->wanted, WORDS, 1, 1 }, .enumerated = true, .seed = 1 };
	w->shape = (struct vt_snapshot_shape){ .n_taps = 1, .n_rows = WORDS, .n_inputs = BITS, .n_targets = 1,
		                               .tap_name = one_tap, .tap_width = one_unit };
}

static void words_record(struct measured_file *m, struct words *w, int64_t step)
{
	w->snapshot.step = step;
	w->snapshot.index = (size_t)step;
	measured_record(m, &w->snapshot);
}

/* Parity of three bits has all its weight at degree 3, every one of them full influence, and nothing elsewhere. */
static void parity_spectrum(void **state)
{
	struct words w;
	struct measured_file m;
	(void)state;
	words_fill(&w);
	for (size_t i = 0; i < WORDS; i++) {
		w.y[i] = 0.3 * w.x[i * BITS] * w.x[i * BITS + 2] * w.x[i * BITS + 5] + 0.1 * w.x[i * BITS + 1];
		w.wanted[i] = w.x[i * BITS] * w.x[i * BITS + 2] * w.x[i * BITS + 5];
	}
	measured_file_open(&m, "walsh:real=true", &w.shape);
	words_record(&m, &w, 0);
	w.snapshot.enumerated = false;
	words_record(&m, &w, 1);
	measured_write(&m);
	for (size_t d = 0; d <= BITS; d++) WITHIN(measured_value(&m, "weight", 0, d), d == 3, 0);
	for (size_t k = 0; k < BITS; k++) WITHIN(measured_value(&m, "influence", 0, k), k == 0 || k == 2 || k == 5, 0);
	WITHIN(measured_value(&m, "sensitivity", 0, 0), 3, 0);
	WITHIN(measured_value(&m, "learned", 0, 3), 1, 0);
	assert_true(isnan(measured_value(&m, "learned", 0, 2)));
	WITHIN(measured_value(&m, "mean_square", 0, 0), 0.1, 1e-12);
	WITHIN(measured_value(&m, "weight_real", 0, 3), 0.9, 1e-12);
	WITHIN(measured_value(&m, "weight_real", 0, 1), 0.1, 1e-12);
	assert_int_equal((unsigned)measured_value(&m, "flags", 1, 0), VT_NOT_COMPUTED);
	assert_true(isnan(measured_value(&m, "sensitivity", 1, 0)));
	measured_file_close(&m);
}

/* sensitivity = sum of d W_d and sum of W_d = 1, exactly: whole numbers over 128. */
static void sensitivity_is_the_weighted_degree(void **state)
{
	struct words w;
	struct measured_file m;
	struct vt_rng r = vt_rng_stream(7, VT_PURPOSE_DATASET, 0);
	(void)state;
	words_fill(&w);
	measured_file_open(&m, "walsh", &w.shape);
	for (int64_t step = 0; step < 30; step++) {
		for (size_t i = 0; i < WORDS; i++) w.y[i] = vt_rng_normal(&r) + 0.05 * (double)step * w.x[i * BITS + 3];
		words_record(&m, &w, step);
	}
	measured_write(&m);
	for (size_t step = 0; step < 30; step++) {
		double total = 0, degrees = 0;
		for (size_t d = 0; d <= BITS; d++) {
			total += measured_value(&m, "weight", step, d);
			degrees += (double)d * measured_value(&m, "weight", step, d);
		}
		assert_true(total == 1 && degrees == measured_value(&m, "sensitivity", step, 0));
	}
	measured_file_close(&m);
}

/* Six draws of three functions; what is counted follows by hand. */
static void census_of_functions(void **state)
{
	static const int which[] = { 0, 1, 0, 2, 1, 0 };
	struct words w;
	struct measured_file m;
	(void)state;
	words_fill(&w);
	measured_file_open(&m, "complexity:accumulate=true,least=2", &w.shape);
	for (int64_t step = 0; step < 6; step++) {
		for (size_t i = 0; i < WORDS; i++)
			w.y[i] = which[step] == 0 ? -1 : which[step] == 1 ? w.x[i * BITS + BITS - 1] : w.x[i * BITS];
		words_record(&m, &w, step);
	}
	measured_write(&m);
	assert_true(measured_value(&m, "k_lz", 0, 0) == 7);
	/* 0101..: 3 words each way.  64 zeros, 64 ones: 0 | 0..01 | 1..1 and back. */
	WITHIN(measured_value(&m, "k_lz", 1, 0), 3.5 * 6, 0);
	WITHIN(measured_value(&m, "ones", 1, 0), 64, 0);
	WITHIN(measured_value(&m, "k_lz", 3, 0), 3.5 * 6, 0);
	WITHIN(measured_value(&m, "draws", 5, 0), 6, 0);
	WITHIN(measured_value(&m, "distinct", 5, 0), 3, 0);
	WITHIN(measured_value(&m, "p_constant", 5, 0), 0.5, 1e-12);
	WITHIN(measured_value(&m, "mean_k_lz", 5, 0), (3 * 7 + 3 * 21) / 6.0, 1e-12);
	WITHIN(measured_value(&m, "singletons", 5, 0), 1 / 6.0, 1e-12);
	WITHIN(measured_value(&m, "repeated", 5, 0), 2, 0);
	assert_true(isnan(measured_value(&m, "spearman", 5, 0)) && isnan(measured_value(&m, "ones_p", 5, 0)));
	measured_file_close(&m);
}

/* Half of the words are for training.  A constant among completions with coins is the least complex, a random function
 * half-way on average, and the network's own complexity is that of all words. */
static void percentile_among_completions(void **state)
{
	enum { DRAWS = 60 };
	struct words w;
	struct measured_file m;
	uint8_t is_test[WORDS];
	double mean = 0;
	(void)state;
	words_fill(&w);
	w.snapshot.is_test = is_test;
	struct vt_rng r = vt_rng_stream(3, VT_PURPOSE_DATASET, 0);
	for (size_t i = 0; i < WORDS; i++) {
		is_test[i] = vt_rng_u32(&r) & 1;
		w.wanted[i] = is_test[i] ? 1 : vt_rng_u32(&r) & 1 ? 1 : -1;
	}
	measured_file_open(&m, "complexity:completions=500", &w.shape);
	for (int64_t step = 0; step <= DRAWS; step++) {
		for (size_t i = 0; i < WORDS; i++)
			w.y[i] = step == 0 ? -1 : !is_test[i] ? w.wanted[i] : vt_rng_u32(&r) & 1 ? 1 : -1;
		words_record(&m, &w, step);
	}
	measured_write(&m);
	WITHIN(measured_value(&m, "percentile", 0, 0), 0, 0);
	for (size_t step = 1; step <= DRAWS; step++) mean += measured_value(&m, "percentile", step, 0) / DRAWS;
	WITHIN(mean, 0.5, 4 * sqrt(1.0 / 12 / DRAWS));
	measured_file_close(&m);
}

/* Likelier the simpler: nine functions, more and more of whose words are random, number b coming up 24 - 2 b times. */
static void simple_ones_come_up_more_often(void **state)
{
	struct words w;
	struct measured_file m;
	int64_t step = 0;
	(void)state;
	words_fill(&w);
	measured_file_open(&m, "complexity:accumulate=true,snapshots=1000000", &w.shape);
	for (size_t b = 0; b < 9; b++)
		for (size_t n = 0; n < 24 - 2 * b; n++) {
			struct vt_rng r = vt_rng_stream(b, VT_PURPOSE_DATASET, 0);
			/* The last 12 b words random: the more of them, the more complex. */
			for (size_t i = 0; i < WORDS; i++)
				w.y[i] = b > 0 && i + (12 * b) >= WORDS && vt_rng_u32(&r) & 1 ? 1 : -1;
			words_record(&m, &w, step++);
		}
	measured_write(&m);
	assert_true(measured_value(&m, "spearman", (size_t)step - 1, 0) < -0.9);
	assert_true(measured_value(&m, "envelope_slope", (size_t)step - 1, 0) < 0);
	WITHIN(measured_value(&m, "p_constant", (size_t)step - 1, 0), 24.0 / 144, 1e-12);
	measured_file_close(&m);
}

/* ---- explained ------------------------------------------------------------------------ */

enum { ROWS = 1200 };

/* The label follows the sign of the first column in 9 of 10 test rows; the network answers that sign, or the label. */
struct answers {
	double x[ROWS], y[ROWS];
	int32_t label[ROWS];
	uint8_t is_test[ROWS];
	struct vt_tap tap;
	struct vt_snapshot snapshot;
	struct vt_snapshot_shape shape;
};

static void answers_fill(struct answers *a)
{
	for (size_t i = 0; i < ROWS; i++) {
		a->x[i] = i % 2 ? 1 : -1;
		a->label[i] = i % 20 < 2 ? i % 2 == 0 : i % 2;
		a->is_test[i] = i >= 200;
	}
	a->tap = (struct vt_tap){ "output", VT_ROLE_OUTPUT, { a->y, ROWS, 1, 1 }, NULL, 0 };
	a->snapshot = (struct vt_snapshot){ .n_taps = 1, .tap = &a->tap, .input = { a->x, ROWS, 1, 1 },
		                            .label = { a->label, ROWS, 2 }, .is_test = a->is_test };
	a->shape = (struct vt_snapshot_shape){ .n_taps = 1, .n_rows = ROWS, .n_classes = 2, .n_inputs = 1,
		                               .tap_name = one_tap, .tap_width = one_unit };
}

static double coin_bits(double p)
{
	return -p * log2(p) - (1 - p) * log2(1 - p);
}

/* With 1000 test rows, 900 of them as the sign says: I(L;Y) = 1 - h(0.1) bit.  F = L has all of it explained; F = Y has
 * 1 bit, of which h(0.1) is beyond L.  Corrections: (4 - 2 - 2 + 1) / 2n for the noisy table; (2 - 2 - 2 + 1) / 2n for
 * a diagonal one, of which there are two given L when F = Y; 1 x 2 tables, given L when F = L, have none. */
static void counts_by_hand(void **state)
{
	struct answers a;
	struct measured_file m;
	const double noisy = 1 - coin_bits(0.1), unit = VT_BITS_PER_NAT / 2000;
	(void)state;
	answers_fill(&a);
	measured_file_open(&m, "explained:window=[0.2, 0.9]", &a.shape);
	for (int64_t step = 0; step < 3; step++) {
		for (size_t i = 0; i < ROWS; i++) a.y[i] = step == 0 ? a.x[i] : step == 1 ? 2 * a.label[i] - 1 : 1;
		a.snapshot.step = step;
		a.snapshot.index = (size_t)step;
		measured_record(&m, &a.snapshot);
	}
	measured_write(&m);
	WITHIN(measured_value(&m, "accuracy_l", 0, 0), 0.9, 1e-12);
	WITHIN(measured_value(&m, "n_samples", 0, 0), 1000, 0);
	WITHIN(measured_value(&m, "i_ly", 0, 0), noisy - unit, 1e-9);
	WITHIN(measured_value(&m, "i_fy", 0, 0), noisy - unit, 1e-9);
	WITHIN(measured_value(&m, "i_fy_given_l", 0, 0), 0, 1e-9); /* 1 x 2 tables have no excess */
	WITHIN(measured_value(&m, "share", 0, 0), 1, 1e-9);
	WITHIN(measured_value(&m, "share_se", 0, 0), 0, 1e-9);
	WITHIN(measured_value(&m, "least_share", 0, 0), 1, 1e-9);
	WITHIN(measured_value(&m, "i_fy", 1, 0), 1 + unit, 1e-9);
	WITHIN(measured_value(&m, "i_fy_given_l", 1, 0), coin_bits(0.1) + 2 * unit, 1e-9);
	WITHIN(measured_value(&m, "mu", 1, 0), noisy - unit, 1e-9);
	WITHIN(measured_value(&m, "accuracy_f", 1, 0), 1, 0);
	/* The error of I(L;Y): deviation of log p(y|l) / p(y), over root n. */
	WITHIN(measured_value(&m, "i_ly_se", 0, 0), sqrt(0.09) * log2(9) / sqrt(1000), 1e-9);
	WITHIN(measured_value(&m, "i_fy", 2, 0), 0, 1e-9);
	assert_true(isnan(measured_value(&m, "share", 2, 0)));
	measured_file_close(&m);
}

/* ---- randomised and weights ------------------------------------------------------------- */

enum { INPUTS = 6, TESTS = 400 };

/* score = first made coordinate + a little of the last; the basis turns neighbours by 45 degrees. */
struct planted {
	double x[TESTS * INPUTS], basis[INPUTS * INPUTS], w[INPUTS], y[2 * TESTS];
	int32_t label[TESTS];
	struct vt_weight weight[2];
	struct vt_net net;
	struct vt_tap tap;
	struct vt_snapshot snapshot;
	struct vt_snapshot_shape shape;
};

static enum vt_status run(struct vt_ctx *ctx, void *self, const struct vt_query *q, double *out)
{
	const struct planted *p = self;
	(void)ctx;
	assert_int_equal(q->tap, 1);
	for (size_t i = 0; i < q->input.rows; i++) {
		double z = 0;
		for (size_t k = 0; k < INPUTS; k++) z += q->input.x[i * q->input.stride + k] * p->w[k];
		out[2 * i] = -z;
		out[2 * i + 1] = z;
	}
	return VT_OK;
}

static void planted_fill(struct planted *p, double last)
{
	static const size_t two[] = { 2 };
	struct vt_rng r = vt_rng_stream(9, VT_PURPOSE_DATASET, 0);
	memset(p, 0, sizeof *p);
	for (size_t k = 0; k < INPUTS; k += 2)
		for (size_t j = 0; j < 4; j++) p->basis[(k + j / 2) * INPUTS + k + j % 2] = j == 1 ? -sqrt(0.5) : sqrt(0.5);
	for (size_t k = 0; k < INPUTS; k++)
		p->w[k] = p->basis[k] + last * p->basis[(INPUTS - 1) * INPUTS + k];
	for (size_t i = 0; i < TESTS; i++) {
		double z[INPUTS];
		p->label[i] = (int32_t)(i % 2);
		for (size_t k = 0; k < INPUTS; k++)
			z[k] = k == 0 || k == INPUTS - 1 ? (p->label[i] ? 1 : -1) * (0.1 + vt_rng_uniform(&r)) : vt_rng_normal(&r);
		for (size_t k = 0; k < INPUTS; k++)
			for (size_t j = 0; j < INPUTS; j++) p->x[i * INPUTS + j] += z[k] * p->basis[k * INPUTS + j];
	}
	p->net = (struct vt_net){ .self = p, .run = run, .n_weights = 2, .weight = p->weight };
	p->weight[0] = (struct vt_weight){ "b", false, { p->w, 1, INPUTS, INPUTS } };
	p->weight[1] = (struct vt_weight){ "h1.w", true, { p->w, INPUTS, 1, 1 } };
	p->tap = (struct vt_tap){ "output", VT_ROLE_OUTPUT, { p->y, TESTS, 2, 2 }, NULL, 0 };
	p->snapshot = (struct vt_snapshot){ .n_taps = 1, .tap = &p->tap, .input = { p->x, TESTS, INPUTS, INPUTS },
		                            .basis = { p->basis, INPUTS, INPUTS, INPUTS }, .label = { p->label, TESTS, 2 },
		                            .net = &p->net, .seed = 4 };
	p->shape = (struct vt_snapshot_shape){ .n_taps = 1, .n_rows = TESTS, .n_classes = 2, .n_inputs = INPUTS,
		                               .n_weights = 2, .weight = p->weight, .tap_name = one_tap, .tap_width = two };
}

/* A net that reads the first coordinate is at chance without it, and does not miss the others; in the unrotated basis
 * it would miss both. */
static void what_a_linear_net_rests_on(void **state)
{
	struct planted p;
	struct measured_file m;
	(void)state;
	for (int last = 0; last < 2; last++) {
		planted_fill(&p, last);
		measured_file_open(&m, "randomised:groups=[1, 4],names=[first, useless, last],repeats=20", &p.shape);
		measured_record(&m, &p.snapshot);
		p.snapshot.step = p.snapshot.index = 1;
		p.snapshot.net = NULL;
		measured_record(&m, &p.snapshot);
		measured_write(&m);
		WITHIN(measured_value(&m, "auc", 0, 0), 1, 0);
		WITHIN(measured_value(&m, "auc_randomised", 0, 1), 1, 0);
		if (last == 0) {
			double error = measured_value(&m, "auc_randomised_se", 0, 0);
			assert_true(error > 0.02 && error < 0.05);
			WITHIN(measured_value(&m, "auc_randomised", 0, 0), 0.5, 4 * error);
			WITHIN(measured_value(&m, "auc_randomised", 0, 2), 1, 0);
		} else {
			assert_true(measured_value(&m, "auc_randomised", 0, 0) > 0.7 && measured_value(&m, "auc_randomised", 0, 0) < 0.95);
			assert_true(measured_value(&m, "auc_randomised", 0, 2) < 0.95);
		}
		assert_int_equal((unsigned)measured_value(&m, "flags", 1, 0), VT_NOT_COMPUTED);
		measured_file_close(&m);
	}
}

/* Norms of a column; and a matrix of known singular values 3, 2, 1 in a rotated frame. */
static void matrices_by_hand(void **state)
{
	struct planted p;
	struct measured_file m;
	const double h = sqrt(0.5), w[] = { 3 * h, -3 * h, 0, 2 * h, 2 * h, 0, 0, 0, 1 };
	double entropy = -(3 * log(3 / 6.0) + 2 * log(2 / 6.0) + log(1 / 6.0)) / 6;
	(void)state;
	planted_fill(&p, 0);
	p.weight[1] = (struct vt_weight){ "h1.w", true, { w, 3, 3, 3 } };
	p.shape.n_inputs = 3;
	measured_file_open(&m, "weights:inputs=[1, 2]", &p.shape);
	measured_record(&m, &p.snapshot);
	measured_write(&m);
	WITHIN(measured_value(&m, "norm", 0, 0), sqrt(14), 1e-12);
	WITHIN(measured_value(&m, "largest", 0, 0), 3, 1e-12);
	WITHIN(measured_value(&m, "smallest", 0, 0), 1, 1e-12);
	WITHIN(measured_value(&m, "stable_rank", 0, 0), 14 / 9.0, 1e-12);
	WITHIN(measured_value(&m, "effective_rank", 0, 0), exp(entropy), 1e-12);
	WITHIN(measured_value(&m, "input_share", 0, 0), 5 / 14.0, 1e-12);
	measured_file_close(&m);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(parity_spectrum), cmocka_unit_test(sensitivity_is_the_weighted_degree),
		cmocka_unit_test(census_of_functions), cmocka_unit_test(percentile_among_completions),
		cmocka_unit_test(simple_ones_come_up_more_often),
		cmocka_unit_test(counts_by_hand), cmocka_unit_test(what_a_linear_net_rests_on),
		cmocka_unit_test(matrices_by_hand),
	};
	return cmocka_run_group_tests_name("measures of simplicity", tests, NULL, NULL);
}
