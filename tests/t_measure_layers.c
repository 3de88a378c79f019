/* Measures of a hand-made snapshot: what reaches the file is what the estimators and plain loops
 * say, with units, labels and flags.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include <unistd.h>

#include "plain_estimates.h"

enum { ROWS = 96, TAPS = 2, SNAPSHOTS = 40, BATCHES = 5, MOST = 4 };
static const char *const tap_names[TAPS] = { "h1", "output" };
static const size_t tap_widths[TAPS] = { 4, 2 };

/* A frame that measures write to, and the file that it becomes. */
struct bench {
	struct vt_ctx *ctx;
	struct sample_layer tap[TAPS];
	struct vt_snapshot_shape shape;
	struct vt_frame *frame;
	struct vt_named named[MOST];
	size_t n_named;
	struct vt_measures *measures;
	struct vt_runs *runs;
	char path[64];
};

static void must(struct bench *b, enum vt_status status, const char *what)
{
	if (status != VT_OK) fail_msg("%s: status %d, %s", what, status, vt_ctx_trail(b->ctx));
}

static void bench_open(struct bench *b)
{
	*b = (struct bench){ .ctx = test_context() };
	for (size_t t = 0; t < TAPS; t++) b->tap[t] = sample_layer(t ? SATURATED : TANH, 6 + t, ROWS, tap_widths[t], 2);
	b->shape = (struct vt_snapshot_shape){ .n_taps = TAPS, .n_rows = ROWS, .n_classes = 2, .n_snapshots = SNAPSHOTS,
	                                       .tap_name = tap_names, .tap_width = tap_widths, .n_net_layers = TAPS,
	                                       .net_layer_name = tap_names };
	b->frame = vt_frame_create(b->ctx);
	assert_non_null(b->frame);
	snprintf(b->path, sizeof b->path, "/tmp/t_measure_layers.%ld.h5", (long)getpid());
}

static void bench_add(struct bench *b, char *key, const char *settings)
{
	struct vt_named *m = &b->named[b->n_named++];
	m->key = key;
	must(b, vt_chosen_parse(b->ctx, &vt_registry, "measure", settings, &m->chosen), settings);
}

static void bench_create(struct bench *b)
{
	must(b, vt_measures_create(b->ctx, b->n_named, b->named, &b->shape, b->frame, &b->measures), "create");
}

/* Snapshot number `index` of the same activations. */
static void bench_record(struct bench *b, size_t index, unsigned flags, const struct vt_net *net)
{
	struct vt_tap tap[TAPS];
	for (size_t t = 0; t < TAPS; t++)
		tap[t] = (struct vt_tap){ tap_names[t], t + 1 < TAPS ? VT_ROLE_HIDDEN : VT_ROLE_OUTPUT, b->tap[t].layer.t };
	struct vt_snapshot s = { .step = (int64_t)(10 * index), .epoch = (double)index, .index = index,
	                         .last = index + 1 == SNAPSHOTS, .n_taps = TAPS, .tap = tap, .label = b->tap[0].layer.y,
	                         .enumerated = true, .deterministic = true, .flags = flags, .seed = 3, .net = net };
	must(b, vt_measures_record(b->ctx, b->measures, &s), "record");
}

/* What a run file holds besides, for the reader's sake. */
static void bench_write(struct bench *b)
{
	static const char *const texts[] = { "config", "settings", "defaults", "hypotheses" }, *const empty = "{}";
	for (size_t i = 0; i < 4; i++) {
		const struct vt_variable text = { .name = texts[i], .type = VT_TEXT };
		must(b, vt_frame_variable(b->ctx, b->frame, "", &text), texts[i]);
		must(b, vt_frame_put_text(b->ctx, b->frame, "", texts[i], 1, &empty), texts[i]);
	}
	must(b, vt_frame_attr_text(b->ctx, b->frame, "", "venturi_schema", "venturi-run/1"), "schema");
	must(b, vt_frame_attr_text(b->ctx, b->frame, "", "status", "complete"), "status");
	must(b, vt_frame_write(b->ctx, b->frame, b->path), "write");
	must(b, vt_runs_open(b->ctx, b->path, &b->runs), "open");
}

static struct vt_series *series(struct bench *b, const char *variable)
{
	struct vt_series *s = NULL;
	must(b, vt_runs_series(b->ctx, b->runs, 0, variable, &s), variable);
	return s;
}

static void bench_close(struct bench *b)
{
	vt_runs_free(b->runs);
	vt_measures_free(b->measures);
	for (size_t i = 0; i < b->n_named; i++) vt_chosen_clear(&b->named[i].chosen);
	vt_frame_free(b->frame);
	for (size_t t = 0; t < TAPS; t++) sample_clear(&b->tap[t]);
	unlink(b->path);
	vt_ctx_free(b->ctx);
}

/* Value at [step][layer][label]. */
static double at(const struct vt_series *s, size_t step, const char *layer, const char *label)
{
	long l = vt_series_index(s, "layer", layer), e = s->rank > 2 ? vt_series_index(s, s->dim_name[2], label) : 0;
	if (l < 0 || e < 0 || step >= s->dim[0]) fail_msg("%s has no %s, %s, step %zu", s->name, layer, label, step);
	return s->value[(step * s->dim[1] + (size_t)l) * (s->rank > 2 ? s->dim[2] : 1) + (size_t)e];
}

static void test_information(void **state)
{
	struct bench b;
	struct vt_information want[2];
	(void)state;
	bench_open(&b);
	bench_add(&b, "width", "information:estimator={kind: binning, width: 0.07},null=9");
	bench_add(&b, "kde", "information:estimator={kind: kde, variance: 1e-3},null=0");
	bench_create(&b);
	bench_record(&b, 0, 0, NULL);
	bench_record(&b, 1, VT_DEAD, NULL);
	bench_record(&b, 25, 0, NULL);
	bench_record(&b, SNAPSHOTS - 1, 0, NULL);
	bench_write(&b);
	struct vt_series *xt = series(&b, "information/i_xt"), *ty = series(&b, "information/i_ty"),
	                 *p = series(&b, "information/i_ty_null_p"), *flags = series(&b, "information/flags"),
	                 *n = series(&b, "information/n_samples"), *bound = series(&b, "information/bound"),
	                 *text = series(&b, "information/estimator_settings");
	assert_string_equal(xt->unit, "bit");
	assert_int_equal(xt->dim[0], 4);
	assert_int_equal(xt->dim[2], 3);
	for (size_t t = 0; t < TAPS; t++) {
		struct vt_layer layer = b.tap[t].layer;
		layer.y = b.tap[0].layer.y;
		layer.enumerated = true;
		estimate_as(b.ctx, "binning:width=0.07", &layer, want);
		assert_true(fabs(at(xt, 1, tap_names[t], "width") - want[0].i_xt * VT_BITS_PER_NAT) < 1e-12);
		assert_true(fabs(at(ty, 3, tap_names[t], "width") - want[0].i_ty * VT_BITS_PER_NAT) < 1e-12);
		assert_int_equal((unsigned)at(flags, 0, tap_names[t], "width"), want[0].flags | VT_DETERMINISTIC);
		assert_int_equal((unsigned)at(flags, 1, tap_names[t], "width"), want[0].flags | VT_DETERMINISTIC | VT_DEAD);
		estimate_as(b.ctx, "kde:variance=1e-3", &layer, want);
		assert_true(fabs(at(xt, 2, tap_names[t], "kde-upper") - want[0].i_xt * VT_BITS_PER_NAT) < 1e-12);
		assert_true(fabs(at(xt, 2, tap_names[t], "kde-lower") - want[1].i_xt * VT_BITS_PER_NAT) < 1e-12);
		assert_int_equal((unsigned)at(flags, 0, tap_names[t], "kde-upper"), want[0].flags);
		assert_true(at(n, 0, tap_names[t], "kde-lower") == ROWS);
		/* The null at the first, the 25th and the last snapshot, and only where it was asked for. */
		for (size_t step = 0; step < 4; step++) {
			assert_true(isnan(at(p, step, tap_names[t], "width")) == (step == 1));
			assert_true(isnan(at(p, step, tap_names[t], "kde-upper")));
		}
	}
	assert_true(bound->value[0] == VT_POINT && bound->value[1] == VT_UPPER && bound->value[2] == VT_LOWER);
	assert_non_null(strstr(text->text[0], "0.07"));
	struct vt_series *all[] = { xt, ty, p, flags, n, bound, text };
	for (size_t i = 0; i < sizeof all / sizeof *all; i++) vt_series_free(all[i]);
	bench_close(&b);
}

/* Gradients with known mean and scatter: (2 + b) and -(2 + b), b = 0 .. 4, and one constant. */
static enum vt_status known_gradients(struct vt_ctx *ctx, void *self,
                                      enum vt_status (*visit)(void *visitor, size_t n_layers, const size_t *n,
                                                              const double *const *layer_gradient),
                                      void *visitor)
{
	const size_t n[TAPS] = { 2, 1 };
	enum vt_status status = VT_OK;
	(void)ctx;
	(void)self;
	for (int batch = 0; batch < BATCHES && status == VT_OK; batch++) {
		const double first[2] = { 1e6 + 2 + batch, -(2 + batch) }, second[1] = { 7 };
		const double *const gradient[TAPS] = { first, second };
		status = visit(visitor, TAPS, n, gradient);
	}
	return status;
}

static void test_gradient(void **state)
{
	const struct vt_net net = { .n_layers = TAPS, .gradients = known_gradients, .layer_name = tap_names };
	struct bench b;
	(void)state;
	bench_open(&b);
	bench_add(&b, "gradient", "gradient");
	bench_create(&b);
	bench_record(&b, 0, 0, &net);
	bench_record(&b, 1, 0, NULL);
	bench_write(&b);
	struct vt_series *mean = series(&b, "gradient/mean_norm"), *std = series(&b, "gradient/std_norm"),
	                 *snr = series(&b, "gradient/snr"), *flags = series(&b, "gradient/flags");
	/* Means 1e6 + 4 and -4; variance of 0 .. 4 is 2 for each. */
	assert_true(fabs(at(mean, 0, "h1", "") / hypot(1e6 + 4, 4) - 1) < 1e-14);
	assert_true(fabs(at(std, 0, "h1", "") - 2) < 1e-9);
	assert_true(fabs(at(snr, 0, "h1", "") / (hypot(1e6 + 4, 4) / 2) - 1) < 1e-9);
	assert_true(at(mean, 0, "output", "") == 7 && at(std, 0, "output", "") == 0 && isnan(at(snr, 0, "output", "")));
	assert_int_equal((unsigned)at(flags, 0, "output", ""), VT_DEGENERATE);
	assert_int_equal((unsigned)at(flags, 1, "h1", ""), VT_NOT_COMPUTED);
	assert_true(isnan(at(mean, 1, "h1", "")));
	struct vt_series *all[] = { mean, std, snr, flags };
	for (size_t i = 0; i < sizeof all / sizeof *all; i++) vt_series_free(all[i]);
	bench_close(&b);
}

static void test_robustness(void **state)
{
	struct bench b;
	struct vt_information want[2];
	(void)state;
	bench_open(&b);
	bench_add(&b, "rulers", "robustness:snapshots=5,widths=[0.1, 0.5],variances=[1e-3, 1e-2, 0.1]");
	bench_create(&b);
	for (size_t i = 0; i < SNAPSHOTS; i++) bench_record(&b, i, 0, NULL);
	bench_write(&b);
	struct vt_series *binned = series(&b, "rulers/i_xt_binned"), *upper = series(&b, "rulers/i_xt_upper"),
	                 *lower = series(&b, "rulers/i_ty_lower");
	/* 5 of 40, evenly: 0, 9.75, 19.5, 29.25, 39. */
	const double steps[5] = { 0, 100, 200, 290, 390 };
	assert_int_equal(binned->dim[0], 5);
	for (size_t i = 0; i < 5; i++) assert_true(binned->coord[0][i] == steps[i]);
	assert_int_equal(binned->dim[2], 2);
	assert_int_equal(upper->dim[2], 3);
	struct vt_layer layer = b.tap[0].layer;
	layer.enumerated = true;
	estimate_as(b.ctx, "binning:width=0.5", &layer, want);
	assert_true(fabs(binned->value[1] - want[0].i_xt * VT_BITS_PER_NAT) < 1e-12);
	estimate_as(b.ctx, "kde:variance=0.1", &layer, want);
	assert_true(fabs(upper->value[2] - want[0].i_xt * VT_BITS_PER_NAT) < 1e-12);
	assert_true(fabs(lower->value[2] - want[1].i_ty * VT_BITS_PER_NAT) < 1e-12);
	vt_series_free(binned);
	vt_series_free(upper);
	vt_series_free(lower);
	bench_close(&b);
}

static void refused(const char *first_key, const char *first, const char *second_key, const char *second,
                    const char *word)
{
	struct bench b;
	char key[2][32];
	bench_open(&b);
	snprintf(key[0], sizeof key[0], "%s", first_key);
	snprintf(key[1], sizeof key[1], "%s", second_key);
	bench_add(&b, key[0], first);
	bench_add(&b, key[1], second);
	enum vt_status status = vt_measures_create(b.ctx, b.n_named, b.named, &b.shape, b.frame, &b.measures);
	if (status != VT_ECONFIG || !strstr(vt_ctx_trail(b.ctx), word))
		fail_msg("%s and %s: status %d, '%s' does not say '%s'", first_key, second_key, status, vt_ctx_trail(b.ctx), word);
	bench_close(&b);
}

static void test_refusals(void **state)
{
	(void)state;
	refused("g", "gradient", "train", "gradient", "/train");
	refused("information", "gradient", "exact", "information:estimator=exact", "/information");
	refused("kde", "information:estimator={kind: kde, variance: 1}", "kde-upper", "information:estimator=exact",
	        "kde-upper");
	refused("a", "information:estimator=exact", "b", "information:estimator=binning", "range");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_information), cmocka_unit_test(test_gradient),
		cmocka_unit_test(test_robustness),  cmocka_unit_test(test_refusals),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
