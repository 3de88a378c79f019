/* How much of what the network knows about the labels a linear model knows as well.
 *
 * F are the network's answers, L those of one logistic regression, Y the labels, all on rows that neither was fitted
 * on (the snapshot's test rows; without any, on all rows):
 *
 *     mu = I(F;Y) - I(F;Y|L)
 *
 * is what L explains of I(F;Y).  Counts of a few cells: plug-in with the Miller-Madow correction, the standard error
 * from the variance of the local terms.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include <math.h>
#include <stdlib.h>

#include "layers.h"
#include "venturi/logistic.h"

struct settings {
	double ridge;
	int64_t iterations;
	struct vt_reals window;
};

#define AT(member) offsetof(struct settings, member)
static const struct vt_option options[] = {
	{ "ridge", VT_REAL, AT(ridge), 0, 1e6, "0", NULL,
	  "of the logistic regression: ridge / 2 |w|^2 beside the mean loss; 0: the one that serves a held-out tenth of the "
	  "training rows best" },
	{ "iterations", VT_INT, AT(iterations), 1, 100000, "300", NULL, "of its fit at most" },
	{ "window", VT_REALS, AT(window), 0, 100, "[0.2, 0.33]", "bit",
	  "least_share looks at the snapshots with I(F;Y) above the first and at most the second", .max_items = 2 },
	{ 0 }
};

static const struct vt_variable variables[] = {
	{ "i_fy", VT_F64, 1, { "step" }, "bit", "information between the network's answers and the labels", false },
	{ "i_fy_se", VT_F64, 1, { "step" }, "bit", "its standard error", false },
	{ "i_fy_given_l", VT_F64, 1, { "step" }, "bit", "the same given the linear model's answers", false },
	{ "i_fy_given_l_se", VT_F64, 1, { "step" }, "bit", "its standard error", false },
	{ "mu", VT_F64, 1, { "step" }, "bit", "information that the linear model explains", false },
	{ "mu_se", VT_F64, 1, { "step" }, "bit", "its standard error", false },
	{ "share", VT_F64, 1, { "step" }, "1", "mu / I(F;Y), where I(F;Y) is above three standard errors", false },
	{ "share_se", VT_F64, 1, { "step" }, "1", "its standard error", false },
	{ "least_share", VT_F64, 1, { "step" }, "1", "least share so far with I(F;Y) in the window", false },
	{ "kept", VT_F64, 1, { "step" }, "1", "mu / I(L;Y)", false },
	{ "kept_se", VT_F64, 1, { "step" }, "1", "its standard error", false },
	{ "i_ly", VT_F64, 1, { "step" }, "bit", "information between the linear model's answers and the labels", false },
	{ "i_ly_se", VT_F64, 1, { "step" }, "bit", "its standard error", false },
	{ "accuracy_f", VT_F64, 1, { "step" }, "1", "share of these rows that the network answers right", false },
	{ "accuracy_l", VT_F64, 1, { "step" }, "1", "share that the linear model answers right", false },
	{ "ridge", VT_F64, 1, { "step" }, "1", "penalty of the linear model, as given or as chosen", false },
	{ "correction", VT_F64, 1, { "step" }, "bit", "what was taken off I(F;Y|L) for bias", false },
	{ "n_samples", VT_F64, 1, { "step" }, "1", "rows that were counted", false },
	{ "flags", VT_I32, 1, { "step" }, "1", "what the numbers carry", true },
};
enum column { I_FY, I_FY_SE, I_GIVEN, I_GIVEN_SE, MU, MU_SE, SHARE, SHARE_SE, LEAST, KEPT, KEPT_SE, I_LY, I_LY_SE,
              ACCURACY_F, ACCURACY_L, RIDGE, CORRECTION, N_SAMPLES, FLAGS, N_COLUMNS };

static enum vt_status declare(struct vt_ctx *ctx, size_t n, const struct vt_named *const *measure,
                              const struct vt_snapshot_shape *shape, struct vt_frame *frame, const char *group)
{
	enum vt_status status = VT_OK;
	const struct settings *s = measure[0]->chosen.settings;
	(void)n;
	(void)shape;
	VT_REQUIRE(ctx, s->window.n == 2 && s->window.v[0] < s->window.v[1], VT_ECONFIG,
	           "window wants two numbers, the smaller one first");
	VT_TRY(vt_frame_dim(ctx, frame, group, "step", 0, NULL, NULL, "1", "updates done"));
	VT_TRY(vt_measure_declare_variables(ctx, frame, group, N_COLUMNS, variables));
done:
	return status;
}

/* ---- counting --------------------------------------------------------------------- */

/* count[(l q + f) q + y], and what follows from it. */
struct table {
	size_t q, n;
	double *count;
	double *local; /* of each cell: log p(f,y) / p(f) p(y), the same given l, log p(l,y) / p(l) p(y) */
};
enum { PLAIN, GIVEN, LINEAR, N_LOCALS };

/* The local terms of a q x q table of counts, and the excess of its cells: occupied ones less occupied
 * rows and columns plus one, twice n times the bias of the plug-in. */
static double local_terms(size_t q, const double *c, double *out)
{
	double total = 0, excess = 1;
	for (size_t i = 0; i < q * q; i++) {
		total += c[i];
		excess += c[i] > 0;
	}
	for (size_t a = 0; a < q; a++) {
		double row = 0, column = 0;
		for (size_t b = 0; b < q; b++) {
			row += c[a * q + b];
			column += c[b * q + a];
		}
		excess -= (row > 0) + (column > 0);
	}
	for (size_t a = 0; a < q; a++)
		for (size_t b = 0; b < q; b++) {
			double row = 0, column = 0, here = c[a * q + b];
			for (size_t k = 0; k < q; k++) row += c[a * q + k];
			for (size_t k = 0; k < q; k++) column += c[k * q + b];
			out[a * q + b] = here > 0 ? log(here * total / (row * column)) : 0;
		}
	return total > 0 ? excess : 0;
}

/* Fills local; excess[PLAIN], [GIVEN], [LINEAR]. */
static void analyse(struct table *t, double *pair, double excess[N_LOCALS])
{
	size_t q = t->q, square = q * q;
	double *fy = pair, *ly = pair + square, *term = pair + 2 * square;
	for (size_t i = 0; i < 2 * square; i++) pair[i] = 0;
	for (size_t l = 0; l < q; l++)
		for (size_t f = 0; f < q; f++)
			for (size_t y = 0; y < q; y++) {
				fy[f * q + y] += t->count[(l * q + f) * q + y];
				ly[l * q + y] += t->count[(l * q + f) * q + y];
			}
	excess[PLAIN] = local_terms(q, fy, term);
	for (size_t i = 0; i < q * square; i++) t->local[N_LOCALS * i + PLAIN] = term[i % square];
	excess[LINEAR] = local_terms(q, ly, term);
	for (size_t i = 0; i < q * square; i++) t->local[N_LOCALS * i + LINEAR] = term[i / square * q + i % q];
	excess[GIVEN] = 0;
	for (size_t l = 0; l < q; l++) {
		excess[GIVEN] += local_terms(q, t->count + l * square, term);
		for (size_t i = 0; i < square; i++) t->local[N_LOCALS * (l * square + i) + GIVEN] = term[i];
	}
}

/* Mean over rows of weight . local, and the standard error of that mean. */
static double average(const struct table *t, const double weight[N_LOCALS], double *se)
{
	double sum = 0, square = 0, n = (double)t->n;
	for (size_t i = 0; i < t->q * t->q * t->q; i++) {
		double x = 0;
		for (size_t k = 0; k < N_LOCALS; k++) x += weight[k] * t->local[N_LOCALS * i + k];
		sum += t->count[i] * x;
		square += t->count[i] * x * x;
	}
	double mean = sum / n;
	*se = sqrt(fmax(0, square / n - mean * mean) / n);
	return mean;
}

static void fill(struct table *t, double *pair, double *v)
{
	static const double plain[] = { 1, 0, 0 }, given[] = { 0, 1, 0 }, mu[] = { 1, -1, 0 }, linear[] = { 0, 0, 1 };
	double excess[N_LOCALS], bias = 1 / (2 * (double)t->n), bits = VT_BITS_PER_NAT;
	analyse(t, pair, excess);
	v[I_FY] = (average(t, plain, &v[I_FY_SE]) - bias * excess[PLAIN]) * bits;
	v[I_GIVEN] = (average(t, given, &v[I_GIVEN_SE]) - bias * excess[GIVEN]) * bits;
	v[MU] = (average(t, mu, &v[MU_SE]) - bias * (excess[PLAIN] - excess[GIVEN])) * bits;
	v[I_LY] = (average(t, linear, &v[I_LY_SE]) - bias * excess[LINEAR]) * bits;
	v[CORRECTION] = bias * excess[GIVEN] * bits;
	v[I_FY_SE] *= bits;
	v[I_GIVEN_SE] *= bits;
	v[MU_SE] *= bits;
	v[I_LY_SE] *= bits;
	/* A ratio's error is that of numerator less ratio times denominator, over the denominator. */
	if (v[I_FY] > 3 * v[I_FY_SE]) {
		v[SHARE] = v[MU] / v[I_FY];
		const double off[] = { 1 - v[SHARE], -1, 0 };
		average(t, off, &v[SHARE_SE]);
		v[SHARE_SE] *= bits / v[I_FY];
	}
	if (v[I_LY] > 3 * v[I_LY_SE]) {
		v[KEPT] = v[MU] / v[I_LY];
		const double off[] = { 1, -1, -v[KEPT] };
		average(t, off, &v[KEPT_SE]);
		v[KEPT_SE] *= bits / v[I_LY];
	}
}

/* ---- the run's linear model --------------------------------------------------------- */

struct reference {
	bool fitted, usable;
	size_t q, n_rows;
	int32_t *label, *answer; /* of each row; answer: the linear model's */
	uint8_t *train;
	bool converged;
	double ridge, least;
};

static void reference_free(void *self)
{
	struct reference *r = self;
	if (!r) return;
	free(r->label);
	free(r->answer);
	free(r->train);
	free(r);
}

static enum vt_status reference_create(struct vt_ctx *ctx, size_t n, const struct vt_named *const *measure,
                                       const struct vt_snapshot_shape *shape, void **out)
{
	enum vt_status status;
	struct reference *r = NULL;
	(void)n;
	(void)measure;
	VT_NEW(ctx, r, 1);
	r->q = shape->n_classes > 0 ? shape->n_classes : 2;
	r->n_rows = shape->n_rows;
	r->least = NAN;
	*out = r;
	status = VT_OK;
done:
	return status;
}

/* Labels, or the wanted output's side of 0; false where there are neither, or no numbers to be linear in. */
static bool read_labels(const struct vt_snapshot *s, struct reference *r)
{
	if (!s->input.x || s->input.rows != r->n_rows || s->n_positions > 0) return false;
	if (!s->label.y && (s->target.rows != r->n_rows || s->target.cols != 1)) return false;
	for (size_t i = 0; i < r->n_rows; i++)
		r->label[i] = s->label.y ? s->label.y[i] : s->target.x[i * s->target.stride] > 0;
	return true;
}

/* Training rows for the fit, test rows for the counts; all rows for both where there are no two sorts. */
static void choose_rows(const struct vt_snapshot *s, struct reference *r)
{
	size_t tests = 0;
	for (size_t i = 0; s->is_test && i < r->n_rows; i++) tests += s->is_test[i] != 0;
	bool split = tests > 0 && tests < r->n_rows;
	for (size_t i = 0; i < r->n_rows; i++) r->train[i] = split ? !s->is_test[i] : 2;
}

static enum vt_status fit(struct vt_ctx *ctx, const struct settings *s, const struct vt_snapshot *snapshot,
                          struct reference *r)
{
	enum vt_status status;
	const struct vt_mat *x = &snapshot->input;
	double *w = NULL, slope;
	VT_NEW(ctx, r->label, r->n_rows);
	VT_NEW(ctx, r->answer, r->n_rows);
	VT_NEW(ctx, r->train, r->n_rows);
	r->fitted = true;
	r->usable = read_labels(snapshot, r);
	status = VT_OK;
	if (!r->usable) goto done;
	choose_rows(snapshot, r);
	VT_NEW(ctx, w, (x->cols + 1) * r->q);
	r->ridge = s->ridge;
	if (s->ridge > 0)
		VT_TRY(vt_logistic_fit(ctx, x, r->label, r->train, r->q, s->ridge, (size_t)s->iterations, w, &slope));
	else VT_TRY(vt_logistic_choose(ctx, x, r->label, r->train, r->q, (size_t)s->iterations, w, &r->ridge, &slope));
	VT_TRY(vt_logistic_answers(ctx, x, r->q, w, r->answer));
	r->converged = slope < 1e-4;
done:
	free(w);
	return status;
}

static size_t answer(const struct vt_mat *y, size_t row)
{
	const double *at = y->x + row * y->stride;
	size_t best = 0;
	if (y->cols == 1) return at[0] > 0;
	for (size_t c = 1; c < y->cols; c++)
		if (at[c] > at[best]) best = c;
	return best;
}

static enum vt_status measure_snapshot(struct vt_ctx *ctx, const struct vt_snapshot *s, const struct reference *r,
                                       double *value)
{
	enum vt_status status;
	size_t q = r->q, cells = q * q * q, right_f = 0, right_l = 0;
	const struct vt_mat *out = &s->tap[s->n_taps - 1].x;
	struct table t = { .q = q };
	double *pair = NULL;
	VT_NEW(ctx, t.count, cells);
	VT_NEW(ctx, t.local, N_LOCALS * cells);
	VT_NEW(ctx, pair, 3 * q * q);
	for (size_t i = 0; i < r->n_rows; i++) {
		if (r->train[i] == 1) continue;
		size_t f = answer(out, i), l = (size_t)r->answer[i], y = (size_t)r->label[i];
		t.count[(l * q + f) * q + y]++;
		t.n++;
		right_f += f == y;
		right_l += l == y;
	}
	fill(&t, pair, value);
	value[ACCURACY_F] = (double)right_f / (double)t.n;
	value[ACCURACY_L] = (double)right_l / (double)t.n;
	value[RIDGE] = r->ridge;
	value[N_SAMPLES] = (double)t.n;
	status = VT_OK;
done:
	free(t.count);
	free(t.local);
	free(pair);
	return status;
}

static enum vt_status follow(struct vt_ctx *ctx, void *state, size_t n, const struct vt_named *const *measure,
                             const struct vt_snapshot_shape *shape, const struct vt_snapshot *snapshot,
                             struct vt_frame *frame, const char *group)
{
	enum vt_status status = VT_OK;
	const struct settings *s = measure[0]->chosen.settings;
	struct reference *r = state;
	double value[N_COLUMNS];
	size_t width = shape->tap_width[shape->n_taps - 1];
	(void)n;
	for (size_t i = 0; i < N_COLUMNS; i++) value[i] = NAN;
	value[FLAGS] = snapshot->flags;
	if (!r->fitted) VT_TRY(fit(ctx, s, snapshot, r));
	if (r->usable && (width == r->q || (width == 1 && r->q == 2))) VT_TRY(measure_snapshot(ctx, snapshot, r, value));
	else value[FLAGS] = snapshot->flags | VT_NOT_COMPUTED;
	if (r->usable && !r->converged) value[FLAGS] = (unsigned)value[FLAGS] | VT_OUT_OF_REGIME;
	if (value[I_FY] > s->window.v[0] && value[I_FY] <= s->window.v[1]) r->least = fmin(r->least, value[SHARE]);
	value[LEAST] = r->least;
	VT_TRY(vt_frame_step(ctx, frame, group, snapshot->step, snapshot->epoch));
	for (size_t i = 0; i < N_COLUMNS; i++) VT_TRY(vt_frame_put(ctx, frame, group, variables[i].name, 1, &value[i]));
done:
	return status;
}

/* The linear model is that of the probe's rows, whenever it is fitted. */
static enum vt_status carry(struct vt_ctx *ctx, void *state, struct vt_state *s)
{
	return vt_state_carry_real(ctx, s, "least", &((struct reference *)state)->least);
}

const struct vt_measure_kind vt_measure_explained = {
	.kind = { "explained", "what a linear model explains of the information between answers and labels",
	          "Kalimeris et al. 2019, sec. 2", sizeof(struct settings), options,
	          "Information between answers, not in the network: a confident and a doubtful answer count the same.  The "
	          "linear model is one of many; another ridge gives other numbers.  mu can be negative.  With test rows among "
	          "the probe rows the counts are of these alone; least_share is the least of noisy numbers, and lies low.  "
	          "out_of_regime: the fit was stopped before it converged." },
	.declare = declare,
	.create = reference_create,
	.follow = follow,
	.carry = carry,
	.free = reference_free,
};
