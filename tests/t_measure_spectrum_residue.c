/* Planted circuits: cosine embeddings and logits that are sums of cos(2 pi k (a + b - c) / p).
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "measured.h"

enum { P = 23, WIDTH = 8, TOKENS = P + 1, INPUTS = 3, ROWS = P * P };

/* What the network at hand is made of: amplitude of each frequency in embedding and logits, and of a part of the logits
 * that depends on a alone. */
struct circuit {
	double embed[P / 2 + 1], logit[P / 2 + 1], lone;
	int sign; /* a + sign b */
};

static double wave(double k, int x)
{
	return cos(2 * M_PI * k * x / P);
}

/* Frequency k has columns cos and sin of its own, as long as there are columns. */
static void fill_embedding(const struct circuit *c, double *w)
{
	size_t column = 0;
	memset(w, 0, TOKENS * WIDTH * sizeof *w);
	for (int k = 1; k <= P / 2; k++) {
		if (c->embed[k] == 0) continue;
		for (int i = 0; i < P; i++) {
			w[i * WIDTH + column] = c->embed[k] * cos(2 * M_PI * k * i / P) + 0.3;
			w[i * WIDTH + column + 1] = c->embed[k] * sin(2 * M_PI * k * i / P);
		}
		column += 2;
	}
}

static enum vt_status run(struct vt_ctx *ctx, void *self, const struct vt_query *q, double *out)
{
	const struct circuit *c = self;
	(void)ctx;
	assert_int_equal(q->input.cols, INPUTS);
	assert_int_equal(q->tap, 1);
	for (size_t i = 0; i < q->input.rows; i++) {
		const double *x = q->input.x + i * q->input.stride;
		int a = (int)x[0], b = (int)x[1];
		assert_true(x[2] == P);
		for (int y = 0; y < P; y++) {
			out[i * P + (size_t)y] = 0.1 * y + c->lone * wave(3, a);
			for (int k = 1; k <= P / 2; k++)
				out[i * P + (size_t)y] += c->logit[k] * wave(k, a + c->sign * b - y + 2 * P);
		}
	}
	return VT_OK;
}

static double measured_one(struct measured *m, const char *variable)
{
	double *v = measured_values(m, variable, 1), x = v[0];
	free(v);
	return x;
}

static void measure_circuit(struct circuit *c, const char *settings, struct measured *m)
{
	static double w[TOKENS * WIDTH], x[ROWS * INPUTS], y[ROWS * P];
	static int32_t label[ROWS];
	static uint8_t is_test[ROWS];
	static const char *const tap_names[] = { "output" };
	static const size_t tap_widths[] = { P };
	const struct vt_snapshot_shape shape = { .n_taps = 1, .n_rows = ROWS, .n_classes = P, .n_inputs = INPUTS,
		                                 .n_tokens = TOKENS, .tap_name = tap_names, .tap_width = tap_widths };
	struct vt_tap tap = { "output", VT_ROLE_OUTPUT, { y, ROWS, P, P }, NULL, 0 };
	fill_embedding(c, w);
	for (int i = 0; i < ROWS; i++) {
		x[i * INPUTS] = i / P;
		x[i * INPUTS + 1] = i % P;
		x[i * INPUTS + 2] = P;
		label[i] = (i / P + i % P) % P;
		is_test[i] = i % 3 == 0;
	}
	const struct vt_weight weight = { "embed", true, { w, TOKENS, WIDTH, WIDTH } };
	const struct vt_net net = { .self = c, .run = run, .n_weights = 1, .weight = &weight };
	const struct vt_snapshot s = { .n_taps = 1, .tap = &tap, .input = { x, ROWS, INPUTS, INPUTS },
		                       .label = { label, ROWS, P }, .is_test = is_test, .net = &net };
	measured_must(m, measured_open(m, settings, &shape), "open");
	measured_must(m, vt_measures_record(m->ctx, m->measures, &s), "record");
}

static void a_clean_circuit(void **state)
{
	struct circuit c = { .embed = { [2] = 2, [5] = 1, [9] = 1 }, .logit = { [2] = 6, [5] = 6, [9] = 6 }, .sign = 1 };
	struct measured m;
	(void)state;
	measure_circuit(&c, "spectrum-residue:keys=3", &m);
	double *power = measured_values(&m, "embed_power", P / 2), *key = measured_values(&m, "key_frequency", 3);
	double *share = measured_values(&m, "diagonal_share", P / 2), h = -2 * log(1 / 6.0) / 6 - log(4 / 6.0) * 4 / 6;
	for (int k = 1; k <= P / 2; k++) {
		WITHIN(power[k - 1], P * c.embed[k] * c.embed[k], 1e-10); /* cos and sin: p / 2 each */
		WITHIN(share[k - 1], c.logit[k] > 0 ? 1 / 3.0 : 0, 1e-12);
	}
	assert_true(key[0] == 2 && key[1] + key[2] == 14);
	WITHIN(measured_one(&m, "embed_constant"), 3 * P * 0.09, 1e-10);
	WITHIN(measured_one(&m, "embed_effective"), exp(h), 1e-10);
	/* Sorted shares 0 .. 0, 1/6, 1/6, 2/3 of 11. */
	WITHIN(measured_one(&m, "embed_gini"), (6 / 6.0 + 8 / 6.0 + 10 * 4 / 6.0) / 11, 1e-10);
	WITHIN(measured_one(&m, "embed_top2"), 5 / 6.0, 1e-10);
	WITHIN(measured_one(&m, "embed_top5"), 1, 1e-10);
	WITHIN(measured_one(&m, "plane_share"), 4 / 6.0, 1e-10);
	WITHIN(measured_one(&m, "ring_r2"), 1, 1e-10);
	WITHIN(measured_one(&m, "key_share"), 1, 1e-12);
	WITHIN(measured_one(&m, "diagonal_all"), 1, 1e-12);
	assert_true(measured_one(&m, "flags") == 0);
	free(power);
	free(key);
	free(share);
	measured_close(&m);
}

/* With all power on the keys, restricted is the loss itself; excluded leaves 0.1 c, by hand.  A part that depends on a
 * alone changes no softmax, and its power is off the diagonal. */
static void losses(void **state)
{
	struct circuit c = { .embed = { [2] = 1 }, .logit = { [2] = 6, [5] = 6, [9] = 6 }, .lone = 4, .sign = 1 };
	struct measured m;
	double plain = 0, without = 0, bare = 0;
	(void)state;
	measure_circuit(&c, "spectrum-residue:keys=3,keys_from=logits", &m);
	for (int y = 0; y < P; y++) bare += exp(0.1 * y);
	for (int s = 0; s < P; s++) { /* s = a + b, each P times */
		double sum = 0;
		for (int y = 0, d = s + P; y < P; y++, d--) sum += exp(0.1 * y + 6 * (wave(2, d) + wave(5, d) + wave(9, d)));
		plain += (log(sum) - 0.1 * s - 18) / P;
		without += (log(bare) - 0.1 * s) / P;
	}
	WITHIN(measured_one(&m, "restricted_all"), plain, 1e-10);
	WITHIN(measured_one(&m, "excluded_all"), without, 1e-10);
	/* Power over a and b: 3 x 36 / 2, and 16 / 2 off the diagonal. */
	WITHIN(measured_one(&m, "key_share"), 54 / 62.0, 1e-12);
	double third = (measured_one(&m, "excluded_train") * (ROWS - 177) + measured_one(&m, "excluded_test") * 177) / ROWS;
	WITHIN(third, without, 1e-10);
	measured_close(&m);
}

/* a - b lives on the other diagonal. */
static void differences(void **state)
{
	struct circuit c = { .embed = { [4] = 1 }, .logit = { [4] = 5 }, .sign = -1 };
	struct measured m;
	(void)state;
	measure_circuit(&c, "spectrum-residue:keys=1", &m);
	WITHIN(measured_one(&m, "key_share"), 0, 1e-12);
	measured_close(&m);
	measure_circuit(&c, "spectrum-residue:keys=1,bins=difference", &m);
	WITHIN(measured_one(&m, "key_share"), 1, 1e-12);
	measured_close(&m);
}

/* Somebody else's activations have neither weights nor a network. */
static void without_a_network(void **state)
{
	static const char *const tap_names[] = { "output" };
	static const size_t tap_widths[] = { P };
	const struct vt_snapshot_shape shape = { .n_taps = 1, .n_rows = 1, .n_classes = P, .n_inputs = 2,
		                                 .tap_name = tap_names, .tap_width = tap_widths };
	struct vt_tap tap = { 0 };
	const struct vt_snapshot s = { .n_taps = 1, .tap = &tap };
	struct measured m;
	(void)state;
	measured_must(&m, measured_open(&m, "spectrum-residue", &shape), "open");
	measured_must(&m, vt_measures_record(m.ctx, m.measures, &s), "record");
	assert_true(isnan(measured_one(&m, "embed_gini")) && isnan(measured_one(&m, "restricted_all")));
	assert_true(measured_one(&m, "flags") == VT_NOT_COMPUTED);
	measured_close(&m);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_clean_circuit),
		cmocka_unit_test(losses),
		cmocka_unit_test(differences),
		cmocka_unit_test(without_a_network),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
