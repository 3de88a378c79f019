/* Planted activations along token positions: a cosine, padding, uniform attention, white noise.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "measured.h"

enum { LENGTH = 64, SEQUENCES = 12, ROWS = SEQUENCES * LENGTH, WIDTH = 5, BANDS = 5, CUTS = 2, WINDOW = LENGTH - 1,
       BINS = WINDOW / 2 + 1, PAD = 9 };

struct planted {
	double x[ROWS * WIDTH], token[ROWS];
	uint32_t block[ROWS], position[ROWS];
	size_t rows;
};

static const char *const tap_names[] = { "h1" };
static const size_t tap_widths[] = { WIDTH };
static const struct vt_snapshot_shape shape = { .n_taps = 1, .n_rows = ROWS, .n_inputs = 1, .n_positions = LENGTH,
	                                        .n_tokens = 10, .tap_name = tap_names, .tap_width = tap_widths };

/* Sequences of `length` tokens, filled up with padding to LENGTH where `padded`. */
static void lay_out(struct planted *p, const size_t *length, bool padded)
{
	p->rows = 0;
	for (uint32_t s = 0; s < SEQUENCES; s++)
		for (uint32_t i = 0; i < (padded ? LENGTH : length[s]); i++) {
			p->block[p->rows] = s;
			p->position[p->rows] = i;
			p->token[p->rows++] = i < length[s] ? 1 + i % 3 : PAD;
		}
}

static void measure_planted(struct planted *p, const char *settings, struct measured *m)
{
	struct vt_tap tap = { "h1", VT_ROLE_HIDDEN, { p->x, p->rows, WIDTH, WIDTH }, NULL, 0 };
	const struct vt_snapshot s = { .n_taps = 1, .tap = &tap, .input = { p->token, p->rows, 1, 1 }, .block = p->block,
		                       .position = p->position, .n_positions = LENGTH };
	measured_must(m, measured_open(m, settings, &shape), "open");
	measured_must(m, vt_measures_record(m->ctx, m->measures, &s), "record");
}

static const size_t full[SEQUENCES] = { 64, 64, 64, 64, 64, 64, 64, 64, 64, 64, 64, 64 };

/* Period 8 lies in the band from 4 to 16: at least 99 % of a cosine's energy.  Sines, and thus other phases, do not end
 * on an extremum: in 64 tokens 1.7 % of theirs lies elsewhere.  The tapers leave nothing of either. */
static void check_cosine(double turn, double least)
{
	static struct planted p;
	struct measured m;
	lay_out(&p, full, false);
	for (size_t r = 0; r < ROWS; r++)
		for (size_t j = 0; j < WIDTH; j++)
			p.x[r * WIDTH + j] = cos(2 * M_PI * (p.position[r] / 8.0 + turn * (0.13 * (double)j + 0.29 * p.block[r])));
	measure_planted(&p, "spectrum-token", &m);
	double *share = measured_values(&m, "band_share", CUTS * BANDS);
	double *energy = measured_values(&m, "band_energy", CUTS * BANDS);
	double *spectrum = measured_values(&m, "spectrum", CUTS * BINS), inside = 0, all = 0, total = 0;
	if (share[2] < least) fail_msg("turn %g: %.4f in the band", turn, share[2]);
	for (size_t b = 0; b < BANDS; b++) total += energy[b];
	WITHIN(total, WIDTH * 0.5, 1e-3); /* Parseval: squares a token, of five units */
	for (size_t b = 0; b < BINS; b++) {
		all += spectrum[b];
		if (b >= WINDOW / 16 && b <= WINDOW / 4) inside += spectrum[b];
	}
	assert_true(inside > 0.99 * all);
	free(share);
	free(energy);
	free(spectrum);
	measured_close(&m);
}

static void planted_cosine(void **state)
{
	(void)state;
	check_cosine(0, 0.99);
	check_cosine(1, 0.98);
}

/* What stands on padding is not looked at: sequences filled up with rubbish are the sequences. */
static void padding_has_no_effect(void **state)
{
	static const size_t ragged[SEQUENCES] = { 64, 40, 17, 64, 33, 9, 64, 50, 4, 64, 64, 21 };
	static struct planted p;
	struct measured m;
	double *value[2][4];
	static const char *const names[4] = { "band_energy", "varying_share", "spectrum", "spectrum_hi" };
	static const size_t sizes[4] = { CUTS * BANDS, CUTS, CUTS * BINS, CUTS * BINS };
	(void)state;
	for (int padded = 0; padded < 2; padded++) {
		lay_out(&p, ragged, padded);
		for (size_t r = 0; r < p.rows; r++)
			for (size_t j = 0; j < WIDTH; j++) {
				struct vt_rng g = vt_rng_stream(p.block[r] * 100 + p.position[r], VT_PURPOSE_DATASET, j);
				p.x[r * WIDTH + j] = p.token[r] == PAD ? 1e6 * (double)(r % 7) : vt_rng_normal(&g);
			}
		measure_planted(&p, padded ? "spectrum-token:padding=9" : "spectrum-token", &m);
		for (int i = 0; i < 4; i++) value[padded][i] = measured_values(&m, names[i], sizes[i]);
		measured_close(&m);
	}
	for (int i = 0; i < 4; i++)
		for (size_t k = 0; k < sizes[i]; k++) {
			WITHIN(value[1][i][k], value[0][i][k], 1e-12);
			assert_true(isfinite(value[0][i][k]));
		}
	for (int i = 0; i < 8; i++) free(value[i / 4][i % 4]);
}

/* Attention that looks at all tokens alike gives every position the same average. */
static void uniform_attention(void **state)
{
	static struct planted p;
	static double before[ROWS * WIDTH];
	struct measured m;
	struct vt_rng g = vt_rng_stream(4, VT_PURPOSE_DATASET, 0);
	(void)state;
	lay_out(&p, full, false);
	for (size_t i = 0; i < ROWS * WIDTH; i++) before[i] = 1 + vt_rng_normal(&g);
	for (size_t s = 0; s < SEQUENCES; s++)
		for (size_t i = 0; i < LENGTH * LENGTH; i++)
			for (size_t j = 0; j < WIDTH; j++) {
				if (i % LENGTH == 0) p.x[(s * LENGTH + i / LENGTH) * WIDTH + j] = 0;
				p.x[(s * LENGTH + i / LENGTH) * WIDTH + j] += before[(s * LENGTH + i % LENGTH) * WIDTH + j] / LENGTH;
			}
	measure_planted(&p, "spectrum-token", &m);
	double *varying = measured_values(&m, "varying_share", CUTS);
	if (!(varying[0] < 1e-20 && varying[1] < 1e-20)) fail_msg("varying share %g, %g", varying[0], varying[1]);
	free(varying);
	measured_close(&m);
}

/* Units of one white process: the interval covers its variance in 90 to 99 % of the bins that the removed mean does not
 * touch, over 30 draws.  An impulse at the first position spoils that, and only where it is kept. */
static void white_noise(void **state)
{
	static struct planted p;
	enum { DRAWS = 30, FROM = 3 };
	size_t covered = 0, bins = 0;
	(void)state;
	lay_out(&p, full, false);
	for (uint64_t seed = 0; seed < DRAWS; seed++) {
		struct measured m;
		struct vt_rng g = vt_rng_stream(seed, VT_PURPOSE_DATASET, 1);
		for (size_t i = 0; i < ROWS * WIDTH; i++) p.x[i] = 2 * vt_rng_normal(&g) + (p.position[i / WIDTH] == 0 ? 100 : 0);
		measure_planted(&p, "spectrum-token", &m);
		double *lo = measured_values(&m, "spectrum_lo", CUTS * BINS), *hi = measured_values(&m, "spectrum_hi", CUTS * BINS);
		for (size_t b = FROM; b + FROM < BINS; b++) {
			covered += lo[BINS + b] <= 4 && 4 <= hi[BINS + b];
			assert_true(lo[b] > 4);
			bins++;
		}
		free(lo);
		free(hi);
		measured_close(&m);
	}
	double share = (double)covered / (double)bins;
	if (share < 0.9 || share > 0.99) fail_msg("intervals cover the truth in %.3f of %zu bins", share, bins);
}

static void what_it_refuses(void **state)
{
	struct vt_snapshot_shape flat = shape;
	struct measured m;
	(void)state;
	flat.n_positions = 0;
	assert_int_equal(measured_open(&m, "spectrum-token", &flat), VT_ECONFIG);
	measured_close(&m);
	assert_int_equal(measured_open(&m, "spectrum-token:bands=[8,8]", &shape), VT_ECONFIG);
	measured_close(&m);
	assert_int_equal(measured_open(&m, "spectrum-token:window=64", &shape), VT_ECONFIG);
	measured_close(&m);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(planted_cosine),
		cmocka_unit_test(padding_has_no_effect),
		cmocka_unit_test(uniform_attention),
		cmocka_unit_test(white_noise),
		cmocka_unit_test(what_it_refuses),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
