/* Transformers: gradients against central differences in double, the shortcuts against the plain path, causality,
 * threads, single against double precision.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "venturi.h"

enum { ROWS = 47, FEW = 20, LENGTH = 7, TOKENS = 11, CHECKED = 150 };

/* A small network with a batch in its pass. */
struct net {
	struct vt_ctx *ctx;
	struct vt_chosen chosen;
	struct vt_model *m;
	struct vt_pass *pass;
	int32_t label[ROWS * LENGTH];
	double value[ROWS * TOKENS];
	struct vt_targets targets;
	size_t rows; /* of the batch: ROWS are enough for tables of the first block, FEW are not */
};

/* labels: 1 a sequence, or LENGTH with some left out. */
static void open_net(struct net *n, const char *model, size_t labels, enum vt_loss loss, enum vt_precision precision)
{
	*n = (struct net){ .ctx = vt_ctx_create(), .rows = ROWS };
	enum vt_status status = vt_chosen_parse(n->ctx, &vt_registry, "model", model, &n->chosen);
	const struct vt_model_shape shape = { .n_inputs = LENGTH, .n_outputs = TOKENS, .n_tokens = TOKENS, .n_labels = labels,
		                              .classes = true, .loss = loss, .precision = precision };
	if (status == VT_OK) status = vt_model_create(n->ctx, &n->chosen, &shape, 3, &n->m);
	if (status == VT_OK) status = vt_pass_create(n->ctx, n->m, ROWS, &n->pass);
	if (status != VT_OK) fail_msg("%s: %s", model, vt_ctx_trail(n->ctx));
	struct vt_rng r = vt_rng_stream(8, VT_PURPOSE_DATASET, 0);
	for (size_t i = 0; i < ROWS * LENGTH; i++) {
		size_t token = vt_rng_below(&r, TOKENS);
		if (precision == VT_DOUBLE) ((double *)n->pass->input)[i] = (double)token;
		else ((float *)n->pass->input)[i] = (float)token;
	}
	for (size_t i = 0; i < ROWS * LENGTH; i++)
		n->label[i] = labels > 1 && vt_rng_below(&r, 3) == 0 ? -1 : (int32_t)vt_rng_below(&r, TOKENS);
	n->targets = (struct vt_targets){ n->label, NULL };
}

static void close_net(struct net *n)
{
	vt_pass_free(n->pass);
	vt_model_free(n->m);
	vt_chosen_clear(&n->chosen);
	vt_ctx_free(n->ctx);
}

static double loss_of(struct net *n)
{
	double loss;
	size_t correct;
	n->m->kind->follow(n->m, NULL, 0);
	n->m->kind->forward(n->m, n->pass, 0, n->rows);
	n->m->kind->loss(n->m, n->pass, &n->targets, 0, n->rows, &loss, &correct);
	return loss / (double)vt_targets_asked(&n->m->shape, &n->targets, 0, n->rows);
}

/* Largest difference between gradient and central difference, relative to the gradient's own size in its block. */
static double worst_error(const char *model, size_t labels, enum vt_loss loss, size_t rows, double bend)
{
	struct net n;
	open_net(&n, model, labels, loss, VT_DOUBLE);
	n.rows = rows;
	double *g = calloc(n.m->n_parameters, sizeof *g), *w = n.m->parameter, worst = 0;
	struct vt_rng r = vt_rng_stream(9, VT_PURPOSE_NOISE, 0);
	/* Gains and biases off their first values, else their errors could hide. */
	for (size_t i = 0; i < n.m->n_parameters; i++) w[i] += 0.3 * vt_rng_normal(&r);
	n.m->kind->follow(n.m, NULL, 0);
	assert_int_equal(vt_model_gradient(n.ctx, n.m, n.pass, &n.targets, rows, g), VT_OK);
	g[5] += bend;
	for (size_t k = 0; k < CHECKED; k++) {
		const struct vt_parameters *b = &n.m->block[k % n.m->n_blocks];
		size_t i = k == 0 ? 5 : b->offset + vt_rng_below(&r, b->rows * b->cols);
		double kept = w[i], h = 6e-6 * fmax(1, fabs(kept));
		w[i] = kept + h;
		double above = loss_of(&n);
		w[i] = kept - h;
		double below = loss_of(&n);
		w[i] = kept;
		double difference = (above - below) / (2 * h);
		worst = fmax(worst, fabs(g[i] - difference) / fmax(1e-3, fabs(difference)));
	}
	free(g);
	close_net(&n);
	return worst;
}

static const char *const nets[] = {
	"transformer:width=8,heads=2,layers=2",
	"transformer:width=8,heads=2,layers=2,norm=post,activation=tanh,bias=mlp",
	"transformer:width=6,heads=3,layers=1,norm=none,activation=softplus,bias=none,init=width",
	"transformer:width=8,heads=1,layers=2,causal=false,positions=sinusoidal,activation=gelu,tied=true",
	"transformer:width=8,heads=4,layers=3,mlp_ratio=0,positions=none",
	"transformer:width=20,heads=1,layers=1,mlp_ratio=2,init=torch,activation=softsign",
	"transformer:width=8,heads=2,layers=0",
	"transformer:width=8,heads=2,layers=2,shortcuts=false",
	"transformer:width=8,heads=2,layers=2,norm=post,shortcuts=false,causal=false",
	"transformer:width=8,heads=2,layers=2,noise=0.2",
};
enum { N_NETS = sizeof nets / sizeof *nets };

static void gradients_match_differences(void **state)
{
	(void)state;
	for (size_t k = 0; k < N_NETS; k++)
		for (size_t labels = 1; labels <= LENGTH; labels += LENGTH - 1) {
			double worst = worst_error(nets[k], labels, VT_CROSS_ENTROPY, ROWS, 0);
			if (!(worst < 1e-6)) fail_msg("%s, %zu labels: relative error %g", nets[k], labels, worst);
			worst = worst_error(nets[k], labels, VT_CROSS_ENTROPY, FEW, 0);
			if (!(worst < 1e-6)) fail_msg("%s, %zu labels, few rows: relative error %g", nets[k], labels, worst);
			if (labels > 1) continue;
			worst = worst_error(nets[k], labels, VT_SQUARED, ROWS, 0);
			if (!(worst < 1e-6)) fail_msg("%s, squared: relative error %g", nets[k], worst);
			worst = worst_error(nets[k], labels, VT_HINGE, ROWS, 0);
			if (!(worst < 1e-6)) fail_msg("%s, hinge: relative error %g", nets[k], worst);
		}
}

static void a_wrong_gradient_is_caught(void **state)
{
	(void)state;
	assert_true(worst_error(nets[0], LENGTH, VT_CROSS_ENTROPY, ROWS, 1e-5) > 1e-4);
}

/* The gradient in single precision on so many threads. */
static float *gradient_of(const char *model, size_t labels, int threads, size_t *size)
{
	struct net n;
	open_net(&n, model, labels, VT_CROSS_ENTROPY, VT_SINGLE);
	vt_ctx_set_threads(n.ctx, threads);
	float *g = calloc(n.m->n_parameters, sizeof *g);
	assert_int_equal(vt_model_gradient(n.ctx, n.m, n.pass, &n.targets, ROWS, g), VT_OK);
	*size = n.m->n_parameters;
	close_net(&n);
	return g;
}

/* The single-precision paths, sixteen sequences side by side where the network is small, row by row where not. */
static void single_gradients_are_double_ones_rounded(void **state)
{
	static const char *const larger[] = { "transformer:width=72,heads=3,layers=2",
		                              "transformer:width=72,heads=1,layers=1,norm=post,causal=false,activation=relu" };
	(void)state;
	for (size_t k = 0; k < N_NETS + 2; k++)
		for (size_t labels = 1; labels <= LENGTH; labels += LENGTH - 1) {
			const char *model = k < N_NETS ? nets[k] : larger[k - N_NETS];
			size_t size;
			float *single = gradient_of(model, labels, 1, &size);
			struct net n;
			double most = 0;
			open_net(&n, model, labels, VT_CROSS_ENTROPY, VT_DOUBLE);
			double *g = calloc(size, sizeof *g);
			assert_int_equal(vt_model_gradient(n.ctx, n.m, n.pass, &n.targets, ROWS, g), VT_OK);
			for (size_t i = 0; i < size; i++) most = fmax(most, fabs(g[i]));
			for (size_t i = 0; i < size; i++)
				if (!(fabs(g[i] - single[i]) < 1e-5 * most))
					fail_msg("%s, %zu labels: number %zu is %g, wanted %g", model, labels, i, (double)single[i], g[i]);
			free(g);
			free(single);
			close_net(&n);
		}
}

static void threads_change_no_bit(void **state)
{
	(void)state;
	for (size_t k = 0; k < N_NETS; k++) {
		size_t size;
		float *one = gradient_of(nets[k], LENGTH, 1, &size);
		for (int threads = 2; threads <= 3; threads++) {
			float *more = gradient_of(nets[k], LENGTH, threads, &size);
			assert_memory_equal(one, more, size * sizeof *one);
			free(more);
		}
		free(one);
	}
}

static void shortcuts_change_rounding_only(void **state)
{
	static const char *const pairs[][2] = {
		{ "transformer:width=24,heads=2,layers=2", "transformer:width=24,heads=2,layers=2,shortcuts=false" },
		{ "transformer:width=24,heads=2,layers=1,norm=none,causal=false",
		  "transformer:width=24,heads=2,layers=1,norm=none,causal=false,shortcuts=false" },
		{ "transformer:width=24,heads=2,layers=2,noise=0.1",
		  "transformer:width=24,heads=2,layers=2,noise=0.1,shortcuts=false" },
	};
	(void)state;
	for (size_t k = 0; k < sizeof pairs / sizeof *pairs; k++)
		for (size_t labels = 1; labels <= LENGTH; labels += LENGTH - 1) {
			size_t size;
			float *fast = gradient_of(pairs[k][0], labels, 1, &size), *plain = gradient_of(pairs[k][1], labels, 1, &size);
			double most = 0;
			for (size_t i = 0; i < size; i++) most = fmax(most, fabs((double)plain[i]));
			assert_true(most > 1e-3);
			for (size_t i = 0; i < size; i++) assert_true(fabs((double)fast[i] - (double)plain[i]) < 2e-6 * most);
			free(fast);
			free(plain);
		}
}

/* What stands later changes nothing before it, in causal networks only. */
static void causal_networks_do_not_look_ahead(void **state)
{
	(void)state;
	for (int causal = 0; causal < 2; causal++) {
		struct net n;
		open_net(&n, causal ? nets[0] : nets[3], LENGTH, VT_CROSS_ENTROPY, VT_DOUBLE);
		size_t last = n.m->n_taps - 1, row = LENGTH * TOKENS;
		double *z = vt_pass_delta(n.m, n.pass, last), before[LENGTH * TOKENS];
		loss_of(&n);
		memcpy(before, z, row * sizeof *z);
		((double *)n.pass->input)[4] = ((double *)n.pass->input)[4] == 0 ? 1 : 0;
		loss_of(&n);
		assert_int_equal(memcmp(before, z, 4 * TOKENS * sizeof *z) == 0, causal);
		assert_true(memcmp(before, z, row * sizeof *z) != 0);
		close_net(&n);
	}
}

static void single_precision_is_double_rounded(void **state)
{
	(void)state;
	for (size_t k = 0; k < N_NETS; k++) {
		struct net f, d;
		open_net(&f, nets[k], LENGTH, VT_CROSS_ENTROPY, VT_SINGLE);
		open_net(&d, nets[k], LENGTH, VT_CROSS_ENTROPY, VT_DOUBLE);
		loss_of(&f);
		loss_of(&d);
		size_t last = f.m->n_taps - 1;
		const float *zf = vt_pass_delta(f.m, f.pass, last);
		const double *zd = vt_pass_delta(d.m, d.pass, last);
		for (size_t i = 0; i < ROWS * LENGTH * TOKENS; i++) assert_true(fabs(zf[i] - zd[i]) < 2e-5 * fmax(1, fabs(zd[i])));
		close_net(&f);
		close_net(&d);
	}
}

/* Token by token with a cache is the whole sequence at once. */
static void generation_agrees_with_the_plain_pass(void **state)
{
	static const char *const makers[] = { "transformer:width=12,heads=3,layers=2,init=torch",
		                              "transformer:width=12,heads=3,layers=2,norm=post,init=torch,positions=sinusoidal",
		                              "transformer:width=12,heads=3,layers=1,norm=none,init=torch,mlp_ratio=0,tied=true" };
	enum { PROMPT = 3, NEW = LENGTH - PROMPT + 1 };
	(void)state;
	for (size_t k = 0; k < sizeof makers / sizeof *makers; k++) {
		struct net n;
		open_net(&n, makers[k], LENGTH, VT_CROSS_ENTROPY, VT_DOUBLE);
		double *in = n.pass->input;
		int32_t out[ROWS * NEW], again[ROWS * NEW];
		const struct vt_mat prompt = { in, ROWS, PROMPT, LENGTH };
		assert_int_equal(n.m->kind->generate(n.ctx, n.m, &prompt, NEW, 0, 1, out), VT_OK);
		for (size_t i = 0; i < ROWS; i++)
			for (size_t t = PROMPT; t < LENGTH; t++) in[i * LENGTH + t] = out[i * NEW + t - PROMPT];
		loss_of(&n);
		const double *z = vt_pass_delta(n.m, n.pass, n.m->n_taps - 1);
		for (size_t i = 0; i < ROWS; i++)
			for (size_t t = 0; t < NEW; t++) {
				const double *row = z + (i * LENGTH + PROMPT - 1 + t) * TOKENS;
				for (size_t c = 0; c < TOKENS; c++) assert_true(row[c] <= row[out[i * NEW + t]] + 1e-9);
			}
		/* Drawn tokens depend on the seed alone, and follow the weights: at a low temperature the likeliest. */
		assert_int_equal(n.m->kind->generate(n.ctx, n.m, &prompt, NEW, 1e-6, 1, again), VT_OK);
		assert_memory_equal(out, again, sizeof out);
		assert_int_equal(n.m->kind->generate(n.ctx, n.m, &prompt, NEW, 1, 1, out), VT_OK);
		assert_int_equal(n.m->kind->generate(n.ctx, n.m, &prompt, NEW, 1, 1, again), VT_OK);
		assert_memory_equal(out, again, sizeof out);
		assert_int_equal(n.m->kind->generate(n.ctx, n.m, &prompt, NEW, 1, 2, again), VT_OK);
		assert_true(memcmp(out, again, sizeof out) != 0);
		assert_int_equal(n.m->kind->generate(n.ctx, n.m, &prompt, NEW + 1, 0, 1, again), VT_ECONFIG);
		close_net(&n);
	}
}

/* Replacing a tap by itself changes nothing; zeroing one position changes it and what comes after. */
static void edits_reach_what_lies_above(void **state)
{
	struct net n;
	(void)state;
	open_net(&n, "transformer:width=8,heads=2,layers=2,taps=all,init=torch", LENGTH, VT_CROSS_ENTROPY, VT_DOUBLE);
	size_t last = n.m->n_taps - 1, cells = ROWS * LENGTH * TOKENS, h1 = 0;
	double *plain = malloc(cells * sizeof *plain), *z = vt_pass_delta(n.m, n.pass, last);
	while (strcmp(n.m->tap_name[h1], "h1") != 0) h1++;
	loss_of(&n);
	memcpy(plain, z, cells * sizeof *z);
	double *held = malloc(ROWS * n.m->tap_width[h1] * sizeof *held);
	memcpy(held, vt_pass_activation(n.m, n.pass, h1), ROWS * n.m->tap_width[h1] * sizeof *held);
	struct vt_edit edit = { .kind = VT_EDIT_REPLACE, .tap = h1, .position = -1, .value = held };
	n.pass->n_edits = 1;
	n.pass->edit = &edit;
	loss_of(&n);
	assert_memory_equal(plain, z, cells * sizeof *z);
	edit = (struct vt_edit){ .kind = VT_EDIT_ZERO, .tap = h1, .position = 2 };
	loss_of(&n);
	for (size_t i = 0; i < ROWS; i++) {
		const double *was = plain + i * LENGTH * TOKENS, *is = z + i * LENGTH * TOKENS;
		assert_memory_equal(was, is, 2 * TOKENS * sizeof *z); /* before the edited position, in a causal network */
		assert_true(memcmp(was + 2 * TOKENS, is + 2 * TOKENS, TOKENS * sizeof *z) != 0);
	}
	free(plain);
	free(held);
	close_net(&n);
}

/* Patterns: weights of what a query sees, summing to 1, and 0 for what it does not, whatever the length. */
static void patterns_are_weights(void **state)
{
	static const size_t lengths[] = { 7, 33, 50, 70, 100 };
	(void)state;
	for (size_t k = 0; k < 2 * sizeof lengths / sizeof *lengths; k++) {
		size_t length = lengths[k / 2], tap = 0, heads = 2;
		struct vt_ctx *ctx = vt_ctx_create();
		struct vt_chosen chosen;
		struct vt_model *m;
		struct vt_pass *pass;
		const struct vt_model_shape shape = { .n_inputs = length, .n_outputs = TOKENS, .n_tokens = TOKENS,
			                              .n_labels = length, .classes = true, .precision = k % 2 ? VT_DOUBLE : VT_SINGLE };
		const char *model = "transformer:width=8,heads=2,layers=1,taps=all,init=torch";
		assert_int_equal(vt_chosen_parse(ctx, &vt_registry, "model", model, &chosen), VT_OK);
		assert_int_equal(vt_model_create(ctx, &chosen, &shape, 3, &m), VT_OK);
		assert_int_equal(vt_pass_create(ctx, m, 2, &pass), VT_OK);
		/* Twice, so that nothing is 0 only because the memory was. */
		for (int again = 0; again < 2; again++) m->kind->forward(m, pass, 0, 2);
		while (strcmp(m->tap_name[tap], "h1.pattern") != 0) tap++;
		const void *p = vt_pass_activation(m, pass, tap);
		for (size_t row = 0; row < 2 * length * heads; row++) {
			size_t query = row / heads % length;
			double sum = 0;
			for (size_t j = 0; j < length; j++) {
				size_t at = row * length + j;
				double weight = k % 2 ? ((const double *)p)[at] : ((const float *)p)[at];
				if (j > query) assert_true(weight == 0);
				sum += weight;
			}
			assert_true(fabs(sum - 1) < 1e-5);
		}
		vt_pass_free(pass);
		vt_model_free(m);
		vt_chosen_clear(&chosen);
		vt_ctx_free(ctx);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(gradients_match_differences),
		cmocka_unit_test(a_wrong_gradient_is_caught),
		cmocka_unit_test(single_gradients_are_double_ones_rounded),
		cmocka_unit_test(threads_change_no_bit),
		cmocka_unit_test(shortcuts_change_rounding_only),
		cmocka_unit_test(causal_networks_do_not_look_ahead),
		cmocka_unit_test(single_precision_is_double_rounded),
		cmocka_unit_test(generation_agrees_with_the_plain_pass),
		cmocka_unit_test(edits_reach_what_lies_above),
		cmocka_unit_test(patterns_are_weights),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
