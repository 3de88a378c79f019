/* The spectrum of a function of many inputs along their first principal component.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "answers.h"
#include "layers.h"
#include "learned.h"
#include "venturi/num.h"
#include "venturi/rng.h"

struct settings {
	int64_t frequencies, rows, null;
	double level;
};

#define AT(member) offsetof(struct settings, member)
static const struct vt_option options[] = {
	{ "frequencies", VT_INT, AT(frequencies), 1, 10000, "20", "cycles", "1 .. so many, over the range of the projection" },
	{ "rows", VT_INT, AT(rows), 2, 1000000, "2000", "rows", "at most, the first ones of the probe" },
	{ "null", VT_INT, AT(null), 0, 10000, "99", "permutations",
	  "of the answers among the rows, at the first snapshot; 0: no null, and no frequency is left out" },
	{ "level", VT_REAL, AT(level), 0.01, 0.999, "0.8", "of the target",
	  "learned: a complex error of at most 1 less this" },
	{ 0 }
};

static const struct vt_variable variables[] = {
	{ "complex_error", VT_F64, 2, { "step", "frequency" }, "1", "|F - T| / |T| over outputs", false },
	{ "amplitude_ratio", VT_F64, 2, { "step", "frequency" }, "1", "|F| / |T| over outputs", false },
	{ "power", VT_F64, 2, { "step", "frequency" }, "1", "|F|^2 of the output, mean over rows taken off", false },
	{ "flags", VT_I32, 2, { "step", "frequency" }, "1", "out_of_regime: the target is not above its null", true },
	{ "target_power", VT_F64, 1, { "frequency" }, "1", "|T|^2", false },
	{ "null95", VT_F64, 1, { "frequency" }, "1", "95 % point of |T|^2 with answers permuted among rows", false },
	{ "noise_floor", VT_F64, 0, { NULL }, "1", "expected |T|^2 of answers without order: variance / rows", false },
	{ "variance_share", VT_F64, 0, { NULL }, "1", "share of the inputs' variance along the component", false },
	{ "t_learned", VT_F64, 1, { "frequency" }, "1", "first step at which it is learned, so far", false },
	{ "t_learned_flags", VT_I32, 1, { "frequency" }, "1", "censored: not learned by this step", true },
};
enum { N_VARIABLES = sizeof variables / sizeof *variables };

static enum vt_status declare(struct vt_ctx *ctx, size_t n, const struct vt_named *const *measure,
                              const struct vt_snapshot_shape *shape, struct vt_frame *frame, const char *group)
{
	enum vt_status status;
	const struct settings *s = measure[0]->chosen.settings;
	double *frequency = NULL;
	(void)n;
	(void)shape;
	VT_NEW(ctx, frequency, (size_t)s->frequencies);
	for (int64_t k = 0; k < s->frequencies; k++) frequency[k] = (double)(k + 1);
	VT_TRY(vt_frame_dim(ctx, frame, group, "step", 0, NULL, NULL, "1", "updates done"));
	VT_TRY(vt_frame_dim(ctx, frame, group, "frequency", (size_t)s->frequencies, NULL, frequency, "1",
	                    "cycles over the range of the projection"));
	VT_TRY(vt_measure_declare_variables(ctx, frame, group, N_VARIABLES, variables));
done:
	free(frequency);
	return status;
}

/* ---- the component ------------------------------------------------------------------ */

/* v := x' (x v), normalised; returns by how much it turned.  Products by GEMM on one thread. */
static double turn_once(const struct vt_answers *a, double *v, double *next, double *p)
{
	double norm = 0, change = 0;
	vt_gemm_f64(false, false, a->n, 1, a->dim, 1, a->input, a->dim, v, 1, 0, p, 1);
	vt_gemm_f64(true, false, a->dim, 1, a->n, 1, a->input, a->dim, p, 1, 0, next, 1);
	for (size_t j = 0; j < a->dim; j++) norm += next[j] * next[j];
	for (size_t j = 0; j < a->dim && norm > 0; j++) {
		double x = next[j] / sqrt(norm);
		change = fmax(change, fabs(x - v[j]));
		v[j] = x;
	}
	return change;
}

/* The rows' places along the first principal component, from 0 to 1; the share of variance along it.  Power iteration
 * from the column of largest variance: two components of nearly one size are told apart no better than needed. */
static enum vt_status project(struct vt_ctx *ctx, const struct vt_answers *a, double *place, double *share)
{
	enum { MOST = 500 };
	enum vt_status status;
	double *v = NULL, *next = NULL, *variance = NULL, total = 0, along = 0;
	size_t widest = 0;
	VT_NEW(ctx, v, a->dim);
	VT_NEW(ctx, next, a->dim);
	VT_NEW(ctx, variance, a->dim);
	for (size_t i = 0; i < a->n * a->dim; i++) variance[i % a->dim] += a->input[i] * a->input[i];
	for (size_t j = 0; j < a->dim; j++) {
		total += variance[j];
		if (variance[j] > variance[widest]) widest = j;
	}
	v[widest] = 1;
	int threads = vt_gemm_serial();
	for (int i = 0; i < MOST; i++)
		if (turn_once(a, v, next, place) <= 1e-12) break;
	vt_gemm_f64(false, false, a->n, 1, a->dim, 1, a->input, a->dim, v, 1, 0, place, 1);
	vt_gemm_restore(threads);
	double least = INFINITY, most = -INFINITY;
	for (size_t i = 0; i < a->n; i++) {
		along += place[i] * place[i];
		least = fmin(least, place[i]);
		most = fmax(most, place[i]);
	}
	for (size_t i = 0; i < a->n; i++) place[i] = most > least ? (place[i] - least) / (most - least) : 0;
	*share = total > 0 ? along / total : (double)NAN;
	status = VT_OK;
done:
	free(v);
	free(next);
	free(variance);
	return status;
}

/* ---- spectra -------------------------------------------------------------------------- */

/* F_k = 1/n sum over rows of (y - mean y) exp(-2 pi i k p), k = 1 .. K; row i has the answers of row order[i], of
 * itself without an order.  out: K x cols complex numbers as pairs. */
static void transform(const struct vt_answers *a, const double *place, const double *y, const uint32_t *order,
                      size_t n_k, double *mean, double *out)
{
	size_t cols = a->cols;
	memset(mean, 0, cols * sizeof *mean);
	memset(out, 0, 2 * n_k * cols * sizeof *out);
	for (size_t i = 0; i < a->n; i++)
		for (size_t c = 0; c < cols; c++) mean[c] += y[i * cols + c] / (double)a->n;
	for (size_t i = 0; i < a->n; i++) {
		const double *row = y + (order ? order[i] : i) * cols;
		double step_re = cos(2 * M_PI * place[i]), step_im = -sin(2 * M_PI * place[i]), re = 1, im = 0;
		for (size_t k = 0; k < n_k; k++) {
			double turned = re * step_re - im * step_im;
			im = re * step_im + im * step_re;
			re = turned;
			for (size_t c = 0; c < cols; c++) {
				double d = (row[c] - mean[c]) / (double)a->n;
				out[2 * (k * cols + c)] += d * re;
				out[2 * (k * cols + c) + 1] += d * im;
			}
		}
	}
}

static double power(size_t cols, const double *f)
{
	double sum = 0;
	for (size_t i = 0; i < 2 * cols; i++) sum += f[i] * f[i];
	return sum;
}

struct spectra {
	size_t n_k, cols;
	double *place, *mean, *wanted, *got;
	double share, floor;
};

/* Answers dealt anew among the rows: what a target without order would show. */
static enum vt_status null_point(struct vt_ctx *ctx, const struct settings *s, const struct vt_answers *a,
                                 uint64_t seed, struct spectra *f, double *null95)
{
	enum vt_status status;
	size_t n = (size_t)s->null;
	uint32_t *order = NULL;
	double *f_null = NULL, *value = NULL;
	VT_NEW(ctx, order, a->n);
	VT_NEW(ctx, f_null, 2 * f->n_k * f->cols);
	VT_NEW(ctx, value, f->n_k * n);
	for (size_t r = 0; r < n; r++) {
		struct vt_rng stream = vt_rng_stream(seed, VT_PURPOSE_NULL, r);
		for (size_t i = 0; i < a->n; i++) order[i] = (uint32_t)i;
		vt_rng_shuffle(&stream, order, a->n);
		transform(a, f->place, a->wanted, order, f->n_k, f->mean, f_null);
		for (size_t k = 0; k < f->n_k; k++) value[k * n + r] = power(f->cols, f_null + 2 * k * f->cols);
	}
	for (size_t k = 0; k < f->n_k; k++) {
		vt_sort(value + k * n, n);
		null95[k] = value[k * n + (size_t)ceil(0.95 * (double)(n + 1)) - 1 - (n < 19)];
	}
	status = VT_OK;
done:
	free(order);
	free(f_null);
	free(value);
	return status;
}

static enum vt_status spectra(struct vt_ctx *ctx, const struct vt_answers *a, struct spectra *f)
{
	enum vt_status status;
	VT_NEW(ctx, f->place, a->n);
	VT_NEW(ctx, f->mean, a->cols);
	VT_NEW(ctx, f->wanted, 2 * f->n_k * a->cols);
	VT_NEW(ctx, f->got, 2 * f->n_k * a->cols);
	f->cols = a->cols;
	VT_TRY(project(ctx, a, f->place, &f->share));
	transform(a, f->place, a->got, NULL, f->n_k, f->mean, f->got);
	transform(a, f->place, a->wanted, NULL, f->n_k, f->mean, f->wanted);
	for (size_t i = 0; i < a->n * a->cols; i++) {
		double d = a->wanted[i] - f->mean[i % a->cols];
		f->floor += d * d / ((double)a->n * (double)a->n);
	}
done:
	return status;
}

/* ---- one snapshot ----------------------------------------------------------------------- */

/* error, ratio, power, flags, target: K numbers each, one after the other. */
static void fill(const struct spectra *f, const double *null95, unsigned flags, double *value)
{
	size_t n = f->n_k;
	for (size_t k = 0; k < n; k++) {
		const double *t = f->wanted + 2 * k * f->cols, *g = f->got + 2 * k * f->cols;
		double target = power(f->cols, t), difference = 0;
		for (size_t i = 0; i < 2 * f->cols; i++) difference += (g[i] - t[i]) * (g[i] - t[i]);
		bool counts = target > 0 && !(target <= null95[k]);
		value[k] = counts ? sqrt(difference / target) : (double)NAN;
		value[n + k] = counts ? sqrt(power(f->cols, g) / target) : (double)NAN;
		value[2 * n + k] = power(f->cols, g);
		value[3 * n + k] = flags | (counts ? 0 : VT_OUT_OF_REGIME);
		value[4 * n + k] = target;
	}
}

static enum vt_status put_times(struct vt_ctx *ctx, const struct settings *s, struct vt_frame *frame, const char *group)
{
	enum vt_status status;
	size_t n_k = (size_t)s->frequencies, n_steps, n;
	double *step = NULL, *error = NULL, *time = NULL;
	VT_NEW(ctx, time, 2 * n_k);
	VT_TRY(vt_frame_values(ctx, frame, group, "step", &n_steps, &step));
	VT_TRY(vt_frame_values(ctx, frame, group, "complex_error", &n, &error));
	for (size_t k = 0; k < n_k; k++) {
		struct vt_learned when = vt_learned_when(n_steps, step, error + k, n_k, 1 - s->level, false);
		bool nothing = isnan(error[(n_steps - 1) * n_k + k]);
		time[k] = nothing ? NAN : when.first;
		time[n_k + k] = nothing ? VT_DEGENERATE : when.first_censored ? VT_CENSORED : 0;
	}
	VT_TRY(vt_frame_put(ctx, frame, group, "t_learned", n_k, time));
	VT_TRY(vt_frame_put(ctx, frame, group, "t_learned_flags", n_k, time + n_k));
done:
	free(step);
	free(error);
	free(time);
	return status;
}

static enum vt_status measure_there(struct vt_ctx *ctx, const struct settings *s, const struct vt_snapshot *snapshot,
                                    struct vt_frame *frame, const char *group, double *value)
{
	enum vt_status status;
	struct vt_answers a = { 0 };
	struct spectra f = { .n_k = (size_t)s->frequencies };
	double *null95 = NULL;
	size_t n;
	VT_TRY(vt_answers_take(ctx, snapshot, (size_t)s->rows, &a));
	VT_TRY(spectra(ctx, &a, &f));
	VT_TRY(vt_frame_values(ctx, frame, group, "null95", &n, &null95));
	if (s->null > 0 && isnan(null95[0])) {
		VT_TRY(null_point(ctx, s, &a, snapshot->seed, &f, null95));
		VT_TRY(vt_frame_put(ctx, frame, group, "null95", f.n_k, null95));
	}
	fill(&f, null95, snapshot->flags, value);
	VT_TRY(vt_frame_put(ctx, frame, group, "noise_floor", 1, &f.floor));
	VT_TRY(vt_frame_put(ctx, frame, group, "variance_share", 1, &f.share));
	VT_TRY(vt_frame_put(ctx, frame, group, "target_power", f.n_k, value + 4 * f.n_k));
done:
	vt_answers_clear(&a);
	free(f.place);
	free(f.mean);
	free(f.wanted);
	free(f.got);
	free(null95);
	return status;
}

static enum vt_status record(struct vt_ctx *ctx, size_t n, const struct vt_named *const *measure,
                             const struct vt_snapshot_shape *shape, const struct vt_snapshot *snapshot,
                             struct vt_frame *frame, const char *group)
{
	enum vt_status status;
	const struct settings *s = measure[0]->chosen.settings;
	size_t n_k = (size_t)s->frequencies;
	double *value = NULL;
	(void)n;
	(void)shape;
	VT_NEW(ctx, value, 5 * n_k);
	for (size_t i = 0; i < 5 * n_k; i++) value[i] = i / n_k == 3 ? (double)(snapshot->flags | VT_NOT_COMPUTED) : NAN;
	if (vt_answers_there(snapshot)) VT_TRY(measure_there(ctx, s, snapshot, frame, group, value));
	VT_TRY(vt_frame_step(ctx, frame, group, snapshot->step, snapshot->epoch));
	for (size_t i = 0; i < 4; i++) VT_TRY(vt_frame_put(ctx, frame, group, variables[i].name, n_k, value + i * n_k));
	VT_TRY(put_times(ctx, s, frame, group));
done:
	free(value);
	return status;
}

const struct vt_measure_kind vt_measure_projection = {
	.kind = { "projection", "spectrum along the first principal component of the inputs, against a null",
	          "Xu, Zhang, Luo, Xiao, Ma 2020, sec. 4.1", sizeof(struct settings), options,
	          "It sees one direction, which may hold little: frequencies whose target is not above that of permuted "
	          "answers have no error and no time.  Of 20 frequencies one passes the null by chance.  Rows are not "
	          "evenly spaced "
	          "along the component, so that frequencies mix" },
	.declare = declare,
	.record = record,
};
