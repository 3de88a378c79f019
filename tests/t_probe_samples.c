/* What a sample of a sequence is: tokens, last positions, whole sequences.  On a network of our own that writes down
 * what it read, so that every number of a snapshot is known.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "dataset_open.h"
#include "venturi/probe.h"

enum { T = 6, V = 5, H = 3 };

/* h1 at position t: the token, t, the sum of all tokens so far.  output: V numbers, the first of them the same sum; at
 * every position, or at the last one only. */
static void forward(const struct vt_model *m, struct vt_pass *p, size_t r0, size_t r1)
{
	double *h = vt_pass_activation(m, p, 0), *y = vt_pass_activation(m, p, 1);
	for (size_t i = r0; i < r1; i++) {
		const double *x = (const double *)p->input + i * T;
		double sum = 0;
		for (size_t t = 0; t < T; t++) {
			size_t at = m->tap_positions[1] == 1 ? i : i * T + t;
			sum += x[t];
			h[(i * T + t) * H] = x[t];
			h[(i * T + t) * H + 1] = (double)t;
			h[(i * T + t) * H + 2] = sum;
			for (size_t c = 0; c < V; c++) y[at * V + c] = c == 0 ? sum : -(double)c;
		}
	}
}

static void loss(const struct vt_model *m, const struct vt_pass *p, const struct vt_targets *t, size_t r0, size_t r1,
                 double *out, size_t *correct)
{
	(void)p;
	*out = (double)vt_targets_asked(&m->shape, t, r0, r1);
	*correct = 0;
}

static enum vt_status smooth(struct vt_ctx *ctx, const struct vt_model *m, size_t tap, struct vt_smooth *out)
{
	(void)ctx;
	if (tap == 0) *out = (struct vt_smooth){ .sd = 0.5, .from = 0, .width = m->tap_width[0], .fixed = true };
	return VT_OK;
}

static const struct vt_model_kind kind = {
	.kind = { .name = "scribe" }, .forward = forward, .loss = loss, .smooth = smooth,
};

struct fixture {
	struct vt_ctx *ctx;
	struct vt_dataset *data;
	struct vt_model model;
	size_t width[2], positions[2];
	struct vt_chosen chosen;
	struct vt_probe *probe;
	const struct vt_snapshot *shot;
};
static char *names[2] = { (char *)"h1", (char *)"output" };

static enum vt_status open_probe(struct fixture *f, const char *dataset_text, const char *probe_text, bool last_only)
{
	*f = (struct fixture){ .ctx = vt_ctx_create() };
	f->data = dataset(f->ctx, dataset_text, 1);
	f->positions[0] = T;
	f->positions[1] = last_only ? 1 : T;
	f->width[0] = H * T;
	f->width[1] = V * f->positions[1];
	f->model = (struct vt_model){ .kind = &kind, .n_taps = 2, .tap_name = names, .tap_width = f->width,
		                      .tap_positions = f->positions };
	f->model.shape = (struct vt_model_shape){ .n_inputs = f->data->n_inputs, .n_outputs = V, .n_tokens = V,
		                                  .n_labels = f->data->n_labels, .classes = true, .precision = VT_DOUBLE };
	if (vt_chosen_parse(f->ctx, &vt_registry, "probe", probe_text, &f->chosen) != VT_OK)
		fail_msg("%s", vt_ctx_trail(f->ctx));
	return vt_probe_create(f->ctx, &f->chosen, f->data, &f->model, 10, 10, 1, &f->probe);
}

static void take(struct fixture *f, const char *dataset_text, const char *probe_text, bool last_only)
{
	const struct vt_moment moment = { .step = 0 };
	if (open_probe(f, dataset_text, probe_text, last_only) != VT_OK ||
	    vt_probe_take(f->ctx, f->probe, &moment, &f->shot) != VT_OK)
		fail_msg("%s, %s: %s", dataset_text, probe_text, vt_ctx_trail(f->ctx));
}

static void close_probe(struct fixture *f)
{
	vt_probe_free(f->probe);
	vt_chosen_clear(&f->chosen);
	vt_dataset_close(f->data);
	vt_ctx_free(f->ctx);
}

static const double *tap(const struct fixture *f, size_t t, size_t sample)
{
	return f->shot->tap[t].x.x + sample * f->shot->tap[t].x.stride;
}

/* Every number of the samples of all 40 sequences in their order. */
static void tokens(void **state)
{
	struct fixture f;
	(void)state;
	take(&f, "lagged:n=40,length=6,vocabulary=5,lag=3", "fixed:x=bigram", false);
	struct vt_snapshot_shape shape = vt_probe_shape(f.probe);
	assert_int_equal(shape.n_rows, 40 * T);
	assert_int_equal(shape.n_positions, T);
	assert_int_equal(shape.n_inputs, 2);
	assert_int_equal(shape.tap_width[0], H);
	assert_int_equal(shape.tap_width[1], V);
	assert_string_equal(shape.samples, "a position of a sequence");
	assert_true(f.shot->partial_x && shape.partial_x && !f.shot->enumerated);
	for (size_t r = 0, i = 0; r < 40; r++) {
		double sum = 0;
		bool test = true;
		for (size_t k = 0; k < f.data->n_train; k++) test = test && f.data->train[k] != r;
		for (size_t t = 0; t < T; t++, i++) {
			const double *x = f.data->x + r * T;
			sum += x[t];
			assert_int_equal(f.shot->block[i], r);
			assert_int_equal(f.shot->position[i], t);
			assert_int_equal(f.shot->is_test[i], test);
			assert_int_equal(f.shot->label.y[i], f.data->label[r * T + t]);
			assert_true(f.shot->input.x[2 * i] == (t > 0 ? x[t - 1] : -1) && f.shot->input.x[2 * i + 1] == x[t]);
			assert_true(tap(&f, 0, i)[0] == x[t] && tap(&f, 0, i)[1] == (double)t && tap(&f, 0, i)[2] == sum);
			assert_true(tap(&f, 1, i)[0] == sum && tap(&f, 1, i)[V - 1] == -(V - 1));
		}
	}
	assert_true(f.shot->loss_train == 1);
	close_probe(&f);
}

/* Samples are only positions that are asked; X is the prefix, and entropy is that of X. */
static void asked_positions_only(void **state)
{
	struct fixture f;
	(void)state;
	take(&f, "lagged:n=40,length=6,vocabulary=5,lag=3,asked=repeats", "fixed:x=prefix,rows=test,n=4", false);
	assert_int_equal(f.shot->tap[0].x.rows, 4 * 4); /* positions 2 .. 5 */
	assert_int_equal(f.shot->input.cols, T);
	assert_false(f.shot->partial_x);
	for (size_t i = 0; i < 16; i++) {
		size_t t = f.shot->position[i];
		const double *x = f.shot->input.x + i * T;
		assert_int_equal(t, 2 + i % 4);
		assert_int_equal(f.shot->block[i], i / 4);
		assert_true(f.shot->label.y[i] == (int32_t)x[t - 2] && f.shot->is_test[i]);
		for (size_t k = 0; k < T; k++) assert_true((x[k] == -1) == (k > t));
	}
	WITHIN(f.shot->h_x, log(16), 1e-12);
	close_probe(&f);
	take(&f, "lagged:n=40,length=6,vocabulary=5,lag=3", "fixed", false);
	assert_int_equal(f.shot->input.cols, 1);
	assert_true(f.shot->partial_x && f.shot->h_x <= log(5) && f.shot->h_x > 0.9 * log(5));
	close_probe(&f);
}

/* One sample a sequence: no blocks, the label of the last position; where a tap is there only once it is the last. */
static void last_and_whole(void **state)
{
	struct fixture f;
	(void)state;
	for (int last_only = 0; last_only < 2; last_only++) {
		take(&f, "lagged:n=40,length=6,vocabulary=5,lag=3", "fixed:samples=last", last_only);
		assert_null(f.shot->block);
		assert_int_equal(f.shot->tap[0].x.cols, H);
		assert_int_equal(f.shot->tap[1].x.cols, V);
		assert_int_equal(f.shot->input.cols, T);
		for (size_t i = 0; i < 40; i++) {
			assert_int_equal(f.shot->label.y[i], f.data->label[i * T + T - 1]);
			assert_int_equal(f.shot->position[i], T - 1);
			assert_true(tap(&f, 0, i)[1] == T - 1 && tap(&f, 0, i)[2] == tap(&f, 1, i)[0]);
		}
		close_probe(&f);
		take(&f, "lagged:n=40,length=6,vocabulary=5,lag=3", "fixed:samples=sequence", last_only);
		assert_int_equal(f.shot->tap[0].x.cols, H * T);
		assert_int_equal(f.shot->tap[1].x.cols, last_only ? V : V * T);
		assert_null(f.shot->block);
		assert_null(f.shot->position);
		for (size_t t = 0; t < T; t++) assert_true(tap(&f, 0, 7)[t * H + 1] == (double)t);
		close_probe(&f);
	}
}

static void wanted(const char *dataset_text, const char *probe_text, bool last_only, const char *word)
{
	struct fixture f;
	assert_int_equal(open_probe(&f, dataset_text, probe_text, last_only), VT_ECONFIG);
	if (!strstr(vt_ctx_trail(f.ctx), word)) fail_msg("'%s' is not in: %s", word, vt_ctx_trail(f.ctx));
	close_probe(&f);
}

static void what_cannot_be(void **state)
{
	(void)state;
	wanted("lagged:n=40,length=6,vocabulary=5", "fixed:samples=token", true, "output is there at 1; wanted: last");
	wanted("lagged:n=40,length=6,vocabulary=5", "fixed:samples=sequence,x=token", false, "wanted: prefix");
	wanted("sphere12", "fixed:samples=token", false, "probe.samples is about sequences");
	wanted("sphere12", "fixed:x=token", false, "probe.x is about sequences");
}

/* A noisy network's signal: that of the sample's own position, sequences run once for all their tokens. */
static void signals_of_tokens(void **state)
{
	static const uint32_t rows[] = { 13, 14, 3, 12 };
	struct fixture f;
	double s[2 * 4 * H];
	(void)state;
	take(&f, "lagged:n=40,length=6,vocabulary=5,lag=3", "fixed", false);
	const struct vt_sampler *sampler = f.shot->tap[0].sampler;
	assert_int_equal(sampler->width, H);
	assert_int_equal(sampler->n_rows, 40 * T);
	assert_int_equal(sampler->draw(f.ctx, sampler, 4, rows, 1, 2, s), VT_OK);
	for (size_t k = 0; k < 2; k++)
		for (size_t i = 0; i < 4; i++)
			assert_memory_equal(s + (k * 4 + i) * H, tap(&f, 0, rows[i]), H * sizeof *s);
	close_probe(&f);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(tokens),
		cmocka_unit_test(asked_positions_only),
		cmocka_unit_test(last_and_whole),
		cmocka_unit_test(what_cannot_be),
		cmocka_unit_test(signals_of_tokens),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
