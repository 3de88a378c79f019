/* One row by brute force: its nearest, and its counts, as floats, and in double where floats cannot tell.
 *
 * Columns are centred and scaled by one power of 2, so that a distance R in double and its float f differ by
 *
 *   |f - R| <= delta(R),   delta(t) = 2^-22 (M_i + t) + 1e-37
 *
 * for row i with greatest size M_i: a float near A is off by 2^-24 |A|, row j's |A_j| is at most M_i + R, and the
 * subtraction rounds once more; 2^-23 (1 + tiny) would do.  Only row i's own size enters: an outlier spoils its own
 * distances and nobody else's.  The k-th smallest float is as near to the k-th smallest distance.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include <math.h>
#include <string.h>

#include "near.h"

enum { SPARE = 4 };

/* Scaled numbers beyond this are for double alone; floats are clipped far above it. */
static const double most_size = 1e30;

/* ---- margins -------------------------------------------------------------------- */

static double margin(double size, double t)
{
	return 0x1p-22 * (size + t) + 1e-37;
}

/* Bits of a float that is not negative; what is below 0 is as good as 0. */
static uint32_t bits_of(double v)
{
	float f = v > 0 ? (float)v : 0;
	uint32_t bits;
	memcpy(&bits, &f, sizeof bits);
	return bits;
}

static double value_of(uint32_t bits)
{
	float f;
	memcpy(&f, &bits, sizeof f);
	return f;
}

/* ---- the nearest ------------------------------------------------------------------ */

static uint32_t joint_bits(const struct vt_near *n, const struct vt_brute_row *r, size_t q)
{
	uint32_t most = r->f[0][q];
	for (size_t s = 1; s < n->n_spaces; s++) most = r->f[s][q] > most ? r->f[s][q] : most;
	return most;
}

static void add_found(const struct vt_near *n, struct vt_brute_work *w, struct vt_brute_row *r, size_t q)
{
	struct vt_near_row *found = &w->found[r->n_found++];
	vt_near_distance(n, r->place, q, found);
	found->own = q >= r->begin && q < r->end;
}

/* Certainly nearer than the first radius, wherever that is: as good as at distance 0. */
static void add_sure(struct vt_brute_work *w, struct vt_brute_row *r, size_t q)
{
	struct vt_near_row *found = &w->found[r->n_found++];
	*found = (struct vt_near_row){ .place = (uint32_t)q, .own = true };
}

static void find_all(const struct vt_near *n, struct vt_brute_work *w, struct vt_brute_row *r)
{
	r->n_found = 0;
	for (size_t q = 0; q < n->n; q++)
		if (q != r->place) add_found(n, w, r, q);
}

/* The k-th smallest float where the short list is too short for k. */
static double kth_of_many(const struct vt_near *n, struct vt_brute_work *w, const struct vt_brute_row *r, size_t k)
{
	for (size_t q = r->begin; q < r->end; q++) w->value[q - r->begin] = value_of(joint_bits(n, r, q));
	return vt_near_kth(w->value, r->end - r->begin, k);
}

/* Rows whose floats are below these bits are strictly nearer than the k[0]-th, whose own distance is at least its
 * float less a margin; where only that distance is asked for, theirs need not be known. */
static uint32_t sure_bits(const struct vt_near *n, const struct vt_brute_row *r, const struct vt_strip_list *list)
{
	size_t k = n->in->k[0];
	if (k > list->n) return 0;
	double kth = value_of(list->bits[k - 1]), least = kth - margin(r->most, kth);
	return bits_of(least - margin(r->most, least > 0 ? least : 0));
}

/* All rows of the class that may be among the k nearest, with their distances in double. */
static void find_near(const struct vt_near *n, struct vt_brute_work *w, struct vt_brute_row *r)
{
	struct vt_strip_list list = { .guess = w->guess };
	size_t k = n->in->k[r->n_k - 1];
	double kth;
	list.room = k + SPARE < VT_STRIP_MOST ? k + SPARE : VT_STRIP_MOST;
	vt_strip_select(r->begin, r->end, n->n_spaces, (const uint32_t *const *)r->f, w->both, &list);
	w->guess = list.guess;
	kth = k <= list.n ? value_of(list.bits[k - 1]) : kth_of_many(n, w, r, k);
	if (!(r->most <= most_size && kth <= most_size)) {
		find_all(n, w, r);
		return;
	}
	double reach = kth + margin(r->most, kth);
	uint32_t within = bits_of(reach + margin(r->most, reach));
	bool whole = list.n < list.room || list.bits[list.n - 1] > within;
	r->n_found = 0;
	uint32_t sure = n->in->rule == VT_COUNT_RECTANGLE ? 0 : sure_bits(n, r, &list);
	for (size_t a = 0; whole && a < list.n && list.bits[a] <= within; a++) {
		if (list.bits[a] < sure) add_sure(w, r, list.place[a]);
		else add_found(n, w, r, list.place[a]);
	}
	for (size_t q = r->begin; !whole && q < r->end; q++)
		if (joint_bits(n, r, q) <= within) add_found(n, w, r, q);
}

/* ---- counts ------------------------------------------------------------------------ */

static bool inside(double distance, const struct vt_near_radius *radius, size_t c)
{
	return radius->strict ? distance < radius->count[c] : distance <= radius->count[c];
}

/* Strip of the product of the spaces of count c. */
static const uint32_t *set_strip(const struct vt_near *n, struct vt_brute_work *w, const struct vt_brute_row *r,
                                 unsigned set)
{
	const uint32_t *only = NULL;
	bool several = false;
	for (size_t s = 0; s < n->n_spaces; s++) {
		if (!(set >> s & 1)) continue;
		if (several) vt_strip_join(n->n, r->f[s], w->both);
		else if (only) {
			memcpy(w->both, only, n->n * sizeof *w->both);
			vt_strip_join(n->n, r->f[s], w->both);
			several = true;
		} else only = r->f[s];
	}
	return several ? w->both : only;
}

/* Rows whose floats are too near to the radius to tell. */
static uint32_t doubtful(const struct vt_near *n, const struct vt_brute_row *r, const struct vt_near_radius *radius,
                         size_t c, const uint32_t *f, uint32_t lo, uint32_t width)
{
	uint32_t count = 0;
	struct vt_near_row exact;
	for (size_t q = 0; q < n->n; q++) {
		if (f[q] - lo > width) continue;
		vt_near_distance(n, r->place, q, &exact);
		count += inside(vt_near_set(&exact, n->in->count[c]), radius, c);
	}
	return count;
}

/* Rows of the list are counted by their distances; their floats are out of the way. */
static uint32_t count_rows(const struct vt_brute *job, const struct vt_brute_work *w, const struct vt_brute_row *r,
                           const struct vt_near_radius *radius, size_t c, const uint32_t *f)
{
	const struct vt_near *n = job->near;
	unsigned set = n->in->count[c];
	uint32_t count = 0, least;
	double size = 0, t = radius->count[c] * job->scale;
	for (size_t i = 0; i < r->n_found; i++) count += inside(vt_near_set(&w->found[i], set), radius, c);
	if (r->n_found == n->n - 1) return count;
	for (size_t s = 0; s < n->n_spaces; s++)
		if (set >> s & 1) size = fmax(size, r->size[s]);
	uint32_t lo = bits_of(t - margin(size, t)), width = bits_of(t + margin(size, t)) - lo;
	count += vt_strip_below(n->n, f, lo, &least);
	if (least <= width) count += doubtful(n, r, radius, c, f, lo, width);
	return count;
}

static void hide(const struct vt_near *n, const struct vt_brute_work *w, const struct vt_brute_row *r)
{
	for (size_t i = 0; i < r->n_found; i++)
		for (size_t s = 0; s < n->n_spaces; s++) {
			w->found[i].bits[s] = r->f[s][w->found[i].place];
			r->f[s][w->found[i].place] = vt_strip_infinite;
		}
}

static void radii(const struct vt_near *n, struct vt_brute_work *w, const struct vt_brute_row *r,
                  struct vt_near_radius *radius)
{
	for (size_t a = 0; a < r->n_k; a++) {
		size_t own = 0;
		for (size_t i = 0; i < r->n_found; i++)
			if (w->found[i].own) w->value[own++] = w->found[i].joint;
		double e = vt_near_kth(w->value, own, n->in->k[a]);
		vt_near_radii(n->in, w->found, r->n_found, e, &radius[a]);
	}
}

void vt_brute_finish(const struct vt_brute *job, struct vt_brute_work *w, struct vt_brute_row *r)
{
	const struct vt_near *n = job->near;
	struct vt_near_radius radius[VT_MOST_K];
	uint32_t count[VT_MOST_K][VT_MOST_COUNTS];
	vt_near_range(n, r->place, &r->begin, &r->end);
	r->n_k = vt_near_wanted(n, r->place, r->end - r->begin);
	if (r->n_k == 0) return;
	for (size_t s = 0; s < n->n_spaces; s++) r->f[s][r->place] = vt_strip_infinite;
	find_near(n, w, r);
	radii(n, w, r, radius);
	hide(n, w, r);
	for (size_t c = 0; c < n->in->n_counts; c++) {
		const uint32_t *f = set_strip(n, w, r, n->in->count[c]);
		for (size_t a = 0; a < r->n_k; a++) count[a][c] = count_rows(job, w, r, &radius[a], c, f);
	}
	for (size_t a = 0; job->out && a < r->n_k; a++) vt_near_store(n, r->place, a, &radius[a], count[a], job->out);
	for (size_t c = 0; !job->out && c < n->in->n_counts; c++) w->sum += job->term[c * n->n + count[0][c]];
}
