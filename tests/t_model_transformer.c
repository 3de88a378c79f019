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

enum { ROWS = 23, LENGTH = 7, TOKENS = 11, CHECKED = 300 };

/* A small network with a batch in its pass. */
struct net {
	struct vt_ctx *ctx;
	struct vt_chosen chosen;
	struct vt_model *m;
	struct vt_pass *pass;
	int32_t label[ROWS * LENGTH];
	double value[ROWS * TOKENS];
	struct vt_targets targets;
};

/* labels: 1 a sequence, or LENGTH with some left out. */
static void open_net(struct net *n, const char *model, size_t labels, enum vt_loss loss, enum vt_precision precision)
{
	*n = (struct net){ .ctx = vt_ctx_create() };
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
	n->m->kind->forward(n->m, n->pass, 0, ROWS);
	n->m->kind->loss(n->m, n->pass, &n->targets, 0, ROWS, &loss, &correct);
	return loss / (double)vt_targets_asked(&n->m->shape, &n->targets, 0, ROWS);
}

/* Largest difference between gradient and central difference, relative to the gradient's own size in its block. */
static double worst_error(const char *model, size_t labels, enum vt_loss loss, double bend)
{
	struct net n;
	open_net(&n, model, labels, loss, VT_DOUBLE);
	double *g = calloc(n.m->n_parameters, sizeof *g), *w = n.m->parameter, worst = 0;
	struct vt_rng r = vt_rng_stream(9, VT_PURPOSE_NOISE, 0);
	/* Gains and biases off their first values, else their errors could hide. */
	for (size_t i = 0; i < n.m->n_parameters; i++) w[i] += 0.3 * vt_rng_normal(&r);
	n.m->kind->follow(n.m, NULL, 0);
	assert_int_equal(vt_model_gradient(n.ctx, n.m, n.pass, &n.targets, ROWS, g), VT_OK);
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
};
enum { N_NETS = sizeof nets / sizeof *nets };

static void gradients_match_differences(void **state)
{
	(void)state;
	for (size_t k = 0; k < N_NETS; k++)
		for (size_t labels = 1; labels <= LENGTH; labels += LENGTH - 1) {
			double worst = worst_error(nets[k], labels, VT_CROSS_ENTROPY, 0);
			if (!(worst < 1e-6)) fail_msg("%s, %zu labels: relative error %g", nets[k], labels, worst);
			if (labels > 1) continue;
			worst = worst_error(nets[k], labels, VT_SQUARED, 0);
			if (!(worst < 1e-6)) fail_msg("%s, squared: relative error %g", nets[k], worst);
		}
}

static void a_wrong_gradient_is_caught(void **state)
{
	(void)state;
	assert_true(worst_error(nets[0], LENGTH, VT_CROSS_ENTROPY, 1e-5) > 1e-4);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(gradients_match_differences),
		cmocka_unit_test(a_wrong_gradient_is_caught),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
