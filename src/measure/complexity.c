/* Complexity of the network's answers on all words of n bits, and over random networks the law of the functions that
 * they are: how much likelier the simple ones.
 *
 * A function is its truth table; the k-th one seen is found again through a table of hashes, so that each is analysed
 * once.  Entries keep the order in which they were first seen: no result depends on the hash.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include <gsl/gsl_cdf.h>
#include <gsl/gsl_fit.h>
#include <gsl/gsl_statistics_double.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "layers.h"
#include "venturi/num.h"
#include "venturi/rng.h"
#include "venturi/words.h"
#include "words.h"

struct settings {
	int64_t snapshots, least, completions;
	bool accumulate;
};

#define AT(member) offsetof(struct settings, member)
static const struct vt_option options[] = {
	{ "snapshots", VT_INT, AT(snapshots), 2, 1000000, "1000", "snapshots",
	  "how many of the run's snapshots get a row in the file, the first and the last included; all are counted" },
	{ "accumulate", VT_BOOL, AT(accumulate), 0, 0, "false", NULL,
	  "also the law of the functions of all snapshots so far; for random networks, not for a course of training" },
	{ "least", VT_INT, AT(least), 2, 1000000, "5", "draws",
	  "correlation and envelope take the functions that came up at least so often" },
	{ "completions", VT_INT, AT(completions), 0, 1000000, "0", "functions",
	  "random ones that agree with the labels of the training words, with which the answers are compared; 0: none" },
	{ 0 }
};

/* The order is that of enum column. */
static const struct vt_variable variables[] = {
	{ "k_lz", VT_F64, 1, { "step" }, "bit", "Lempel-Ziv complexity of the table of answers", false },
	{ "ones", VT_F64, 1, { "step" }, "1", "words answered with 1", false },
	{ "flags", VT_I32, 1, { "step" }, "1", "what the numbers carry", true },
	{ "percentile", VT_F64, 1, { "step" }, "1",
	  "share of the random completions that are less complex than the answers, equal ones counted half", false },
	{ "draws", VT_F64, 1, { "step" }, "1", "networks so far", false },
	{ "distinct", VT_F64, 1, { "step" }, "1", "different functions among them", false },
	{ "p_constant", VT_F64, 1, { "step" }, "1", "share of the networks whose answer is always the same", false },
	{ "p_constant_se", VT_F64, 1, { "step" }, "1", "its standard error", false },
	{ "mean_k_lz", VT_F64, 1, { "step" }, "bit", "mean complexity over the networks", false },
	{ "singletons", VT_F64, 1, { "step" }, "1", "share of the networks whose function came up once", false },
	{ "repeated", VT_F64, 1, { "step" }, "1", "functions that came up at least `least` times", false },
	{ "spearman", VT_F64, 1, { "step" }, "1", "rank correlation of log probability and complexity over these", false },
	{ "envelope_slope", VT_F64, 1, { "step" }, "1",
	  "of the line through the largest log2 probability at each complexity above log2 of the words, over these", false },
	{ "ones_chi2", VT_F64, 1, { "step" }, "1",
	  "chi-square per degree of freedom of the number of ones against equal chances for 0 to words - 1", false },
	{ "ones_p", VT_F64, 1, { "step" }, "1", "its p", false },
};
enum column { K_LZ, ONES, FLAGS, PERCENTILE, N_ALWAYS, DRAWS = N_ALWAYS, DISTINCT, P_CONSTANT, P_CONSTANT_SE,
              MEAN_K_LZ, SINGLETONS, REPEATED, SPEARMAN, ENVELOPE, ONES_CHI2, ONES_P, N_COLUMNS };

static enum vt_status declare(struct vt_ctx *ctx, size_t n, const struct vt_named *const *measure,
                              const struct vt_snapshot_shape *shape, struct vt_frame *frame, const char *group)
{
	enum vt_status status = VT_OK;
	const struct settings *s = measure[0]->chosen.settings;
	size_t n_bits;
	(void)n;
	VT_REQUIRE(ctx, vt_measure_words(shape, &n_bits) && n_bits <= 16, VT_ECONFIG,
	           "measure complexity needs all words of n <= 16 bits and one output or two classes; it has %zu inputs, %zu "
	           "rows and an output of %zu", shape->n_inputs, shape->n_rows,
	           shape->n_taps ? shape->tap_width[shape->n_taps - 1] : 0);
	VT_TRY(vt_frame_dim(ctx, frame, group, "step", 0, NULL, NULL, "1", "updates done, or draws"));
	VT_TRY(vt_measure_declare_variables(ctx, frame, group, s->accumulate ? N_COLUMNS : N_ALWAYS, variables));
done:
	return status;
}

/* ---- functions seen ----------------------------------------------------------------- */

struct entry {
	double k_lz;
	uint64_t count;
	size_t ones;
};
_Static_assert(sizeof(struct entry) % 8 == 0, "entries are carried as words of 64 bits");
struct census {
	size_t n_bits, n_words; /* words of 64 bits that a table takes */
	size_t n, room, n_slots;
	uint64_t draws;
	struct entry *entry;
	uint64_t *table;        /* n x n_words */
	size_t *slot;           /* place in `entry` plus one; 0: free */
	uint64_t *key;          /* the table at hand */
	uint8_t *bit;           /* the same, a byte each */
	double *completion;     /* complexities, ascending; null before the first snapshot */
	size_t n_completions;
};

static void census_free(void *self)
{
	struct census *c = self;
	if (!c) return;
	free(c->entry);
	free(c->table);
	free(c->slot);
	free(c->key);
	free(c->bit);
	free(c->completion);
	free(c);
}

static enum vt_status census_create(struct vt_ctx *ctx, size_t n, const struct vt_named *const *measure,
                                    const struct vt_snapshot_shape *shape, void **out)
{
	enum vt_status status;
	struct census *c = NULL;
	const struct settings *s = measure[0]->chosen.settings;
	(void)n;
	VT_NEW(ctx, c, 1);
	c->n_completions = (size_t)s->completions;
	c->n_bits = shape->n_inputs;
	c->n_words = c->n_bits > 6 ? (size_t)1 << (c->n_bits - 6) : 1;
	VT_NEW(ctx, c->key, c->n_words);
	VT_NEW(ctx, c->bit, (size_t)1 << c->n_bits);
	*out = c;
	c = NULL;
	status = VT_OK;
done:
	census_free(c);
	return status;
}

/* Mixes one 64-bit word after the other (splitmix64's finaliser). */
static size_t hash(const uint64_t *key, size_t n)
{
	uint64_t h = 0;
	for (size_t i = 0; i < n; i++) {
		h = (h ^ key[i]) + 0x9e3779b97f4a7c15u;
		h = (h ^ h >> 30) * 0xbf58476d1ce4e5b9u;
		h = (h ^ h >> 27) * 0x94d049bb133111ebu;
		h ^= h >> 31;
	}
	return (size_t)h;
}

/* The slot of a table: the one that holds it, or the free one where it belongs. */
static size_t *find_slot(const struct census *c, const uint64_t *key)
{
	size_t at = hash(key, c->n_words) & (c->n_slots - 1);
	while (c->slot[at] && memcmp(c->table + (c->slot[at] - 1) * c->n_words, key, c->n_words * sizeof *key) != 0)
		at = (at + 1) & (c->n_slots - 1);
	return &c->slot[at];
}

/* Room for `wanted` functions, at least twice what there was; at most half of the slots are taken. */
static enum vt_status grow(struct vt_ctx *ctx, struct census *c, size_t wanted)
{
	enum vt_status status;
	size_t room = c->room ? 2 * c->room : 64;
	if (room < wanted) room = wanted;
	struct entry *entry = NULL;
	uint64_t *table = NULL;
	size_t *slot = NULL, n_slots = 128;
	while (n_slots < 2 * room) n_slots *= 2;
	VT_NEW(ctx, entry, room);
	VT_NEW(ctx, table, room * c->n_words);
	VT_NEW(ctx, slot, n_slots);
	if (c->n > 0) memcpy(entry, c->entry, c->n * sizeof *entry);
	if (c->n > 0) memcpy(table, c->table, c->n * c->n_words * sizeof *table);
	free(c->entry);
	free(c->table);
	free(c->slot);
	c->entry = entry;
	c->table = table;
	c->slot = slot;
	c->room = room;
	c->n_slots = n_slots;
	for (size_t i = 0; i < c->n; i++) *find_slot(c, table + i * c->n_words) = i + 1;
	return VT_OK;
done:
	free(entry);
	free(table);
	return status;
}

static void read_answers(struct census *c, const struct vt_snapshot *s)
{
	size_t n = (size_t)1 << c->n_bits;
	memset(c->key, 0, c->n_words * sizeof *c->key);
	for (size_t i = 0; i < n; i++) {
		c->bit[i] = vt_measure_output(s, i) > 0;
		c->key[i / 64] |= (uint64_t)c->bit[i] << i % 64;
	}
}

/* Counts the snapshot's function; *out is its entry. */
static enum vt_status count(struct vt_ctx *ctx, struct census *c, const struct vt_snapshot *s, const struct entry **out)
{
	enum vt_status status = VT_OK;
	if (c->n == c->room) VT_TRY(grow(ctx, c, c->n + 1));
	read_answers(c, s);
	size_t *slot = find_slot(c, c->key);
	if (*slot == 0) {
		size_t n = (size_t)1 << c->n_bits, ones = 0;
		for (size_t i = 0; i < n; i++) ones += c->bit[i];
		memcpy(c->table + c->n * c->n_words, c->key, c->n_words * sizeof *c->key);
		c->entry[c->n++] = (struct entry){ vt_lempel_ziv(c->bit, n), 0, ones };
		*slot = c->n;
	}
	struct entry *e = &c->entry[*slot - 1];
	e->count++;
	c->draws++;
	*out = e;
done:
	return status;
}

/* The functions seen, in the order in which they came; what follows from a function's table is carried too, since a
 * long table costs more than its complexity. */
static enum vt_status carry(struct vt_ctx *ctx, void *self, struct vt_state *s)
{
	enum vt_status status;
	struct census *c = self;
	int64_t draws = (int64_t)c->draws;
	size_t n = c->n;
	VT_TRY(vt_state_carry_int(ctx, s, "draws", &draws));
	VT_TRY(vt_state_carry_count(ctx, s, "functions", SIZE_MAX / 2 / (c->n_words * sizeof *c->table), &n));
	if (n > c->room) VT_TRY(grow(ctx, c, n));
	VT_TRY(vt_state_carry(ctx, s, "tables", VT_SCALAR_I64, n * c->n_words, c->table));
	VT_TRY(vt_state_carry(ctx, s, "entries", VT_SCALAR_I64, n * (sizeof *c->entry / 8), c->entry));
	c->draws = (uint64_t)draws;
	for (; c->n < n; c->n++) *find_slot(c, c->table + c->n * c->n_words) = c->n + 1;
done:
	return status;
}

/* ---- random completions ----------------------------------------------------------------- */

/* Label of a word, or of the side of 0 of what is wanted; -1: nobody knows. */
static int label_of(const struct vt_snapshot *s, size_t word)
{
	if (s->label.y) return s->label.y[word] != 0;
	return s->target.rows > word ? s->target.x[word * s->target.stride] > 0 : -1;
}

/* Complexities of functions with the training words' labels and coins elsewhere, once a run. */
static enum vt_status complete(struct vt_ctx *ctx, struct census *c, const struct vt_snapshot *s)
{
	enum vt_status status;
	size_t n = (size_t)1 << c->n_bits;
	uint8_t *bit = NULL;
	VT_NEW(ctx, bit, n);
	VT_NEW(ctx, c->completion, c->n_completions);
	for (size_t k = 0; k < c->n_completions; k++) {
		struct vt_rng r = vt_rng_stream(s->seed, VT_PURPOSE_NULL, k);
		for (size_t i = 0; i < n; i++) {
			bool coin = vt_rng_u32(&r) >> 31;
			bit[i] = s->is_test && s->is_test[i] ? coin : label_of(s, i) == 1;
		}
		c->completion[k] = vt_lempel_ziv(bit, n);
	}
	vt_sort(c->completion, c->n_completions);
	status = VT_OK;
done:
	free(bit);
	return status;
}

static double percentile(const struct census *c, double k_lz)
{
	double below = 0;
	for (size_t k = 0; k < c->n_completions; k++)
		below += c->completion[k] < k_lz ? 1 : c->completion[k] == k_lz ? 0.5 : 0;
	return below / (double)c->n_completions;
}

/* ---- the law over functions ------------------------------------------------------------- */

static void sum_up(const struct census *c, double *value)
{
	double n = (double)c->draws, constant = 0, k = 0, once = 0;
	for (size_t i = 0; i < c->n; i++) {
		const struct entry *e = &c->entry[i];
		double draws = (double)e->count;
		k += draws * e->k_lz;
		if (e->count == 1) once++;
		if (e->ones == 0 || e->ones == (size_t)1 << c->n_bits) constant += draws;
	}
	value[DRAWS] = n;
	value[DISTINCT] = (double)c->n;
	value[P_CONSTANT] = constant / n;
	value[P_CONSTANT_SE] = sqrt(constant / n * (1 - constant / n) / n);
	value[MEAN_K_LZ] = k / n;
	value[SINGLETONS] = once / n;
}

/* Pearson's chi-square; a function of ones alone has no cell, and what it takes is missing in the others. */
static void test_ones(const struct census *c, double *count, double *value)
{
	size_t cells = (size_t)1 << c->n_bits;
	double wanted = (double)c->draws / (double)cells, chi2 = 0;
	for (size_t t = 0; t <= cells; t++) count[t] = 0;
	for (size_t i = 0; i < c->n; i++) count[c->entry[i].ones] += (double)c->entry[i].count;
	for (size_t t = 0; t < cells; t++) chi2 += (count[t] - wanted) * (count[t] - wanted) / wanted;
	if (wanted < 5) return; /* the law of the sum is not yet chi-square's */
	value[ONES_CHI2] = chi2 / (double)(cells - 1);
	value[ONES_P] = gsl_cdf_chisq_Q(chi2, (double)(cells - 1));
}

/* Line through the largest log2 P at each complexity above that of the constants. */
static double envelope(size_t n, const double *log_p, const struct vt_ranked *by_k, double constant, double *k,
                       double *top)
{
	size_t points = 0;
	double c0, slope, cov00, cov01, cov11, square;
	for (size_t i = 0; i < n; i++) {
		double p = log_p[by_k[i].row];
		if (by_k[i].value <= constant) continue;
		if (points > 0 && k[points - 1] == by_k[i].value) {
			top[points - 1] = fmax(top[points - 1], p);
		} else {
			k[points] = by_k[i].value;
			top[points++] = p;
		}
	}
	if (points < 3) return NAN;
	gsl_fit_linear(k, 1, top, 1, points, &c0, &slope, &cov00, &cov01, &cov11, &square);
	return slope;
}

static enum vt_status relate(struct vt_ctx *ctx, const struct census *c, uint64_t least, double *value)
{
	enum vt_status status;
	double *log_p = NULL, *k = NULL, *work = NULL;
	struct vt_ranked *by_k = NULL;
	size_t n = 0;
	VT_NEW(ctx, log_p, c->n);
	VT_NEW(ctx, k, c->n);
	VT_NEW(ctx, work, 2 * c->n);
	VT_NEW(ctx, by_k, c->n);
	for (size_t i = 0; i < c->n; i++) {
		if (c->entry[i].count < least) continue;
		log_p[n] = log2((double)c->entry[i].count / (double)c->draws);
		k[n] = c->entry[i].k_lz;
		by_k[n] = (struct vt_ranked){ k[n], n };
		n++;
	}
	value[REPEATED] = (double)n;
	if (n >= 3) {
		value[SPEARMAN] = gsl_stats_spearman(log_p, 1, k, 1, n, work);
		vt_ranked_sort(by_k, n);
		value[ENVELOPE] = envelope(n, log_p, by_k, (double)c->n_bits, work, work + n);
	}
	status = VT_OK;
done:
	free(log_p);
	free(k);
	free(work);
	free(by_k);
	return status;
}

static enum vt_status describe_law(struct vt_ctx *ctx, const struct census *c, uint64_t least, double *value)
{
	enum vt_status status;
	double *ones = NULL;
	VT_NEW(ctx, ones, ((size_t)1 << c->n_bits) + 1);
	sum_up(c, value);
	test_ones(c, ones, value);
	VT_TRY(relate(ctx, c, least, value));
done:
	free(ones);
	return status;
}

/* ---- recording ------------------------------------------------------------------------------ */

static enum vt_status follow(struct vt_ctx *ctx, void *state, size_t n, const struct vt_named *const *measure,
                             const struct vt_snapshot_shape *shape, const struct vt_snapshot *snapshot,
                             struct vt_frame *frame, const char *group)
{
	enum vt_status status = VT_OK;
	const struct settings *s = measure[0]->chosen.settings;
	struct census *c = state;
	double value[N_COLUMNS];
	const struct entry *e = NULL;
	bool due = snapshot->last || vt_measure_due(snapshot->index, shape->n_snapshots, (size_t)s->snapshots);
	(void)n;
	if (!due && !s->accumulate) goto done;
	for (size_t i = 0; i < N_COLUMNS; i++) value[i] = NAN;
	value[FLAGS] = snapshot->flags;
	if (snapshot->enumerated && vt_measure_all_words(snapshot, c->n_bits)) VT_TRY(count(ctx, c, snapshot, &e));
	else value[FLAGS] = snapshot->flags | VT_NOT_COMPUTED;
	if (!due) goto done;
	if (e) value[K_LZ] = e->k_lz;
	if (e) value[ONES] = (double)e->ones;
	bool compare = e && c->n_completions > 0 && label_of(snapshot, 0) >= 0;
	if (compare && !c->completion) VT_TRY(complete(ctx, c, snapshot));
	if (compare) value[PERCENTILE] = percentile(c, e->k_lz);
	if (e && s->accumulate) VT_TRY(describe_law(ctx, c, (uint64_t)s->least, value));
	VT_TRY(vt_frame_step(ctx, frame, group, snapshot->step, snapshot->epoch));
	for (size_t i = 0; i < (size_t)(s->accumulate ? N_COLUMNS : N_ALWAYS); i++)
		VT_TRY(vt_frame_put(ctx, frame, group, variables[i].name, 1, &value[i]));
done:
	return status;
}

const struct vt_measure_kind vt_measure_complexity = {
	.kind = { "complexity", "Lempel-Ziv complexity of the answers on all words, and the law of random networks' functions",
	          "Valle-Perez, Camargo & Louis 2019; Mingard et al. 2019 (ones)", sizeof(struct settings), options,
	          "The complexity depends on the order of the words.  Probabilities are counts: functions that came up once "
	          "are most of what there is, and only the likeliest of a complexity are seen, which bends the envelope.  Its "
	          "slope depends on the law, on `least` and on the number of draws; the rank correlation much less.  A "
	          "percentile among random completions is low for whatever continues a simple rule: compare it with that of "
	          "labels by coin." },
	.declare = declare,
	.create = census_create,
	.carry = carry,
	.follow = follow,
	.free = census_free,
};
