/* Onsets: crossings of a level, and change points.  Called by statistics and by figures.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include <math.h>
#include <stdlib.h>

#include "venturi/num.h"
#include "venturi/onset.h"

enum { FEWEST_CHANGE = 8 };
static const double strong = 10;       /* of AICc: Burnham, Anderson 2002, sec. 2.6 */
static const double clear_change = 5;  /* half-way: times the scatter */

/* The numbers of a series without its gaps. */
struct known {
	size_t n;
	double *step, *value;
};

static void unknown(struct vt_onset *out)
{
	*out = (struct vt_onset){ NAN, NAN, NAN, false };
}

static void never(const struct known *k, struct vt_onset *out)
{
	double last = k->step[k->n - 1];
	*out = (struct vt_onset){ last, last, INFINITY, false };
}

/* ---- crossing ------------------------------------------------------------------- */

static void crossing(const struct known *k, double level, bool up, double stay, struct vt_onset *out)
{
	size_t beyond = 0, first = k->n;
	for (size_t i = k->n; i-- > 0;) {
		bool here = up ? k->value[i] >= level : k->value[i] <= level;
		beyond += here;
		if (here && (double)beyond >= stay * (double)(k->n - i) - 1e-9) first = i;
	}
	if (first == k->n) never(k, out);
	else *out = (struct vt_onset){ k->step[first], first > 0 ? k->step[first - 1] : -INFINITY, k->step[first], true };
}

static double tail_mean(const struct known *k)
{
	size_t tail = (k->n + 9) / 10;
	double sum = 0;
	for (size_t i = k->n - tail; i < k->n; i++) sum += k->value[i];
	return sum / (double)tail;
}

/* Of one snapshot, from the differences of neighbours, by the median; work holds n. */
static double scatter(const struct known *k, double *work)
{
	size_t n = k->n - 1;
	for (size_t i = 0; i < n; i++) work[i] = fabs(k->value[i + 1] - k->value[i]);
	vt_sort(work, n);
	return work[n / 2] / 0.67448975019608171 / sqrt(2);
}

static bool wanted(int way, double change)
{
	return way == VT_ONSET_EITHER || (way == VT_ONSET_UP ? change > 0 : change < 0);
}

static enum vt_status half_way(struct vt_ctx *ctx, const struct vt_onset_rule *rule, const struct known *k,
                               struct vt_onset *out)
{
	enum vt_status status;
	double *work = NULL, start = k->value[0], change = tail_mean(k) - start;

	VT_NEW(ctx, work, k->n);
	never(k, out);
	if (k->n < 3) unknown(out);
	else if (wanted(rule->way, change) && fabs(change) > clear_change * scatter(k, work))
		crossing(k, start + change / 2, change > 0, rule->stay, out);
	status = VT_OK;
done:
	free(work);
	return status;
}

/* ---- change ------------------------------------------------------------------------ */

/* Logarithms of the steps after 0, in place of the steps themselves. */
static size_t drop_start(const struct known *k, double *x, double *y)
{
	size_t n = 0;
	for (size_t i = 0; i < k->n; i++) {
		if (!(k->step[i] > 0)) continue;
		x[n] = log10(k->step[i]);
		y[n++] = k->value[i];
	}
	return n;
}

static enum vt_status change(struct vt_ctx *ctx, const struct vt_onset_rule *rule, const struct known *k,
                             struct vt_onset *out)
{
	enum vt_status status;
	double *x = NULL, *y = NULL;
	struct vt_step_fit f;

	VT_NEW(ctx, x, k->n);
	VT_NEW(ctx, y, k->n);
	size_t n = drop_start(k, x, y);
	unknown(out);
	status = VT_OK;
	if (n < FEWEST_CHANGE) goto done;
	VT_TRY(vt_step_fit(ctx, n, x, y, false, &f));
	if (f.gain > strong && wanted(rule->way, f.height))
		*out = (struct vt_onset){ pow(10, f.centre), pow(10, f.lo), pow(10, f.hi), true };
	else never(k, out);
done:
	free(x);
	free(y);
	return status;
}

bool vt_onset_bound(const struct vt_onset *o)
{
	return isinf(o->lo) || isinf(o->hi);
}

enum vt_status vt_onset_find(struct vt_ctx *ctx, const struct vt_onset_rule *rule, size_t n, const double *step,
                             const double *value, struct vt_onset *out)
{
	enum vt_status status;
	struct known k = { 0 };
	struct vt_onset found;

	VT_NEW(ctx, k.step, n);
	VT_NEW(ctx, k.value, n);
	for (size_t i = 0; i < n; i++) {
		if (isnan(value[i])) continue;
		k.step[k.n] = step[i];
		k.value[k.n++] = value[i];
	}
	status = VT_OK;
	bool up = k.n > 0 && (rule->way == VT_ONSET_EITHER ? k.value[0] < rule->level : rule->way == VT_ONSET_UP);
	if (k.n == 0) unknown(&found);
	else if (rule->by == VT_ONSET_HALF) VT_TRY(half_way(ctx, rule, &k, &found));
	else if (rule->by == VT_ONSET_CHANGE) VT_TRY(change(ctx, rule, &k, &found));
	else crossing(&k, rule->level, up, rule->stay, &found);
	*out = found;
done:
	free(k.step);
	free(k.value);
	return status;
}
