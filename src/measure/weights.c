/* Norms and singular values of every matrix of weights, of any model; and the share of the first one that reads given
 * inputs.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include <math.h>
#include <stdlib.h>

#include "layers.h"
#include "venturi/linear.h"

struct settings {
	int64_t widest, snapshots;
	struct vt_ints inputs;
};

#define AT(member) offsetof(struct settings, member)
static const struct vt_option options[] = {
	{ "widest", VT_INT, AT(widest), 1, 65536, "512", "rows or columns",
	  "matrices whose smaller side is above have a norm and no singular values, whose cost grows with its square" },
	{ "inputs", VT_INTS, AT(inputs), 0, 1e9, NULL, "columns of the input",
	  "input_share is of the first matrix's rows that read these", .optional = true },
	{ "snapshots", VT_INT, AT(snapshots), 2, 1000000, "1000", "snapshots",
	  "at how many of the run's snapshots, the first and the last included" },
	{ 0 }
};

static const struct vt_variable variables[] = {
	{ "norm", VT_F64, 2, { "step", "matrix" }, "1", "root of the sum of squares", false },
	{ "largest", VT_F64, 2, { "step", "matrix" }, "1", "largest singular value", false },
	{ "smallest", VT_F64, 2, { "step", "matrix" }, "1", "smallest singular value", false },
	{ "stable_rank", VT_F64, 2, { "step", "matrix" }, "1", "sum of squares over the largest singular value squared",
	  false },
	{ "effective_rank", VT_F64, 2, { "step", "matrix" }, "1",
	  "exponential of the entropy of the singular values over their sum", false },
	{ "flags", VT_I32, 2, { "step", "matrix" }, "1", "what the numbers carry", true },
	{ "input_share", VT_F64, 1, { "step" }, "1", "share of the first matrix's sum of squares in the rows of `inputs`",
	  false },
};
enum column { NORM, LARGEST, SMALLEST, STABLE, EFFECTIVE, FLAGS, N_COLUMNS };

static size_t count_matrices(const struct vt_snapshot_shape *shape)
{
	size_t n = 0;
	for (size_t i = 0; i < shape->n_weights; i++) n += shape->weight[i].weight;
	return n;
}

static enum vt_status declare(struct vt_ctx *ctx, size_t n, const struct vt_named *const *measure,
                              const struct vt_snapshot_shape *shape, struct vt_frame *frame, const char *group)
{
	enum vt_status status;
	const struct settings *s = measure[0]->chosen.settings;
	size_t n_matrices = count_matrices(shape), at = 0;
	const char **name = NULL, *none = "none";
	(void)n;
	for (size_t i = 0; i < s->inputs.n; i++)
		VT_REQUIRE(ctx, s->inputs.v[i] >= 0 && (size_t)s->inputs.v[i] < shape->n_inputs, VT_ECONFIG,
		           "inputs: column %lld of an input of %zu", (long long)s->inputs.v[i], shape->n_inputs);
	VT_NEW(ctx, name, n_matrices);
	for (size_t i = 0; i < shape->n_weights; i++)
		if (shape->weight[i].weight) name[at++] = shape->weight[i].name;
	VT_TRY(vt_frame_dim(ctx, frame, group, "step", 0, NULL, NULL, "1", "updates done"));
	/* Without a net there is one row that says that nothing was computed. */
	VT_TRY(vt_frame_dim(ctx, frame, group, "matrix", n_matrices ? n_matrices : 1, n_matrices ? name : &none, NULL, NULL,
	                    "matrix of weights"));
	VT_TRY(vt_measure_declare_variables(ctx, frame, group, N_COLUMNS + (s->inputs.n > 0), variables));
done:
	free(name);
	return status;
}

/* value[column * stride] of one matrix. */
static enum vt_status analyse(struct vt_ctx *ctx, const struct vt_mat *w, size_t widest, size_t stride, double *value)
{
	enum vt_status status;
	size_t least = w->rows < w->cols ? w->rows : w->cols;
	double square = 0, sum = 0, entropy = 0, *singular = NULL;
	for (size_t i = 0; i < w->rows; i++)
		for (size_t j = 0; j < w->cols; j++) square += w->x[i * w->stride + j] * w->x[i * w->stride + j];
	value[NORM * stride] = sqrt(square);
	if (least > widest) {
		value[FLAGS * stride] = (unsigned)value[FLAGS * stride] | VT_NOT_COMPUTED;
		return VT_OK;
	}
	VT_NEW(ctx, singular, least);
	VT_TRY(vt_singular_values(ctx, w, singular));
	for (size_t k = 0; k < least; k++) sum += singular[k];
	for (size_t k = 0; k < least; k++)
		if (singular[k] > 0) entropy -= singular[k] / sum * log(singular[k] / sum);
	value[LARGEST * stride] = singular[0];
	value[SMALLEST * stride] = singular[least - 1];
	if (sum > 0) value[STABLE * stride] = square / (singular[0] * singular[0]);
	if (sum > 0) value[EFFECTIVE * stride] = exp(entropy);
	if (!(sum > 0)) value[FLAGS * stride] = (unsigned)value[FLAGS * stride] | VT_DEGENERATE;
done:
	free(singular);
	return status;
}

/* NaN where no matrix reads the input's columns. */
static double input_share(const struct vt_net *net, const struct vt_ints *inputs, size_t n_inputs)
{
	size_t first = 0;
	double part = 0, whole = 0;
	while (net && first < net->n_weights && !net->weight[first].weight) first++;
	if (!net || first == net->n_weights || net->weight[first].w.rows != n_inputs) return NAN;
	const struct vt_mat *w = &net->weight[first].w;
	for (size_t i = 0; i < w->rows; i++) {
		double row = 0;
		for (size_t j = 0; j < w->cols; j++) row += w->x[i * w->stride + j] * w->x[i * w->stride + j];
		whole += row;
		for (size_t k = 0; k < inputs->n; k++) part += (size_t)inputs->v[k] == i ? row : 0;
	}
	return part / whole;
}

static enum vt_status record(struct vt_ctx *ctx, size_t n, const struct vt_named *const *measure,
                             const struct vt_snapshot_shape *shape, const struct vt_snapshot *snapshot,
                             struct vt_frame *frame, const char *group)
{
	enum vt_status status = VT_OK;
	const struct settings *s = measure[0]->chosen.settings;
	size_t n_matrices = count_matrices(shape), stride = n_matrices ? n_matrices : 1, at = 0;
	bool known = snapshot->net && n_matrices > 0;
	double *value = NULL;
	(void)n;
	if (!snapshot->last && !vt_measure_due(snapshot->index, shape->n_snapshots, (size_t)s->snapshots)) return VT_OK;
	VT_NEW(ctx, value, N_COLUMNS * stride);
	for (size_t i = 0; i < N_COLUMNS * stride; i++) value[i] = NAN;
	for (size_t k = 0; k < stride; k++) value[FLAGS * stride + k] = snapshot->flags | (known ? 0 : VT_NOT_COMPUTED);
	for (size_t i = 0; known && i < shape->n_weights; i++)
		if (snapshot->net->weight[i].weight)
			VT_TRY(analyse(ctx, &snapshot->net->weight[i].w, (size_t)s->widest, stride, value + at++));
	VT_TRY(vt_frame_step(ctx, frame, group, snapshot->step, snapshot->epoch));
	for (size_t c = 0; c < N_COLUMNS; c++)
		VT_TRY(vt_frame_put(ctx, frame, group, variables[c].name, stride, value + c * stride));
	double share = input_share(snapshot->net, &s->inputs, shape->n_inputs);
	if (s->inputs.n > 0) VT_TRY(vt_frame_put(ctx, frame, group, "input_share", 1, &share));
done:
	free(value);
	return status;
}

const struct vt_measure_kind vt_measure_weights = {
	.kind = { "weights", "norms, singular values and ranks of the matrices of weights",
	          "effective rank: Roy & Vetterli 2007; stable rank: Rudelson & Vershynin 2007", sizeof(struct settings),
	          options,
	          "In networks of ReLU layers a factor moves freely from one matrix to the next: norms of single matrices say "
	          "little, ranks are free of it.  A random matrix has a large effective rank and a small stable one." },
	.declare = declare,
	.record = record,
};
