/* Datasets of tokens: modular operations, lagged repeats, text.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include <unistd.h>

#include "dataset_open.h"
#include "venturi/input.h"
#include "venturi/rng.h"
#include "venturi/value.h"

static int setup(void **state)
{
	*state = vt_ctx_create();
	return *state ? 0 : -1;
}

static int teardown(void **state)
{
	vt_ctx_free(*state);
	return 0;
}

static int32_t answer_of(const struct vt_dataset *d, size_t a, size_t b)
{
	for (size_t i = 0; i < d->n; i++)
		if (d->x[i * d->n_inputs] == (double)a && d->x[i * d->n_inputs + 1] == (double)b) return d->label[i];
	return -1;
}

/* By hand, mod 7: 5 + 4, 2 - 5, 3 * 5, 3 / 5 = 3 * 3, 4 / 3 = 4 * 5 (odd) and 4 - 6 (even), 9 + 16, 9 + 12 + 16,
 * 9 + 12 + 16 + 3, 27 + 12, 27 + 48 + 4. */
static void answers(void **state)
{
	static const struct {
		const char *operation;
		size_t a, b;
		int32_t answer;
	} cases[] = {
		{ "add", 5, 4, 2 }, { "subtract", 2, 5, 4 }, { "multiply", 3, 5, 1 }, { "divide", 3, 5, 2 },
		{ "mixed", 4, 3, 6 }, { "mixed", 4, 6, 5 }, { "x2+y2", 3, 4, 4 }, { "x2+xy+y2", 3, 4, 2 },
		{ "x2+xy+y2+x", 3, 4, 5 }, { "x3+xy", 3, 4, 4 }, { "x3+xy2+y", 3, 4, 2 },
	};
	for (size_t k = 0; k < sizeof cases / sizeof *cases; k++) {
		char text[80];
		snprintf(text, sizeof text, "modadd:p=7,operation=%s", cases[k].operation);
		struct vt_dataset *d = dataset(*state, text, 0);
		assert_int_equal(d->n, strcmp(cases[k].operation, "divide") ? 49 : 42);
		if (answer_of(d, cases[k].a, cases[k].b) != cases[k].answer)
			fail_msg("%s: %d, wanted %d", text, answer_of(d, cases[k].a, cases[k].b), cases[k].answer);
		vt_dataset_close(d);
	}
}

/* b (a / b) = a for every pair. */
static void division_undoes_multiplication(void **state)
{
	struct vt_dataset *d = dataset(*state, "modadd:p=53,operation=divide", 0);
	for (size_t i = 0; i < d->n; i++) {
		size_t a = (size_t)d->x[i * 3], b = (size_t)d->x[i * 3 + 1];
		assert_int_equal(b * (size_t)d->label[i] % 53, a);
	}
	vt_dataset_close(d);
	REFUSED(*state, "modadd:p=51,operation=divide", VT_ECONFIG, "51", "prime");
}

static void shape_and_information(void **state)
{
	struct vt_dataset *d = dataset(*state, "modadd:p=53", 0);
	assert_int_equal(d->n_inputs, 3);
	assert_int_equal(d->n_tokens, 54);
	assert_int_equal(d->n_labels, 1);
	assert_true(d->enumerated && d->x[2] == 53);
	WITHIN(d->h_y, log(53), 1e-12); /* every sum occurs p times */
	WITHIN(d->i_xy, log(53), 1e-12);
	double sum = 0;
	for (size_t i = 0; i < d->n_law * d->n_classes; i++) sum += d->law[i];
	WITHIN(sum, 1, 1e-12);
	vt_dataset_close(d);
	d = dataset(*state, "modadd:p=5,equals=false", 0);
	assert_int_equal(d->n_inputs, 2);
	assert_int_equal(d->n_tokens, 5);
	vt_dataset_close(d);
}

/* side[a * p + b]: whether the pair is in training. */
static void sides(const struct vt_dataset *d, bool *side)
{
	for (size_t i = 0; i < d->n_train; i++) {
		const double *x = d->x + d->train[i] * d->n_inputs;
		side[(size_t)x[0] * d->n_classes + (size_t)x[1]] = true;
	}
}

/* Answers a test pair from the training pair (a, b) or (b, a), else by a guess.  Share of right ones. */
static double memoriser(const struct vt_dataset *d, uint64_t seed, size_t *remembered)
{
	size_t p = d->n_classes, right = 0;
	bool *side = calloc(p * p, sizeof *side);
	struct vt_rng r = vt_rng_stream(seed, VT_PURPOSE_CONTROL, 0);
	sides(d, side);
	*remembered = 0;
	for (size_t i = 0; i < d->n_test; i++) {
		const double *x = d->x + d->test[i] * d->n_inputs;
		size_t a = (size_t)x[0], b = (size_t)x[1], guess = vt_rng_below(&r, p);
		assert_false(side[a * p + b]);
		if (side[b * p + a]) {
			guess = (size_t)answer_of(d, b, a);
			++*remembered;
		}
		right += guess == (size_t)d->label[d->test[i]];
	}
	free(side);
	return (double)right / (double)d->n_test;
}

/* The mask is symmetric, the shares are those asked for, and lookup scores chance: 1/p within 4 standard errors.  On
 * the random split it answers the share of pairs whose mirror is in training. */
static void a_memoriser_scores_chance_without_mirrors(void **state)
{
	for (uint64_t seed = 0; seed < 5; seed++) {
		struct vt_dataset *d = dataset(*state, "modadd:p=53,split=mirror_free,train_share=0.7", seed);
		bool side[53 * 53] = { false };
		size_t remembered;
		assert_int_equal(d->n_train + d->n_test, 53 * 53);
		assert_true(labs((long)d->n_train - 1966) <= 1);
		sides(d, side);
		for (size_t a = 0; a < 53; a++)
			for (size_t b = 0; b < 53; b++) assert_true(side[a * 53 + b] == side[b * 53 + a]);
		double score = memoriser(d, seed, &remembered), chance = 1.0 / 53;
		assert_int_equal(remembered, 0);
		WITHIN(score, chance, 4 * sqrt(chance * (1 - chance) / (double)d->n_test));
		vt_dataset_close(d);
		d = dataset(*state, "modadd:p=53,train_share=0.4", seed);
		assert_int_equal(d->n_train, 1124);
		assert_true(memoriser(d, seed, &remembered) > 0.33);
		vt_dataset_close(d);
	}
}

/* Same answers in other places: the mirror no longer helps, and each answer is still there p times. */
static void shuffled_labels(void **state)
{
	struct vt_dataset *d = dataset(*state, "modadd:p=53,shuffle_labels=true", 3);
	struct vt_dataset *plain = dataset(*state, "modadd:p=53", 3);
	size_t remembered, count[53] = { 0 }, moved = 0;
	for (size_t i = 0; i < d->n; i++) {
		count[d->label[i]]++;
		moved += d->label[i] != plain->label[i];
	}
	for (size_t c = 0; c < 53; c++) assert_int_equal(count[c], 53);
	assert_true(moved > 53 * 50);
	assert_true(memoriser(d, 3, &remembered) < 0.05 && remembered > 500);
	assert_int_equal(memcmp(d->train, plain->train, d->n_train * sizeof *d->train), 0);
	vt_dataset_close(d);
	vt_dataset_close(plain);
}

/* ---- repeats ---------------------------------------------------------------------- */

static void repeats_after_the_lag(void **state)
{
	struct vt_dataset *d = dataset(*state, "lagged:n=50,length=12,vocabulary=9,lag=5", 1);
	assert_int_equal(d->n_labels, 12);
	for (size_t i = 0; i < d->n; i++)
		for (size_t t = 0; t < 12; t++) {
			if (t + 1 < 12) assert_int_equal(d->label[i * 12 + t], (int32_t)d->x[i * 12 + t + 1]);
			if (t >= 5) assert_true(d->x[i * 12 + t] == d->x[i * 12 + t - 5]);
		}
	assert_int_equal(d->label[11], (int32_t)d->x[12 - 5]);
	WITHIN(d->loss_floor, 4 * log(9) / 12, 1e-12); /* four of the five free tokens are asked for */
	vt_dataset_close(d);
	d = dataset(*state, "lagged:n=50,length=12,vocabulary=9,lag=5,asked=repeats", 1);
	for (size_t t = 0; t < 12; t++) assert_true((d->label[t] >= 0) == (t >= 4));
	WITHIN(d->loss_floor, 0, 0);
	vt_dataset_close(d);
	REFUSED(*state, "lagged:length=8,lag=9", VT_ECONFIG, "9", "8");
	REFUSED(*state, "lagged:length=8,lag=2,lag_max=5", VT_ECONFIG, "5", "half", "8");
}

/* All 2^9 sequences of 9 tokens, each with the probability that a lag of 2 .. 4 makes it. */
static void entropy_with_drawn_lags(void **state)
{
	struct vt_dataset *d = dataset(*state, "lagged:n=4,length=8,vocabulary=2,lag=2,lag_max=4", 0);
	double h = 0, total = 0;
	for (unsigned word = 0; word < 512; word++) {
		double p = 0;
		for (unsigned lag = 2; lag <= 4; lag++)
			if ((word >> lag) == (word & ((1u << (9 - lag)) - 1))) p += pow(2, -(double)lag) / 3;
		if (p > 0) h -= p * log(p);
		total += p;
	}
	WITHIN(total, 1, 1e-12);
	WITHIN(d->loss_floor, (h - log(2)) / 8, 1e-12);
	vt_dataset_close(d);
}

/* ---- text ---------------------------------------------------------------------------- */

static void write_file(const char *path, const void *bytes, size_t n)
{
	FILE *f = fopen(path, "wb");
	assert_non_null(f);
	assert_int_equal(fwrite(bytes, 1, n, f), n);
	fclose(f);
}

/* Ten documents of 100 bytes, document k of the letter 'a' + k but for its line ends. */
static void no_document_on_both_sides(void **state)
{
	char text[1000], path[] = "t_dataset_tokens.XXXXXX", word[120];
	int fd = mkstemp(path);
	assert_true(fd >= 0);
	close(fd);
	for (size_t i = 0; i < sizeof text; i++) text[i] = i % 100 >= 98 ? '\n' : (char)('a' + i / 100);
	write_file(path, text, sizeof text);
	snprintf(word, sizeof word, "text:file=%s,length=10,documents=blank,train_share=0.7,alphabet=seen", path);
	struct vt_dataset *d = dataset(*state, word, 4);
	assert_int_equal(d->n_tokens, 11); /* line end, a .. j, by their codes */
	assert_int_equal(d->n, 10 * 9);
	assert_int_equal(d->n_train, 63);
	bool seen[11] = { false };
	double x[10];
	for (size_t i = 0; i < d->n_train; i++) {
		vt_dataset_rows_f64(d, &d->train[i], 1, x);
		seen[(size_t)x[0]] = true;
		for (size_t t = 0; t + 1 < 10; t++) assert_int_equal(d->label[d->train[i] * 10 + t], (int32_t)x[t + 1]);
	}
	for (size_t i = 0; i < d->n_test; i++) {
		vt_dataset_rows_f64(d, &d->test[i], 1, x);
		assert_false(seen[(size_t)x[0]]);
	}
	vt_dataset_close(d);
	snprintf(word, sizeof word, "text:file=%s,length=10,train_share=0.7,block=1", path);
	REFUSED(*state, word, VT_EDOMAIN, "0.7", "1 documents");
	snprintf(word, sizeof word, "text:file=%s,length=1000", path);
	REFUSED(*state, word, VT_EDATA, "1000 bytes", "1001");
	unlink(path);
	REFUSED(*state, "text:file=/nowhere/text", VT_EABSENT, "/nowhere/text", "bible-kjv-text");
}

/* ---- the packing of bible.data ---------------------------------------------------------- */

enum { MOST = 4096 };

/* The program `compress` in its plainest form: the longest known word, again and again. */
struct packer {
	uint8_t out[4 * MOST];
	size_t bit, group, width, n_words, words[MOST][2]; /* a word: before, last byte */
};

static void put_code(struct packer *p, size_t code)
{
	for (size_t b = 0; b < p->width; b++, p->bit++) p->out[p->bit / 8] |= (uint8_t)((code >> b & 1) << p->bit % 8);
}

static void widen(struct packer *p, size_t width)
{
	size_t used = (p->bit - p->group) % (8 * p->width);
	if (used > 0) p->bit += 8 * p->width - used;
	p->group = p->bit;
	p->width = width;
}

static size_t find_word(const struct packer *p, size_t before, size_t last)
{
	for (size_t w = 257; w < p->n_words; w++)
		if (p->words[w][0] == before && p->words[w][1] == last) return w;
	return 0;
}

static size_t pack(struct packer *p, const uint8_t *text, size_t n, size_t clear_at)
{
	memset(p, 0, sizeof *p);
	p->width = 9;
	p->n_words = 257;
	size_t word = text[0];
	for (size_t i = 1; i < n; i++) {
		size_t longer = find_word(p, word, text[i]);
		if (longer) {
			word = longer;
			continue;
		}
		put_code(p, word);
		if (p->n_words >= (size_t)1 << p->width) widen(p, p->width + 1);
		p->words[p->n_words][0] = word;
		p->words[p->n_words++][1] = text[i];
		word = text[i];
		if (clear_at && i >= clear_at) {
			put_code(p, 256);
			widen(p, 9);
			p->n_words = 257;
			clear_at = 0;
		}
	}
	put_code(p, word);
	return (p->bit + 7) / 8;
}

static void number(uint8_t *at, size_t n)
{
	for (int b = 0; b < 4; b++) at[b] = (uint8_t)(n >> (24 - 8 * b));
}

/* Two windows, with words that refer to themselves, two changes of width and one clearing. */
static void windows_of_compress(void **state)
{
	static struct packer p;
	static uint8_t text[2 * MOST], file[16 * MOST];
	const size_t window = 3000, size[2] = { 3000, 1800 };
	char path[] = "t_dataset_tokens.XXXXXX";
	size_t at = 0x60 + 8, n = 0;
	uint8_t *found = NULL;
	struct vt_rng r = vt_rng_stream(0, VT_PURPOSE_DATASET, 0);
	int fd = mkstemp(path);
	assert_true(fd >= 0);
	close(fd);
	for (size_t i = 0; i < 4800; i++) text[i] = i % 1000 < 200 ? 'a' : (uint8_t)('a' + vt_rng_below(&r, 12));
	memcpy(file, "EC02", 4);
	number(file + 0x54, window);
	number(file + 0x58, 2);
	number(file + 0x5c, at);
	for (size_t k = 0; k < 2; k++) {
		size_t packed = pack(&p, text + k * window, size[k], k == 0 ? 2000 : 0);
		memcpy(file + at, p.out, packed);
		at += packed;
		number(file + 0x60 + 4 * k, at);
	}
	write_file(path, file, at);
	if (vt_input_octets(*state, path, 1 << 20, &n, &found) != VT_OK) fail_msg("%s", vt_ctx_trail(*state));
	assert_int_equal(n, 4800);
	assert_memory_equal(found, text, 4800);
	free(found);
	found = NULL;
	assert_int_equal(vt_input_octets(*state, path, 4000, &n, &found), VT_EDATA);
	/* Damaged in any one byte it is refused or read as something of the right size at most. */
	for (size_t i = 4; i < at; i += 7) {
		file[i] ^= 0xff;
		write_file(path, file, at);
		if (vt_input_octets(*state, path, 1 << 20, &n, &found) == VT_OK) assert_true(n <= 2 * window);
		vt_ctx_forget(*state);
		free(found);
		found = NULL;
		file[i] ^= 0xff;
	}
	unlink(path);
}

/* 31 102 verses; the entropy of single bytes by another program (gzip -d and Python). */
static void the_bible(void **state)
{
	size_t n = 0, lines = 0;
	uint8_t *byte = NULL;
	if (access("/usr/lib/bible.data", R_OK) != 0) skip();
	assert_int_equal(vt_input_octets(*state, "/usr/lib/bible.data", 1 << 28, &n, &byte), VT_OK);
	for (size_t i = 0; i < n; i++) lines += byte[i] == '\n';
	assert_int_equal(n, 4404475);
	assert_int_equal(lines, 31102 + 1); /* and a title */
	free(byte);
	struct vt_dataset *d = dataset(*state, "text:alphabet=seen", 0);
	assert_int_equal(d->n_inputs, 64);
	assert_true(d->n_train > 0.88 * (double)d->n && d->n_train < 0.91 * (double)d->n);
	assert_int_equal(d->n * 64, 4387264);
	assert_int_equal(d->n_tokens, 73);
	WITHIN(d->h_y * VT_BITS_PER_NAT, 4.5445352239, 1e-9);
	vt_dataset_close(d);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(answers, setup, teardown),
		cmocka_unit_test_setup_teardown(division_undoes_multiplication, setup, teardown),
		cmocka_unit_test_setup_teardown(shape_and_information, setup, teardown),
		cmocka_unit_test_setup_teardown(a_memoriser_scores_chance_without_mirrors, setup, teardown),
		cmocka_unit_test_setup_teardown(shuffled_labels, setup, teardown),
		cmocka_unit_test_setup_teardown(repeats_after_the_lag, setup, teardown),
		cmocka_unit_test_setup_teardown(entropy_with_drawn_lags, setup, teardown),
		cmocka_unit_test_setup_teardown(no_document_on_both_sides, setup, teardown),
		cmocka_unit_test_setup_teardown(windows_of_compress, setup, teardown),
		cmocka_unit_test_setup_teardown(the_bible, setup, teardown),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
