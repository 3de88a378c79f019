/* Binning and exact against plain loops, to 1e-9 bit, and numbers that can be had by hand.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "plain_estimates.h"

enum { ROWS = 160, MOST_EDGES = 64 };

/* How the plain loops number the cell of a value. */
struct plain_bins {
	const char *settings;
	enum { RANGE, IDNNS, WIDTH, ADAPTIVE, QUANTILE, EXACT } how;
	double a, b, width;
	size_t bins;
};

static const struct plain_bins cases[] = {
	{ "binning:bins=30,range=[-1,1]", RANGE, -1, 1, 0, 30 },
	{ "binning:bins=20,range=[0,2]", RANGE, 0, 2, 0, 20 },
	{ "binning:bins=7,range=[-0.3,0.9]", RANGE, -0.3, 0.9, 0, 7 },
	{ "binning:bins=30,range=[-1,1],edges=idnns", IDNNS, -1, 1, 0, 30 },
	{ "binning:bins=21,range=[-1,1],edges=idnns", IDNNS, -1, 1, 0, 21 },
	{ "binning:width=0.07", WIDTH, 0, 0, 0.07, 0 },
	{ "binning:width=1.5", WIDTH, 0, 0, 1.5, 0 },
	{ "binning:width=1e-12", WIDTH, 0, 0, 1e-12, 0 }, /* more bins than can be counted in 32 bits */
	{ "binning:bins=30,edges=adaptive", ADAPTIVE, 0, 0, 0, 30 },
	{ "binning:bins=5,edges=adaptive", ADAPTIVE, 0, 0, 0, 5 },
	{ "binning:bins=12,edges=quantile", QUANTILE, 0, 0, 0, 12 },
	{ "exact", EXACT, 0, 0, 0, 0 },
};
enum { N_CASES = sizeof cases / sizeof *cases };

static int ascending(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;
	return (x > y) - (x < y);
}

/* The layer's values, ascending; returns how many. */
static size_t sorted_values(const struct vt_mat *t, double **out)
{
	size_t m = 0;
	*out = malloc(t->rows * t->cols * sizeof **out);
	assert_non_null(*out);
	for (size_t i = 0; i < t->rows; i++)
		for (size_t c = 0; c < t->cols; c++) (*out)[m++] = t->x[i * t->stride + c];
	qsort(*out, m, sizeof **out, ascending);
	return m;
}

/* Edges of all cases but width and exact. */
static size_t plain_edges(const struct plain_bins *b, const struct vt_mat *t, double *edge)
{
	double *v;
	size_t m = sorted_values(t, &v), n = b->bins + 1;
	if (b->how == RANGE) plain_linspace(b->a, b->b, n, edge);
	if (b->how == ADAPTIVE) plain_linspace(v[0], v[m - 1], n, edge);
	if (b->how == IDNNS) plain_linspace(b->a, b->b, n = b->bins, edge);
	if (b->how == QUANTILE) {
		n = b->bins - 1;
		for (size_t k = 1; k <= n; k++) edge[k - 1] = v[k * m / b->bins];
	}
	free(v);
	return n;
}

static double plain_cell(const struct plain_bins *b, size_t n, const double *edge, double x)
{
	if (b->how == EXACT) return x;
	if (b->how == WIDTH) return floor(x / b->width);
	long below = plain_digitize(x, n, edge);
	if ((b->how == RANGE || b->how == ADAPTIVE) && x == edge[n - 1]) return (double)n - 1; /* closed at the top */
	if (b->how == IDNNS) return below - 1 < 0 ? (double)n - 1 : (double)below - 1; /* -1: Python's last */
	return (double)below;
}

static void compare(struct vt_ctx *ctx, const struct plain_bins *b, enum shape_of_layer shape, size_t width,
                    uint64_t seed)
{
	struct sample_layer s = sample_layer(shape, seed, ROWS, width, 2 + seed % 3);
	struct vt_information got[2];
	double edge[MOST_EDGES], *cell = malloc(ROWS * width * sizeof *cell), h_t, i_ty;
	char what[200];
	assert_non_null(cell);
	size_t n = plain_edges(b, &s.layer.t, edge);
	for (size_t i = 0; i < ROWS; i++)
		for (size_t c = 0; c < width; c++)
			cell[i * width + c] = plain_cell(b, n, edge, s.layer.t.x[i * s.layer.t.stride + c]);
	plain_plugin(&s.layer, cell, &h_t, &i_ty);
	estimate_as(ctx, b->settings, &s.layer, got);
	snprintf(what, sizeof what, "%s on %s, width %zu, seed %llu", b->settings, shape_names[shape], width,
	         (unsigned long long)seed);
	same_bits(what, got[0].i_xt, h_t);
	same_bits(what, got[0].h_t, h_t);
	same_bits(what, got[0].i_ty, i_ty);
	free(cell);
	sample_clear(&s);
}

static void test_plain_loops(void **state)
{
	const size_t widths[] = { 1, 2, 5, 40 };
	struct vt_ctx *ctx = test_context();
	(void)state;
	for (size_t b = 0; b < N_CASES; b++)
		for (int shape = 0; shape < N_SHAPES; shape++)
			for (size_t w = 0; w < sizeof widths / sizeof *widths; w++)
				compare(ctx, &cases[b], (enum shape_of_layer)shape, widths[w], 10 * w + b);
	vt_ctx_free(ctx);
}

static struct vt_layer column(const double *x, const int32_t *y, size_t n, bool enumerated)
{
	return (struct vt_layer){ .t = { x, n, 1, 1 }, .y = { y, n, 2 }, .enumerated = enumerated };
}

/* -1 is in the lowest cell and 1 in the highest; 0 starts a cell; -1.1 and 1.1 have cells of their
 * own.  Ten values in cells {-1, -0.9}, {0, 0.1}, {1, 0.96}, {-1.1}, {1.1, 7, 9}: counts 2 2 2 1 3. */
static void test_stated_range(void **state)
{
	static const double x[10] = { -1, -0.9, 0, 0.1, 1, 0.96, -1.1, 1.1, 7, 9 };
	static const int32_t y[10] = { 0 };
	struct vt_ctx *ctx = test_context();
	struct vt_layer in = column(x, y, 10, true);
	struct vt_information got[2];
	(void)state;
	estimate_as(ctx, "binning:bins=10,range=[-1,1]", &in, got);
	same_bits("ten values", got[0].i_xt, log(10) - (3 * 2 * log(2) + 3 * log(3)) / 10);
	same_bits("one label", got[0].i_ty, 0);
	assert_true(fabs(got[0].out_of_range_share - 0.4) < 1e-15);
	assert_true(got[0].flags & VT_OUT_OF_RANGE);
	vt_ctx_free(ctx);
}

/* linspace(-1, 1, 5) = -1 -.5 0 .5 1: 1 alone is the top cell, and -1.5 wraps to it; 0.999 is not. */
static void test_idnns_wraps(void **state)
{
	static const double x[4] = { 1, -1.5, 3, 0.999 };
	static const int32_t y[4] = { 0, 0, 0, 1 };
	struct vt_ctx *ctx = test_context();
	struct vt_layer in = column(x, y, 4, true);
	struct vt_information got[2];
	(void)state;
	estimate_as(ctx, "binning:bins=5,range=[-1,1],edges=idnns", &in, got);
	same_bits("H(1/4)", got[0].i_xt, log(4) - 0.75 * log(3));
	same_bits("the label is the cell", got[0].i_ty, log(4) - 0.75 * log(3));
	vt_ctx_free(ctx);
}

/* XOR of two units: each alone tells nothing of the label, both tell it all. */
static void test_exact_xor(void **state)
{
	static const double x[8] = { 0, 0, -0.0, 1, 1, 0, 1, 1 };
	static const int32_t y[4] = { 0, 1, 1, 0 };
	struct vt_ctx *ctx = test_context();
	struct vt_layer both = { .t = { x, 4, 2, 2 }, .y = { y, 4, 2 }, .enumerated = true };
	struct vt_layer first = { .t = { x, 4, 1, 2 }, .y = { y, 4, 2 }, .enumerated = true };
	struct vt_information got[2];
	(void)state;
	estimate_as(ctx, "exact", &both, got);
	same_bits("both units", got[0].i_xt, log(4));
	same_bits("their parity", got[0].i_ty, log(2));
	assert_false(got[0].flags & VT_TIES);
	estimate_as(ctx, "exact", &first, got);
	same_bits("one unit, -0 being 0", got[0].i_xt, log(2));
	same_bits("tells nothing", got[0].i_ty, 0);
	assert_true(got[0].flags & VT_TIES);
	vt_ctx_free(ctx);
}

/* 20 000 different rows that differ in one late column only: any collision would show. */
static void test_no_collisions(void **state)
{
	enum { N = 20000, UNITS = 24 };
	double *x = calloc(N * UNITS, sizeof *x);
	struct vt_ctx *ctx = test_context();
	struct vt_layer in = { .t = { x, N, UNITS, UNITS }, .enumerated = true };
	struct vt_information got[2];
	(void)state;
	assert_non_null(x);
	for (size_t i = 0; i < N; i++) x[i * UNITS + i % UNITS] = (double)(i / UNITS) * 0.5 + 1;
	const char *const settings[] = { "exact", "binning:width=0.25", "binning:bins=5000,range=[0,500]" };
	for (size_t k = 0; k < 3; k++) {
		estimate_as(ctx, settings[k], &in, got);
		same_bits(settings[k], got[0].i_xt, log(N));
		assert_true(isnan(got[0].i_ty)); /* no labels */
	}
	free(x);
	vt_ctx_free(ctx);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_plain_loops),   cmocka_unit_test(test_stated_range), cmocka_unit_test(test_idnns_wraps),
		cmocka_unit_test(test_exact_xor),     cmocka_unit_test(test_no_collisions),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
