/* Brute force: all pairs of rows, a few rows at a time against tiles of all columns.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "near.h"

enum { BLOCK = 128 };

/* Floats are clipped here, far above what neighbours_row.c lets them decide. */
static const double most_float = 1e37;

/* ---- data as floats ------------------------------------------------------------ */

static void fill_column(struct vt_brute *job, size_t c, double centre)
{
	const struct vt_near *n = job->near;
	for (size_t p = 0; p < job->room; p++) {
		double v = p < n->n ? (n->x[p * n->d + c] - centre) * job->scale : INFINITY;
		if (p < n->n) v = fmin(fmax(v, -most_float), most_float);
		job->x[((p / VT_STRIP_TILE) * n->d + c) * VT_STRIP_TILE + p % VT_STRIP_TILE] = (float)v;
	}
}

enum vt_status vt_brute_create(struct vt_ctx *ctx, const struct vt_near *n, struct vt_brute *job)
{
	enum vt_status status = VT_OK;
	double *centre = NULL, most = 0, spread;
	int exponent = 0;
	job->near = n;
	job->n_tiles = (n->n + VT_STRIP_TILE - 1) / VT_STRIP_TILE;
	job->room = job->n_tiles * VT_STRIP_TILE;
	VT_NEW(ctx, centre, n->d);
	VT_NEW(ctx, job->x, job->room * n->d);
	for (size_t c = 0; c < n->d; c++) {
		centre[c] = vt_near_middle(n, c, &spread);
		if (isfinite(spread) && spread > most) most = spread;
	}
	for (size_t i = 0; most == 0 && i < n->n * n->d; i++)
		spread = fmax(i > 0 ? spread : 0, fabs(n->x[i] - centre[i % n->d]));
	if (most == 0 && isfinite(spread)) most = spread;
	if (most > 0) frexp(most, &exponent);
	job->scale = ldexp(1, exponent < -1000 ? 1000 : exponent > 1000 ? -1000 : -exponent);
	for (size_t c = 0; c < n->d; c++) fill_column(job, c, centre[c]);
done:
	free(centre);
	return status;
}

/* ---- blocks of rows ------------------------------------------------------------------ */

bool vt_brute_work_create(const struct vt_brute *job, struct vt_brute_work *w)
{
	const struct vt_near *n = job->near;
	size_t strips = VT_BRUTE_ROWS * n->n_spaces + 1, strip = job->room * sizeof(uint32_t);
	size_t row = (VT_BRUTE_ROWS * n->d * sizeof *w->row + 63) / 64 * 64, value = job->room * sizeof *w->value;
	char *at = w->memory = aligned_alloc(64, strips * strip + row + value + job->room * sizeof *w->found);
	if (!at) return false;
	for (size_t r = 0; r < VT_BRUTE_ROWS; r++)
		for (size_t s = 0; s < n->n_spaces; s++, at += strip) w->strip[r][s] = (uint32_t *)at;
	w->both = (uint32_t *)at;
	w->row = (float *)(at + strip);
	w->value = (double *)(at + strip + row);
	w->found = (struct vt_near_row *)(at + strip + row + value);
	return true;
}

/* Row p as floats, and its size in each space. */
void vt_brute_take(const struct vt_brute *job, size_t p, float *out, struct vt_brute_row *r)
{
	const struct vt_near *n = job->near;
	const float *x = job->x + (p / VT_STRIP_TILE) * n->d * VT_STRIP_TILE + p % VT_STRIP_TILE;
	r->place = p;
	r->most = 0;
	for (size_t s = 0; s < n->n_spaces; s++) {
		r->size[s] = 0;
		for (size_t c = n->first[s]; c < n->first[s + 1]; c++) {
			out[c] = x[c * VT_STRIP_TILE];
			r->size[s] = fmax(r->size[s], fabs((double)out[c]));
		}
		r->most = fmax(r->most, r->size[s]);
	}
}

void vt_brute_strips(const struct vt_brute *b, const struct vt_brute_work *w, size_t s, const float *x, size_t stride,
                     struct vt_brute_row *row, size_t count)
{
	const struct vt_near *n = b->near;
	const float *a[VT_BRUTE_ROWS];
	uint32_t *out[VT_BRUTE_ROWS];
	for (size_t r = 0; r < count; r++) {
		a[r] = w->row + r * n->d + n->first[s];
		out[r] = row[r].f[s];
	}
	vt_strip_distances(b->n_tiles, n->first[s + 1] - n->first[s], stride, x, count, a, out);
}

static void few_rows(const struct vt_brute *job, struct vt_brute_work *w, size_t begin, size_t count)
{
	const struct vt_near *n = job->near;
	struct vt_brute_row row[VT_BRUTE_ROWS];
	for (size_t r = 0; r < count; r++) {
		vt_brute_take(job, begin + r, w->row + r * n->d, &row[r]);
		for (size_t s = 0; s < n->n_spaces; s++) row[r].f[s] = w->strip[r][s];
	}
	for (size_t s = 0; s < n->n_spaces; s++)
		vt_brute_strips(job, w, s, job->x + n->first[s] * VT_STRIP_TILE, n->d, row, count);
	for (size_t r = 0; r < count; r++) vt_brute_finish(job, w, &row[r]);
}

static enum vt_status run_block(void *self, size_t block)
{
	const struct vt_brute *job = self;
	struct vt_brute_work w = { 0 };
	size_t end = (block + 1) * BLOCK < job->near->n ? (block + 1) * BLOCK : job->near->n;
	if (!vt_brute_work_create(job, &w)) return VT_ENOMEM;
	for (size_t p = block * BLOCK; p < end; p += VT_BRUTE_ROWS)
		few_rows(job, &w, p, end - p < VT_BRUTE_ROWS ? end - p : VT_BRUTE_ROWS);
	free(w.memory);
	return VT_OK;
}

enum vt_status vt_near_brute(struct vt_ctx *ctx, const struct vt_near *n, struct vt_neighbours *out)
{
	enum vt_status status = VT_OK;
	struct vt_brute job = { .out = out };
	VT_TRY(vt_brute_create(ctx, n, &job));
	status = vt_blocks_run(ctx, (n->n + BLOCK - 1) / BLOCK, false, run_block, &job);
	VT_REQUIRE(ctx, status == VT_OK, status, "out of memory for the neighbours of %zu rows", n->n);
done:
	free(job.x);
	return status;
}
