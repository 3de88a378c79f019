/* Laws of known information: their stated truth against the rows they draw.
 *
 * Where a density can be written, the mean of the log-density ratio over the rows is the information: this tests the
 * truth and the generator at once, by a formula that neither uses.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "dataset_open.h"
#include "known_densities.h"
#include "venturi/known.h"
#include "venturi/rng.h"

static int setup(void **state)
{
	*state = vt_ctx_create();
	return *state ? 0 : -1;
}

static int teardown(void **state)
{
	vt_ctx_free(*state);
	return 0;
}

static size_t find(const char *name)
{
	size_t i = vt_known_find(name);
	if (i == vt_known_count()) fail_msg("no case %s", name);
	return i;
}

static double truth(struct vt_ctx *ctx, const char *name, double *se)
{
	double mi = NAN, error;
	if (vt_known_truth(ctx, find(name), &mi, se ? se : &error) != VT_OK) fail_msg("%s: %s", name, vt_ctx_trail(ctx));
	return mi;
}

static struct vt_known_rows rows_of(struct vt_ctx *ctx, const char *name, size_t n, uint64_t seed)
{
	struct vt_known_rows r = { 0 };
	if (vt_known_draw(ctx, find(name), n, seed, &r) != VT_OK) fail_msg("%s: %s", name, vt_ctx_trail(ctx));
	return r;
}

/* ---- published values ------------------------------------------------------------------------------------- */

/* Czyz et al. 2023, the benchmark's table of true information, to its printed digits; the
 * others by an independent program: quadrature and tables in Python, Monte Carlo for the ring (standard error
 * 0.0016). */
static void printed_values(void **state)
{
	static const struct {
		const char *name;
		double mi, digits;
	} known[] = {
		{ "1v1-normal-0.75", 0.41334, 5e-6 }, { "1v1-additive-0.1", 1.70944, 5e-6 },
		{ "1v1-additive-0.75", 0.33333, 5e-6 }, { "student-identity-1-1-1", 0.22417, 5e-6 },
		{ "multinormal-dense-2-2-0.5", 0.29389, 5e-6 }, { "multinormal-dense-3-3-0.5", 0.41334, 5e-6 },
		{ "multinormal-dense-5-5-0.5", 0.59281, 5e-6 }, { "multinormal-dense-25-25-0.5", 1.29218, 5e-6 },
		{ "multinormal-dense-50-50-0.5", 1.62427, 5e-6 }, { "multinormal-sparse-25-25-2-2.0", 1.02165, 5e-6 },
		{ "student-identity-2-2-1", 0.43195, 5e-6 }, { "student-identity-2-2-2", 0.19315, 5e-6 },
		{ "student-identity-3-3-2", 0.29092, 5e-6 }, { "student-identity-3-3-3", 0.17871, 5e-6 },
		{ "student-identity-5-5-2", 0.44815, 5e-6 }, { "student-identity-5-5-3", 0.29854, 5e-6 },
		{ "asinh-student-identity-5-5-2", 0.44815, 5e-6 }, { "swissroll_x-normal_cdf-1v1-normal-0.75", 0.41334, 5e-6 },
		{ "symmetric-16-0.2", 1.731, 1e-3 }, { "symmetric-113-0.3", 2.701, 1e-3 }, { "zipf-100-1.0-copy0.7", 2.040, 1e-3 },
		{ "gao-uniform-5", 1.055, 1e-3 }, { "gao-uniform-50", 3.233, 1e-3 }, { "gao-zip-0.15", 0.230, 1e-3 },
		{ "half-atoms-0.9", 1.292, 1e-3 }, { "tanh1-g1.0-s0.1", 1.68043, 1e-5 }, { "tanh1-g3.0-s0.1", 1.44529, 1e-5 },
		{ "tanh1-g1.0-s0.5", 0.46351, 1e-5 }, { "ring-113-s0.05", 3.41267, 8e-3 }, { "ring-113-s0.3", 1.59582, 8e-3 },
		{ "cmi-pair0.8-z20", 0.51083, 5e-6 }, { "cmi-xor", 0.69315, 5e-6 }, { "cmi-chain-0.9", 0, 0 },
		{ "pairs3-mi8", 8, 0 }, { "uniform-32x32-independent", 0, 0 }, { "independent-25-25", 0, 0 },
		{ "labels10-independent", 0, 1e-12 },
	};
	for (size_t i = 0; i < sizeof known / sizeof *known; i++) {
		double mi = truth(*state, known[i].name, NULL);
		if (!(fabs(mi - known[i].mi) <= known[i].digits))
			fail_msg("%s: %.8f, wanted %.5f", known[i].name, mi, known[i].mi);
	}
}

/* ---- densities --------------------------------------------------------------------------------------------- */

struct moments {
	double mean, se;
};

static struct moments moments_of(const double *v, size_t n)
{
	double mean = sum(v, n) / (double)n, m2 = 0;
	for (size_t i = 0; i < n; i++) m2 += (v[i] - mean) * (v[i] - mean);
	return (struct moments){ mean, sqrt(m2) / (double)n };
}

/* Within 5 standard errors: one wrong failure in two million. */
static void mean_log_density_ratio(void **state)
{
	const size_t n = 20000;
	double *v = malloc(n * sizeof *v);
	assert_non_null(v);
	for (size_t k = 0; k < sizeof written / sizeof *written; k++) {
		struct vt_known c = vt_known_case(find(written[k].name));
		struct vt_known_rows r = rows_of(*state, written[k].name, n, 7);
		for (size_t i = 0; i < n; i++)
			v[i] = written[k].ratio(&c, written[k].a, written[k].b, r.x + i * c.dim_x, r.y + i * c.dim_y,
			                        r.z ? r.z + i * c.dim_z : NULL);
		struct moments m = moments_of(v, n);
		double mi = truth(*state, written[k].name, NULL);
		if (!(fabs(m.mean - mi) <= 5 * m.se + 1e-7))
			fail_msg("%s: rows say %.5f +- %.5f, the truth is given as %.5f", written[k].name, m.mean, m.se, mi);
		vt_known_rows_clear(&r);
	}
	free(v);
}

/* ---- mixtures of normals: Monte Carlo on the exact density ---------------------------------------------------- */

struct mixture {
	size_t k, d;
	double sigma, *centre;
	int32_t *class; /* null: the centre itself is asked for */
};

static double kernel(const struct mixture *m, const double *t, size_t j)
{
	double s = 0;
	for (size_t c = 0; c < m->d; c++) {
		double e = (t[c] - m->centre[j * m->d + c]) / m->sigma;
		s += e * e;
	}
	return exp(-s / 2);
}

/* One local term: log p(t | i) - log p(t), or log p(t | class of i) - log p(t). */
static double local_term(const struct mixture *m, size_t i, const double *t)
{
	double all = 0, same = 0, n_same = 0;
	for (size_t j = 0; j < m->k; j++) {
		double p = kernel(m, t, j);
		all += p;
		if (m->class ? m->class[j] == m->class[i] : j == i) {
			same += p;
			n_same++;
		}
	}
	return log(same / n_same) - log(all / (double)m->k);
}

static struct moments mixture_information(const struct mixture *m, size_t n, uint64_t seed)
{
	struct vt_rng r = vt_rng_stream(seed, VT_PURPOSE_CONTROL, m->k * m->d);
	double *v = malloc(n * sizeof *v), t[32];
	assert_non_null(v);
	for (size_t s = 0; s < n; s++) {
		size_t i = vt_rng_below(&r, m->k);
		for (size_t c = 0; c < m->d; c++) t[c] = m->centre[i * m->d + c] + m->sigma * vt_rng_normal(&r);
		v[s] = local_term(m, i, t);
	}
	struct moments out = moments_of(v, n);
	free(v);
	return out;
}

static struct moments layer_information(struct vt_ctx *ctx, const char *name, bool of_class, size_t n, uint64_t seed)
{
	struct vt_known_layer l;
	size_t i = find(name);
	assert_int_equal(vt_known_layer(ctx, i, &l), VT_OK);
	struct mixture m = { l.n, l.width, sqrt(vt_known_case(i).variance), l.t, of_class ? l.label : NULL };
	struct moments out = mixture_information(&m, n, seed);
	vt_known_layer_clear(&l);
	return out;
}

/* The centres of the labels: means of many rows would be noisy, so they are drawn as the case says. */
static struct moments labels_information(size_t n, uint64_t seed)
{
	double centre[160];
	struct vt_rng r = vt_rng_stream(2040, VT_PURPOSE_INIT, 0);
	for (size_t i = 0; i < 160; i++) centre[i] = vt_rng_normal(&r);
	struct mixture m = { 10, 16, 1, centre, NULL };
	return mixture_information(&m, n, seed);
}

/* With VENTURI_DRAWS set, prints what stands in src/dataset/known_cases.c; else compares with few draws. */
static void monte_carlo_truths(void **state)
{
	static const struct {
		const char *name;
		bool of_class;
		size_t n;
	} layer[] = {
		{ "tanhnet-3-s0.2-xt", false, 6000 }, { "tanhnet-3-s0.2-ty", true, 6000 },
		{ "tanhnet-10-7-5-s0.1-xt", false, 6000 }, { "tanhnet-10-7-5-s0.1-ty", true, 6000 },
		{ "tanhnet-10-7-5-4-3-s0.1-xt", false, 6000 }, { "tanhnet-10-7-5-4-3-s0.1-ty", true, 6000 },
		{ "labels10-gauss16d-1.0", false, 100000 },
	};
	const char *draws = getenv("VENTURI_DRAWS");
	for (size_t k = 0; k < sizeof layer / sizeof *layer; k++) {
		bool labels = strncmp(layer[k].name, "labels", 6) == 0;
		size_t n = draws ? (size_t)atol(draws) * (labels ? 20 : 1) : layer[k].n;
		struct moments m = labels ? labels_information(n, 8)
		                          : layer_information(*state, layer[k].name, layer[k].of_class, n, 8);
		double se = NAN, mi = truth(*state, layer[k].name, &se);
		if (draws) printf("%s: %.5f, %.5f\n", layer[k].name, m.mean, m.se);
		else if (!(fabs(m.mean - mi) <= 5 * hypot(m.se, se)) || !(se > 0 && se < 0.004))
			fail_msg("%s: %.5f +- %.5f by %zu draws, the table has %.5f +- %.5f", layer[k].name, m.mean, m.se, n, mi, se);
	}
}

/* The class takes half of the inputs, and rows of a noisy case scatter around the layer. */
static void layers_and_their_rows(void **state)
{
	struct vt_known_layer l;
	struct vt_known_rows r = rows_of(*state, "tanhnet-3-s0.2-xt", 500, 1);
	int32_t ones = 0;
	assert_int_equal(vt_known_layer(*state, find("tanhnet-3-s0.2-xt"), &l), VT_OK);
	assert_int_equal(l.n, 4096);
	assert_int_equal(l.width, 3);
	for (size_t i = 0; i < l.n; i++) ones += l.label[i];
	assert_int_equal(ones, 2048);
	double chi = 0;
	for (size_t i = 0; i < r.n; i++) {
		size_t input = 0;
		for (size_t j = 0; j < 12; j++) input |= (size_t)(r.x[i * 12 + j] > 0) << j;
		for (size_t j = 0; j < 3; j++) {
			double e = (r.y[i * 3 + j] - l.t[input * 3 + j]) / 0.2;
			chi += e * e;
		}
	}
	assert_true(fabs(chi - 1500) < 5 * sqrt(3000)); /* chi-square of 1500 degrees */
	vt_known_rows_clear(&r);
	vt_known_layer_clear(&l);
	assert_int_equal(vt_known_layer(*state, find("bsc-0.1"), &l), VT_EDOMAIN);
}

/* ---- images -------------------------------------------------------------------------------------------------- */

/* Each image, undone by hand, gives the very rows of its base. */
static void images_of_the_same_draw(void **state)
{
	const size_t n = 200;
	struct vt_known_rows base = rows_of(*state, "multinormal-sparse-3-3-2-2.0", n, 3);
	struct vt_known_rows cdf = rows_of(*state, "normal_cdf-multinormal-sparse-3-3-2-2.0", n, 3);
	struct vt_known_rows cube = rows_of(*state, "half_cube-multinormal-sparse-3-3-2-2.0", n, 3);
	struct vt_known_rows turned = rows_of(*state, "spiral-multinormal-sparse-3-3-2-2.0", n, 3);
	for (size_t i = 0; i < 3 * n; i++) {
		WITHIN(cdf.x[i], erfc(-base.x[i] / sqrt(2)) / 2, 1e-15);
		WITHIN(cube.y[i], copysign(pow(fabs(base.y[i]), 1.5), base.y[i]), 1e-12);
	}
	for (size_t i = 0; i < n; i++) {
		const double *b = base.y + 3 * i, *t = turned.y + 3 * i;
		double angle = -square(t, 3) / 3; /* the norm is that of the base */
		WITHIN(t[0], b[0], 0);
		WITHIN(cos(angle) * t[1] - sin(angle) * t[2], b[1], 1e-12);
		WITHIN(sin(angle) * t[1] + cos(angle) * t[2], b[2], 1e-12);
	}
	vt_known_rows_clear(&base);
	vt_known_rows_clear(&cdf);
	vt_known_rows_clear(&cube);
	vt_known_rows_clear(&turned);
}

static double mixture_cdf(double v, double share, double low, double high)
{
	return share * erfc(-(v - low) / sqrt(2)) / 2 + (1 - share) * erfc(-(v - high) / sqrt(2)) / 2;
}

static void images_of_the_normal_pair(void **state)
{
	const size_t n = 200;
	struct vt_known_rows u = rows_of(*state, "normal_cdf-1v1-normal-0.75", n, 3);
	struct vt_known_rows two = rows_of(*state, "1v1-bimodal-0.75", n, 3);
	struct vt_known_rows roll = rows_of(*state, "swissroll_x-normal_cdf-1v1-normal-0.75", n, 3);
	for (size_t i = 0; i < n; i++) {
		WITHIN(mixture_cdf(two.x[i], 0.3, 0, 5), u.x[i], 1e-12);
		WITHIN(mixture_cdf(two.y[i], 0.5, -1, 3), u.y[i], 1e-12);
		double t = 21 * hypot(roll.x[2 * i], roll.x[2 * i + 1]); /* the radius is t / 21 */
		WITHIN((t / (1.5 * M_PI) - 1) / 2, u.x[i], 1e-12);
		WITHIN(roll.y[i], u.y[i], 0);
	}
	vt_known_rows_clear(&u);
	vt_known_rows_clear(&two);
	vt_known_rows_clear(&roll);
}

/* The wiggles never turn back, so that they are injective: their derivative, by differences. */
static void wiggles_increase(void **state)
{
	struct vt_known_rows base = rows_of(*state, "1v1-normal-0.75", 4000, 3);
	struct vt_known_rows wiggly = rows_of(*state, "wiggly-1v1-normal-0.75", 4000, 3);
	for (size_t i = 1; i < base.n; i++) {
		assert_true((base.x[i] > base.x[0]) == (wiggly.x[i] > wiggly.x[0]));
		assert_true((base.y[i] > base.y[0]) == (wiggly.y[i] > wiggly.y[0]));
	}
	vt_known_rows_clear(&base);
	vt_known_rows_clear(&wiggly);
}

/* ---- all cases ------------------------------------------------------------------------------------------------- */

static void check_columns(const char *name, const double *v, size_t n, bool discrete)
{
	for (size_t i = 0; i < n; i++) {
		if (!isfinite(v[i])) fail_msg("%s: value %zu is not finite", name, i);
		if (discrete && (v[i] != floor(v[i]) || v[i] < 0)) fail_msg("%s: symbol %zu is %g", name, i, v[i]);
	}
}

/* Names once, rows finite, symbols whole; seeds differ, a longer sample begins with the shorter one. */
static void every_case(void **state)
{
	size_t forty = 0, more = 0;
	for (size_t i = 0; i < vt_known_count(); i++) {
		struct vt_known c = vt_known_case(i);
		double se = NAN, mi = truth(*state, c.name, &se);
		assert_int_equal(vt_known_find(c.name), i);
		if (!(mi >= -1e-12) || !(se >= 0)) fail_msg("%s: information %g +- %g", c.name, mi, se);
		forty += c.suite == VT_KNOWN_FORTY;
		more += c.suite == VT_KNOWN_MORE;
		struct vt_known_rows r = rows_of(*state, c.name, 50, 1), longer = rows_of(*state, c.name, 60, 1);
		struct vt_known_rows other = rows_of(*state, c.name, 50, 2);
		check_columns(c.name, r.x, 50 * c.dim_x, c.discrete_x);
		check_columns(c.name, r.y, 50 * c.dim_y, c.discrete_y);
		assert_memory_equal(r.x, longer.x, 50 * c.dim_x * sizeof *r.x);
		assert_memory_equal(r.y, longer.y, 50 * c.dim_y * sizeof *r.y);
		assert_memory_not_equal(r.y, other.y, 50 * c.dim_y * sizeof *r.y);
		assert_true((r.z != NULL) == (c.dim_z > 0));
		vt_known_rows_clear(&r);
		vt_known_rows_clear(&longer);
		vt_known_rows_clear(&other);
	}
	assert_int_equal(forty, 40);
	assert_true(more >= 12);
}

/* ---- as a dataset ------------------------------------------------------------------------------------------------ */

static void labels_or_targets(void **state)
{
	struct vt_dataset *d = dataset(*state, "known:case=labels10-gauss16d-1.0,n=500", 4);
	assert_int_equal(d->n_inputs, 16);
	assert_int_equal(d->n_classes, 10);
	WITHIN(d->i_xy, 2.19, 0.2);
	vt_dataset_close(d);
	d = dataset(*state, "known:case=multinormal-sparse-10-2-2-2.0,n=500", 4);
	assert_int_equal(d->n_inputs, 10);
	assert_int_equal(d->n_targets, 2);
	assert_int_equal(d->n_classes, 0);
	WITHIN(d->i_xy, -log(1 - 0.64), 1e-12);
	vt_dataset_close(d);
	d = dataset(*state, "known:case=symmetric-16-0.2,n=2000", 4);
	assert_int_equal(d->n_inputs, 1);
	assert_int_equal(d->n_classes, 16);
	vt_dataset_close(d);
}

static void refusals(void **state)
{
	REFUSED(*state, "known:case=cmi-xor", VT_ECONFIG, "cmi-xor", "triple");
	REFUSED(*state, "known:case=1v1-normal-0.76", VT_ECONFIG, "1v1-normal-0.76", "did you mean '1v1-normal-0.75'");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(printed_values), cmocka_unit_test(mean_log_density_ratio), cmocka_unit_test(monte_carlo_truths),
		cmocka_unit_test(layers_and_their_rows), cmocka_unit_test(images_of_the_same_draw),
		cmocka_unit_test(images_of_the_normal_pair), cmocka_unit_test(wiggles_increase), cmocka_unit_test(every_case),
		cmocka_unit_test(labels_or_targets), cmocka_unit_test(refusals),
	};
	return cmocka_run_group_tests_name("dataset known", tests, setup, teardown);
}
