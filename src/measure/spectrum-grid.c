/* The spectrum of what a network answers on a grid, against that of what it should.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include <math.h>
#include <stdlib.h>

#include "layers.h"
#include "learned.h"
#include "venturi/fft.h"

struct settings {
	int grid, spacing;
	int64_t output;
	struct vt_reals frequencies;
	double level;
};

enum { PERIODIC, COSINE };
enum { EQUAL, ANY };
static const char *const grids[] = { "periodic", "cosine", NULL };
static const char *const spacings[] = { "equal", "any", NULL };

#define AT(member) offsetof(struct settings, member)
static const struct vt_option options[] = {
	{ "grid", VT_CHOICE, AT(grid), 0, 0, "periodic", NULL,
	  "periodic: rows i / n of a circle, discrete Fourier transform; cosine: rows of an interval, DCT-II", grids },
	{ "frequencies", VT_REALS, AT(frequencies), 0, 1e9, NULL, "cycles",
	  "those that are followed, over the grid; left out: all bins", .optional = true },
	{ "level", VT_REAL, AT(level), 0.01, 0.999, "0.8", "of the target",
	  "learned: an amplitude ratio of at least this, or a complex error of at most 1 less this" },
	{ "output", VT_INT, AT(output), 0, 65535, "0", NULL, "which output, counted from 0" },
	{ "spacing", VT_CHOICE, AT(spacing), 0, 0, "equal", NULL,
	  "equal: neighbouring inputs must lie equally far apart; any: the rows are taken for a grid as they come", spacings },
	{ 0 }
};

/* ---- what is written -------------------------------------------------------------- */

static const struct vt_variable variables[] = {
	{ "coef_re", VT_F64, 2, { "step", "frequency" }, "1", "coefficient of the output, real part", false },
	{ "coef_im", VT_F64, 2, { "step", "frequency" }, "1", "coefficient of the output, imaginary part", false },
	{ "amplitude_ratio", VT_F64, 2, { "step", "frequency" }, "1", "amplitude of the output over the target's", false },
	{ "complex_error", VT_F64, 2, { "step", "frequency" }, "1", "|F - T| / |T|: wrong phases count", false },
	{ "flags", VT_I32, 2, { "step", "frequency" }, "1", "what the numbers carry", true },
	{ "power", VT_F64, 2, { "step", "bin" }, "1", "sum of squares of the output by bin, all bins", false },
	{ "off_target", VT_F64, 1, { "step" }, "1",
	  "root mean square over rows of the output outside the followed frequencies and the mean", false },
	{ "target_re", VT_F64, 1, { "frequency" }, "1", "coefficient of the target, real part", false },
	{ "target_im", VT_F64, 1, { "frequency" }, "1", "coefficient of the target, imaginary part", false },
	{ "t_learned", VT_F64, 2, { "frequency", "criterion" }, "1", "first step at which it is learned, so far", false },
	{ "t_learned_flags", VT_I32, 2, { "frequency", "criterion" }, "1", "censored: not learned by this step", true },
	{ "t_stays", VT_F64, 2, { "frequency", "criterion" }, "1", "step from which it stays learned, so far", false },
	{ "t_stays_flags", VT_I32, 2, { "frequency", "criterion" }, "1", "censored: not learned at this step", true },
	{ "unlearned_area", VT_F64, 1, { "frequency" }, "1", "mean over steps of max(0, 1 - amplitude_ratio), so far", false },
};
enum { N_VARIABLES = sizeof variables / sizeof *variables, N_CRITERIA = 2 };

static size_t bins_of(const struct settings *s, size_t n)
{
	return s->grid == COSINE ? n : vt_fft_bins(n);
}

static double cycles_of(const struct settings *s, size_t bin)
{
	return s->grid == COSINE ? (double)bin / 2 : (double)bin;
}

static size_t n_frequencies(const struct settings *s, size_t n)
{
	return s->frequencies.n > 0 ? s->frequencies.n : bins_of(s, n);
}

static size_t bin_of(const struct settings *s, size_t i)
{
	if (s->frequencies.n == 0) return i;
	return (size_t)llround(s->frequencies.v[i] * (s->grid == COSINE ? 2 : 1));
}

static enum vt_status check(struct vt_ctx *ctx, const struct settings *s, const struct vt_snapshot_shape *shape)
{
	enum vt_status status = VT_OK;
	size_t n = shape->n_rows, width = shape->n_taps > 0 ? shape->tap_width[shape->n_taps - 1] : 0;
	VT_REQUIRE(ctx, shape->n_positions == 0, VT_ECONFIG, "spectrum-grid wants rows that are points of a grid, and these "
	           "are tokens; see spectrum-token");
	VT_REQUIRE(ctx, (size_t)s->output < width, VT_ECONFIG, "output %lld is asked for, and the network has %zu",
	           (long long)s->output, width);
	for (size_t i = 0; i < s->frequencies.n; i++) {
		double f = s->frequencies.v[i], bin = f * (s->grid == COSINE ? 2 : 1);
		VT_REQUIRE(ctx, bin < (double)bins_of(s, n) && fabs(bin - round(bin)) < 1e-9, VT_ECONFIG,
		           "frequencies: %g cycles is not on the grid of %zu rows, wanted a multiple of %g up to %g", f, n,
		           cycles_of(s, 1), cycles_of(s, bins_of(s, n) - 1));
	}
done:
	return status;
}

static enum vt_status declare(struct vt_ctx *ctx, size_t n, const struct vt_named *const *measure,
                              const struct vt_snapshot_shape *shape, struct vt_frame *frame, const char *group)
{
	static const char *const criteria[N_CRITERIA] = { "amplitude", "error" };
	enum vt_status status;
	const struct settings *s = measure[0]->chosen.settings;
	size_t n_bins = bins_of(s, shape->n_rows), n_followed = n_frequencies(s, shape->n_rows);
	double *cycles = NULL;
	(void)n;
	VT_TRY(check(ctx, s, shape));
	VT_NEW(ctx, cycles, n_bins > n_followed ? n_bins : n_followed);
	VT_TRY(vt_frame_dim(ctx, frame, group, "step", 0, NULL, NULL, "1", "updates done"));
	for (size_t i = 0; i < n_followed; i++) cycles[i] = cycles_of(s, bin_of(s, i));
	VT_TRY(vt_frame_dim(ctx, frame, group, "frequency", n_followed, NULL, cycles, "1", "cycles over the grid, followed"));
	for (size_t i = 0; i < n_bins; i++) cycles[i] = cycles_of(s, i);
	VT_TRY(vt_frame_dim(ctx, frame, group, "bin", n_bins, NULL, cycles, "1", "cycles over the grid, all"));
	VT_TRY(vt_frame_dim(ctx, frame, group, "criterion", N_CRITERIA, criteria, NULL, "1", "of being learned"));
	VT_TRY(vt_measure_declare_variables(ctx, frame, group, N_VARIABLES, variables));
	VT_TRY(vt_frame_attr_text(ctx, frame, group, "grid", grids[s->grid]));
	VT_TRY(vt_frame_attr_text(ctx, frame, group, "convention", "orthonormal, no window, cycles over the grid"));
	VT_TRY(vt_frame_attr_real(ctx, frame, group, "level", s->level));
done:
	free(cycles);
	return status;
}

/* ---- spectra --------------------------------------------------------------------------- */

static enum vt_status spectrum(struct vt_ctx *ctx, const struct settings *s, const struct vt_mat *x, size_t column,
                               struct vt_complex *out)
{
	enum vt_status status;
	const struct vt_strided line = { 1, x->rows, 0, x->stride };
	double *real = NULL;
	if (s->grid == PERIODIC) return vt_fft_real(ctx, &line, x->x + column, out);
	VT_NEW(ctx, real, x->rows);
	VT_TRY(vt_dct(ctx, &line, x->x + column, real));
	for (size_t k = 0; k < x->rows; k++) out[k] = (struct vt_complex){ real[k], 0 };
done:
	free(real);
	return status;
}

static double power(const struct settings *s, size_t n, size_t bin, struct vt_complex c)
{
	return s->grid == PERIODIC ? vt_fft_power(n, bin, c) : c.re * c.re;
}

static double distance(const struct vt_mat *x, size_t i)
{
	double sum = 0;
	for (size_t j = 0; j < x->cols; j++) {
		double d = x->x[(i + 1) * x->stride + j] - x->x[i * x->stride + j];
		sum += d * d;
	}
	return sqrt(sum);
}

/* Rows of a line, a circle or any curve that looks alike everywhere lie equally far from their neighbours; a random
 * choice of rows does not. */
static enum vt_status check_spacing(struct vt_ctx *ctx, const struct settings *s, const struct vt_mat *input)
{
	enum vt_status status = VT_OK;
	if (s->spacing == ANY || input->rows < 2 || input->cols == 0) return VT_OK;
	double first = distance(input, 0);
	for (size_t i = 1; i + 1 < input->rows; i++)
		VT_REQUIRE(ctx, fabs(distance(input, i) - first) <= 1e-5 * first, VT_EDOMAIN,
		           "rows %zu and %zu lie %g apart and rows 0 and 1 %g: no grid; wanted all of its rows, in order, or "
		           "spacing: any", i, i + 1, distance(input, i), first);
done:
	return status;
}

/* ---- one snapshot ------------------------------------------------------------------------ */

/* Everything that is written at a snapshot; the arrays of one allocation, f: a number a followed frequency. */
struct values {
	size_t n_followed, n_bins;
	double *re, *im, *ratio, *error, *flags, *target_re, *target_im, *power, off_target;
	bool target;
};

static unsigned flags_of(const struct values *v, double ratio, unsigned of_run)
{
	return of_run | (!v->target ? VT_NOT_COMPUTED : isnan(ratio) ? VT_DEGENERATE : 0);
}

/* c: the output's spectrum, t: the target's.  Where the target has nothing there is no ratio. */
static void fill(const struct settings *s, const struct vt_snapshot *snapshot, const struct vt_complex *c,
                 const struct vt_complex *t, struct values *v)
{
	size_t n = snapshot->tap[snapshot->n_taps - 1].x.rows;
	double largest = 0, off = 0;
	for (size_t b = 0; b < v->n_bins; b++) {
		v->power[b] = power(s, n, b, c[b]);
		largest = fmax(largest, hypot(t[b].re, t[b].im));
		off += b > 0 ? v->power[b] : 0;
	}
	for (size_t i = 0; i < v->n_followed; i++) {
		size_t b = bin_of(s, i);
		double size = hypot(t[b].re, t[b].im);
		bool there = v->target && size > 1e-9 * largest;
		v->re[i] = c[b].re;
		v->im[i] = c[b].im;
		v->target_re[i] = v->target ? t[b].re : NAN;
		v->target_im[i] = v->target ? t[b].im : NAN;
		v->ratio[i] = there ? hypot(c[b].re, c[b].im) / size : NAN;
		v->error[i] = there ? hypot(c[b].re - t[b].re, c[b].im - t[b].im) / size : NAN;
		v->flags[i] = flags_of(v, v->ratio[i], snapshot->flags);
		off -= b > 0 ? v->power[b] : 0;
	}
	v->off_target = sqrt(fmax(0, off) / (double)n);
}

static enum vt_status put(struct vt_ctx *ctx, const struct values *v, struct vt_frame *frame, const char *group)
{
	enum vt_status status;
	const struct {
		const char *name;
		size_t n;
		const double *value;
	} all[] = {
		{ "coef_re", v->n_followed, v->re }, { "coef_im", v->n_followed, v->im },
		{ "amplitude_ratio", v->n_followed, v->ratio }, { "complex_error", v->n_followed, v->error },
		{ "flags", v->n_followed, v->flags }, { "power", v->n_bins, v->power }, { "off_target", 1, &v->off_target },
		{ "target_re", v->n_followed, v->target_re }, { "target_im", v->n_followed, v->target_im },
	};
	for (size_t i = 0; i < sizeof all / sizeof *all; i++)
		VT_TRY(vt_frame_put(ctx, frame, group, all[i].name, all[i].n, all[i].value));
done:
	return status;
}

/* Learning times by one criterion; out: t_learned, its flags, t_stays, its flags, each [frequency][criterion]. */
static void learned(const struct settings *s, size_t criterion, size_t n_steps, const double *step, size_t n_followed,
                    const double *series, double *const out[4])
{
	bool amplitude = criterion == 0;
	for (size_t i = 0; i < n_followed; i++) {
		struct vt_learned when = vt_learned_when(n_steps, step, series + i, n_followed, amplitude ? s->level : 1 - s->level,
		                                         amplitude);
		bool nothing = isnan(series[(n_steps - 1) * n_followed + i]);
		size_t at = i * N_CRITERIA + criterion;
		out[0][at] = nothing ? NAN : when.first;
		out[1][at] = nothing ? VT_DEGENERATE : when.first_censored ? VT_CENSORED : 0;
		out[2][at] = nothing ? NAN : when.stays;
		out[3][at] = nothing ? VT_DEGENERATE : when.stays_censored ? VT_CENSORED : 0;
	}
}

/* What stands over the whole run so far, from the file itself, so that a resumed run forgets nothing. */
static enum vt_status summarise(struct vt_ctx *ctx, const struct settings *s, size_t n_followed, struct vt_frame *frame,
                                const char *group)
{
	static const char *const series[N_CRITERIA] = { "amplitude_ratio", "complex_error" };
	static const char *const names[4] = { "t_learned", "t_learned_flags", "t_stays", "t_stays_flags" };
	enum vt_status status;
	size_t n_steps, n, width = n_followed * N_CRITERIA;
	double *step = NULL, *value[N_CRITERIA] = { NULL }, *out = NULL;
	VT_NEW(ctx, out, 4 * width + n_followed);
	double *const part[4] = { out, out + width, out + 2 * width, out + 3 * width }, *area = out + 4 * width;
	VT_TRY(vt_frame_values(ctx, frame, group, "step", &n_steps, &step));
	for (size_t c = 0; c < N_CRITERIA; c++) {
		VT_TRY(vt_frame_values(ctx, frame, group, series[c], &n, &value[c]));
		learned(s, c, n_steps, step, n_followed, value[c], part);
	}
	for (size_t i = 0; i < n_followed; i++) area[i] = vt_learned_area(n_steps, step, value[0] + i, n_followed);
	for (size_t i = 0; i < 4; i++) VT_TRY(vt_frame_put(ctx, frame, group, names[i], width, part[i]));
	VT_TRY(vt_frame_put(ctx, frame, group, "unlearned_area", n_followed, area));
done:
	free(step);
	for (size_t c = 0; c < N_CRITERIA; c++) free(value[c]);
	free(out);
	return status;
}

static enum vt_status record(struct vt_ctx *ctx, size_t n, const struct vt_named *const *measure,
                             const struct vt_snapshot_shape *shape, const struct vt_snapshot *snapshot,
                             struct vt_frame *frame, const char *group)
{
	enum vt_status status;
	const struct settings *s = measure[0]->chosen.settings;
	const struct vt_mat *y = &snapshot->tap[snapshot->n_taps - 1].x;
	size_t n_f = n_frequencies(s, shape->n_rows), n_bins = bins_of(s, shape->n_rows);
	struct values v = { .n_followed = n_f, .n_bins = n_bins };
	struct vt_complex *c = NULL;
	double *memory = NULL;
	(void)n;
	v.target = snapshot->target.rows == y->rows && (size_t)s->output < snapshot->target.cols;
	VT_TRY(check_spacing(ctx, s, &snapshot->input));
	VT_NEW(ctx, c, 2 * n_bins);
	VT_NEW(ctx, memory, 7 * n_f + n_bins);
	double **const array[] = { &v.re, &v.im, &v.ratio, &v.error, &v.flags, &v.target_re, &v.target_im, &v.power };
	for (size_t i = 0; i < 8; i++) *array[i] = memory + i * n_f;
	VT_TRY(spectrum(ctx, s, y, (size_t)s->output, c));
	if (v.target) VT_TRY(spectrum(ctx, s, &snapshot->target, (size_t)s->output, c + n_bins));
	fill(s, snapshot, c, c + n_bins, &v);
	VT_TRY(vt_frame_step(ctx, frame, group, snapshot->step, snapshot->epoch));
	VT_TRY(put(ctx, &v, frame, group));
	VT_TRY(summarise(ctx, s, n_f, frame, group));
done:
	free(c);
	free(memory);
	return status;
}

const struct vt_measure_kind vt_measure_spectrum_grid = {
	.kind = { "spectrum-grid", "spectrum of the output on a grid against the target's, and when each frequency is learned",
	          "Rahaman et al. 2019, sec. 3; complex error: Xu et al. 2020, eq. 4", sizeof(struct settings), options,
	          "An amplitude can be right with the wrong phase: compare complex_error.  t_learned is the first touch, "
	          "which interference can bring early; t_stays is what lasts.  Both are late by up to the distance of "
	          "snapshots.  On an interval take the cosine grid: a periodic transform of a ramp has 11 % of its power at "
	          "high frequencies" },
	.declare = declare,
	.record = record,
};
