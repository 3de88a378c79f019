/* Which rows a probe holds.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "probe.h"
#include "venturi/rng.h"

enum { ROWS_ALL, ROWS_TRAIN, ROWS_TEST };
enum { TRAIN = 1, TEST = 2 };

/* part[row] = TRAIN, TEST or 0 */
static void mark(const struct vt_dataset *d, uint8_t *part)
{
	for (size_t i = 0; i < d->n_train; i++) part[d->train[i]] = TRAIN;
	for (size_t i = 0; i < d->n_test; i++) part[d->test[i]] = TEST;
}

static bool eligible(int rows, uint8_t part)
{
	return part != 0 && (rows == ROWS_ALL || part == (rows == ROWS_TRAIN ? TRAIN : TEST));
}

/* A fixed sample: the same for every training seed of the same split. */
static enum vt_status choose(struct vt_ctx *ctx, const struct vt_probe_settings *s, struct vt_probe *p)
{
	enum vt_status status;
	uint32_t *candidate = NULL;
	size_t n = 0;
	VT_NEW(ctx, candidate, p->n_all);
	for (size_t i = 0; i < p->n_all; i++)
		if (eligible(s->rows, p->is_test[i] ? TEST : TRAIN)) candidate[n++] = (uint32_t)i;
	VT_REQUIRE(ctx, n > 0, VT_ECONFIG, "probe.rows: the dataset has no %s rows",
	           s->rows == ROWS_TEST ? "test" : "training");
	p->n_rows = s->n > 0 && (size_t)s->n < n ? (size_t)s->n : n;
	if (p->n_rows < n) {
		struct vt_rng r = vt_rng_stream(0, VT_PURPOSE_PROBE, 0);
		vt_rng_shuffle(&r, candidate, n);
	}
	for (size_t i = 0; i < p->n_all; i++) p->place[i] = -1;
	for (size_t i = 0; i < p->n_rows; i++) p->place[candidate[i]] = 0;
	for (size_t i = 0, next = 0; i < p->n_all; i++)
		if (p->place[i] == 0) p->place[i] = (long)next++;
	status = VT_OK;
done:
	free(candidate);
	return status;
}

enum vt_status vt_probe_choose_rows(struct vt_ctx *ctx, const struct vt_probe_settings *s, struct vt_probe *p)
{
	enum vt_status status;
	const struct vt_dataset *d = p->data;
	uint8_t *part = NULL;
	VT_NEW(ctx, part, d->n);
	mark(d, part);
	VT_NEW(ctx, p->all, d->n_train + d->n_test);
	VT_NEW(ctx, p->is_test, d->n_train + d->n_test);
	VT_NEW(ctx, p->place, d->n_train + d->n_test);
	for (size_t i = 0; i < d->n; i++) {
		if (part[i] == 0) continue;
		p->is_test[p->n_all] = part[i] == TEST;
		p->all[p->n_all++] = (uint32_t)i;
	}
	VT_TRY(choose(ctx, s, p));
done:
	free(part);
	return status;
}

struct sortable {
	const double *x;
	size_t width;
};

static int by_content(const void *a, const void *b, void *self)
{
	const struct sortable *s = self;
	const double *x = s->x + *(const uint32_t *)a * s->width, *y = s->x + *(const uint32_t *)b * s->width;
	return memcmp(x, y, s->width * sizeof *x);
}

enum vt_status vt_probe_input_entropy(struct vt_ctx *ctx, struct vt_probe *p)
{
	enum vt_status status;
	struct sortable s = { p->input, p->n_x };
	uint32_t *order = NULL;
	double n = (double)p->n_samples, h = 0;
	VT_NEW(ctx, order, p->n_samples);
	for (size_t i = 0; i < p->n_samples; i++) order[i] = (uint32_t)i;
	qsort_r(order, p->n_samples, sizeof *order, by_content, &s);
	for (size_t i = 0, run = 1; i < p->n_samples; i++, run++) {
		if (i + 1 < p->n_samples && by_content(&order[i], &order[i + 1], &s) == 0) continue;
		h -= (double)run / n * log((double)run / n);
		run = 0;
	}
	p->h_x = h;
	status = VT_OK;
done:
	free(order);
	return status;
}
