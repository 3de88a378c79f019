/* What every kind owes any pair: an answer, a bracket, or NaN with flag and reason; the same for any number of threads,
 * and where it says so for x and y in either order.  Kinds are taken from the registry: a new one is tested unasked.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "pair_samples.h"

enum { ROWS = 40 };

/* Settings that a kind cannot do without, and those that make training cheap. */
static const char *const settings[] = {
	"binning:bins=4,range=[-3,3]", "kde:variance=0.1", "infonce:steps=20", "nwj:steps=20", "dv:steps=20", "lmi:steps=20",
	"classifier:steps=20",
};

static const char *settings_of(const struct vt_kind *kind)
{
	size_t length = strlen(kind->name);
	for (size_t i = 0; i < sizeof settings / sizeof *settings; i++)
		if (strncmp(settings[i], kind->name, length) == 0 && settings[i][length] == ':') return settings[i];
	return kind->name;
}

/* ---- pairs ------------------------------------------------------------------ */

enum values { NORMAL, SYMBOLS, NEAR_SYMBOLS, CONSTANT, COPIED, HUGE_ROW };

struct sort {
	const char *name;
	enum values x, y, z;
	bool discrete_x, discrete_y, discrete_z;
	size_t rows, dx, dy, dz;
};

static const struct sort sorts[] = {
	{ "two normal", NORMAL, NORMAL, 0, false, false, false, ROWS, 1, 1, 0 },
	{ "normal in 2 and 3 columns", NORMAL, NORMAL, 0, false, false, false, ROWS, 2, 3, 0 },
	{ "two discrete", SYMBOLS, SYMBOLS, 0, true, true, false, ROWS, 1, 1, 0 },
	{ "discrete and normal", SYMBOLS, NORMAL, 0, true, false, false, ROWS, 1, 2, 0 },
	{ "normal and discrete", NORMAL, SYMBOLS, 0, false, true, false, ROWS, 2, 1, 0 },
	{ "normal, given normal", NORMAL, NORMAL, NORMAL, false, false, false, ROWS, 1, 1, 1 },
	{ "discrete, given discrete", SYMBOLS, SYMBOLS, SYMBOLS, true, true, true, ROWS, 1, 1, 1 },
	{ "discrete and normal, given both", SYMBOLS, NORMAL, SYMBOLS, true, false, false, ROWS, 1, 1, 2 },
	{ "normal, given discrete", NORMAL, NORMAL, SYMBOLS, false, false, true, ROWS, 1, 1, 1 },
	{ "normal, given a constant", NORMAL, NORMAL, CONSTANT, false, false, false, ROWS, 1, 1, 1 },
	{ "ties called continuous", NEAR_SYMBOLS, SYMBOLS, 0, false, false, false, ROWS, 1, 1, 0 },
	{ "each row a symbol", NORMAL, NORMAL, 0, true, true, false, ROWS, 1, 1, 0 },
	{ "names and normal", NORMAL, NORMAL, 0, true, false, false, ROWS, 1, 1, 0 },
	{ "x twice", NORMAL, COPIED, 0, false, false, false, ROWS, 2, 2, 0 },
	{ "discrete x twice", SYMBOLS, COPIED, 0, true, true, false, ROWS, 1, 1, 0 },
	{ "one huge row", HUGE_ROW, NORMAL, 0, false, false, false, ROWS, 1, 1, 0 },
	{ "more columns than rows", NORMAL, NORMAL, 0, false, false, false, 8, 6, 7, 0 },
	{ "2 rows", NORMAL, NORMAL, 0, false, false, false, 2, 1, 1, 0 },
	{ "2 rows with symbols", SYMBOLS, NORMAL, 0, true, false, false, 2, 1, 1, 0 },
	{ "2 discrete rows", SYMBOLS, SYMBOLS, SYMBOLS, true, true, true, 2, 1, 1, 1 },
	{ "4 rows, given one", NORMAL, NORMAL, NORMAL, false, false, false, 4, 1, 1, 1 },
};
enum { N_SORTS = sizeof sorts / sizeof *sorts };

static void fill(struct vt_rng *r, enum values what, double *v, size_t n, size_t d, const double *x)
{
	for (size_t i = 0; i < n * d; i++) switch (what) {
		case NORMAL: v[i] = 0.5 * x[i / d] + vt_rng_normal(r); break;
		case SYMBOLS: v[i] = (double)((i / d % 2) ^ vt_rng_below(r, 3)); break;
		case NEAR_SYMBOLS: v[i] = (double)vt_rng_below(r, 3) + (i % 5 ? 0 : 1e-9); break;
		case CONSTANT: v[i] = 7; break;
		case COPIED: v[i] = x[i]; break;
		case HUGE_ROW: v[i] = i == 3 ? 1e150 : vt_rng_normal(r); break;
		}
}

static struct sample sample_sort(const struct sort *k, uint64_t seed)
{
	struct sample s = sample_of(k->rows, k->dx, k->dy, k->dz, seed);
	double *zero = calloc(k->rows * 8, sizeof *zero);
	fill(&s.rng, k->x, s.x, k->rows, k->dx, zero);
	fill(&s.rng, k->y, s.y, k->rows, k->dy, s.x);
	fill(&s.rng, k->z, s.z, k->rows, k->dz, zero);
	s.pair.discrete_x = k->discrete_x;
	s.pair.discrete_y = k->discrete_y;
	s.pair.discrete_z = k->discrete_z;
	free(zero);
	return s;
}

/* ---- what is owed ----------------------------------------------------------- */

static struct vt_estimated answer(struct vt_ctx *ctx, const char *text, const struct vt_pair *in, const char *sort)
{
	struct vt_chosen chosen = { 0 };
	struct vt_estimated e = { 0 };
	enum vt_status status = vt_chosen_parse(ctx, &vt_registry, "estimate", text, &chosen);
	if (status == VT_OK) status = vt_estimate_pair(ctx, &chosen, in, &e);
	if (status != VT_OK) fail_msg("%s, %s: %s", text, sort, vt_ctx_trail(ctx));
	vt_chosen_clear(&chosen);
	return e;
}

static bool same(double a, double b)
{
	return memcmp(&a, &b, sizeof a) == 0 || (isnan(a) && isnan(b));
}

static bool same_answer(const struct vt_estimated *a, const struct vt_estimated *b)
{
	return same(a->mi, b->mi) && same(a->se, b->se) && same(a->lower, b->lower) && same(a->upper, b->upper) &&
	       same(a->null_mean, b->null_mean) && same(a->null_p, b->null_p) && a->flags == b->flags;
}

/* A number is finite, a bracket has two ends in order, and nothing is missing without a word. */
static void check_answer(const struct vt_estimated *e, const struct vt_pair *in, const char *text, const char *sort)
{
	bool bracket = e->bound == VT_BRACKET && isfinite(e->lower) && isfinite(e->upper), number = isfinite(e->mi);
	if (bracket && !(e->lower <= e->upper + 1e-9)) fail_msg("%s, %s: %g above %g", text, sort, e->lower, e->upper);
	if (!number && !bracket && !(isnan(e->mi) && e->flags && e->reason[0]))
		fail_msg("%s, %s: mi %g, flags %x, '%s'", text, sort, e->mi, e->flags, e->reason);
	if (e->se < 0 || isinf(e->se) || e->lo > e->hi) fail_msg("%s, %s: se %g, %g to %g", text, sort, e->se, e->lo, e->hi);
	if (number && isfinite(e->lo) && !e->method) fail_msg("%s, %s: an interval of no method", text, sort);
	if (e->n != in->x.rows || e->dim_x != in->x.cols || e->dim_y != in->y.cols || e->dim_z != in->z.cols)
		fail_msg("%s, %s: %zu rows, %zu %zu %zu columns", text, sort, e->n, e->dim_x, e->dim_y, e->dim_z);
}

static unsigned wanted_traits(const struct vt_pair *in)
{
	unsigned discrete = (unsigned)in->discrete_x + in->discrete_y;
	return (discrete == 2 ? VT_TAKES_DISCRETE : discrete ? VT_TAKES_LABELS : VT_TAKES_CONTINUOUS) |
	       (in->z.cols ? VT_TAKES_CONDITION : 0);
}

static void check_kind(struct vt_ctx *ctx, const struct vt_estimate_kind *kind, const struct sort *sort)
{
	const char *text = settings_of(&kind->kind);
	struct sample s = sample_sort(sort, 11);
	struct vt_estimated one, two;
	vt_ctx_set_threads(ctx, 1);
	one = answer(ctx, text, &s.pair, sort->name);
	check_answer(&one, &s.pair, text, sort->name);
	/* A constant column of z is dropped, and what was given may be nothing. */
	if (sort->z != CONSTANT && (wanted_traits(&s.pair) & ~kind->traits) && !(one.flags & VT_NOT_COMPUTED) &&
	    one.method == NULL && !(one.flags & VT_DETERMINISTIC))
		fail_msg("%s, %s: an answer that is not offered", text, sort->name);
	vt_ctx_set_threads(ctx, 2);
	two = answer(ctx, text, &s.pair, sort->name);
	if (!same_answer(&one, &two)) fail_msg("%s, %s: %.17g on 1 thread, %.17g on 2", text, sort->name, one.mi, two.mi);
	if (kind->traits & VT_SYMMETRIC) {
		struct vt_pair turned = s.pair;
		turned.x = s.pair.y, turned.y = s.pair.x;
		turned.discrete_x = s.pair.discrete_y, turned.discrete_y = s.pair.discrete_x;
		two = answer(ctx, text, &turned, sort->name);
		if (!same_answer(&one, &two)) fail_msg("%s, %s: I(X;Y) %.17g, I(Y;X) %.17g", text, sort->name, one.mi, two.mi);
	}
	sample_clear(&s);
}

static void test_any_pair(void **state)
{
	struct vt_ctx *ctx = vt_ctx_create();
	size_t n = 0;
	(void)state;
	for (size_t i = 0; i < vt_registry.n; i++) {
		if (strcmp(vt_registry.entry[i].room, "estimate") != 0) continue;
		const struct vt_estimate_kind *kind = (const struct vt_estimate_kind *)vt_registry.entry[i].kind;
		for (size_t k = 0; k < N_SORTS; k++) check_kind(ctx, kind, &sorts[k]);
		n++;
	}
	assert_true(n >= 3);
	vt_ctx_free(ctx);
}

/* ---- reasons ---------------------------------------------------------------- */

static void reason_has(const char *text, const struct vt_pair *in, const char *part)
{
	struct vt_estimated e = estimate_pair(text, in);
	if (!strstr(e.reason, part)) fail_msg("%s: wanted '%s', said '%s'", text, part, e.reason);
}

/* Symmetric kinds look at x and y in an order of their own; what they say is of the caller's x and y. */
static void test_reasons(void **state)
{
	struct sort k = { "", CONSTANT, NORMAL, 0, false, false, false, ROWS, 1, 1, 0 };
	struct sample s = sample_sort(&k, 3);
	struct vt_pair turned = { .x = s.pair.y, .y = s.pair.x };
	(void)state;
	reason_has("gaussian", &s.pair, "x is constant");
	reason_has("gaussian", &turned, "y is constant");
	reason_has("dv", &turned, "y is constant");
	sample_clear(&s);
	k = (struct sort){ "", NORMAL, NORMAL, 0, false, false, false, ROWS, 3, 2, 0 };
	s = sample_sort(&k, 4);
	for (size_t i = 0; i < ROWS; i++) {
		s.x[3 * i] = 1; /* dropped, but columns are still counted with it */
		s.y[2 * i + 1] = 1 - 2 * s.x[3 * i + 2];
	}
	turned = (struct vt_pair){ .x = s.pair.y, .y = s.pair.x };
	reason_has("gaussian", &s.pair, "column 1 of y is an affine map of column 2 of x");
	reason_has("gaussian", &turned, "column 2 of y is an affine map of column 1 of x");
	sample_clear(&s);
}

/* Settings for x stay with x. */
static void test_sides(void **state)
{
	struct sort k = { "", NORMAL, NORMAL, 0, false, false, false, ROWS, 1, 2, 0 };
	struct sample s = sample_sort(&k, 5);
	struct vt_pair turned = { .x = s.pair.y, .y = s.pair.x };
	(void)state;
	double wanted = estimate_pair("hsic:width_x=0.5,width_y=2", &s.pair).mi;
	assert_true(estimate_pair("hsic:width_x=2,width_y=0.5", &turned).mi == wanted);
	assert_true(fabs(estimate_pair("hsic:width_x=0.5,width_y=2", &turned).mi - wanted) > 1e-6);
	reason_has("pca:dims=1", &s.pair, "1 of 1 components of x");
	reason_has("pca:dims=1", &turned, "1 of 1 components of y");
	sample_clear(&s);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_any_pair),
		cmocka_unit_test(test_reasons),
		cmocka_unit_test(test_sides),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
