/* Information of learned codes: each side is compressed to a few numbers from which both sides can be told as well
 * as may be, and KSG 1 is taken between the codes of rows that the encoders did not see.
 *
 * I(code X; code Y) <= I(X;Y) whatever the encoders are.
 * Source: Gowri, Lun, Klein, Yin 2024 (latent mutual information): cross-predicting autoencoders; ours has one
 * decoder a side with two outputs, and keeps the state that is best on validation rows.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "codes.h"
#include "dense.h"
#include "split.h"
#include "venturi/rng.h"

struct settings {
	struct vt_ints hidden;
	int64_t code, k, batch, steps, every, patience;
	double rate, decay, own, test, validation;
};

enum { MOST_HIDDEN = VT_DENSE_MOST_LAYERS - 1 };

static const struct vt_option options[] = {
	{ "code", VT_INT, offsetof(struct settings, code), 1, 64, "2", .unit = "numbers",
	  .help = "that each side is told by" },
	{ "hidden", VT_INTS, offsetof(struct settings, hidden), 1, 4096, "[64]", .unit = "units",
	  .help = "widths of an encoder's hidden layers (ReLU); a decoder has them in reverse", .max_items = MOST_HIDDEN },
	{ "own", VT_REAL, offsetof(struct settings, own), 0, 100, "0.1", NULL,
	  "weight of telling a code's own side, that of telling the other being 1" },
	{ "rate", VT_REAL, offsetof(struct settings, rate), 1e-6, 1, "0.003", NULL, "learning rate of Adam" },
	{ "decay", VT_REAL, offsetof(struct settings, decay), 0, 10, "1", NULL, "decoupled weight decay" },
	{ "batch", VT_INT, offsetof(struct settings, batch), 1, 65536, "256", .unit = "rows", .help = "of a step" },
	{ "steps", VT_INT, offsetof(struct settings, steps), 1, 10000000, "2000", .unit = "steps", .help = "at most" },
	{ "every", VT_INT, offsetof(struct settings, every), 1, 1000000, "25", .unit = "steps",
	  .help = "between looks at the validation rows" },
	{ "patience", VT_INT, offsetof(struct settings, patience), 1, 1000000, "10", .unit = "looks",
	  .help = "without a better one before training stops" },
	{ "test", VT_REAL, offsetof(struct settings, test), 0.01, 0.9, "0.5", NULL,
	  "share of the rows whose codes are measured" },
	{ "validation", VT_REAL, offsetof(struct settings, validation), 0.01, 0.9, "0.1", NULL,
	  "share of the rows that chooses the state to keep" },
	{ "k", VT_INT, offsetof(struct settings, k), 1, 1000, "3", .unit = "neighbours", .help = "of KSG 1" },
	{ 0 }
};

/* One side: encoder, and a decoder whose outputs are x and then y. */
struct side {
	struct vt_dense encoder, decoder;
	float *columns, *batch, *d_out, *d_code;
	size_t d;
};

struct coder {
	struct side side[2];
	struct vt_split_rows part;
	uint32_t *order;
	double weight[2][2]; /* weight[s][t]: of telling side t by the code of side s, per column */
};

static void clear(struct coder *c)
{
	for (size_t s = 0; s < 2; s++) {
		struct side *a = &c->side[s];
		vt_dense_clear(&a->encoder);
		vt_dense_clear(&a->decoder);
		free(a->columns);
		free(a->batch);
		free(a->d_out);
		free(a->d_code);
	}
	vt_split_clear(&c->part);
	free(c->order);
}

static enum vt_status side_create(struct vt_ctx *ctx, const struct settings *s, const struct vt_mat *m, size_t both,
                                  const struct vt_split_rows *part, struct side *a)
{
	enum vt_status status = VT_OK;
	size_t layers = s->hidden.n + 1, batch = (size_t)s->batch;
	size_t in[VT_DENSE_MOST_LAYERS + 1] = { m->cols }, out[VT_DENSE_MOST_LAYERS + 1] = { (size_t)s->code };
	for (size_t l = 1; l < layers; l++) {
		in[l] = (size_t)s->hidden.v[l - 1];
		out[layers - l] = in[l];
	}
	in[layers] = (size_t)s->code;
	out[layers] = both;
	a->d = m->cols;
	VT_TRY(vt_dense_create(ctx, layers, in, batch, &a->encoder));
	VT_TRY(vt_dense_create(ctx, layers, out, batch, &a->decoder));
	VT_TRY(vt_split_columns(ctx, m, part, &a->columns));
	VT_NEW(ctx, a->batch, batch * m->cols);
	VT_NEW(ctx, a->d_out, batch * both);
	VT_NEW(ctx, a->d_code, batch * (size_t)s->code);
done:
	return status;
}

static enum vt_status prepare(struct vt_ctx *ctx, const struct settings *s, const struct vt_pair *in, struct coder *c)
{
	enum vt_status status = VT_OK;
	size_t dx = in->x.cols, dy = in->y.cols;
	VT_TRY(side_create(ctx, s, &in->x, dx + dy, &c->part, &c->side[0]));
	VT_TRY(side_create(ctx, s, &in->y, dx + dy, &c->part, &c->side[1]));
	VT_NEW(ctx, c->order, c->part.n_train);
	for (size_t i = 0; i < c->part.n_train; i++) c->order[i] = (uint32_t)i;
	for (size_t a = 0; a < 2; a++) {
		vt_dense_initialise(&c->side[a].encoder, in->seed, 4 * a + 2);
		vt_dense_initialise(&c->side[a].decoder, in->seed, 4 * a + 3);
		for (size_t t = 0; t < 2; t++) c->weight[a][t] = (a == t ? s->own : 1) / (double)c->side[t].d;
	}
done:
	return status;
}

static void gather(struct coder *c, const uint32_t *order, size_t first, size_t n)
{
	for (size_t a = 0; a < 2; a++)
		for (size_t i = 0; i < n; i++) {
			size_t row = order ? order[first + i] : first + i, d = c->side[a].d;
			memcpy(c->side[a].batch + i * d, c->side[a].columns + row * d, d * sizeof(float));
		}
}

/* Weighted squared error of side a's decoder on the batch, and its derivative. */
static double side_error(struct coder *c, size_t a, size_t n)
{
	struct side *s = &c->side[a];
	const float *out = vt_dense_forward(&s->decoder, vt_dense_forward(&s->encoder, s->batch, n), n);
	size_t both = c->side[0].d + c->side[1].d;
	double sum = 0;
	for (size_t i = 0; i < n; i++)
		for (size_t t = 0, at = 0; t < 2; t++)
			for (size_t k = 0; k < c->side[t].d; k++, at++) {
				double e = (double)(out[i * both + at] - c->side[t].batch[i * c->side[t].d + k]), w = c->weight[a][t];
				s->d_out[i * both + at] = (float)(2 * w * e / (double)n);
				sum += w * e * e;
			}
	return sum / (double)n;
}

static void train_step(struct coder *c, const struct settings *s, size_t n, int64_t step)
{
	for (size_t a = 0; a < 2; a++) {
		struct side *side = &c->side[a];
		side_error(c, a, n);
		vt_dense_backward(&side->decoder, side->d_out, n, side->d_code);
		vt_dense_backward(&side->encoder, side->d_code, n, NULL);
		vt_dense_update(&side->decoder, s->rate, s->decay, step);
		vt_dense_update(&side->encoder, s->rate, s->decay, step);
	}
}

/* Errors of both sides on the validation rows. */
static void validate(struct coder *c, double error[2])
{
	size_t n = c->part.n_validation, batch = c->side[0].encoder.batch;
	error[0] = error[1] = 0;
	for (size_t at = 0; at < n; at += batch) {
		size_t size = n - at < batch ? n - at : batch;
		gather(c, NULL, c->part.n_train + at, size);
		for (size_t a = 0; a < 2; a++) error[a] += side_error(c, a, size) * (double)size / (double)n;
	}
}

/* Each side keeps its own best state: the two share nothing. */
static void train(struct coder *c, const struct settings *s, uint64_t seed)
{
	size_t n = c->part.n_train, size = (size_t)s->batch < n ? (size_t)s->batch : n, per_epoch = n / size;
	double best[2] = { INFINITY, INFINITY }, error[2];
	int64_t worse = 0;
	for (size_t a = 0; a < 2; a++) vt_dense_keep(&c->side[a].encoder);
	for (int64_t step = 1; step <= s->steps && worse < s->patience; step++) {
		size_t b = (size_t)(step - 1) % per_epoch;
		if (b == 0) {
			struct vt_rng r = vt_rng_stream(seed, VT_PURPOSE_CRITIC, 16 + (uint64_t)(step - 1) / per_epoch);
			vt_rng_shuffle(&r, c->order, n);
		}
		gather(c, c->order, b * size, size);
		train_step(c, s, size, step);
		if (step % s->every != 0 && step < s->steps) continue;
		validate(c, error);
		worse++;
		for (size_t a = 0; a < 2; a++) {
			if (!(error[a] < best[a])) continue;
			best[a] = error[a];
			worse = 0;
			vt_dense_keep(&c->side[a].encoder);
		}
	}
	for (size_t a = 0; a < 2; a++) vt_dense_recall(&c->side[a].encoder);
}

/* Codes of the test rows. */
static enum vt_status encode(struct vt_ctx *ctx, struct side *s, const struct vt_split_rows *p, double **out)
{
	enum vt_status status = VT_OK;
	size_t n = p->n_test, first = p->n_train + p->n_validation, code = s->decoder.width[0], batch = s->encoder.batch;
	double *z = NULL;
	VT_NEW(ctx, z, n * code);
	for (size_t at = 0; at < n; at += batch) {
		size_t size = n - at < batch ? n - at : batch;
		const float *v = vt_dense_forward(&s->encoder, s->columns + (first + at) * s->d, size);
		for (size_t i = 0; i < size * code; i++) z[at * code + i] = v[i];
	}
	*out = z;
done:
	return status;
}

static enum vt_status measure(struct vt_ctx *ctx, const struct settings *s, const struct vt_pair *in, struct coder *c,
                              struct vt_estimated *out)
{
	enum vt_status status = VT_OK;
	size_t n = c->part.n_test, code = (size_t)s->code;
	double *zx = NULL, *zy = NULL, *local = NULL, mean = 0, se;
	VT_TRY(encode(ctx, &c->side[0], &c->part, &zx));
	VT_TRY(encode(ctx, &c->side[1], &c->part, &zy));
	VT_NEW(ctx, local, n);
	VT_TRY(vt_codes_local(ctx, &(struct vt_mat){ zx, n, code, code }, &(struct vt_mat){ zy, n, code, code }, (size_t)s->k,
	                      local));
	for (size_t i = 0; i < n; i++) mean += local[i] / (double)n;
	VT_TRY(vt_split_error(ctx, in, &c->part, local, &se));
	vt_estimated_normal(mean, se, in->block ? "local terms of test rows, summed over blocks" : "local terms of test rows",
	                    out);
	if (2 * code > VT_CODES_MOST_DIMS)
		vt_estimated_flag(out, VT_OUT_OF_REGIME, "KSG on codes of %zu + %zu numbers falls short", code, code);
done:
	free(zx);
	free(zy);
	free(local);
	return status;
}

static enum vt_status check(struct vt_ctx *ctx, const void *settings)
{
	const struct settings *s = settings;
	if (s->test + s->validation < 1) return VT_OK;
	return vt_ctx_fail(ctx, VT_ECONFIG, "test = %g and validation = %g leave no rows to train on", s->test, s->validation);
}

static enum vt_status pair(struct vt_ctx *ctx, const void *settings, const struct vt_pair *in,
                           struct vt_estimated *out)
{
	enum vt_status status = VT_OK;
	const struct settings *s = settings;
	struct coder c = { 0 };
	out->bound = VT_LOWER;
	VT_TRY(vt_split_draw(ctx, in, s->test, s->validation, &c.part));
	if (!vt_split_large_enough(&c.part) || c.part.n_test <= (size_t)s->k + 1) {
		vt_estimated_flag(out, VT_DEGENERATE, "%zu rows split into %zu, %zu and %zu: at least 16 to train on, 8 to validate "
		                  "with and 8 to test are wanted, and more than k", in->x.rows, c.part.n_train,
		                  c.part.n_validation, c.part.n_test);
		goto done;
	}
	VT_TRY(prepare(ctx, s, in, &c));
	train(&c, s, in->seed);
	VT_TRY(measure(ctx, s, in, &c, out));
done:
	clear(&c);
	return status;
}

const struct vt_estimate_kind vt_estimate_lmi = {
	.kind = { "lmi", "KSG 1 between learned low-dimensional codes of both sides",
	          "Gowri, Lun, Klein, Yin 2024; KSG: Kraskov, Stoegbauer, Grassberger 2004, eq. 8",
	          sizeof(struct settings), options,
	          "dependence of higher rank than the code has numbers is lost, and so is dependence that leaves the "
	          "conditional mean where it is (tails, variances)" },
	.traits = VT_TAKES_CONTINUOUS,
	.n_bounds = 1,
	.bound = { VT_LOWER },
	.suffix = { "" },
	.cannot_mean = "The information between codes, which is at most that between the variables.",
	.check = check,
	.pair = pair,
};
