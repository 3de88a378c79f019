/* Boolean functions of n bits: all 2^n words, or words drawn one by one where 2^n are too many.
 *
 * Words stand in ascending order, the first column the most significant bit, so that the labels
 * read from the top are the truth table.  Streams by purpose: index 0 words, 1 flipped labels,
 * 2 the random function, 3 which bits count.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include <ctype.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "prepare.h"
#include "venturi/rng.h"

enum { MOST_LISTED = 20, MOST_BITS = 62, MOST_LAW = 16 };
enum function { CONSTANT, RANDOM, PARITY, STAIRCASE, MAJORITY, TABLE };
static const char *const functions[] = { "constant", "random", "parity", "staircase", "majority", "table", NULL };
static const char *const codings[] = { "zero-one", "sign", "token", NULL };
enum { ZERO_ONE, PLUS_MINUS, TOKEN };
static const char *const target_names[] = { "class", "sign", NULL };
static const char *const places[] = { "first", "drawn", NULL };
enum { STREAM_WORDS, STREAM_NOISE, STREAM_FUNCTION, STREAM_PLACES };

struct settings {
	int64_t bits, order, n_train, n_test;
	int function, coding, targets, place, split;
	char *table;
	double noise, train_share;
};

#define AT(member) offsetof(struct settings, member)
static const struct vt_option options[] = {
	{ "bits", VT_INT, AT(bits), 1, MOST_BITS, "7", "bits", "n, the length of a word" },
	{ "function", VT_CHOICE, AT(function), 0, 0, "random", NULL,
	  "constant (0); random: a fair coin for every word, by the seed; parity of `order` bits; staircase: the sign of "
	  "x1 + x1 x2 + ... up to `order` factors of +-1; majority: more ones than zeros; table: as given", functions },
	{ "order", VT_INT, AT(order), 1, MOST_BITS, "3", "bits", "how many bits parity and staircase read" },
	{ "place", VT_CHOICE, AT(place), 0, 0, "first", NULL,
	  "which bits these are: the first ones, or drawn by the seed (in the order drawn)", places },
	{ "table", VT_STRING, AT(table), 0, 0, NULL, NULL,
	  "hexadecimal truth table of 2^bits labels, word 0 first, for function: table", .optional = true },
	{ "coding", VT_CHOICE, AT(coding), 0, 0, "zero-one", NULL,
	  "a bit as 0 and 1, as -1 and +1, or as one of two tokens (a word is then a sequence, for transformers; other "
	  "networks "
	  "read 0 and 1); a network's prior over functions depends on it", codings },
	{ "targets", VT_CHOICE, AT(targets), 0, 0, "class", NULL,
	  "two classes, or one number -1 or +1 (a network with one output and threshold 0)", target_names },
	{ "noise", VT_REAL, AT(noise), 0, 0.5, "0", "share of labels", "flipped, each with this probability, drawn once" },
	{ "n_train", VT_INT, AT(n_train), 0, 1 << 30, "0", "words",
	  "training words drawn with replacement; 0: the rows are all 2^bits words, and train_share cuts them" },
	{ "n_test", VT_INT, AT(n_test), 0, 1 << 30, "1000", "words", "test words drawn beside n_train" },
	{ "train_share", VT_REAL, AT(train_share), 1e-6, 1, "1", "of the words", "where all words are rows" },
	{ "split", VT_CHOICE, AT(split), 0, 0, "iid", NULL, "of all words; iid: drawn by the seed; ordered: the first ones",
	  vt_split_names },
	{ 0 }
};

/* ---- the function ------------------------------------------------------------ */

/* A function that can be asked for the label of any word. */
struct rule {
	enum function function;
	size_t n, order;
	unsigned place[MOST_BITS]; /* column of the i-th bit that counts */
	const char *table;
	uint64_t seed;
};

static bool bit(const struct rule *f, uint64_t word, size_t column)
{
	return word >> (f->n - 1 - column) & 1;
}

static bool parity(const struct rule *f, uint64_t word)
{
	bool odd = false;
	for (size_t i = 0; i < f->order; i++) odd ^= bit(f, word, f->place[i]);
	return odd;
}

/* Abbe et al. 2022: x1 + x1 x2 + ... in numbers -1 and +1; a sum of 0 is no. */
static bool staircase(const struct rule *f, uint64_t word)
{
	int product = 1, sum = 0;
	for (size_t i = 0; i < f->order; i++) {
		product *= bit(f, word, f->place[i]) ? 1 : -1;
		sum += product;
	}
	return sum > 0;
}

static int digit(char c)
{
	return isdigit((unsigned char)c) ? c - '0' : tolower((unsigned char)c) - 'a' + 10;
}

static bool value(const struct rule *f, uint64_t word)
{
	struct vt_rng r;
	switch (f->function) {
	case PARITY: return parity(f, word);
	case STAIRCASE: return staircase(f, word);
	case MAJORITY: return 2 * (size_t)__builtin_popcountll(word) > f->n;
	case TABLE: return digit(f->table[word / 4]) >> (3 - word % 4) & 1;
	case RANDOM:
		/* One stream a word: the label of a word does not depend on which others are asked for. */
		r = vt_rng_stream(f->seed ^ word * 0x9e3779b97f4a7c15u, VT_PURPOSE_DATASET, STREAM_FUNCTION);
		return vt_rng_u32(&r) >> 31;
	default: return false;
	}
}

static void choose_places(struct rule *f, bool drawn)
{
	uint32_t column[MOST_BITS];
	for (uint32_t i = 0; i < f->n; i++) column[i] = i;
	struct vt_rng r = vt_rng_stream(f->seed, VT_PURPOSE_DATASET, STREAM_PLACES);
	if (drawn) vt_rng_shuffle(&r, column, f->n);
	for (size_t i = 0; i < f->order; i++) f->place[i] = column[i];
}

static enum vt_status check_table(struct vt_ctx *ctx, const struct settings *s)
{
	enum vt_status status;
	size_t digits = s->bits <= 2 ? 1 : (size_t)1 << (s->bits - 2);
	VT_REQUIRE(ctx, s->table, VT_ECONFIG,
	           "dataset.function: table needs dataset.table, 2^%d labels in %zu hexadecimal digits",
	           (int)s->bits, digits);
	VT_REQUIRE(ctx, s->bits <= MOST_LISTED, VT_ECONFIG, "dataset.table of %d bits, at most %d can be listed",
	           (int)s->bits, MOST_LISTED);
	VT_REQUIRE(ctx, strlen(s->table) == digits, VT_ECONFIG, "dataset.table has %zu digits, 2^%d labels need %zu",
	           strlen(s->table), (int)s->bits, digits);
	for (size_t i = 0; i < digits; i++)
		VT_REQUIRE(ctx, isxdigit((unsigned char)s->table[i]), VT_ECONFIG,
		           "dataset.table: '%c' at place %zu is no hexadecimal digit", s->table[i], i);
	status = VT_OK;
done:
	return status;
}

static enum vt_status make_rule(struct vt_ctx *ctx, const struct settings *s, uint64_t seed, struct rule *f)
{
	enum vt_status status = VT_OK;
	*f = (struct rule){ .function = (enum function)s->function, .n = (size_t)s->bits, .table = s->table, .seed = seed };
	bool reads_some = s->function == PARITY || s->function == STAIRCASE;
	VT_REQUIRE(ctx, !reads_some || s->order <= s->bits, VT_ECONFIG, "dataset.order = %d of %d bits", (int)s->order,
	           (int)s->bits);
	f->order = reads_some ? (size_t)s->order : 0;
	choose_places(f, s->place == 1);
	if (s->function == TABLE) VT_TRY(check_table(ctx, s));
done:
	return status;
}

/* ---- what is known --------------------------------------------------------------- */

/* Entropy of a coin, nats. */
static double coin(double p)
{
	return p <= 0 || p >= 1 ? 0 : -p * log(p) - (1 - p) * log1p(-p);
}

/* Share of the words whose sum of `order` steps is positive. */
static double staircase_share(const struct rule *f)
{
	/* The products x1, x1 x2, ... are independent fair signs: a simple random walk. */
	double share = 0;
	for (size_t up = f->order / 2 + 1; up <= f->order; up++)
		share += exp(lgamma((double)f->order + 1) - lgamma((double)up + 1) - lgamma((double)(f->order - up) + 1) -
		             (double)f->order * M_LN2);
	return share;
}

/* P(label = 1) before noise over all words; NaN where it would have to be counted and the words are too many. */
static double share_of_ones(const struct rule *f)
{
	if (f->n <= MOST_LISTED) {
		size_t ones = 0, n = (size_t)1 << f->n;
		for (uint64_t word = 0; word < n; word++) ones += value(f, word);
		return (double)ones / (double)n;
	}
	struct rule all = *f;
	all.order = f->n;
	switch (f->function) {
	case CONSTANT: return 0;
	case PARITY: return 0.5;
	case STAIRCASE: return staircase_share(f);
	case MAJORITY: return staircase_share(&all); /* the number of ones is binomial as well */
	default: return NAN;
	}
}

static double information(const struct rule *f, double noise)
{
	double p = share_of_ones(f);
	return coin(p * (1 - noise) + (1 - p) * noise) - coin(noise);
}

static enum vt_status fill_law(struct vt_ctx *ctx, const struct rule *f, double noise, struct vt_dataset *out)
{
	enum vt_status status;
	out->n_law = (size_t)1 << f->n;
	VT_NEW(ctx, out->law, 2 * out->n_law);
	for (uint64_t word = 0; word < out->n_law; word++) {
		bool label = value(f, word);
		out->law[2 * word + label] = (1 - noise) / (double)out->n_law;
		out->law[2 * word + !label] = noise / (double)out->n_law;
	}
	status = VT_OK;
done:
	return status;
}

/* ---- rows -------------------------------------------------------------------------- */

static enum vt_status fill(struct vt_ctx *ctx, const struct settings *s, const struct rule *f, bool all,
                           struct vt_dataset *out)
{
	enum vt_status status;
	struct vt_rng words = vt_rng_stream(f->seed, VT_PURPOSE_DATASET, STREAM_WORDS);
	struct vt_rng flips = vt_rng_stream(f->seed, VT_PURPOSE_DATASET, STREAM_NOISE);
	VT_NEW(ctx, out->x, out->n * f->n);
	if (s->targets == 0) VT_NEW(ctx, out->label, out->n);
	else VT_NEW(ctx, out->target, out->n);
	for (size_t i = 0; i < out->n; i++) {
		uint64_t word = i;
		if (!all) {
			word = (uint64_t)vt_rng_u32(&words) << 32;
			word = (word | vt_rng_u32(&words)) >> (64 - f->n);
		}
		for (size_t k = 0; k < f->n; k++) {
			bool one = bit(f, word, k);
			out->x[i * f->n + k] = s->coding != PLUS_MINUS ? one : one ? 1 : -1;
		}
		bool label = value(f, word) ^ (s->noise > 0 && vt_rng_uniform(&flips) < s->noise);
		if (out->label) out->label[i] = label;
		else out->target[i] = label ? 1 : -1;
	}
	status = VT_OK;
done:
	return status;
}

static enum vt_status open_words(struct vt_ctx *ctx, const void *settings, uint64_t seed, struct vt_dataset *out)
{
	enum vt_status status;
	const struct settings *s = settings;
	struct rule f;
	bool all = s->n_train == 0;

	VT_TRY(make_rule(ctx, s, seed, &f));
	VT_REQUIRE(ctx, !all || f.n <= MOST_LISTED, VT_ECONFIG,
	           "dataset.bits = %zu makes 2^%zu words, of which at most 2^%d can all be rows; give dataset.n_train", f.n,
	           f.n, MOST_LISTED);
	out->n = all ? (size_t)1 << f.n : (size_t)(s->n_train + s->n_test);
	out->n_inputs = f.n;
	out->n_classes = s->targets == 0 ? 2 : 0;
	out->n_targets = s->targets == 0 ? 0 : 1;
	out->n_tokens = s->coding == TOKEN ? 2 : 0;
	out->enumerated = all;
	out->sample = "word";
	out->i_xy = information(&f, s->noise);
	VT_TRY(fill(ctx, s, &f, all, out));
	if (out->label && f.n <= MOST_LAW) VT_TRY(fill_law(ctx, &f, s->noise, out));
	if (all) VT_TRY(vt_dataset_split(ctx, out, s->train_share, s->split == VT_SPLIT_ORDERED, seed));
	else VT_TRY(vt_dataset_ranges(ctx, out, (size_t)s->n_train));
done:
	return status;
}

const struct vt_dataset_kind vt_dataset_boolean = {
	.kind = { "boolean", "words of n bits with a constant, random, parity, staircase, majority or given function",
	          "Valle-Perez et al. 2019; Barak et al. 2022 (sparse parity); Abbe et al. 2022 (staircase)",
	          sizeof(struct settings), options,
	          "Bits as 0 and 1 or as -1 and +1 are different tasks for a network: without biases and with 0 and 1 the "
	          "word of zeros always gets the same answer, with -1 and +1 half of the words do.  A test word drawn with "
	          "replacement may stand among the training words; with 2^bits far above n_train hardly any does." },
	.open = open_words,
};
