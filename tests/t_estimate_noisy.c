/* Layers whose information is known: scalar noisy tanh against quadrature, chains of noisy layers,
 * the output behind them, real small networks, and the codes of rounded ones.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <gsl/gsl_cdf.h>
#include <gsl/gsl_integration.h>

#include "small_task.h"

static struct vt_ctx *ctx;

static void estimate_both(const char *settings, const struct vt_layer *in, struct vt_information out[2])
{
	struct vt_chosen chosen = { 0 };
	enum vt_status status = vt_chosen_parse(ctx, &vt_registry, "estimate", settings, &chosen);
	if (status == VT_OK) status = vt_estimate_layer(ctx, &chosen, in, out);
	if (status != VT_OK) fail_msg("%s: %s", settings, vt_ctx_trail(ctx));
	vt_chosen_clear(&chosen);
}

static void estimate(const char *settings, const struct vt_layer *in, struct vt_information *out)
{
	struct vt_information both[2];
	estimate_both(settings, in, both);
	*out = both[0];
}

/* Within k standard errors, which must themselves be worth something. */
static void within(const char *what, double got, double se, double truth, double k)
{
	if (!(se > 0 && se < 0.05)) fail_msg("%s: standard error %g", what, se);
	if (!(fabs(got - truth) <= k * se)) fail_msg("%s: %.6f +- %.6f nat, the truth is %.6f", what, got, se, truth);
}

/* ---- quadrature ---------------------------------------------------------------- */

static double normal_density(double x, double sd)
{
	return exp(-0.5 * x * x / (sd * sd)) / (sd * sqrt(2 * M_PI));
}

static double integral(double (*f)(double, void *), void *self, double a, double b)
{
	double value, error;
	gsl_integration_workspace *w = gsl_integration_workspace_alloc(2000);
	gsl_function g = { f, self };
	gsl_integration_qag(&g, a, b, 1e-10, 1e-8, 2000, GSL_INTEG_GAUSS61, w, &value, &error);
	gsl_integration_workspace_free(w);
	return value;
}

/* X ~ N(0, 1), T = tanh(gain X) + N(0, sd^2). */
struct scalar {
	double gain, sd, t;
};

static double joint(double x, void *self)
{
	const struct scalar *s = self;
	return normal_density(x, 1) * normal_density(s->t - tanh(s->gain * x), s->sd);
}

static double entropy_of_t(double t, void *self)
{
	struct scalar s = *(const struct scalar *)self;
	s.t = t;
	double p = integral(joint, &s, -9, 0) + integral(joint, &s, 0, 9);
	return p > 0 ? -p * log(p) : 0;
}

static double noise_entropy(double sd)
{
	return 0.5 * log(2 * M_PI * M_E * sd * sd);
}

static double scalar_tanh(double gain, double sd)
{
	struct scalar s = { gain, sd, 0 };
	return integral(entropy_of_t, &s, -1 - 8 * sd, 1 + 8 * sd) - noise_entropy(sd);
}

/* n equally likely centres on a line, sd of the noise: h(T) - h(noise); those of one class count alone. */
struct line {
	const double *x;
	const int32_t *label;
	int32_t class;
	size_t n;
	double sd;
};

static double entropy_on_line(double t, void *self)
{
	const struct line *l = self;
	double p = 0, n = 0;
	for (size_t i = 0; i < l->n; i++) {
		if (l->label && l->label[i] != l->class) continue;
		p += normal_density(t - l->x[i], l->sd);
		n++;
	}
	p /= n;
	return p > 0 ? -p * log(p) : 0;
}

static double line_entropy(const struct line *l)
{
	double low = INFINITY, high = -INFINITY;
	for (size_t i = 0; i < l->n; i++) {
		low = fmin(low, l->x[i]);
		high = fmax(high, l->x[i]);
	}
	return integral(entropy_on_line, (void *)l, low - 8 * l->sd, high + 8 * l->sd);
}

/* ---- one layer -------------------------------------------------------------------- */

/* gain, sd, and the value of another program's trapezoid rule (3001 points an axis), to five digits. */
static const struct {
	double gain, sd, nats;
} scalars[] = { { 1, 0.1, 1.68043 }, { 3, 0.1, 1.44529 }, { 1, 0.5, 0.46351 } };

/* The Gaussian input as its 4000 equally likely quantiles, and as a sample. */
static void scalar_noisy_tanh(void **state)
{
	enum { N = 4000 };
	double x[N];
	(void)state;
	for (size_t s = 0; s < sizeof scalars / sizeof *scalars; s++) {
		char settings[96], what[64];
		struct vt_information grid, sample, pair[2];
		double truth = scalar_tanh(scalars[s].gain, scalars[s].sd), sd = scalars[s].sd;
		assert_true(fabs(truth - scalars[s].nats) < 6e-6);
		snprintf(settings, sizeof settings, "noisy:sd=%g,points=8000", sd);
		snprintf(what, sizeof what, "gain %g, sd %g", scalars[s].gain, sd);
		struct vt_layer layer = { .t = { x, N, 1, 1 }, .enumerated = true, .seed = 5 };
		for (size_t i = 0; i < N; i++) x[i] = tanh(scalars[s].gain * gsl_cdf_ugaussian_Pinv(((double)i + 0.5) / N));
		estimate(settings, &layer, &grid);
		within(what, grid.i_xt, grid.i_xt_se, truth, 3);
		assert_true(fabs(grid.h_t - grid.i_xt - noise_entropy(sd)) < 4 * grid.i_xt_se);
		assert_int_equal(vt_kde_bounds(ctx, sd * sd, &layer, pair), VT_OK);
		assert_true(pair[1].i_xt < truth && truth < pair[0].i_xt);
		struct vt_rng r = vt_rng_stream(31, VT_PURPOSE_DATASET, s);
		for (size_t i = 0; i < N; i++) x[i] = tanh(scalars[s].gain * vt_rng_normal(&r));
		layer.enumerated = false;
		estimate(settings, &layer, &sample);
		within(what, sample.i_xt, sample.i_xt_se, truth, 3);
		assert_true(sample.flags == 0 && sample.i_xt_lo < sample.i_xt && sample.i_xt < sample.i_xt_hi);
	}
}

/* Seven inputs, with labels. */
static void finite_inputs(void **state)
{
	static const double x[] = { -0.9, -0.85, -0.2, 0, 0.1, 0.7, 0.72 };
	static const int32_t y[] = { 0, 0, 1, 0, 1, 1, 0 };
	struct vt_layer layer = { .t = { x, 7, 1, 1 }, .y = { y, 7, 2 }, .enumerated = true, .seed = 1 };
	struct vt_information got, pair[2];
	(void)state;
	for (double sd = 0.01; sd < 1; sd *= 4) {
		char settings[96];
		struct line all = { x, NULL, 0, 7, sd }, zero = { x, y, 0, 7, sd }, one = { x, y, 1, 7, sd };
		double h = line_entropy(&all), given = (4 * line_entropy(&zero) + 3 * line_entropy(&one)) / 7;
		snprintf(settings, sizeof settings, "noisy:sd=%g,points=70000", sd);
		estimate(settings, &layer, &got);
		within("seven inputs, I(X;T)", got.i_xt, got.i_xt_se, h - noise_entropy(sd), 3);
		if (sd > 0.02) within("seven inputs, I(T;Y)", got.i_ty, got.i_ty_se, h - given, 3);
		assert_int_equal(vt_kde_bounds(ctx, sd * sd, &layer, pair), VT_OK);
		assert_true(pair[1].i_xt <= h - noise_entropy(sd) + 1e-9 && h - noise_entropy(sd) <= pair[0].i_xt + 1e-9);
	}
}

/* With little noise a sample of n rows can show ln n and no more. */
static void saturation_is_said(void **state)
{
	double x[100];
	struct vt_layer layer = { .t = { x, 100, 1, 1 }, .seed = 1 };
	struct vt_information got;
	(void)state;
	for (size_t i = 0; i < 100; i++) x[i] = (double)i;
	estimate("noisy:sd=0.01", &layer, &got);
	assert_true(fabs(got.i_xt - log(100)) < 1e-9 && (got.flags & VT_SATURATED));
	layer.enumerated = true;
	estimate("noisy:sd=0.01", &layer, &got);
	assert_true(fabs(got.i_xt - log(100)) < 1e-9 && got.flags == 0);
	estimate("noisy", &layer, &got); /* no noise is known */
	assert_true(isnan(got.i_xt) && (got.flags & VT_NOT_COMPUTED));
}

/* ---- a chain of two noisy layers ---------------------------------------------------- */

/* T1 = tanh(x) + N(0, sd^2), S = tanh(4 T1), T = S + N(0, sd^2), x one of 64 inputs. */
enum { INPUTS = 64 };
static const double chain_sd = 0.3;

static double chain_input(size_t i)
{
	return -1.6 + 0.05 * (double)i;
}

static enum vt_status chain_draw(struct vt_ctx *c, const struct vt_sampler *s, size_t n, const uint32_t *row,
                                 uint64_t first, size_t n_draws, double *out)
{
	(void)c, (void)s;
	for (size_t k = 0; k < n_draws; k++)
		for (size_t i = 0; i < n; i++) {
			struct vt_rng r = vt_rng_stream(77, VT_PURPOSE_REALISE, (first + k) << 32 | row[i]);
			out[k * n + i] = tanh(4 * (tanh(chain_input(row[i])) + chain_sd * vt_rng_normal(&r)));
		}
	return VT_OK;
}

/* The trapezoid rule on a fine grid of T1 and of T: the integrands vanish at the ends. */
static double chain_truth(void)
{
	enum { FINE = 400 };
	double p[INPUTS], given = 0, h = 0, dt = (2 + 16 * chain_sd) / FINE, d1 = 16 * chain_sd / FINE;
	for (size_t g = 0; g <= FINE; g++) {
		double t = -1 - 8 * chain_sd + dt * (double)g, all = 0;
		for (size_t i = 0; i < INPUTS; i++) {
			p[i] = 0;
			for (size_t k = 0; k <= FINE; k++) {
				double z = -8 * chain_sd + d1 * (double)k;
				p[i] += normal_density(z, chain_sd) * normal_density(t - tanh(4 * (tanh(chain_input(i)) + z)), chain_sd) * d1;
			}
			all += p[i] / INPUTS;
			if (p[i] > 0) given -= p[i] * log(p[i]) * dt / INPUTS;
		}
		if (all > 0) h -= all * log(all) * dt;
	}
	return h - given;
}

static void a_chain_of_noisy_layers(void **state)
{
	double t[INPUTS] = { 0 }, truth = chain_truth();
	const struct vt_sampler sampler = { .n_rows = INPUTS, .width = 1, .sd = chain_sd, .draw = chain_draw };
	struct vt_layer layer = { .t = { t, INPUTS, 1, 1 }, .enumerated = true, .sampler = &sampler, .seed = 3 };
	struct vt_information good, poor;
	(void)state;
	assert_true(truth > 0.2 && truth < log(INPUTS));
	estimate("noisy:points=6400,own=1000,draws=100", &layer, &good);
	within("two layers", good.i_xt, good.i_xt_se, truth, 3);
	assert_true(good.i_xt_lo < truth && truth < good.i_xt_hi && !(good.flags & VT_BIAS_DOMINATED));
	estimate("noisy:points=64,own=2,draws=2", &layer, &poor);
	assert_true(poor.i_xt_hi - poor.i_xt_lo > 5 * (good.i_xt_hi - good.i_xt_lo) && (poor.flags & VT_BIAS_DOMINATED));
	assert_true(poor.i_xt_lo < truth && truth < poor.i_xt_hi);
}

/* ---- networks -------------------------------------------------------------------------- */

struct net {
	struct small_task s;
	struct vt_probe *probe;
	const struct vt_snapshot *shot;
};

static int64_t next(void *self, int64_t step)
{
	return vt_probe_next(((struct net *)self)->probe, step);
}

static void check_layers(const struct net *n);

static enum vt_status at(struct vt_ctx *c, void *self, const struct vt_moment *m)
{
	struct net *n = self;
	enum vt_status status = vt_probe_take(c, n->probe, m, &n->shot);
	if (status == VT_OK && m->last) check_layers(n);
	return status;
}

static struct vt_layer layer_of(const struct vt_snapshot *s, size_t tap)
{
	return (struct vt_layer){ .t = s->tap[tap].x, .y = s->label, .sampler = s->tap[tap].sampler,
		                  .step = s->tap[tap].step, .enumerated = s->enumerated, .seed = s->seed };
}

static int by_code(const void *a, const void *b)
{
	return memcmp(a, b, 16 * sizeof(int32_t));
}

/* Entropy of rows of codes, counted after sorting. */
static double code_entropy(const struct vt_mat *t, double step, const int32_t *label)
{
	int32_t(*code)[16] = calloc(t->rows, sizeof *code);
	double h = 0;
	assert_true(code && t->cols < 15);
	for (size_t i = 0; i < t->rows; i++) {
		for (size_t c = 0; c < t->cols; c++) code[i][c] = (int32_t)lround(t->x[i * t->stride + c] / step);
		code[i][15] = label ? label[i] : 0;
	}
	qsort(code, t->rows, sizeof *code, by_code);
	for (size_t i = 0, run = 1; i < t->rows; i++, run++) {
		if (i + 1 < t->rows && by_code(code[i], code[i + 1]) == 0) continue;
		double p = (double)run / (double)t->rows;
		h -= p * log(p);
		run = 0;
	}
	free(code);
	return h;
}

static void check_rounded(const struct vt_snapshot *s)
{
	double h_y = 0.99915712085 * M_LN2; /* of sphere12's labels: 2118 of 4096 are ones */
	for (size_t tap = 0; tap < s->n_taps; tap++) {
		struct vt_layer layer = layer_of(s, tap);
		struct vt_information got;
		assert_true(layer.step > 0 && s->deterministic);
		estimate("exact", &layer, &got);
		double h = code_entropy(&layer.t, layer.step, NULL), with_y = code_entropy(&layer.t, layer.step, s->label.y);
		assert_true(fabs(got.i_xt - h) < 1e-12 && fabs(got.i_xt - got.h_t) < 1e-15 && got.i_xt_se == 0);
		assert_int_equal(got.flags, 0);
		assert_true(fabs(got.i_ty - (h + h_y - with_y)) < 1e-9);
	}
}

/* One noisy hidden layer of 3 units and the output behind it, which reads one direction of it. */
static void check_noisy(const struct vt_snapshot *s)
{
	struct vt_layer hidden = layer_of(s, 0), output = layer_of(s, 1);
	struct vt_information h, pair[2], o;
	const struct vt_sampler *sampler = output.sampler;
	assert_true(!s->deterministic && hidden.sampler && hidden.sampler->fixed && sampler && sampler->fixed);
	assert_int_equal(sampler->width, 1);
	estimate("noisy", &hidden, &h);
	estimate_both("noisy-pair", &hidden, pair);
	assert_true(pair[1].i_xt < h.i_xt + 3 * h.i_xt_se && h.i_xt - 3 * h.i_xt_se < pair[0].i_xt);
	assert_true(pair[0].i_xt - pair[1].i_xt < 1);
	double *x = calloc(s->tap[0].x.rows, sizeof *x);
	uint32_t *row = calloc(s->tap[0].x.rows, sizeof *row);
	for (uint32_t i = 0; i < s->tap[0].x.rows; i++) row[i] = i;
	assert_int_equal(sampler->draw(ctx, sampler, s->tap[0].x.rows, row, 1, 1, x), VT_OK);
	struct line all = { x, NULL, 0, s->tap[0].x.rows, sampler->sd };
	struct line zero = all, one = all;
	zero.label = one.label = s->label.y;
	one.class = 1;
	double truth = line_entropy(&all), given = (1978 * line_entropy(&zero) + 2118 * line_entropy(&one)) / 4096;
	estimate("noisy", &output, &o);
	within("output, I(X;T)", o.i_xt, o.i_xt_se, truth - noise_entropy(sampler->sd), 3);
	within("output, I(T;Y)", o.i_ty, o.i_ty_se, truth - given, 3);
	assert_true(o.i_xt < h.i_xt); /* processing adds nothing */
	free(x);
	free(row);
}

/* Five noisy layers: processing adds nothing, whatever the number of threads. */
static void check_deep(const struct vt_snapshot *s)
{
	double last = log(4096);
	for (size_t tap = 0; tap < s->n_taps; tap++) {
		struct vt_layer layer = layer_of(s, tap);
		struct vt_information base, other;
		assert_true(layer.sampler && layer.sampler->fixed == (tap == 0));
		layer.n_null = tap == 1 ? 3 : 0;
		vt_ctx_set_threads(ctx, 1);
		estimate("noisy:points=256,own=32,draws=2", &layer, &base);
		for (int threads = 2; threads <= 3; threads++) {
			vt_ctx_set_threads(ctx, threads);
			estimate("noisy:points=256,own=32,draws=2", &layer, &other);
			assert_memory_equal(&base, &other, sizeof base);
		}
		assert_true(base.i_xt_lo < last && base.i_xt > -3 * base.i_xt_se);
		last = base.i_xt_hi;
	}
}

static void check_layers(const struct net *n)
{
	if (n->shot->tap[0].step > 0) check_rounded(n->shot);
	else if (n->shot->n_taps == 2) check_noisy(n->shot);
	else check_deep(n->shot);
}

static void run(const char *setting, const char *widths, const char *activation)
{
	const char *const override[] = { setting, widths, activation, "probe.points=2", "train.epochs=20", "train.rate=3e-3",
		                         NULL };
	struct net n = { 0 };
	const struct vt_hook hook = { &n, next, at };
	small_task_open(&n.s, override);
	ctx = n.s.ctx;
	assert_int_equal(vt_probe_create(ctx, &n.s.task->probe, n.s.data, n.s.model, 20 * 13, 13, 1, &n.probe), VT_OK);
	assert_int_equal(vt_train(ctx, &n.s.task->train, n.s.data, n.s.model, &hook), VT_OK);
	vt_probe_free(n.probe);
	small_task_close(&n.s);
}

static void rounded_networks(void **state)
{
	struct vt_ctx *kept = ctx;
	(void)state;
	run("model.quantise=4", "model.widths=[10, 7, 5, 4, 3]", "model.activation=tanh");
	run("model.quantise=8", "model.widths=[10, 7, 5, 4, 3]", "model.activation=relu");
	ctx = kept;
}

static void noisy_networks(void **state)
{
	struct vt_ctx *kept = ctx;
	(void)state;
	run("model.noise=[0.2]", "model.widths=[3]", "model.activation=tanh");
	run("model.noise=[0.1]", "model.widths=[10, 7, 5]", "model.activation=relu");
	ctx = kept;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(scalar_noisy_tanh),
		cmocka_unit_test(finite_inputs),
		cmocka_unit_test(saturation_is_said),
		cmocka_unit_test(a_chain_of_noisy_layers),
		cmocka_unit_test(rounded_networks),
		cmocka_unit_test(noisy_networks),
	};
	ctx = vt_ctx_create();
	int failed = cmocka_run_group_tests(tests, NULL, NULL);
	vt_ctx_free(ctx);
	return failed;
}
