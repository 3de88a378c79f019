/* The network's answers on all words of n bits as a Boolean function: its Walsh spectrum by degree, how many answers
 * one flipped bit changes, and what share of the labels' spectrum it has.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include <math.h>
#include <stdlib.h>

#include "layers.h"
#include "venturi/words.h"
#include "words.h"

struct settings {
	int64_t snapshots;
	bool real;
};

static const struct vt_option options[] = {
	{ "snapshots", VT_INT, offsetof(struct settings, snapshots), 2, 1000000, "1000", .unit = "snapshots",
	  .help = "at how many of the run's snapshots, the first and the last included" },
	{ "real", VT_BOOL, offsetof(struct settings, real), 0, 0, "false",
	  .help = "the spectrum of the output as a number too, before the threshold" },
	{ 0 }
};

/* Those of the output as a number come last. */
static const struct vt_variable variables[] = {
	{ .name = "weight", .type = VT_F64, .rank = 2, .dim = { "step", "degree" }, .unit = "1",
	  .long_name = "sum of the squared Walsh coefficients of a degree, answers as -1 and +1" },
	{ .name = "learned", .type = VT_F64, .rank = 2, .dim = { "step", "degree" }, .unit = "1",
	  .long_name = "product of the answers' and the labels' coefficients of a degree over the labels' squared" },
	{ .name = "influence", .type = VT_F64, .rank = 2, .dim = { "step", "bit" }, .unit = "1",
	  .long_name = "share of the words whose answer changes with the bit" },
	{ .name = "sensitivity", .type = VT_F64, .rank = 1, .dim = { "step" }, .unit = "1",
	  .long_name = "mean number of bits that change the answer" },
	{ .name = "flags", .type = VT_I32, .rank = 1, .dim = { "step" }, .unit = "1",
	  .long_name = "what the numbers carry", .flags = true },
	{ .name = "weight_real", .type = VT_F64, .rank = 2, .dim = { "step", "degree" }, .unit = "1",
	  .long_name = "share of the output's mean square in the Walsh coefficients of a degree" },
	{ .name = "mean_square", .type = VT_F64, .rank = 1, .dim = { "step" }, .unit = "1",
	  .long_name = "mean square of the output over the words" },
};
enum { N_VARIABLES = sizeof variables / sizeof *variables, N_REAL = 2 };

static enum vt_status declare(struct vt_ctx *ctx, size_t n, const struct vt_named *const *measure,
                              const struct vt_snapshot_shape *shape, struct vt_frame *frame, const char *group)
{
	enum vt_status status = VT_OK;
	const struct settings *s = measure[0]->chosen.settings;
	size_t n_bits;
	(void)n;
	VT_REQUIRE(ctx, vt_measure_words(shape, &n_bits), VT_ECONFIG,
	           "measure walsh needs all words of n <= 24 bits and one output or two classes; it has %zu inputs, %zu rows "
	           "and an output of %zu", shape->n_inputs, shape->n_rows,
	           shape->n_taps ? shape->tap_width[shape->n_taps - 1] : 0);
	VT_TRY(vt_frame_dim(ctx, frame, group, "step", 0, NULL, NULL, "1", "updates done"));
	VT_TRY(vt_frame_dim(ctx, frame, group, "degree", n_bits + 1, NULL, NULL, "1", "bits of a Walsh function"));
	VT_TRY(vt_frame_dim(ctx, frame, group, "bit", n_bits, NULL, NULL, "1", "column of the input"));
	VT_TRY(vt_measure_declare_variables(ctx, frame, group, s->real ? N_VARIABLES : N_VARIABLES - N_REAL, variables));
done:
	return status;
}

/* What is found at a snapshot, laid out as the variables are. */
struct spectrum {
	size_t n_bits;
	double *weight, *learned, *influence, sensitivity, flags, *weight_real, mean_square;
};

static int sign(double y)
{
	return y > 0 ? 1 : -1;
}

/* Influences are counted, not taken from the spectrum: the two agree by a theorem, which tests the transform. */
static void count_flips(const double *f, struct spectrum *out)
{
	size_t n = (size_t)1 << out->n_bits;
	out->sensitivity = 0;
	for (size_t k = 0; k < out->n_bits; k++) {
		size_t mask = (size_t)1 << (out->n_bits - 1 - k), flips = 0;
		for (size_t i = 0; i < n; i++) flips += f[i] != f[i ^ mask];
		out->influence[k] = (double)flips / (double)n;
		out->sensitivity += out->influence[k];
	}
}

/* by[degree] = sum over sets of that degree of a[S] b[S] / 4^n */
static void add_degrees(const double *a, const double *b, size_t n_bits, double *by)
{
	size_t n = (size_t)1 << n_bits;
	for (size_t d = 0; d <= n_bits; d++) by[d] = 0;
	for (size_t set = 0; set < n; set++) by[__builtin_popcountll(set)] += a[set] * b[set];
	for (size_t d = 0; d <= n_bits; d++) by[d] /= (double)n * (double)n;
}

/* The labels, or the wanted output's side of 0; false where there are none. */
static bool wanted(const struct vt_snapshot *s, size_t n, double *g)
{
	bool classes = s->label.y != NULL;
	if (!classes && s->target.rows != n) return false;
	for (size_t i = 0; i < n; i++) g[i] = classes ? (s->label.y[i] ? 1 : -1) : sign(s->target.x[i * s->target.stride]);
	return true;
}

static enum vt_status transform(struct vt_ctx *ctx, const struct vt_snapshot *s, bool real, struct spectrum *out)
{
	enum vt_status status;
	size_t n = (size_t)1 << out->n_bits;
	double *f = NULL, *g = NULL, labels[VT_MOST_BITS + 1], total;
	VT_NEW(ctx, f, n);
	VT_NEW(ctx, g, n);
	for (size_t i = 0; i < n; i++) f[i] = sign(vt_measure_output(s, i));
	count_flips(f, out);
	vt_walsh(f, out->n_bits);
	add_degrees(f, f, out->n_bits, out->weight);
	if (wanted(s, n, g)) {
		vt_walsh(g, out->n_bits);
		add_degrees(f, g, out->n_bits, out->learned);
		add_degrees(g, g, out->n_bits, labels);
		for (size_t d = 0; d <= out->n_bits; d++)
			out->learned[d] = labels[d] > 0 ? out->learned[d] / labels[d] : (double)NAN;
	}
	status = VT_OK;
	if (!real) goto done;
	for (size_t i = 0; i < n; i++) f[i] = vt_measure_output(s, i);
	vt_walsh(f, out->n_bits);
	add_degrees(f, f, out->n_bits, out->weight_real);
	total = 0;
	for (size_t d = 0; d <= out->n_bits; d++) total += out->weight_real[d];
	for (size_t d = 0; d <= out->n_bits; d++) out->weight_real[d] /= total;
	out->mean_square = total;
done:
	free(f);
	free(g);
	return status;
}

static enum vt_status put(struct vt_ctx *ctx, struct vt_frame *frame, const char *group, bool real,
                          const struct spectrum *s)
{
	enum vt_status status = VT_OK;
	const double *const value[N_VARIABLES] = { s->weight, s->learned, s->influence, &s->sensitivity, &s->flags,
		                                   s->weight_real, &s->mean_square };
	const size_t n[N_VARIABLES] = { s->n_bits + 1, s->n_bits + 1, s->n_bits, 1, 1, s->n_bits + 1, 1 };
	for (size_t v = 0; v < (size_t)(real ? N_VARIABLES : N_VARIABLES - N_REAL); v++)
		VT_TRY(vt_frame_put(ctx, frame, group, variables[v].name, n[v], value[v]));
done:
	return status;
}

static enum vt_status record(struct vt_ctx *ctx, size_t n, const struct vt_named *const *measure,
                             const struct vt_snapshot_shape *shape, const struct vt_snapshot *snapshot,
                             struct vt_frame *frame, const char *group)
{
	enum vt_status status = VT_OK;
	const struct settings *s = measure[0]->chosen.settings;
	size_t n_bits = shape->n_inputs, room = 4 * (n_bits + 1);
	double *memory = NULL;
	(void)n;
	if (!snapshot->last && !vt_measure_due(snapshot->index, shape->n_snapshots, (size_t)s->snapshots)) goto done;
	VT_NEW(ctx, memory, room);
	for (size_t i = 0; i < room; i++) memory[i] = NAN;
	struct spectrum out = { n_bits, memory, memory + n_bits + 1, memory + 2 * (n_bits + 1), NAN, snapshot->flags,
		                memory + 3 * (n_bits + 1), NAN };
	if (vt_measure_all_words(snapshot, n_bits)) VT_TRY(transform(ctx, snapshot, s->real, &out));
	else out.flags = snapshot->flags | VT_NOT_COMPUTED;
	VT_TRY(vt_frame_step(ctx, frame, group, snapshot->step, snapshot->epoch));
	VT_TRY(put(ctx, frame, group, s->real, &out));
done:
	free(memory);
	return status;
}

const struct vt_measure_kind vt_measure_walsh = {
	.kind = { "walsh", "Walsh weight by degree, influences and sensitivity of the answers on all words of n bits",
	          "O'Donnell 2014, sec. 1.2, 2.2; sensitivity as in Bhattamishra et al. 2023", sizeof(struct settings),
	          options,
	          "The sensitivity of a constant is 0: a mean over random networks says as much about the share of constants "
	          "as about the others.  It is not divided by the number of bits (a random function has n / 2).  An output of "
	          "exactly 0 is no." },
	.declare = declare,
	.record = record,
};
