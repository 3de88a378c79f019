/* Continuing sequences with a transformer.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include <stdlib.h>
#include <string.h>

#include "transformer.h"
#include "venturi/num.h"

/* The same network for sequences of one token, whose rows are the sequences. */
static enum vt_status for_one(struct vt_ctx *ctx, const struct vt_model *m, struct vt_model *one)
{
	const struct vt_sequence *s = m->plan;
	size_t bytes = sizeof *s + s->n_layers * sizeof s->layer[0];
	struct vt_sequence *copy = vt_alloc(ctx, 1, bytes);
	if (!copy) return VT_ENOMEM;
	memcpy(copy, s, bytes);
	copy->micro = s->micro * s->length;
	copy->length = 1;
	copy->pattern = s->pattern;
	copy->noise = 0;
	*one = *m;
	one->plan = copy;
	return VT_OK;
}

static enum vt_status check(struct vt_ctx *ctx, const struct vt_model *m, const struct vt_mat *prompt, size_t n_new)
{
	enum vt_status status = VT_OK;
	const struct vt_sequence *s = m->plan;
	const struct vt_transformer_settings *t = m->settings;
	VT_REQUIRE(ctx, t->causal && s->n_outputs == s->n_tokens, VT_ECONFIG,
	           "model transformer continues sequences when it is causal and answers with tokens; this one %s",
	           t->causal ? "answers with something else" : "is not causal");
	VT_REQUIRE(ctx, prompt->cols >= 1 && n_new <= s->length && prompt->cols <= s->length + 1 - n_new, VT_ECONFIG,
	           "%zu tokens after a prompt of %zu do not fit into a context of %zu", n_new, prompt->cols, s->length);
	for (size_t i = 0; i < prompt->rows; i++)
		for (size_t c = 0; c < prompt->cols; c++) {
			double x = prompt->x[i * prompt->stride + c];
			VT_REQUIRE(ctx, x >= 0 && x < (double)s->n_tokens && x == (double)(size_t)x, VT_EDATA,
			           "prompt %zu, position %zu: %g is no token; wanted: 0 to %zu", i, c, x, s->n_tokens - 1);
		}
done:
	return status;
}

enum vt_status vt_transformer_generate(struct vt_ctx *ctx, const struct vt_model *m, const struct vt_mat *prompt,
                                       size_t n_new, double temperature, uint64_t seed, int32_t *out)
{
	enum vt_status status;
	const struct vt_sequence_ops *ops = m->shape.precision == VT_SINGLE ? &vt_sequence_ops_f32 : &vt_sequence_ops_f64;
	struct vt_model one = { 0 };
	struct vt_continuation g = { .length = prompt->cols, .n_new = n_new, .temperature = temperature, .seed = seed };
	int32_t *tokens = NULL;
	VT_TRY(check(ctx, m, prompt, n_new));
	VT_TRY(for_one(ctx, m, &one));
	size_t most = ((const struct vt_sequence *)one.plan)->micro;
	g.one = &one;
	VT_NEW(ctx, tokens, most * (prompt->cols + 1));
	g.token = tokens + most * prompt->cols;
	g.arena = vt_alloc(ctx, 1, ops->room(one.plan));
	g.room = vt_alloc(ctx, 1, ops->cache_room(one.plan, most, g.length + n_new));
	if (!g.arena || !g.room) {
		status = VT_ENOMEM;
		goto done;
	}
	for (g.first = 0; g.first < prompt->rows; g.first += g.n) {
		g.n = prompt->rows - g.first < most ? prompt->rows - g.first : most;
		for (size_t i = 0; i < g.n * g.length; i++)
			tokens[i] = (int32_t)prompt->x[(g.first + i / g.length) * prompt->stride + i % g.length];
		g.prompt = tokens;
		g.out = out + g.first * n_new;
		ops->generate(&g);
	}
	status = VT_OK;
done:
	free(tokens);
	free(g.arena);
	free(g.room);
	free(one.plan);
	return status;
}
