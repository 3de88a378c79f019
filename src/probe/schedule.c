/* When to look: the steps of a schedule.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include <math.h>
#include <stdlib.h>

#include "venturi/probe.h"

enum { MAX_SNAPSHOTS = 10000000 };

/* A growing list of steps in [0, total]. */
struct list {
	int64_t *step, total;
	size_t n, room;
};

static void add(struct list *l, int64_t step)
{
	if (step >= 0 && step <= l->total && l->n < l->room) l->step[l->n++] = step;
}

/* 0, 1, ..., total in `points` distinct steps: where log spacing would repeat a whole number
 * the next one is taken, and what is left is spaced evenly again. */
static void add_log(struct list *l, int64_t points)
{
	int64_t step = 1;
	if (points > 2) add(l, step);
	for (int64_t left = points - 2; left > 0 && step < l->total; left--) {
		int64_t next = llround((double)step * pow((double)l->total / (double)step, 1 / (double)left));
		step = next > step ? next : step + 1;
		add(l, step);
	}
}

/* Saxe et al. 2018, published code: ends of the epochs e (counted from 0) where e < 20, or
 * e % 5 == 0 below 100, or e % 20 == 0 below 2000, or e % 100 == 0. */
static void add_ibsgd(struct list *l, int64_t per_epoch)
{
	for (int64_t e = 0; (e + 1) * per_epoch <= l->total; e++) {
		int64_t stride = e < 20 ? 1 : e < 100 ? 5 : e < 2000 ? 20 : 100;
		if (e % stride == 0) add(l, (e + 1) * per_epoch);
	}
}

/* Shwartz-Ziv & Tishby 2017, published code: 400 log-spaced epochs, each before its updates. */
static void add_idnns(struct list *l, int64_t per_epoch)
{
	double epochs = (double)(l->total / per_epoch);
	for (int i = 0; i < 400; i++) add(l, (int64_t)floor(pow(2, log2(fmax(epochs, 1)) * i / 399.0)) * per_epoch);
}

static int ascending(const void *a, const void *b)
{
	int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;
	return (x > y) - (x < y);
}

static size_t distinct(int64_t *step, size_t n)
{
	size_t kept = 0;
	qsort(step, n, sizeof *step, ascending);
	for (size_t i = 0; i < n; i++)
		if (kept == 0 || step[i] != step[kept - 1]) step[kept++] = step[i];
	return kept;
}

static size_t room_for(const struct vt_probe_settings *s, int64_t total, int64_t per_epoch)
{
	switch ((enum vt_probe_schedule)s->schedule) {
	case VT_PROBE_LOG: return (size_t)s->points + 2;
	case VT_PROBE_EVERY: return (size_t)(total / s->every) + 2;
	case VT_PROBE_LIST: return s->steps.n + 2;
	case VT_PROBE_IBSGD: return (size_t)(total / per_epoch) + 2;
	case VT_PROBE_IDNNS: break;
	}
	return 402;
}

enum vt_status vt_probe_steps(struct vt_ctx *ctx, const struct vt_probe_settings *s, int64_t total,
                              int64_t per_epoch, size_t *n, int64_t **out)
{
	enum vt_status status;
	struct list l = { .total = total, .room = room_for(s, total, per_epoch) };
	VT_REQUIRE(ctx, l.room <= MAX_SNAPSHOTS, VT_ECONFIG,
	           "probe: the schedule makes %zu snapshots, at most %d are possible",
	           l.room, MAX_SNAPSHOTS);
	VT_NEW(ctx, l.step, l.room);
	add(&l, 0);
	if (total > 0) switch ((enum vt_probe_schedule)s->schedule) {
		case VT_PROBE_LOG: add_log(&l, s->points); break;
		case VT_PROBE_EVERY:
			for (int64_t step = s->every; step < total; step += s->every) add(&l, step);
			break;
		case VT_PROBE_LIST:
			for (size_t i = 0; i < s->steps.n; i++) add(&l, s->steps.v[i]);
			break;
		case VT_PROBE_IBSGD: add_ibsgd(&l, per_epoch); break;
		case VT_PROBE_IDNNS: add_idnns(&l, per_epoch); break;
		}
	if (l.n == l.room) l.n--;
	add(&l, total);
	*n = distinct(l.step, l.n);
	*out = l.step;
	status = VT_OK;
done:
	return status;
}
