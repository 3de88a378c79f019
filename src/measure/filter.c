/* Low and high frequencies of a function of many inputs: its values smoothed by a Gaussian over the
 * inputs, and what that leaves.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "answers.h"
#include "layers.h"
#include "venturi/num.h"

struct settings {
	struct vt_reals widths;
	int64_t rows;
};

#define AT(member) offsetof(struct settings, member)
static const struct vt_option options[] = {
	{ "widths", VT_REALS, AT(widths), 1e-12, 1e12, "[1, 2, 3, 4, 5, 7, 10]", "input units",
	  "standard deviations of the Gaussian; a width holds frequencies below about 1 / width" },
	{ "rows", VT_INT, AT(rows), 2, 20000, "1000", "rows", "at most, the probe's first: the cost is their square" },
	{ 0 }
};

static const struct vt_variable variables[] = {
	{ "e_low", VT_F64, 2, { "step", "width" }, "1", "relative error of the output's low frequencies", false },
	{ "e_high", VT_F64, 2, { "step", "width" }, "1", "relative error of the output's high frequencies", false },
	{ "lead", VT_F64, 2, { "step", "width" }, "1", "e_high less e_low: above 0, low frequencies are ahead", false },
	{ "low_share", VT_F64, 2, { "step", "width" }, "1", "share of the wanted answers' squares in their low part", false },
	{ "flags", VT_I32, 2, { "step", "width" }, "1", "what the numbers carry", true },
};
enum { N_VARIABLES = sizeof variables / sizeof *variables, BLOCK = 32 };

static enum vt_status declare(struct vt_ctx *ctx, size_t n, const struct vt_named *const *measure,
                              const struct vt_snapshot_shape *shape, struct vt_frame *frame, const char *group)
{
	enum vt_status status;
	const struct settings *s = measure[0]->chosen.settings;
	(void)n;
	(void)shape;
	VT_REQUIRE(ctx, s->widths.n > 0, VT_ECONFIG, "widths is empty, at least 1 is wanted");
	VT_TRY(vt_frame_dim(ctx, frame, group, "step", 0, NULL, NULL, "1", "updates done"));
	VT_TRY(vt_frame_dim(ctx, frame, group, "width", s->widths.n, NULL, s->widths.v, "1",
	                    "standard deviation of the Gaussian over inputs"));
	VT_TRY(vt_measure_declare_variables(ctx, frame, group, N_VARIABLES, variables));
done:
	return status;
}

/* Sums of squares of one block of rows and one width: of what is wanted and of the difference, low and high. */
enum { LOW, LOW_ERROR, HIGH, HIGH_ERROR, WHOLE, N_SUMS };

struct job {
	const struct settings *s;
	const struct vt_answers *a;
	const double *square; /* |x_i|^2 */
	double *distance;     /* BLOCK x n a block, squared */
	double *low;          /* 2 cols a block */
	double *sum;          /* blocks x widths x N_SUMS */
	size_t n_blocks;
};

/* The low parts of row i: averages of what is wanted and of what is got, weighted by the Gaussian; the sum of weights
 * is at least 1, the row's own. */
static void smooth(const struct vt_answers *a, const double *distance, double width, double *low)
{
	double total = 0, rate = 1 / (2 * width * width);
	memset(low, 0, 2 * a->cols * sizeof *low);
	for (size_t j = 0; j < a->n; j++) {
		double weight = exp(-rate * distance[j]);
		total += weight;
		for (size_t c = 0; c < a->cols && weight > 0; c++) {
			low[c] += weight * a->wanted[j * a->cols + c];
			low[a->cols + c] += weight * a->got[j * a->cols + c];
		}
	}
	for (size_t c = 0; c < 2 * a->cols; c++) low[c] /= total;
}

static void add(const struct vt_answers *a, size_t i, const double *low, double *sum)
{
	for (size_t c = 0; c < a->cols; c++) {
		double wanted = a->wanted[i * a->cols + c], difference = a->got[i * a->cols + c] - wanted;
		double low_difference = low[a->cols + c] - low[c];
		sum[LOW] += low[c] * low[c];
		sum[LOW_ERROR] += low_difference * low_difference;
		sum[HIGH] += (wanted - low[c]) * (wanted - low[c]);
		sum[HIGH_ERROR] += (difference - low_difference) * (difference - low_difference);
		sum[WHOLE] += wanted * wanted;
	}
}

static enum vt_status filter_block(void *self, size_t b)
{
	const struct job *j = self;
	const struct vt_answers *a = j->a;
	size_t first = b * BLOCK, n = a->n - first < BLOCK ? a->n - first : BLOCK;
	double *distance = j->distance + b * BLOCK * a->n, *low = j->low + b * 2 * a->cols;
	vt_gemm_f64(false, true, n, a->n, a->dim, -2, a->input + first * a->dim, a->dim, a->input, a->dim, 0, distance, a->n);
	for (size_t i = 0; i < n; i++)
		for (size_t k = 0; k < a->n; k++) {
			double d = distance[i * a->n + k] + j->square[first + i] + j->square[k];
			distance[i * a->n + k] = first + i == k ? 0 : fmax(0, d);
		}
	for (size_t w = 0; w < j->s->widths.n; w++)
		for (size_t i = 0; i < n; i++) {
			smooth(a, distance + i * a->n, j->s->widths.v[w], low);
			add(a, first + i, low, j->sum + (b * j->s->widths.n + w) * N_SUMS);
		}
	return VT_OK;
}

static double ratio(double error, double of)
{
	return of > 0 ? sqrt(error / of) : (double)NAN;
}

/* value[variable * widths + width] */
static void summarise(const struct job *j, double *value)
{
	size_t n = j->s->widths.n;
	for (size_t w = 0; w < n; w++) {
		double total[N_SUMS] = { 0 };
		for (size_t b = 0; b < j->n_blocks; b++)
			for (size_t i = 0; i < N_SUMS; i++) total[i] += j->sum[(b * n + w) * N_SUMS + i];
		/* A Gaussian so narrow that a row sees itself alone leaves nothing above it, but rounding. */
		double high = total[HIGH] > 1e-24 * total[WHOLE] ? total[HIGH] : 0;
		value[w] = ratio(total[LOW_ERROR], total[LOW]);
		value[n + w] = ratio(total[HIGH_ERROR], high);
		value[2 * n + w] = value[n + w] - value[w];
		value[3 * n + w] = total[WHOLE] > 0 ? total[LOW] / total[WHOLE] : (double)NAN;
		if (isnan(value[2 * n + w])) value[4 * n + w] = (double)((unsigned)value[4 * n + w] | VT_DEGENERATE);
	}
}

static enum vt_status filter(struct vt_ctx *ctx, const struct settings *s, const struct vt_answers *a, double *value)
{
	enum vt_status status;
	struct job j = { .s = s, .a = a, .n_blocks = (a->n + BLOCK - 1) / BLOCK };
	double *square = NULL;
	VT_NEW(ctx, square, a->n);
	VT_NEW(ctx, j.distance, j.n_blocks * BLOCK * a->n);
	VT_NEW(ctx, j.low, j.n_blocks * 2 * a->cols);
	VT_NEW(ctx, j.sum, j.n_blocks * s->widths.n * N_SUMS);
	for (size_t i = 0; i < a->n; i++)
		for (size_t k = 0; k < a->dim; k++) square[i] += a->input[i * a->dim + k] * a->input[i * a->dim + k];
	j.square = square;
	int threads = vt_gemm_serial();
	status = vt_blocks_run(ctx, j.n_blocks, false, filter_block, &j);
	vt_gemm_restore(threads);
	if (status == VT_OK) summarise(&j, value);
done:
	free(square);
	free(j.distance);
	free(j.low);
	free(j.sum);
	return status;
}

static enum vt_status record(struct vt_ctx *ctx, size_t n, const struct vt_named *const *measure,
                             const struct vt_snapshot_shape *shape, const struct vt_snapshot *snapshot,
                             struct vt_frame *frame, const char *group)
{
	enum vt_status status;
	const struct settings *s = measure[0]->chosen.settings;
	size_t widths = s->widths.n;
	bool there = vt_answers_there(snapshot);
	struct vt_answers a = { 0 };
	double *value = NULL;
	(void)n;
	(void)shape;
	VT_NEW(ctx, value, N_VARIABLES * widths);
	for (size_t i = 0; i < 4 * widths; i++) value[i] = NAN;
	for (size_t i = 0; i < widths; i++) value[4 * widths + i] = snapshot->flags | (there ? 0 : VT_NOT_COMPUTED);
	if (there) {
		VT_TRY(vt_answers_take(ctx, snapshot, (size_t)s->rows, &a));
		VT_TRY(filter(ctx, s, &a, value));
	}
	VT_TRY(vt_frame_step(ctx, frame, group, snapshot->step, snapshot->epoch));
	for (size_t i = 0; i < N_VARIABLES; i++)
		VT_TRY(vt_frame_put(ctx, frame, group, variables[i].name, widths, value + i * widths));
done:
	vt_answers_clear(&a);
	free(value);
	return status;
}

const struct vt_measure_kind vt_measure_filter = {
	.kind = { "filter", "errors of low and high frequencies in many dimensions, split by a Gaussian over the inputs",
	          "Xu, Zhang, Luo, Xiao, Ma 2020, sec. 4.2", sizeof(struct settings), options,
	          "What is low depends on the width and on the density of the rows: a width below the distance of neighbours "
	          "makes everything low, one above their spread leaves the mean alone.  low_share says where a width "
	          "stands.  Compare widths, never one alone" },
	.declare = declare,
	.record = record,
};
