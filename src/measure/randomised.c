/* What the network's answers rest on: how well they still rank the two classes when a group of coordinates is taken
 * from other rows.
 *
 * The rows' coordinates are those that the dataset was made in (z = x B' with its basis B; x itself without one).  In a
 * group g, z_g of row i becomes that of row pi(i), and the network answers the row so made.  A group that carries all
 * that the network uses leaves an AUC of 1/2, one that it does not use leaves it as it is.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "layers.h"
#include "venturi/num.h"
#include "venturi/rng.h"

struct settings {
	struct vt_ints groups;
	struct vt_strings names;
	int64_t repeats, snapshots;
};

#define AT(member) offsetof(struct settings, member)
static const struct vt_option options[] = {
	{ "groups", VT_INTS, AT(groups), 1, 65536, "[1]", "coordinates",
	  "sizes of groups of neighbouring coordinates, from the first on; what is left over is one more", .max_items = 256 },
	{ "names", VT_STRINGS, AT(names), 0, 0, NULL, NULL, "of the groups; left out: the coordinates, as in 0 and 1-49",
	  .optional = true, .max_items = 257 },
	{ "repeats", VT_INT, AT(repeats), 1, 1000, "3", "permutations", "of which the mean is taken" },
	{ "snapshots", VT_INT, AT(snapshots), 2, 1000000, "1000", "snapshots",
	  "at how many of the run's snapshots, the first and the last included" },
	{ 0 }
};

static const struct vt_variable variables[] = {
	{ "auc", VT_F64, 1, { "step" }, "1", "chance that a row of class 1 scores above one of class 0", false },
	{ "auc_se", VT_F64, 1, { "step" }, "1", "its standard error", false },
	{ "auc_randomised", VT_F64, 2, { "step", "group" }, "1", "the same with the group's coordinates from other rows",
	  false },
	{ "auc_randomised_se", VT_F64, 2, { "step", "group" }, "1", "its standard error", false },
	{ "flags", VT_I32, 1, { "step" }, "1", "what the numbers carry", true },
};
enum { N_VARIABLES = sizeof variables / sizeof *variables };

/* ---- groups ------------------------------------------------------------------------- */

/* first[g] .. first[g + 1] - 1 are the coordinates of group g. */
static enum vt_status cut(struct vt_ctx *ctx, const struct settings *s, size_t n_inputs, size_t *n, size_t **first)
{
	enum vt_status status;
	size_t *at = NULL, end = 0;
	VT_NEW(ctx, at, s->groups.n + 2);
	for (size_t g = 0; g < s->groups.n; g++) at[g + 1] = end += (size_t)s->groups.v[g];
	VT_REQUIRE(ctx, end <= n_inputs, VT_ECONFIG, "groups of %zu coordinates together, the input has %zu", end, n_inputs);
	*n = s->groups.n;
	if (end < n_inputs) at[++*n] = n_inputs;
	VT_REQUIRE(ctx, s->names.n == 0 || s->names.n == *n, VT_ECONFIG, "%zu names for %zu groups", s->names.n, *n);
	*first = at;
	at = NULL;
	status = VT_OK;
done:
	free(at);
	return status;
}

static enum vt_status declare(struct vt_ctx *ctx, size_t n, const struct vt_named *const *measure,
                              const struct vt_snapshot_shape *shape, struct vt_frame *frame, const char *group)
{
	enum vt_status status;
	const struct settings *s = measure[0]->chosen.settings;
	size_t n_groups = 0, *first = NULL;
	char **name = NULL;
	(void)n;
	VT_TRY(cut(ctx, s, shape->n_inputs, &n_groups, &first));
	VT_NEW(ctx, name, n_groups);
	for (size_t g = 0; g < n_groups; g++) {
		if (s->names.n > 0) name[g] = vt_copy(ctx, s->names.v[g]);
		else if (first[g] + 1 == first[g + 1]) name[g] = vt_format(ctx, "%zu", first[g]);
		else name[g] = vt_format(ctx, "%zu-%zu", first[g], first[g + 1] - 1);
		VT_REQUIRE(ctx, name[g], VT_ENOMEM, "out of memory");
	}
	VT_TRY(vt_frame_dim(ctx, frame, group, "step", 0, NULL, NULL, "1", "updates done"));
	VT_TRY(vt_frame_dim(ctx, frame, group, "group", n_groups, (const char *const *)name, NULL, NULL, "coordinates"));
	VT_TRY(vt_measure_declare_variables(ctx, frame, group, N_VARIABLES, variables));
done:
	for (size_t g = 0; name && g < n_groups; g++) free(name[g]);
	free(name);
	free(first);
	return status;
}

/* ---- one snapshot ----------------------------------------------------------------------- */

/* The rows that are asked, and where their answers go. */
struct asking {
	const struct vt_snapshot *s;
	size_t n, d, width;
	uint32_t *row, *from; /* snapshot rows; and the one that a group is taken from */
	double *x, *out, *score;
	uint8_t *positive;
};

static void asking_clear(struct asking *a)
{
	free(a->row);
	free(a->from);
	free(a->x);
	free(a->out);
	free(a->score);
	free(a->positive);
}

static const double *input(const struct asking *a, size_t i)
{
	return a->s->input.x + i * a->s->input.stride;
}

/* Test rows where there are any, else all. */
static enum vt_status asking_fill(struct vt_ctx *ctx, const struct vt_snapshot *s, size_t width, struct asking *a)
{
	enum vt_status status;
	size_t rows = s->input.rows, tests = 0;
	for (size_t i = 0; s->is_test && i < rows; i++) tests += s->is_test[i] != 0;
	*a = (struct asking){ .s = s, .d = s->input.cols, .width = width };
	VT_NEW(ctx, a->row, rows);
	for (uint32_t i = 0; i < rows; i++)
		if (tests == 0 || s->is_test[i]) a->row[a->n++] = i;
	VT_NEW(ctx, a->from, a->n);
	VT_NEW(ctx, a->x, a->n * a->d);
	VT_NEW(ctx, a->out, a->n * width);
	VT_NEW(ctx, a->score, a->n);
	VT_NEW(ctx, a->positive, a->n);
	for (size_t i = 0; i < a->n; i++)
		a->positive[i] = s->label.y ? s->label.y[a->row[i]] == 1 : s->target.x[a->row[i] * s->target.stride] > 0;
	status = VT_OK;
done:
	return status;
}

/* x += sum over the group's coordinates of (z'_k - z_k) b_k */
static void replace(const struct asking *a, size_t begin, size_t end, const double *other, const double *own, double *x)
{
	const struct vt_mat *basis = &a->s->basis;
	for (size_t k = begin; k < end; k++) {
		if (basis->rows == 0) {
			x[k] = other[k];
			continue;
		}
		const double *b = basis->x + k * basis->stride;
		double change = 0;
		for (size_t j = 0; j < a->d; j++) change += (other[j] - own[j]) * b[j];
		for (size_t j = 0; j < a->d; j++) x[j] += change * b[j];
	}
}

/* AUC with coordinates begin .. end - 1 of row i from row from[i]; none with begin = end. */
static enum vt_status ask(struct vt_ctx *ctx, struct asking *a, size_t begin, size_t end, double *auc, double *se)
{
	enum vt_status status;
	const struct vt_net *net = a->s->net;
	for (size_t i = 0; i < a->n; i++) {
		double *x = a->x + i * a->d;
		memcpy(x, input(a, a->row[i]), a->d * sizeof *x);
		if (begin < end) replace(a, begin, end, input(a, a->from[i]), input(a, a->row[i]), x);
	}
	const struct vt_query query = { .input = { a->x, a->n, a->d, a->d }, .tap = a->s->n_taps };
	VT_TRY(net->run(ctx, net->self, &query, a->out));
	for (size_t i = 0; i < a->n; i++)
		a->score[i] = a->width == 1 ? a->out[i] : a->out[2 * i + 1] - a->out[2 * i];
	VT_TRY(vt_auc(ctx, a->n, a->score, a->positive, auc, se));
done:
	return status;
}

/* The same permutations at every snapshot, so that a series moves by the network alone. */
static void permute(struct asking *a, size_t group, size_t repeat)
{
	struct vt_rng r = vt_rng_stream(a->s->seed, VT_PURPOSE_RESAMPLE, group << 32 | repeat);
	memcpy(a->from, a->row, a->n * sizeof *a->from);
	vt_rng_shuffle(&r, a->from, a->n);
}

/* The mean's error: that of the rows, which all permutations share, and that of having seen few permutations. */
static enum vt_status ask_group(struct vt_ctx *ctx, struct asking *a, const size_t *first, size_t g, size_t repeats,
                                double *mean, double *se)
{
	enum vt_status status = VT_OK;
	double sum = 0, square = 0, variance = 0, auc, one_se, n = (double)repeats;
	for (size_t k = 0; k < repeats; k++) {
		permute(a, g, k);
		VT_TRY(ask(ctx, a, first[g], first[g + 1], &auc, &one_se));
		sum += auc;
		square += auc * auc;
		variance += one_se * one_se / n;
	}
	*mean = sum / n;
	double between = repeats > 1 ? fmax(0, square / n - *mean * *mean) / (n - 1) : 0;
	*se = sqrt(variance + between);
done:
	return status;
}

static bool can_ask(const struct vt_snapshot *s, size_t width)
{
	bool labels = s->label.y ? s->label.n_classes == 2 : s->target.rows == s->input.rows && s->target.cols == 1;
	return s->net && s->net->run && s->input.x && s->n_positions == 0 && labels && (width == 1 || width == 2) &&
	       !(s->flags & VT_DIVERGED);
}

static enum vt_status record(struct vt_ctx *ctx, size_t n, const struct vt_named *const *measure,
                             const struct vt_snapshot_shape *shape, const struct vt_snapshot *snapshot,
                             struct vt_frame *frame, const char *group)
{
	enum vt_status status = VT_OK;
	const struct settings *s = measure[0]->chosen.settings;
	size_t n_groups = 0, *first = NULL, width = shape->tap_width[shape->n_taps - 1];
	struct asking a = { 0 };
	double whole[2] = { NAN, NAN }, *value = NULL, flags = snapshot->flags;
	(void)n;
	if (!snapshot->last && !vt_measure_due(snapshot->index, shape->n_snapshots, (size_t)s->snapshots)) return VT_OK;
	VT_TRY(cut(ctx, s, shape->n_inputs, &n_groups, &first));
	VT_NEW(ctx, value, 2 * n_groups);
	for (size_t g = 0; g < 2 * n_groups; g++) value[g] = NAN;
	if (can_ask(snapshot, width)) {
		VT_TRY(asking_fill(ctx, snapshot, width, &a));
		VT_TRY(ask(ctx, &a, 0, 0, &whole[0], &whole[1]));
		for (size_t g = 0; g < n_groups; g++)
			VT_TRY(ask_group(ctx, &a, first, g, (size_t)s->repeats, &value[g], &value[n_groups + g]));
	} else {
		flags = snapshot->flags | VT_NOT_COMPUTED;
	}
	VT_TRY(vt_frame_step(ctx, frame, group, snapshot->step, snapshot->epoch));
	VT_TRY(vt_frame_put(ctx, frame, group, "auc", 1, &whole[0]));
	VT_TRY(vt_frame_put(ctx, frame, group, "auc_se", 1, &whole[1]));
	VT_TRY(vt_frame_put(ctx, frame, group, "auc_randomised", n_groups, value));
	VT_TRY(vt_frame_put(ctx, frame, group, "auc_randomised_se", n_groups, value + n_groups));
	VT_TRY(vt_frame_put(ctx, frame, group, "flags", 1, &flags));
done:
	asking_clear(&a);
	free(value);
	free(first);
	return status;
}

const struct vt_measure_kind vt_measure_randomised = {
	.kind = { "randomised", "AUC of the answers with groups of coordinates taken from other rows",
	          "Shah et al. 2020, sec. 3; error: DeLong et al. 1988", sizeof(struct settings), options,
	          "Rows so made are not of the data's law: an answer to them shows what the network reads, not what it would "
	          "need.  Two groups that carry the same can each be used or not; an AUC that stays says only that this one "
	          "alone is not missed." },
	.declare = declare,
	.record = record,
};
