/* Networks that compute with residues: the spectrum of their embedding over residues, that of their
 * logits over all pairs, and what is left of the loss with and without the key frequencies.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "layers.h"
#include "residue.h"
#include "venturi/linear.h"
#include "venturi/num.h"

struct settings {
	char *weight;
	int64_t p, keys;
	int keys_from, bins;
};

enum { FROM_EMBEDDING, FROM_LOGITS };
static const char *const origins[] = { "embedding", "logits", NULL };
static const char *const diagonals[] = { "sum", "difference", NULL };

#define AT(member) offsetof(struct settings, member)
static const struct vt_option options[] = {
	{ "weight", VT_STRING, AT(weight), 0, 0, "embed", NULL, "the matrix of parameters whose first p rows are residues" },
	{ "p", VT_INT, AT(p), 0, 512, "0", NULL, "modulus; 0: as many as there are classes" },
	{ "keys", VT_INT, AT(keys), 1, 256, "5", NULL, "key frequencies: the strongest ones of this snapshot" },
	{ "keys_from", VT_CHOICE, AT(keys_from), 0, 0, "embedding", NULL,
	  "by their power in the embedding, or on the diagonal of the logits", origins },
	{ "bins", VT_CHOICE, AT(bins), 0, 0, "sum", NULL,
	  "where a frequency lives: sum: (k, k) and (p - k, p - k), functions of a + b; difference: of a - b", diagonals },
	{ 0 }
};

enum { TOP = 5 };

/* Per step, in the order of `struct values`. */
static const struct vt_variable scalars[] = {
	{ "embed_constant", VT_F64, 1, { "step" }, "1", "power of the embedding's mean over residues", false },
	{ "embed_gini", VT_F64, 1, { "step" }, "1", "Gini coefficient of embed_power over frequencies", false },
	{ "embed_effective", VT_F64, 1, { "step" }, "1", "exp(entropy of embed_power): frequencies in use", false },
	{ "embed_top5", VT_F64, 1, { "step" }, "1", "share of embed_power in the five strongest frequencies", false },
	{ "embed_top2", VT_F64, 1, { "step" }, "1", "share of embed_power in the two strongest frequencies", false },
	{ "plane_share", VT_F64, 1, { "step" }, "1", "share of the embedding's variance in its first two principal components",
	  false },
	{ "ring_r2", VT_F64, 1, { "step" }, "1", "share of the variance in that plane that one circle explains", false },
	{ "key_share", VT_F64, 1, { "step" }, "1", "share of the logits' power on the bins of the keys", false },
	{ "diagonal_all", VT_F64, 1, { "step" }, "1", "share of the logits' power on the bins of all frequencies", false },
	{ "restricted_train", VT_F64, 1, { "step" }, "nat", "training loss with nothing but the keys and constants", false },
	{ "restricted_test", VT_F64, 1, { "step" }, "nat", "test loss with nothing but the keys and constants", false },
	{ "restricted_all", VT_F64, 1, { "step" }, "nat", "loss of all rows with nothing but the keys and constants", false },
	{ "excluded_train", VT_F64, 1, { "step" }, "nat", "training loss without the keys", false },
	{ "excluded_test", VT_F64, 1, { "step" }, "nat", "test loss without the keys", false },
	{ "excluded_all", VT_F64, 1, { "step" }, "nat", "loss of all rows without the keys", false },
	{ "flags", VT_I32, 1, { "step" }, "1", "what the numbers carry", true },
};
enum { N_SCALARS = sizeof scalars / sizeof *scalars };
struct values {
	double constant, gini, effective, top5, top2, plane, ring, key, diagonal, loss[6], flags;
};
_Static_assert(sizeof(struct values) == N_SCALARS * sizeof(double), "values and their table have one order");

static const struct vt_variable arrays[] = {
	{ "embed_power", VT_F64, 2, { "step", "frequency" }, "1", "power of the embedding over residues, all columns", false },
	{ "diagonal_share", VT_F64, 2, { "step", "frequency" }, "1", "share of the logits' power on its bins", false },
	{ "key_frequency", VT_F64, 2, { "step", "key" }, "1", "the keys of this snapshot, the strongest first", false },
};

static size_t modulus(const struct settings *s, const struct vt_snapshot_shape *shape)
{
	return s->p > 0 ? (size_t)s->p : shape->n_classes;
}

static size_t n_keys(const struct settings *s, size_t p)
{
	return (size_t)s->keys < p / 2 ? (size_t)s->keys : p / 2;
}

static enum vt_status declare(struct vt_ctx *ctx, size_t n, const struct vt_named *const *measure,
                              const struct vt_snapshot_shape *shape, struct vt_frame *frame, const char *group)
{
	enum vt_status status;
	const struct settings *s = measure[0]->chosen.settings;
	size_t p = modulus(s, shape);
	double *frequency = NULL;
	(void)n;
	VT_REQUIRE(ctx, p >= 3 && p <= 512, VT_ECONFIG, "residues mod %zu, wanted a modulus of 3 to 512", p);
	VT_REQUIRE(ctx, shape->n_inputs >= 2, VT_ECONFIG,
	           "spectrum-residue wants rows that begin with two residues, and these have %zu inputs", shape->n_inputs);
	VT_NEW(ctx, frequency, p / 2);
	for (size_t k = 0; k < p / 2; k++) frequency[k] = (double)(k + 1);
	VT_TRY(vt_frame_dim(ctx, frame, group, "step", 0, NULL, NULL, "1", "updates done"));
	VT_TRY(vt_frame_dim(ctx, frame, group, "frequency", p / 2, NULL, frequency, "1", "cycles over the residues"));
	VT_TRY(vt_frame_dim(ctx, frame, group, "key", n_keys(s, p), NULL, NULL, "1", "place among the keys"));
	VT_TRY(vt_measure_declare_variables(ctx, frame, group, sizeof arrays / sizeof *arrays, arrays));
	VT_TRY(vt_measure_declare_variables(ctx, frame, group, N_SCALARS, scalars));
done:
	free(frequency);
	return status;
}

/* ---- the embedding ------------------------------------------------------------------ */

/* Power of frequencies 1 .. p / 2 over the first p rows, summed over columns. */
static enum vt_status embedding_power(struct vt_ctx *ctx, const struct vt_mat *w, size_t p, double *power,
                                      double *constant)
{
	enum vt_status status;
	const struct vt_strided columns = vt_strided_columns(p, w->cols, w->stride);
	size_t bins = vt_fft_bins(p);
	struct vt_complex *c = NULL;
	VT_NEW(ctx, c, w->cols * bins);
	VT_TRY(vt_fft_real(ctx, &columns, w->x, c));
	memset(power, 0, (p / 2) * sizeof *power);
	*constant = 0;
	for (size_t j = 0; j < w->cols; j++) {
		*constant += vt_fft_power(p, 0, c[j * bins]);
		for (size_t k = 1; k < bins; k++) power[k - 1] += vt_fft_power(p, k, c[j * bins + k]);
	}
done:
	free(c);
	return status;
}

/* How unequal the powers are; `sorted` is room for n numbers. */
static void inequality(size_t n, const double *power, double *sorted, struct values *v)
{
	double total = 0, ranked = 0, entropy = 0, top = 0;
	memcpy(sorted, power, n * sizeof *sorted);
	vt_sort(sorted, n);
	for (size_t i = 0; i < n; i++) {
		total += sorted[i];
		ranked += (2 * (double)(i + 1) - (double)n - 1) * sorted[i];
	}
	for (size_t i = 0; i < n; i++)
		if (sorted[i] > 0) entropy -= sorted[i] / total * log(sorted[i] / total);
	v->gini = total > 0 ? ranked / ((double)n * total) : (double)NAN;
	v->effective = total > 0 ? exp(entropy) : (double)NAN;
	for (size_t i = 0; i < TOP && i < n; i++) {
		top += sorted[n - 1 - i];
		if (i == 1) v->top2 = top / total;
		v->top5 = top / total;
	}
}

/* Products of the centred rows: its eigenvectors, times the roots of its eigenvalues, are the principal components. */
static enum vt_status products(struct vt_ctx *ctx, const struct vt_mat *w, size_t p, double *gram)
{
	enum vt_status status;
	double *x = NULL;
	VT_NEW(ctx, x, p * w->cols);
	for (size_t j = 0; j < w->cols; j++) {
		double mean = 0;
		for (size_t i = 0; i < p; i++) mean += w->x[i * w->stride + j] / (double)p;
		for (size_t i = 0; i < p; i++) x[i * w->cols + j] = w->x[i * w->stride + j] - mean;
	}
	int threads = vt_gemm_serial();
	vt_gemm_f64(false, true, p, p, w->cols, 1, x, w->cols, x, w->cols, 0, gram, p);
	vt_gemm_restore(threads);
	status = VT_OK;
done:
	free(x);
	return status;
}

/* Share of sum |z|^2 in the largest bin of z = first + i second component: a circle passed k times, one way, is one
 * bin; an ellipse or a line is two. */
static double circle(size_t p, const double *value, const double *vector)
{
	double total = 0, best = 0;
	for (size_t k = 1; k < p; k++) {
		double re = 0, im = 0;
		for (size_t i = 0; i < p; i++) {
			double angle = 2 * M_PI * (double)(i * k % p) / (double)p, c = cos(angle), s = sin(angle);
			double u = sqrt(value[0]) * vector[i * p], v = sqrt(fmax(0, value[1])) * vector[i * p + 1];
			re += c * u + s * v;
			im += c * v - s * u;
		}
		total += re * re + im * im;
		best = fmax(best, re * re + im * im);
	}
	return total > 0 ? best / total : (double)NAN;
}

static enum vt_status ring(struct vt_ctx *ctx, const struct vt_mat *w, size_t p, struct values *v)
{
	enum vt_status status;
	double *gram = NULL, *value = NULL, *vector = NULL, total = 0;
	VT_NEW(ctx, gram, p * p);
	VT_NEW(ctx, value, p);
	VT_NEW(ctx, vector, p * p);
	VT_TRY(products(ctx, w, p, gram));
	VT_TRY(vt_eigen_symmetric(ctx, gram, p, value, vector));
	for (size_t i = 0; i < p; i++) total += fmax(0, value[i]);
	if (total > 0) {
		v->plane = (value[0] + fmax(0, value[1])) / total;
		v->ring = circle(p, value, vector);
	}
done:
	free(gram);
	free(value);
	free(vector);
	return status;
}

/* ---- one snapshot ---------------------------------------------------------------------- */

static const struct vt_weight *find_weight(const struct vt_snapshot *s, const char *name)
{
	for (size_t i = 0; s->net && i < s->net->n_weights; i++)
		if (strcmp(s->net->weight[i].name, name) == 0) return &s->net->weight[i];
	return NULL;
}

/* The n strongest, the strongest first; ties go to the lower frequency. */
static void strongest(size_t n_frequencies, const double *power, size_t n, size_t *key)
{
	for (size_t i = 0; i < n; i++) {
		size_t best = 0;
		for (size_t k = 1; k <= n_frequencies; k++) {
			bool taken = false;
			for (size_t j = 0; j < i; j++) taken |= key[j] == k;
			if (!taken && (best == 0 || power[k - 1] > power[best - 1])) best = k;
		}
		key[i] = best;
	}
}

/* What one snapshot gives; arrays of p / 2 numbers. */
struct job {
	const struct settings *s;
	const struct vt_snapshot *snapshot;
	size_t p, n_inputs, n_keys;
	double *power, *share, *sorted, *key_frequency;
	size_t *key;
	struct values v;
};

static enum vt_status measure_logits(struct vt_ctx *ctx, struct job *j, bool has_embedding)
{
	enum vt_status status;
	const struct vt_snapshot *s = j->snapshot;
	struct vt_residue r = { 0 };
	bool by_logits = j->s->keys_from == FROM_LOGITS || !has_embedding;
	VT_TRY(vt_residue_ask(ctx, s, j->n_inputs, j->p, s->label.n_classes, j->s->bins == 1, &r));
	memcpy(j->share, r.share, (j->p / 2) * sizeof *j->share);
	strongest(j->p / 2, by_logits ? j->share : j->power, j->n_keys, j->key);
	VT_TRY(vt_residue_keep(ctx, &r, j->n_keys, j->key));
	j->v.key = j->v.diagonal = 0;
	for (size_t k = 0; k < j->p / 2; k++) j->v.diagonal += j->share[k];
	for (size_t k = 0; k < j->n_keys; k++) j->v.key += j->share[j->key[k] - 1];
	for (int which = 0; which < 3; which++) {
		j->v.loss[which] = vt_residue_loss(&r, s, VT_RESIDUE_RESTRICTED, which);
		j->v.loss[3 + which] = vt_residue_loss(&r, s, VT_RESIDUE_EXCLUDED, which);
	}
	for (size_t k = 0; k < j->n_keys; k++) j->key_frequency[k] = (double)j->key[k];
done:
	vt_residue_clear(&r);
	return status;
}

/* Pairs can be asked for where rows are whole inputs with a label each. */
static bool can_ask(const struct vt_snapshot *s, size_t n_inputs)
{
	return s->net && s->net->run && s->input.rows > 0 && s->input.cols == n_inputs && s->label.y &&
	       s->label.n == s->input.rows && !(s->flags & VT_DIVERGED);
}

static enum vt_status measure_snapshot(struct vt_ctx *ctx, struct job *j)
{
	enum vt_status status = VT_OK;
	const struct vt_weight *w = find_weight(j->snapshot, j->s->weight);
	unsigned flags = j->snapshot->flags;
	if (w && (flags & VT_DIVERGED)) w = NULL;
	VT_REQUIRE(ctx, !w || w->w.rows >= j->p, VT_ECONFIG, "weight %s has %zu rows, wanted at least p = %zu", j->s->weight,
	           w->w.rows, j->p);
	if (w) {
		VT_TRY(embedding_power(ctx, &w->w, j->p, j->power, &j->v.constant));
		inequality(j->p / 2, j->power, j->sorted, &j->v);
		VT_TRY(ring(ctx, &w->w, j->p, &j->v));
	}
	bool asked = can_ask(j->snapshot, j->n_inputs);
	if (asked) VT_TRY(measure_logits(ctx, j, w != NULL));
	j->v.flags = flags | (asked || w ? 0 : VT_NOT_COMPUTED); /* what one of them lacks is NaN */
done:
	return status;
}

static enum vt_status put(struct vt_ctx *ctx, const struct job *j, struct vt_frame *frame, const char *group)
{
	enum vt_status status;
	double value[N_SCALARS];
	memcpy(value, &j->v, sizeof value);
	VT_TRY(vt_frame_step(ctx, frame, group, j->snapshot->step, j->snapshot->epoch));
	for (size_t i = 0; i < N_SCALARS; i++) VT_TRY(vt_frame_put(ctx, frame, group, scalars[i].name, 1, &value[i]));
	VT_TRY(vt_frame_put(ctx, frame, group, "embed_power", j->p / 2, j->power));
	VT_TRY(vt_frame_put(ctx, frame, group, "diagonal_share", j->p / 2, j->share));
	VT_TRY(vt_frame_put(ctx, frame, group, "key_frequency", j->n_keys, j->key_frequency));
done:
	return status;
}

static enum vt_status record(struct vt_ctx *ctx, size_t n, const struct vt_named *const *measure,
                             const struct vt_snapshot_shape *shape, const struct vt_snapshot *snapshot,
                             struct vt_frame *frame, const char *group)
{
	enum vt_status status;
	const struct settings *s = measure[0]->chosen.settings;
	struct job j = { .s = s, .snapshot = snapshot, .p = modulus(s, shape), .n_inputs = shape->n_inputs };
	size_t half = j.p / 2;
	double *memory = NULL, *value = (double *)&j.v;
	(void)n;
	j.n_keys = n_keys(s, j.p);
	VT_NEW(ctx, memory, 4 * half);
	VT_NEW(ctx, j.key, j.n_keys);
	j.power = memory;
	j.share = memory + half;
	j.sorted = memory + 2 * half;
	j.key_frequency = memory + 3 * half;
	for (size_t i = 0; i < 4 * half; i++) memory[i] = NAN;
	for (size_t i = 0; i < N_SCALARS; i++) value[i] = NAN;
	VT_TRY(measure_snapshot(ctx, &j));
	VT_TRY(put(ctx, &j, frame, group));
done:
	free(memory);
	free(j.key);
	return status;
}

const struct vt_measure_kind vt_measure_spectrum_residue = {
	.kind = { "spectrum-residue", "frequencies over residues: of embedding and logits, and the loss with and without them",
	          "Nanda et al. 2023, sec. 5 (restricted and excluded loss); Zhong et al. 2023; ring: Engels et al. 2024",
	          sizeof(struct settings), options,
	          "Keys are the strongest frequencies of the snapshot at hand, not of the last one: the papers look back from "
	          "the end, which makes a lead over the test loss retrospective.  Which frequencies win depends on the seed.  "
	          "A network can generalise without a sparse spectrum.  What lives off the diagonal (functions of a - b, of "
	          "a alone) may generalise as well" },
	.declare = declare,
	.record = record,
};
