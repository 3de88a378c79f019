/* Estimators of discrete information: published numbers, definitions, laws and odd input.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "discrete_pairs.h"

#include "../src/estimate/discrete.h"
#include "../src/estimate/partition.h"

static const char *const all[] = { "plug-in", "miller-madow", "grassberger", "chao-shen", "james-stein", "nsb" };
enum { N_ALL = sizeof all / sizeof *all };

static struct vt_counts counts(struct vt_ctx *ctx, const uint32_t *rows, size_t n_cells)
{
	struct vt_counts c;
	if (vt_counts_of(ctx, rows, n_cells, &c) != VT_OK) fail_msg("%s", vt_ctx_trail(ctx));
	return c;
}

/* ---- published numbers -------------------------------------------------------- */

static void nsb_as_published(void **state)
{
	/* Manual of the Fortran program ndd (NSB by its authors' recipe): 2.80609225, 0.11945501 with 100 cells. */
	const uint32_t first[] = { 4, 12, 4, 5, 3, 1, 5, 1, 2, 2, 2, 2, 11, 3, 4, 12, 12, 1, 2 };
	/* Manual of the R package entropy, 11 cells: 2.187774. */
	const uint32_t second[] = { 4, 2, 3, 0, 2, 4, 0, 0, 2, 1, 1 };
	struct vt_counts a = counts(*state, first, 19), b = counts(*state, second, 11);
	double mean, sd;
	assert_int_equal(vt_entropy_nsb(*state, &a, 100, &mean, &sd), VT_OK);
	within("NSB of 19 symbols in 100 cells", mean, 2.8060922529931225, 1e-4);
	within("its standard deviation", sd, 0.11945501149743358, 1e-4);
	assert_int_equal(vt_entropy_nsb(*state, &b, 11, &mean, NULL), VT_OK);
	within("NSB of 8 symbols in 11 cells", mean, 2.187774, 1e-3);
	/* Without end of cells it has a limit, where coincidences are many; ndd's own guess of K gives 2.81307. */
	assert_int_equal(vt_entropy_nsb(*state, &a, 1e9, &mean, NULL), VT_OK);
	within("NSB of 19 symbols in 1e9 cells", mean, 2.8130746489179046, 2e-4);
	assert_int_equal(vt_entropy_nsb(*state, &a, 18, &mean, NULL), VT_EDOMAIN);
	vt_counts_clear(&a);
	vt_counts_clear(&b);
}

/* G(c) = psi(c) + (-1)^c int_0^1 x^(c-1) / (1 + x) dx, by Simpson's rule and psi(c) = -gamma + sum 1/k. */
static void grassberger_by_its_integral(void **state)
{
	(void)state;
	for (size_t c = 1; c < 40; c++) {
		double psi = -0.57721566490153286061, sum = 0;
		for (size_t k = 1; k < c; k++) psi += 1.0 / (double)k;
		for (size_t i = 0; i <= 2000; i++) {
			double x = (double)i / 2000, f = pow(x, (double)c - 1) / (1 + x);
			sum += f * (i == 0 || i == 2000 ? 1 : i % 2 ? 4 : 2) / 6000;
		}
		within("G", vt_grassberger(c), psi + (c % 2 ? -sum : sum), 1e-9);
	}
}

static void all_singletons(void **state)
{
	const uint32_t rows[] = { 1, 1, 1, 1, 1 };
	struct vt_counts c = counts(*state, rows, 5);
	/* f1 = n - 1: C = 1/5, p = 1/25 each, -5 p ln p / (1 - (1 - p)^5) */
	within("Chao-Shen of singletons", vt_entropy_chao_shen(&c), 0.2 * log(25.0) / (1 - pow(0.96, 5)), 1e-12);
	within("plug-in", vt_entropy_plug_in(&c), log(5.0), 1e-12);
	within("Miller-Madow", vt_entropy_miller_madow(&c), log(5.0) + 0.4, 1e-12);
	within("lambda", vt_shrinkage(&c, 5), 1, 0);
	within("shrunk", vt_entropy_shrunk(&c, 5, 1), log(5.0), 1e-12);
	vt_counts_clear(&c);
}

/* A small table by hand, counts (3,1,0,4) of 2 x 2: S = 26/64, lambda = (1 - S) / (7 (S - 1/4)) = 0.54286. */
static void shrinkage_by_hand(void **state)
{
	const uint32_t rows[] = { 3, 1, 0, 4 };
	struct vt_counts c = counts(*state, rows, 4);
	double lambda = (38.0 / 64) / (7 * 10.0 / 64), mi = 0, q[4];
	within("lambda", vt_shrinkage(&c, 4), lambda, 1e-12);
	for (int k = 0; k < 4; k++) q[k] = lambda / 4 + (1 - lambda) * rows[k] / 8.0;
	for (int k = 0; k < 4; k++) mi += q[k] * log(q[k] / ((q[k & 2] + q[k | 1]) * (q[k & 1] + q[k | 2])));
	double x[8] = { 0, 0, 0, 0, 1, 1, 1, 1 }, y[8] = { 0, 0, 0, 1, 1, 1, 1, 1 };
	struct vt_pair p = discrete_pair(x, y, 8);
	within("information", estimated(*state, "james-stein", &p).mi, mi, 1e-12);
	vt_counts_clear(&c);
}

/* Mean of 5 samples each of another generator, with that generator's code of the formulas; tolerances: 4 standard
 * errors of the difference of two such means. */
static void means_of_five(void **state)
{
	const struct {
		struct channel c;
		size_t n;
		double want[5], tolerance;
	} rows[] = {
		{ symmetric(16, 0.2), 1000, { 1.838, 1.777, 1.610, 1.727, 1.731 }, 0.16 },
		{ symmetric(113, 0.3), 1000, { 3.780, 3.690, 3.647, 3.467, 2.646 }, 0.17 },
		{ symmetric(113, 0.3), 10000, { 3.177, 3.050, 2.852, 2.882, 3.022 }, 0.06 },
		{ zipf(100, 1, 0.7), 10000, { 2.261, 2.197, 2.030, 2.133, 2.242 }, 0.06 },
		{ zipf(100, 1, 0), 10000, { 0.352, 0.213, 0.131, 0.103, 0.294 }, 0.02 },
		{ zipf(1000, 1, 0), 10000, { 1.929, 1.683, 1.462, 1.288, 1.613 }, 0.06 },
		{ symmetric(32, 31.0 / 32), 1000, { 0.564, 0.279, -0.091, 0.059, 0.001 }, 0.1 },
	};
	static const char *const kind[5] = { "plug-in", "miller-madow", "chao-shen", "grassberger", "james-stein" };
	double *x = calloc(10000, sizeof *x), *y = calloc(10000, sizeof *y);
	assert_true(x && y);
	for (size_t k = 0; k < sizeof rows / sizeof *rows; k++) {
		for (int e = 0; e < 5; e++) {
			double mean = 0;
			char what[128];
			for (uint64_t seed = 0; seed < 5; seed++) {
				struct vt_pair p = discrete_pair(x, y, rows[k].n);
				draw(&rows[k].c, seed, rows[k].n, x, y);
				struct vt_estimated got = estimated(*state, kind[e], &p);
				mean += got.mi / 5;
				/* Independent tokens seem to share more than a nat with every estimator: that is said. */
				if (rows[k].c.kx == 1000) assert_true(got.flags & VT_BIAS_DOMINATED && got.reason[0]);
			}
			snprintf(what, sizeof what, "%.20s of %.60s, n = %zu", kind[e], rows[k].c.name, rows[k].n);
			within(what, mean, rows[k].want[e], rows[k].tolerance);
		}
		free(rows[k].c.up_to);
	}
	free(x);
	free(y);
}

/* ln 2 - H(flip) and (1 - e) ln 2, at a million rows within 4 standard errors. */
static void channels_of_a_million(void **state)
{
	enum { N = 1000000 };
	const struct channel c[2] = { symmetric(2, 0.1), erasing(0.5) };
	const double want[2] = { M_LN2 + 0.1 * log(0.1) + 0.9 * log(0.9), 0.5 * M_LN2 };
	double *x = calloc(N, sizeof *x), *y = calloc(N, sizeof *y);
	assert_true(x && y);
	for (int k = 0; k < 2; k++) {
		draw(&c[k], 1, N, x, y);
		struct vt_pair p = discrete_pair(x, y, N);
		within("truth", c[k].mi, want[k], 1e-12);
		for (size_t e = 0; e < N_ALL; e++) {
			struct vt_estimated got = estimated(*state, all[e], &p);
			assert_true(got.se > 0 && got.se < 0.002);
			within(all[e], got.mi, want[k], 4 * got.se);
		}
		free(c[k].up_to);
	}
	free(x);
	free(y);
}

/* ---- definitions and laws ------------------------------------------------------- */

enum { ROWS = 600 };

static void symbols(uint64_t seed, double x[ROWS], double y[ROWS], double z[ROWS])
{
	struct vt_rng r = vt_rng_stream(SEED + seed, VT_PURPOSE_DATASET, 3);
	for (size_t i = 0; i < ROWS; i++) {
		z[i] = (double)vt_rng_below(&r, 3);
		x[i] = (double)vt_rng_below(&r, 2 + seed % 4);
		y[i] = vt_rng_uniform(&r) < 0.5 ? x[i] : (double)vt_rng_below(&r, 4) + z[i];
	}
}

/* sum over rows of ln p(x,y|z) / (p(x|z) p(y|z)), counted by comparing all rows. */
static double by_definition(const double *x, const double *y, const double *z)
{
	double sum = 0;
	for (size_t i = 0; i < ROWS; i++) {
		double a = 0, b = 0, ab = 0, c = 0;
		for (size_t j = 0; j < ROWS; j++) {
			bool same = !z || z[i] == z[j];
			a += same && x[i] == x[j];
			b += same && y[i] == y[j];
			ab += same && x[i] == x[j] && y[i] == y[j];
			c += same;
		}
		sum += log(ab * c / (a * b)) / ROWS;
	}
	return sum;
}

static void plug_in_is_the_definition(void **state)
{
	double x[ROWS], y[ROWS], z[ROWS];
	for (uint64_t seed = 0; seed < 4; seed++) {
		symbols(seed, x, y, z);
		struct vt_pair p = discrete_pair(x, y, ROWS);
		within("I(X;Y)", estimated(*state, "plug-in", &p).mi, by_definition(x, y, NULL), 1e-12);
		p.z = (struct vt_mat){ z, ROWS, 1, 1 };
		p.discrete_z = true;
		within("I(X;Y|Z)", estimated(*state, "plug-in", &p).mi, by_definition(x, y, z), 1e-12);
		/* The same of rows as they stand and of cells one wide. */
		within("exact", estimated(*state, "exact", &p).mi, by_definition(x, y, z), 1e-12);
		p.discrete_x = p.discrete_y = p.discrete_z = false;
		within("exact, continuous", estimated(*state, "exact", &p).mi, by_definition(x, y, z), 1e-12);
		within("binning", estimated(*state, "binning:width=1", &p).mi, by_definition(x, y, z), 1e-12);
		within("binning, range", estimated(*state, "binning:bins=50,range=[0,10]", &p).mi, by_definition(x, y, z), 1e-12);
	}
}

/* I((X,Z);Y) = I(Z;Y) + I(X;Y|Z), for all that are differences of entropies of the same tables. */
static void chain_rule(void **state)
{
	double x[ROWS], y[ROWS], z[ROWS], xz[2 * ROWS];
	for (uint64_t seed = 0; seed < 4; seed++) {
		symbols(seed, x, y, z);
		for (size_t i = 0; i < ROWS; i++) {
			xz[2 * i] = x[i];
			xz[2 * i + 1] = z[i];
		}
		struct vt_pair zy = discrete_pair(z, y, ROWS), given = discrete_pair(x, y, ROWS), both = zy;
		both.x = (struct vt_mat){ xz, ROWS, 2, 2 };
		given.z = zy.x;
		given.discrete_z = true;
		for (int e = 0; e < 4; e++)
			within(all[e], estimated(*state, all[e], &both).mi,
			       estimated(*state, all[e], &zy).mi + estimated(*state, all[e], &given).mi, 1e-12);
	}
}

static void same_bits(const char *what, const struct vt_estimated *a, const struct vt_estimated *b)
{
	if (memcmp(&a->mi, &b->mi, sizeof a->mi) != 0 || memcmp(&a->se, &b->se, sizeof a->se) != 0 || a->flags != b->flags)
		fail_msg("%s: %.17g +- %.17g, then %.17g +- %.17g", what, a->mi, a->se, b->mi, b->se);
}

static void symmetry_and_names(void **state)
{
	double x[ROWS], y[ROWS], z[ROWS];
	for (uint64_t seed = 0; seed < 4; seed++) {
		symbols(seed, x, y, z);
		for (size_t e = 0; e < N_ALL; e++) {
			struct vt_pair p = discrete_pair(x, y, ROWS), q = discrete_pair(y, x, ROWS);
			struct vt_estimated want = estimated(*state, all[e], &p), got = estimated(*state, all[e], &q);
			same_bits(all[e], &want, &got);
			double u[ROWS];
			for (size_t i = 0; i < ROWS; i++) u[i] = cos(1 + x[i]); /* other names, in another order */
			q = discrete_pair(u, y, ROWS);
			got = estimated(*state, all[e], &q);
			same_bits(all[e], &want, &got);
			for (size_t i = 0; i < ROWS; i++) u[i] = 5; /* a constant tells nothing, exactly */
			got = estimated(*state, all[e], &q);
			assert_true(got.mi == 0 && got.se == 0);
			q.z = q.y; /* and Y tells nothing about itself that is not given, to rounding */
			q.x = p.x;
			q.discrete_z = true;
			within(all[e], estimated(*state, all[e], &q).mi, 0,
			       strcmp(all[e], "nsb") && strcmp(all[e], "james-stein") ? 1e-12 : 0.3);
		}
	}
}

/* Words chosen to meet in one slot of the hash table's lower half: rows stay apart all the same. */
static void collisions(void **state)
{
	enum { N = 4096 };
	struct vt_partition p = { 0 };
	uint64_t *word = calloc(N, sizeof *word);
	double *x = calloc(2 * N, sizeof *x);
	assert_true(word && x);
	/* The hash multiplies by odd constants, so words that differ in the top bits alone share its low bits; the table
	 * of 8192 slots holds 4096 words, so some thousand meet however good the hash. */
	for (size_t i = 0; i < N; i++) word[i] = (uint64_t)i << 52;
	assert_int_equal(vt_partition_create(*state, N, &p), VT_OK);
	vt_partition_refine(&p, word);
	assert_int_equal(p.n_cells, N);
	vt_partition_clear(&p);
	/* Numbers that differ in one bit of one of two columns, each row twice. */
	for (size_t i = 0; i < N; i++) {
		x[2 * i] = 1 + (double)((i / 2) % 64) * 0x1p-52;
		x[2 * i + 1] = 1e300 * (1 + (double)(i / 128) * 0x1p-52);
	}
	struct vt_pair q = { .x = { x, N, 2, 2 }, .y = { x, N, 2, 2 }, .discrete_x = true, .discrete_y = true };
	within("rows twice", estimated(*state, "plug-in", &q).mi, log(N / 2.0), 1e-12);
	free(word);
	free(x);
}

/* ---- odd input -------------------------------------------------------------------- */

static void sane(struct vt_ctx *ctx, const char *what, const struct vt_pair *p)
{
	for (size_t e = 0; e < N_ALL; e++) {
		struct vt_estimated got = estimated(ctx, all[e], p);
		if (!isfinite(got.mi) || !(got.se >= 0) || fabs(got.mi) > 50)
			fail_msg("%s, %s: %g +- %g (%s)", what, all[e], got.mi, got.se, got.reason);
	}
}

static void odd_input(void **state)
{
	enum { N = 500 };
	double x[N], y[N];
	for (size_t i = 0; i < N; i++) x[i] = (double)i;
	for (size_t i = 0; i < N; i++) y[i] = i % 2;
	struct vt_pair p = discrete_pair(x, x, 2), q;
	sane(*state, "two rows", &p);
	assert_true(estimated(*state, "plug-in", &p).flags & VT_SATURATED);
	p = discrete_pair(x, x, N);
	sane(*state, "all distinct", &p);
	for (size_t e = 0; e < N_ALL; e++) assert_true(estimated(*state, all[e], &p).flags & VT_BIAS_DOMINATED);
	p = discrete_pair(x, y, N);
	sane(*state, "all distinct and binary", &p);
	p = discrete_pair(y, y, N);
	sane(*state, "the same bit twice", &p);
	y[0] = 7;
	p = discrete_pair(y, y, N);
	sane(*state, "one symbol once", &p);
	p.z = p.y;
	p.discrete_z = true;
	sane(*state, "all three the same", &p);
	/* Cells that the table cannot have: no number, and a reason. */
	q = discrete_pair(x, y, N);
	struct vt_estimated got = estimated(*state, "nsb:cells=10", &q);
	assert_true(isnan(got.mi) && got.flags & VT_DEGENERATE && got.reason[0]);
	got = estimated(*state, "james-stein:cells=10", &q);
	assert_true(isnan(got.mi) && got.flags & VT_DEGENERATE && got.reason[0]);
	assert_true(isfinite(estimated(*state, "nsb:cells=1000000000", &q).mi));
	assert_true(isfinite(estimated(*state, "james-stein:cells=1000000000", &q).mi));
	q.discrete_x = false;
	assert_true(estimated(*state, "nsb", &q).flags & VT_NOT_COMPUTED);
}

/* ---- kernels on pairs --------------------------------------------------------------- */

static void kernels_on_pairs(void **state)
{
	enum { N = 300 };
	struct vt_rng r = vt_rng_stream(SEED, VT_PURPOSE_DATASET, 11);
	double x[N], t[2 * N];
	int32_t label[N];
	for (size_t i = 0; i < N; i++) {
		label[i] = (int32_t)vt_rng_below(&r, 3);
		x[i] = 10 - 3 * label[i];
		for (int c = 0; c < 2; c++) t[2 * i + (size_t)c] = label[i] * 0.3 + vt_rng_normal(&r);
	}
	struct vt_layer layer = { .t = { t, N, 2, 2 }, .y = { label, N, 3 } };
	struct vt_information want[2];
	struct vt_chosen chosen = { 0 };
	assert_int_equal(vt_chosen_parse(*state, &vt_registry, "estimate", "kde:variance=0.1", &chosen), VT_OK);
	assert_int_equal(vt_estimate_layer(*state, &chosen, &layer, want), VT_OK);
	vt_chosen_clear(&chosen);
	struct vt_pair p = { .x = { x, N, 1, 1 }, .y = layer.t, .discrete_x = true };
	struct vt_estimated got = estimated(*state, "kde:variance=0.1", &p);
	within("labels", got.mi, want[0].i_ty, 1e-9);
	within("their error", got.se, want[0].i_ty_se, 1e-9);
	p.discrete_x = false;
	got = estimated(*state, "kde:variance=0.1", &p);
	assert_true(got.bound == VT_BRACKET && isnan(got.mi) && got.lower < got.upper && got.lo < got.lower);
	within("upper", got.upper, want[0].i_xt, 1e-9);
	within("lower", got.lower, want[1].i_xt, 1e-9);
}

static int create(void **state)
{
	*state = vt_ctx_create();
	return *state ? 0 : -1;
}

static int clear(void **state)
{
	vt_ctx_free(*state);
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(nsb_as_published),      cmocka_unit_test(grassberger_by_its_integral),
		cmocka_unit_test(all_singletons),        cmocka_unit_test(shrinkage_by_hand),
		cmocka_unit_test(means_of_five),         cmocka_unit_test(channels_of_a_million),
		cmocka_unit_test(plug_in_is_the_definition), cmocka_unit_test(chain_rule),
		cmocka_unit_test(symmetry_and_names),    cmocka_unit_test(collisions),
		cmocka_unit_test(odd_input),             cmocka_unit_test(kernels_on_pairs),
	};
	return cmocka_run_group_tests(tests, create, clear);
}
