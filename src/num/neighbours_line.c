/* Counts of rows within a distance in one column: the column sorted, and both ends of the window looked up.
 * Everything is in double and as defined: |a - b| as it rounds grows with a on one side of b, so that bisection by
 * that very comparison finds the ends exactly.  Where to bisect is guessed from a table of equal steps and checked.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "near.h"
#include "simd.h"

enum { DIGIT_BITS = 11, DIGITS = 1 << DIGIT_BITS, PASSES = 6 };

/* ---- sorting ---------------------------------------------------------------------- */

struct entry {
	uint64_t key;
	uint32_t place;
};

/* Whole numbers in the order of the doubles: -0 comes before 0, which no distance sees. */
static uint64_t ascending_bits(double v)
{
	uint64_t bits;
	memcpy(&bits, &v, sizeof bits);
	return bits >> 63 ? ~bits : bits | (uint64_t)1 << 63;
}

static size_t digit(const struct entry *e, size_t pass)
{
	return e->key >> (pass * DIGIT_BITS) & (DIGITS - 1);
}

/* One pass of a radix sort; false: all digits are the same, and nothing was moved. */
static bool sort_pass(const struct entry *from, struct entry *to, size_t n, size_t pass, uint32_t *begin)
{
	uint32_t total = 0;
	memset(begin, 0, DIGITS * sizeof *begin);
	for (size_t i = 0; i < n; i++) begin[digit(&from[i], pass)]++;
	if (begin[digit(&from[0], pass)] == n) return false;
	for (size_t d = 0; d < DIGITS; d++) {
		uint32_t count = begin[d];
		begin[d] = total;
		total += count;
	}
	for (size_t i = 0; i < n; i++) to[begin[digit(&from[i], pass)]++] = from[i];
	return true;
}

static void sort_places(const struct vt_near *n, size_t column, void *memory, struct vt_line *out)
{
	struct entry *v = memory, *scratch = v + n->n;
	uint32_t begin[DIGITS];
	for (size_t p = 0; p < n->n; p++) v[p] = (struct entry){ ascending_bits(n->x[p * n->d + column]), (uint32_t)p };
	for (size_t pass = 0; pass < PASSES; pass++) {
		if (!sort_pass(v, scratch, n->n, pass, begin)) continue;
		struct entry *swap = v;
		v = scratch;
		scratch = swap;
	}
	for (size_t q = 0; q < n->n; q++) {
		out->at[v[q].place] = (uint32_t)q;
		out->x[q] = n->x[v[q].place * n->d + column];
	}
}

/* ---- the table of steps --------------------------------------------------------------- */

/* Never falls as v grows, and that is all that is taken for granted. */
VT_INLINE size_t step_of(const struct vt_line *s, double v)
{
	double step = (v - s->low) * s->per_step;
	return step >= (double)s->n_steps ? s->n_steps - 1 : step > 0 ? (size_t)step : 0;
}

/* The middle 98 % of the column are cut into n steps; outliers fall into the first and the last. */
static void fill_steps(struct vt_line *s)
{
	size_t cut = s->n / 100, at = 0;
	double width = s->x[s->n - 1 - cut] - s->x[cut];
	s->low = s->x[cut];
	s->per_step = width > 0 ? (double)s->n_steps / width : 0;
	if (!isfinite(s->per_step)) s->per_step = 0;
	for (size_t b = 0; b < s->n_steps; b++) {
		while (at < s->n && step_of(s, s->x[at]) < b) at++;
		s->begin[b] = (uint32_t)at;
	}
	s->begin[s->n_steps] = (uint32_t)s->n;
}

void vt_line_clear(struct vt_line *s)
{
	free(s->at);
	free(s->begin);
	free(s->x);
	*s = (struct vt_line){ 0 };
}

enum vt_status vt_line_create(struct vt_ctx *ctx, const struct vt_near *n, struct vt_line *out)
{
	enum vt_status status = VT_OK;
	out->n = out->n_steps = n->n;
	VT_NEW(ctx, out->at, n->n);
	VT_NEW(ctx, out->x, n->n);
	VT_NEW(ctx, out->begin, n->n + 1);
done:
	return status;
}

void vt_line_fill(const struct vt_near *n, size_t column, void *scratch, struct vt_line *out)
{
	sort_places(n, column, scratch, out);
	fill_steps(out);
}

/* ---- counts ------------------------------------------------------------------------------ */

VT_INLINE bool inside(double distance, double radius, bool strict)
{
	return strict ? distance < radius : distance <= radius;
}

/* How many of the positions from `begin` on are inside, where those inside come first (`first`) or last; without
 * branches, as nobody can guess them. */
VT_INLINE size_t bisect(const double *key, size_t begin, size_t end, double centre, double radius, bool strict,
                        bool first)
{
	size_t length = end - begin;
	const double *at = key + begin;
	while (length > 0) {
		size_t half = length / 2;
		bool right = inside(fabs(at[half] - centre), radius, strict) == first;
		at = right ? at + half + 1 : at;
		length = right ? length - half - 1 : half;
	}
	return (size_t)(at - key);
}

/* The first position from `at` on that is not inside. */
VT_INLINE size_t right_end(const struct vt_line *s, size_t at, double radius, bool strict)
{
	double centre = s->x[at];
	size_t step = step_of(s, centre + radius), begin = s->begin[step], end = s->begin[step + 1];
	if (begin < at) begin = at;
	if (end < begin || (begin > at && !inside(fabs(s->x[begin - 1] - centre), radius, strict)) ||
	    (end < s->n && inside(fabs(s->x[end] - centre), radius, strict)))
		begin = at, end = s->n;
	return bisect(s->x, begin, end, centre, radius, strict, true);
}

/* The first position up to `at` that is inside. */
VT_INLINE size_t left_end(const struct vt_line *s, size_t at, double radius, bool strict)
{
	double centre = s->x[at];
	size_t step = step_of(s, centre - radius), begin = s->begin[step], end = s->begin[step + 1];
	if (end > at) end = at;
	if (end < begin || (begin > 0 && inside(fabs(s->x[begin - 1] - centre), radius, strict)) ||
	    !inside(fabs(s->x[end] - centre), radius, strict))
		begin = 0, end = at;
	return bisect(s->x, begin, end, centre, radius, strict, false);
}

uint32_t vt_line_count(const struct vt_line *s, size_t place, double radius, bool strict)
{
	size_t at = s->at[place];
	if (strict && !(radius > 0)) return 0;
	return (uint32_t)(right_end(s, at, radius, strict) - left_end(s, at, radius, strict) - 1); /* the row itself */
}
