/* Hypotheses: read, checked against the experiment, written canonically, hashed, read again.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "config_kinds.h"

#define BASE "dataset: {kind: coin}\nmodel: {kind: net, widths: [4]}\n" \
	"measure: {b: {kind: info, estimator: bins}}\n" \
	"arms: {one: {train.rate: 1}, two: {}}\n"

static const char full[] = BASE
	"hypotheses:\n"
	"  zebra: {claim: c1, statistic: fall, tail: 0.2, series: info/i_xt, at: {layer: h5, estimator: b},\n"
	"          where: {train.optimiser: sgd, dataset.bias: 0.50, arm: one}, delta: 0.5, unit: bit, expect: above,\n"
	"          seeds_min: 6, controls: [flat-null], family: f}\n"
	"  ant: {claim: c2, statistic: fall, series: b/x, delta: 0, expect: within}\n";

static const char canonical[] =
	"{\"ant\":{\"at\":{},\"claim\":\"c2\",\"controls\":[],\"delta\":0,\"expect\":\"within\",\"over\":\"train.seed\","
	"\"seeds_min\":5,\"series\":\"b/x\",\"statistic\":\"fall\",\"tail\":0.1,\"unit\":\"1\",\"where\":{}},"
	"\"zebra\":{\"at\":{\"estimator\":\"b\",\"layer\":\"h5\"},\"claim\":\"c1\",\"controls\":[\"flat-null\"],\"delta\":0.5,"
	"\"expect\":\"above\",\"family\":\"f\",\"over\":\"train.seed\",\"seeds_min\":6,\"series\":\"info/i_xt\","
	"\"statistic\":\"fall\",\"tail\":0.2,\"unit\":\"bit\",\"where\":{\"arm\":\"one\",\"dataset.bias\":\"0.5\","
	"\"train.optimiser.kind\":\"sgd\"}}}";

static void every_setting(void **state)
{
	struct vt_experiment *e = read_ok(*state, full, NULL, NULL);
	const struct vt_hypothesis *h = &e->hypothesis[0];
	assert_int_equal(e->n_hypotheses, 2);
	assert_string_equal(h->name, "zebra");
	assert_string_equal(h->claim, "c1");
	assert_ptr_equal(h->statistic.kind, &fall_kind);
	assert_true(((const struct fall *)h->statistic.settings)->tail == 0.2);
	assert_string_equal(h->at.value[0], "h5");
	assert_string_equal(h->where.key[0], "train.optimiser.kind");
	assert_string_equal(h->where.value[1], "0.5");
	assert_int_equal(h->expect, VT_ABOVE);
	assert_int_equal(h->seeds_min, 6);
	assert_string_equal(h->controls.v[0], "flat-null");
	assert_string_equal(h->family, "f");
	assert_null(e->hypothesis[1].family);
	vt_experiment_free(e);
}

/* The order of keys and the way of writing do not matter; a changed default would.
 * SHA-256 by sha256sum of the text above. */
static void canonical_json(void **state)
{
	const char *other = BASE
		"hypotheses:\n"
		"  ant: {expect: within, delta: 0.0, over: train.seed, series: 'b/x', statistic: fall, tail: 1e-1, claim: c2}\n"
		"  zebra:\n    claim: c1\n    family: f\n    controls: [flat-null]\n    seeds_min: 6\n    expect: above\n"
		"    unit: bit\n    delta: 5e-1\n    where: {arm: one, dataset.bias: 0.5, train.optimiser.kind: sgd}\n"
		"    at: {estimator: b, layer: h5}\n    series: info/i_xt\n    tail: 0.2\n    statistic: fall\n";
	struct vt_experiment *a = read_ok(*state, full, NULL, NULL), *b = read_ok(*state, other, NULL, NULL);
	assert_string_equal(a->hypotheses_json, canonical);
	assert_string_equal(b->hypotheses_json, canonical);
	assert_string_equal(a->hypotheses_sha256, "f7fb435ebbf11733bf4c404e527a2402cd94395f98b52aee973d53a8b3685308");
	assert_string_equal(b->hypotheses_sha256, a->hypotheses_sha256);
	struct vt_experiment *c = read_ok(*state, full, NULL, LIST("hypotheses.ant.delta=0.25", "hypotheses.zebra.tail=0.3"));
	assert_true(c->hypothesis[1].delta == 0.25);
	assert_true(((const struct fall *)c->hypothesis[0].statistic.settings)->tail == 0.3);
	assert_string_not_equal(c->hypotheses_sha256, a->hypotheses_sha256);
	vt_experiment_free(a);
	vt_experiment_free(b);
	vt_experiment_free(c);
}

static void read_again(void **state)
{
	struct vt_hypothesis *h = NULL;
	size_t n = 0;
	enum vt_status status = vt_hypotheses_parse(*state, &kinds, canonical, &n, &h);
	if (status != VT_OK) fail_msg("%s", vt_ctx_trail(*state));
	assert_int_equal(n, 2);
	assert_string_equal(h[0].name, "ant");
	assert_string_equal(h[1].where.value[2], "sgd");
	assert_int_equal(h[1].at.n, 2);
	assert_true(((const struct fall *)h[1].statistic.settings)->tail == 0.2);
	assert_null(h[0].family);
	vt_hypotheses_free(n, h);
	assert_int_equal(vt_hypotheses_parse(*state, &kinds, "{}", &n, &h), VT_OK);
	assert_int_equal(n, 0);
	vt_hypotheses_free(n, h);
	assert_int_equal(vt_hypotheses_parse(*state, &kinds, "{\"a\":", &n, &h), VT_ECONFIG);
}

#define ONE(inside) BASE "hypotheses:\n  h: {" inside "}\n"
#define REST "series: info/x, delta: 1, expect: above"

static void refused(void **state)
{
	static const struct { const char *text, *message; } wrong[] = {
		{ ONE("statistic: fall, " REST), "x.yaml:6:3: claim is missing: the claim it tests, or 'replication'" },
		{ ONE("claim: c, " REST), "x.yaml:6:3: statistic is missing; its kinds are fall" },
		{ ONE("claim: c, statistik: fall, " REST), "x.yaml:6:17: unknown setting 'statistik' (did you mean 'statistic'?)" },
		{ ONE("claim: c, statistic: falls, " REST),
		  "x.yaml:6:28: unknown kind 'falls' of statistic (did you mean 'fall'?)" },
		{ ONE("claim: c, statistic: fall, wxyz: 1, " REST),
		  "x.yaml:6:34: unknown setting 'wxyz'; a hypothesis has claim, statistic, series, at, where, over, delta, unit, "
		  "expect, seeds_min, controls, family, tail" },
		{ ONE("claim: c, statistic: fall, tail: 2, " REST),
		  "x.yaml:6:40: tail = 2 is outside [0.01, 1] of the snapshots" },
		{ ONE("claim: c, statistic: fall, kind: fall, " REST),
		  "x.yaml:6:34: unknown setting 'kind' (did you mean 'statistic'?)" },
		{ ONE("claim: c, statistic: fall, series: info/x, delta: -1, expect: above"),
		  "x.yaml:6:57: delta = -1 is below the least value, 0" },
		{ ONE("claim: c, statistic: fall, series: info/x, delta: 1, expect: abov"),
		  "x.yaml:6:68: expect = abov is unknown (did you mean 'above'?); choose from above, below, within, outside" },
		{ ONE("claim: c, statistic: fall, series: zzzz/x, delta: 1, expect: above"),
		  "x.yaml:6:42: no measure of this experiment writes group 'zzzz'; add one, or correct it" },
		{ ONE("claim: c, statistic: fall, series: info, delta: 1, expect: above"),
		  "x.yaml:6:42: series = info is not GROUP/VARIABLE, as information/i_xt is" },
		{ ONE("claim: c, statistic: fall, where: {model.activaton: tanh}, " REST),
		  "x.yaml:6:42: unknown setting 'model.activaton' (did you mean 'model.activation'?)" },
		{ ONE("claim: c, statistic: fall, where: {model.activation: cosine}, " REST),
		  "x.yaml:6:60: activation = cosine is unknown; choose from tanh, relu, linear" },
		{ ONE("claim: c, statistic: fall, where: {arm: three}, " REST), "x.yaml:6:47: no arm 'three'; the first is 'one'" },
		{ ONE("claim: c, statistic: fall, over: train.sed, " REST),
		  "x.yaml:6:40: unknown setting 'train.sed' (did you mean 'train.seed'?)" },
		{ ONE("claim: c, statistic: fall, at: [h5], " REST),
		  "x.yaml:6:38: at is a list, a mapping of at most 4096 names to single values is wanted" },
		{ BASE "hypotheses: {h: 3}\n", "x.yaml:5:17: hypothesis 'h' is a single value, a mapping is wanted" },
		{ BASE "hypotheses: {a b: {claim: c}}\n",
		  "x.yaml:5:14: 'a b' cannot name a hypothesis; use at most 64 letters, digits, '_' and '-'" },
	};
	for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++)
		refuse(*state, wrong[i].text, NULL, NULL, VT_ECONFIG, wrong[i].message);
	refuse(*state, full, NULL, LIST("hypotheses.ant.delta=[1, 2]"), VT_EUSAGE,
	       "'hypotheses.ant.delta=[1, 2]': hypotheses.ant.delta cannot be swept");
	refuse(*state, full, NULL, LIST("hypotheses.bee.delta=1"), VT_EUSAGE,
	       "'hypotheses.bee.delta=1': unknown setting 'hypotheses.bee.delta': the section 'hypotheses' has no 'bee'");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(every_setting, make_context, free_context),
		cmocka_unit_test_setup_teardown(canonical_json, make_context, free_context),
		cmocka_unit_test_setup_teardown(read_again, make_context, free_context),
		cmocka_unit_test_setup_teardown(refused, make_context, free_context),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
