/* What holds for every estimator and any layer; what nulls and errors promise; what is refused.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "plain_estimates.h"

enum { ROWS = 220 };
static const double slack = 1e-9; /* nats: rounding */

/* Every registered estimator, with settings where it needs some. */
static const char *const all[] = {
	"binning:bins=30,range=[-1,1]", "binning:bins=30,range=[-1,1],edges=idnns", "binning:width=0.07",
	"binning:edges=adaptive", "binning:edges=quantile", "kde:variance=1e-3", "kde:variance=0.1", "exact",
};
enum { N_ALL = sizeof all / sizeof *all };

static void law(bool holds, const char *which, const char *settings, int shape, uint64_t seed)
{
	if (!holds) fail_msg("%s: %s on %s, seed %llu", which, settings, shape_names[shape], (unsigned long long)seed);
}

static void check_laws(struct vt_ctx *ctx, const char *settings, int shape, uint64_t seed)
{
	struct sample_layer s = sample_layer((enum shape_of_layer)shape, seed, ROWS, 1 + seed % 6, 2 + seed % 4);
	struct vt_information got[2], exact[2];
	double h_y = plain_label_entropy(&s.layer);
	bool pair = strncmp(settings, "kde", 3) == 0;
	estimate_as(ctx, settings, &s.layer, got);
	estimate_as(ctx, "exact", &s.layer, exact);
	for (int b = 0; b <= (int)pair; b++) {
		law(got[b].i_ty <= h_y + slack, "I(T;Y) <= H(Y)", settings, shape, seed);
		law(got[b].i_ty <= got[b].i_xt + slack, "I(T;Y) <= I(X;T)", settings, shape, seed);
		law(got[b].i_xt <= got[b].ceiling + slack, "I(X;T) <= ln n", settings, shape, seed);
		law(got[b].i_xt >= -slack, "I(X;T) >= 0", settings, shape, seed);
		law(got[b].i_xt <= exact[0].i_xt + slack, "a processed layer <= the exact one", settings, shape, seed);
		law(got[b].n == ROWS && fabs(got[b].ceiling - log(ROWS)) < slack, "n and ceiling", settings, shape, seed);
	}
	if (pair) law(got[1].i_xt <= got[0].i_xt + slack, "lower <= upper", settings, shape, seed);
	sample_clear(&s);
}

static void test_laws(void **state)
{
	struct vt_ctx *ctx = test_context();
	(void)state;
	for (size_t e = 0; e < N_ALL; e++)
		for (int shape = 0; shape < N_SHAPES; shape++)
			for (uint64_t seed = 0; seed < 6; seed++) check_laws(ctx, all[e], shape, seed);
	vt_ctx_free(ctx);
}

/* Noise is processing, and so is merging bins. */
static void test_ladders(void **state)
{
	static const char *const coarser[3][4] = {
		{ "kde:variance=1e-4", "kde:variance=1e-3", "kde:variance=0.05", "kde:variance=2" },
		{ "binning:width=0.05", "binning:width=0.1", "binning:width=0.2", "binning:width=0.4" },
		{ "binning:bins=64,range=[-1,1]", "binning:bins=32,range=[-1,1]", "binning:bins=8,range=[-1,1]",
		  "binning:bins=2,range=[-1,1]" },
	};
	struct vt_ctx *ctx = test_context();
	(void)state;
	for (int ladder = 0; ladder < 3; ladder++)
		for (int shape = 0; shape < N_SHAPES; shape++) {
			struct vt_information before[2] = { { .i_xt = INFINITY }, { .i_xt = INFINITY } }, got[2];
			struct sample_layer s = sample_layer((enum shape_of_layer)shape, 3, ROWS, 3, 2);
			for (int step = 0; step < 4; step++) {
				estimate_as(ctx, coarser[ladder][step], &s.layer, got);
				for (int b = 0; b <= (ladder == 0); b++)
					law(got[b].i_xt <= before[b].i_xt + slack, "more noise, less information", coarser[ladder][step],
					    shape, 3);
				memcpy(before, got, sizeof got);
			}
			sample_clear(&s);
		}
	vt_ctx_free(ctx);
}

/* The order of rows means nothing. */
static void test_order(void **state)
{
	struct vt_ctx *ctx = test_context();
	struct vt_information want[2], got[2];
	(void)state;
	for (size_t e = 0; e < N_ALL; e++)
		for (int shape = 0; shape < N_SHAPES; shape++) {
			struct sample_layer s = sample_layer((enum shape_of_layer)shape, 5, ROWS, 4, 3);
			struct sample_layer t = sample_layer((enum shape_of_layer)shape, 5, ROWS, 4, 3);
			size_t stride = s.layer.t.stride;
			for (size_t i = 0; i < ROWS; i++) {
				memcpy(t.x + i * stride, s.x + (ROWS - 1 - i) * stride, stride * sizeof *t.x);
				t.y[i] = s.y[ROWS - 1 - i];
			}
			estimate_as(ctx, all[e], &s.layer, want);
			estimate_as(ctx, all[e], &t.layer, got);
			bool no_error = isnan(want[0].i_ty_se) && isnan(got[0].i_ty_se);
			law(fabs(got[0].i_xt - want[0].i_xt) < 1e-12 && fabs(got[0].i_ty - want[0].i_ty) < 1e-12 &&
			    got[0].flags == want[0].flags && (no_error || fabs(got[0].i_ty_se - want[0].i_ty_se) < 1e-12),
			    "rows in another order", all[e], shape, 5);
			sample_clear(&s);
			sample_clear(&t);
		}
	vt_ctx_free(ctx);
}

static void test_null(void **state)
{
	struct vt_ctx *ctx = test_context();
	struct vt_information got[2], plain[2];
	(void)state;
	for (size_t e = 0; e < N_ALL; e++) {
		bool pair = strncmp(all[e], "kde", 3) == 0;
		for (int shape = 0; shape < N_SHAPES; shape++) {
			struct sample_layer s = sample_layer((enum shape_of_layer)shape, 2, ROWS, 2, 3);
			estimate_as(ctx, all[e], &s.layer, plain);
			s.layer.n_null = 19;
			estimate_as(ctx, all[e], &s.layer, got);
			for (int b = 0; b <= (int)pair; b++) {
				law(isnan(plain[b].i_ty_null) && isnan(plain[b].i_ty_null_p), "no null, no number", all[e], shape, 2);
				law(fabs(plain[b].i_xt - got[b].i_xt) < 1e-12 && fabs(plain[b].i_ty - got[b].i_ty) < 1e-12,
				    "a null changes nothing else", all[e], shape, 2);
				law(got[b].i_ty_null_p >= 0.05 - slack && got[b].i_ty_null_p <= 1, "1/20 <= p <= 1", all[e], shape, 2);
			}
			/* Labels that depend on the layer stand out; on a constant or all-different one none can. */
			if (strcmp(all[e], "binning:bins=30,range=[-1,1]") == 0 && shape == REPEATED)
				law(got[0].i_ty_null_p < 0.051 && got[0].i_ty_null < got[0].i_ty, "dependence found", all[e], shape, 2);
			if (shape == CONSTANT)
				law(fabs(got[0].i_ty_null) < slack && got[0].i_ty_null_p == 1, "constant: p = 1", all[e], shape, 2);
			if (strcmp(all[e], "exact") == 0 && shape == TANH)
				law(fabs(got[0].i_ty_null - got[0].i_ty) < slack && got[0].i_ty_null_p == 1, "all alone: the null is as large",
				    all[e], shape, 2);
			sample_clear(&s);
		}
	}
	vt_ctx_free(ctx);
}

/* Labels drawn apart from the layer: p is uniform on 1/20 .. 1, so at most 5 % are 1/20. */
static void test_null_rate(void **state)
{
	enum { REPLICATES = 400 };
	struct vt_ctx *ctx = test_context();
	struct vt_information got[2];
	int small = 0;
	double sum = 0;
	(void)state;
	for (uint64_t seed = 0; seed < REPLICATES; seed++) {
		struct sample_layer s = sample_layer(REPEATED, seed, 60, 1, 2);
		struct vt_rng r = vt_rng_stream(SEED + seed, VT_PURPOSE_RESAMPLE, 0);
		for (size_t i = 0; i < 60; i++) s.y[i] = (int32_t)vt_rng_below(&r, 2);
		s.layer.n_null = 19;
		estimate_as(ctx, "binning:bins=4,range=[-1,1]", &s.layer, got);
		small += got[0].i_ty_null_p < 0.051;
		sum += got[0].i_ty_null_p;
		sample_clear(&s);
	}
	/* 400 replicates: 20 +- 4.4 small ones, mean p 0.525 +- 0.014 (ties only raise it). */
	if (small > 38 || small < 4) fail_msg("%d of %d nulls have p = 1/20 (seed base %d)", small, REPLICATES, SEED);
	if (fabs(sum / REPLICATES - 0.525) > 0.07)
		fail_msg("mean p = %g of true nulls (seed base %d)", sum / REPLICATES, SEED);
	vt_ctx_free(ctx);
}

/* Four cells with known probabilities and labels that depend on them: the scatter of estimates
 * over samples is what their standard error says, within a fifth. */
static void test_standard_error(void **state)
{
	enum { N = 800, REPLICATES = 300 };
	static double x[N];
	static int32_t y[N];
	struct vt_ctx *ctx = test_context();
	struct vt_layer in = { .t = { x, N, 1, 1 }, .y = { y, N, 2 } };
	const char *const settings[2] = { "binning:width=1", "kde:variance=0.01" };
	(void)state;
	for (int e = 0; e < 2; e++) {
		double sum[2] = { 0 }, square[2] = { 0 }, se[2] = { 0 };
		for (uint64_t seed = 0; seed < REPLICATES; seed++) {
			struct vt_rng r = vt_rng_stream(SEED, VT_PURPOSE_RESAMPLE, seed);
			struct vt_information got[2];
			for (size_t i = 0; i < N; i++) {
				double u = vt_rng_uniform(&r);
				x[i] = u < 0.5 ? 0 : u < 0.75 ? 1 : u < 0.95 ? 2 : 3;
				y[i] = vt_rng_uniform(&r) < 0.2 + 0.2 * x[i];
			}
			estimate_as(ctx, settings[e], &in, got);
			const double value[2] = { got[0].i_xt, got[0].i_ty }, error[2] = { got[0].i_xt_se, got[0].i_ty_se };
			for (int k = 0; k < 2; k++) {
				sum[k] += value[k] / REPLICATES;
				square[k] += value[k] * value[k] / REPLICATES;
				se[k] += error[k] / REPLICATES;
			}
		}
		for (int k = 0; k < 2; k++) {
			double scatter = sqrt(square[k] - sum[k] * sum[k]);
			if (fabs(se[k] / scatter - 1) > 0.2)
				fail_msg("%s, number %d: standard error %g, scatter %g (seed base %d)", settings[e], k, se[k], scatter, SEED);
		}
	}
	vt_ctx_free(ctx);
}

static void test_flags(void **state)
{
	struct vt_ctx *ctx = test_context();
	struct vt_information got[2];
	struct sample_layer s = sample_layer(TANH, 2, ROWS, 6, 2);
	(void)state;
	s.layer.enumerated = false;
	estimate_as(ctx, "exact", &s.layer, got);
	assert_int_equal(got[0].flags, VT_SATURATED | VT_BIAS_DOMINATED);
	assert_true(isnan(got[0].i_xt_se) && isnan(got[0].i_ty_lo)); /* rows that are alone tell no error */
	estimate_as(ctx, "kde:variance=1e-9", &s.layer, got);
	assert_int_equal(got[0].flags, VT_SATURATED | VT_BIAS_DOMINATED);
	assert_int_equal(got[1].flags, VT_SATURATED | VT_BIAS_DOMINATED);
	s.layer.enumerated = true;
	estimate_as(ctx, "exact", &s.layer, got);
	assert_int_equal(got[0].flags, VT_BIAS_DOMINATED);
	assert_true(got[0].i_xt_se == 0 && got[0].i_xt_lo == got[0].i_xt && got[0].i_xt_hi == got[0].i_xt);
	estimate_as(ctx, "binning:bins=4,range=[-0.1,0.1]", &s.layer, got);
	assert_true(got[0].flags & VT_OUT_OF_RANGE && got[0].out_of_range_share > 0.5);
	s.x[3] = NAN;
	for (size_t e = 0; e < N_ALL; e++) {
		estimate_as(ctx, all[e], &s.layer, got);
		assert_int_equal(got[0].flags, VT_DEGENERATE);
		assert_true(isnan(got[0].i_xt) && isnan(got[0].i_ty) && isnan(got[0].h_t) && got[0].n == ROWS);
	}
	sample_clear(&s);
	s = sample_layer(CONSTANT, 3, ROWS, 6, 2);
	for (size_t e = 0; e < N_ALL; e++) {
		estimate_as(ctx, all[e], &s.layer, got);
		assert_true(fabs(got[0].i_xt) < slack && fabs(got[0].i_ty) < slack); /* a number, not a failure */
		assert_false(got[0].flags & VT_INVALID);
	}
	sample_clear(&s);
	vt_ctx_free(ctx);
}

/* Every kind that was compiled in describes itself; pairs of each nature: t_estimate_pairs.c. */
static void check_kind(const struct vt_estimate_kind *kind)
{
	const char *name = kind->kind.name;
	bool listed = false;
	if (!kind->layer && !kind->pair) fail_msg("estimator %s estimates nothing", name);
	if (!kind->pair != !(kind->traits & VT_TAKES_ALL)) fail_msg("estimator %s: its traits deny its pair", name);
	/* Made from pairs, a layer has one number. */
	assert_true(kind->n_bounds == 1 || (kind->n_bounds == 2 && kind->layer));
	assert_true(kind->cannot_mean && strlen(kind->cannot_mean) > 20);
	for (size_t b = 0; b < kind->n_bounds; b++) assert_non_null(kind->suffix[b]);
	if (!kind->layer || (kind->traits & VT_TRUE_WITH_NOISE)) return; /* Monte Carlo: t_estimate_noisy.c */
	for (size_t e = 0; e < N_ALL; e++) listed = listed || strncmp(all[e], name, strlen(name)) == 0;
	if (!listed) fail_msg("estimator %s has no settings in this test", name);
}

static void test_contract(void **state)
{
	size_t n = 0;
	(void)state;
	for (size_t i = 0; i < vt_registry.n; i++) {
		if (strcmp(vt_registry.entry[i].room, "estimate") != 0) continue;
		check_kind((const struct vt_estimate_kind *)vt_registry.entry[i].kind);
		n++;
	}
	assert_true(n >= 3);
}

static void refused(struct vt_ctx *ctx, const char *settings, const struct vt_layer *in, const char *word)
{
	struct vt_chosen chosen = { 0 };
	struct vt_information out[2];
	enum vt_status status = vt_chosen_parse(ctx, &vt_registry, "estimate", settings, &chosen);
	if (status == VT_OK) status = vt_estimate_layer(ctx, &chosen, in, out);
	if (status <= 0) fail_msg("%s: status %d where a refusal is wanted", settings, status);
	if (!strstr(vt_ctx_trail(ctx), word)) fail_msg("%s: '%s' does not say '%s'", settings, vt_ctx_trail(ctx), word);
	vt_chosen_clear(&chosen);
}

static void test_refusals(void **state)
{
	struct vt_ctx *ctx = test_context();
	struct sample_layer s = sample_layer(TANH, 1, 20, 2, 2);
	(void)state;
	refused(ctx, "binning", &s.layer, "range");
	refused(ctx, "binning:bins=30", &s.layer, "range");
	refused(ctx, "binning:range=[1]", &s.layer, "2 are wanted");
	refused(ctx, "binning:range=[1,-1]", &s.layer, "no room");
	refused(ctx, "binning:range=[1,1]", &s.layer, "no room");
	refused(ctx, "binning:range=[-1,1],width=0.1", &s.layer, "both");
	refused(ctx, "binning:edges=idnns", &s.layer, "needs a range");
	refused(ctx, "binning:edges=adaptive,width=0.1", &s.layer, "width");
	refused(ctx, "binning:edges=quantile,range=[-1,1]", &s.layer, "range");
	refused(ctx, "binning:bins=1,range=[-1,1]", &s.layer, "bins");
	refused(ctx, "kde", &s.layer, "variance");
	refused(ctx, "kde:variance=0", &s.layer, "variance");
	refused(ctx, "kde:variance=-1", &s.layer, "variance");
	struct vt_layer bad = s.layer;
	bad.t.rows = 0;
	refused(ctx, "exact", &bad, "at least 1 row");
	bad = s.layer;
	bad.y.n = 19;
	refused(ctx, "exact", &bad, "19 labels for 20 rows");
	bad = s.layer;
	s.y[4] = 2;
	refused(ctx, "exact", &bad, "label 2 of row 4");
	sample_clear(&s);
	vt_ctx_free(ctx);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_laws),           cmocka_unit_test(test_ladders),        cmocka_unit_test(test_order),
		cmocka_unit_test(test_null),           cmocka_unit_test(test_null_rate),      cmocka_unit_test(test_flags),
		cmocka_unit_test(test_standard_error), cmocka_unit_test(test_contract),       cmocka_unit_test(test_refusals),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
