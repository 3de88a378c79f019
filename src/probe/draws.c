/* A noisy network's layers in any realisation of its noise: what samplers give to estimators.
 * Layers are asked for the same realisations one after the other, so a pass is kept for all.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include <stdlib.h>
#include <string.h>

#include "probe.h"

/* Realisations first .. first + n_draws - 1 of some probe rows, for every layer. */
struct vt_draws {
	size_t n, n_draws;
	uint64_t first, used; /* used: when, to find the older one */
	bool valid;
	uint32_t *row;
	size_t n_passes;      /* data rows to run: samples beside each other that share one are run once */
	uint32_t *data_row;
	size_t *before;       /* n_passes + 1: samples before each */
	double **s;           /* per tap, as a sampler gives it; null without noise */
};

static void clear(struct vt_draws *d, size_t n_taps)
{
	for (size_t t = 0; d->s && t < n_taps; t++) free(d->s[t]);
	free(d->s);
	free(d->row);
	free(d->data_row);
	free(d->before);
	*d = (struct vt_draws){ 0 };
}

void vt_probe_draws_free(struct vt_probe *p)
{
	for (size_t t = 0; p->smooth && t < p->model->n_taps; t++) free(p->smooth[t].basis);
	for (size_t k = 0; p->draws && k < VT_PROBE_DRAWS; k++) clear(&p->draws[k], p->model->n_taps);
	free(p->smooth);
	free(p->sampler);
	free(p->draws);
	free(p->data_row);
}

/* Numbers of a sample in a layer of `whole` numbers a data row that tap `from` holds. */
static size_t part_width(const struct vt_probe *p, size_t from, size_t whole)
{
	bool part = p->samples == VT_PROBE_TOKEN || p->samples == VT_PROBE_LAST;
	return whole / (part ? vt_probe_positions(p->model, from) : 1);
}

/* S of one sample in one row of a chunk: the clean activation, or its coordinates in the basis. */
static void signal(const struct vt_probe *p, const struct vt_smooth *s, const struct vt_pass *pass, size_t row,
                   size_t sample, double *out)
{
	const struct vt_model *m = p->model;
	size_t whole = m->tap_width[s->from], width = part_width(p, s->from, whole);
	size_t at = row * whole + (p->position && whole > width ? p->position[sample] * width : 0);
	const void *clean = vt_pass_clean(m, pass, s->from);
	const float *single = (const float *)clean + at;
	const double *twice = (const double *)clean + at;
	bool f32 = m->shape.precision == VT_SINGLE;
	for (size_t k = 0; k < part_width(p, s->from, s->width); k++) {
		if (!s->basis) {
			out[k] = f32 ? single[k] : twice[k];
			continue;
		}
		out[k] = 0;
		for (size_t c = 0; c < width; c++) out[k] += s->basis[k * width + c] * (f32 ? single[c] : twice[c]);
	}
}

/* One realisation on its way into a struct vt_draws. */
struct filling {
	const struct vt_probe *p;
	struct vt_draws *d;
	size_t k;
};

static void take_chunk(void *self, const struct vt_chunk *c)
{
	const struct filling *f = self;
	for (size_t t = 0; t < f->p->model->n_taps; t++) {
		const struct vt_smooth *s = &f->p->smooth[t];
		if (!f->d->s[t]) continue;
		size_t width = part_width(f->p, s->from, s->width);
		for (size_t i = 0; i < c->n; i++)
			for (size_t a = f->d->before[c->first + i]; a < f->d->before[c->first + i + 1]; a++)
				signal(f->p, s, c->pass, i, f->d->row[a], f->d->s[t] + (f->k * f->d->n + a) * width);
	}
}

static enum vt_status fill(struct vt_ctx *ctx, struct vt_probe *p, struct vt_draws *d)
{
	enum vt_status status = VT_OK;
	for (size_t k = 0; status == VT_OK && k < d->n_draws; k++) {
		struct filling f = { p, d, k };
		vt_forward_realise(p->forward, d->first + k);
		status = vt_forward_run(ctx, p->forward, d->data_row, d->n_passes, take_chunk, &f);
	}
	vt_forward_realise(p->forward, 0);
	return status;
}

static enum vt_status allocate(struct vt_ctx *ctx, const struct vt_probe *p, size_t n, const uint32_t *row,
                               uint64_t first, size_t n_draws, struct vt_draws *d)
{
	enum vt_status status;
	const struct vt_model *m = p->model;
	d->n = n;
	d->first = first;
	d->n_draws = n_draws;
	VT_NEW(ctx, d->row, n);
	VT_NEW(ctx, d->data_row, n);
	VT_NEW(ctx, d->before, n + 1);
	VT_NEW(ctx, d->s, m->n_taps);
	for (size_t i = 0; i < n; i++) {
		uint32_t data_row = p->data_row[row[i]];
		d->row[i] = row[i];
		if (i == 0 || data_row != d->data_row[d->n_passes - 1]) d->data_row[d->n_passes++] = data_row;
		d->before[d->n_passes] = i + 1;
	}
	for (size_t t = 0; t < m->n_taps; t++)
		if (p->smooth[t].sd > 0)
			VT_NEW(ctx, d->s[t], n * n_draws * part_width(p, p->smooth[t].from, p->smooth[t].width));
	status = VT_OK;
done:
	return status;
}

static bool same(const struct vt_draws *d, size_t n, const uint32_t *row, uint64_t first, size_t n_draws)
{
	return d->valid && d->n == n && d->first == first && d->n_draws == n_draws &&
	       memcmp(d->row, row, n * sizeof *row) == 0;
}

static enum vt_status draw(struct vt_ctx *ctx, const struct vt_sampler *s, size_t n, const uint32_t *row,
                           uint64_t first, size_t n_draws, double *out)
{
	enum vt_status status = VT_OK;
	struct vt_probe *p = s->self;
	struct vt_draws *d = &p->draws[0];
	for (size_t k = 0; k < VT_PROBE_DRAWS && !same(d, n, row, first, n_draws); k++)
		if (same(&p->draws[k], n, row, first, n_draws) || p->draws[k].used < d->used) d = &p->draws[k];
	if (!same(d, n, row, first, n_draws)) {
		clear(d, p->model->n_taps);
		VT_TRY(allocate(ctx, p, n, row, first, n_draws, d));
		VT_TRY(fill(ctx, p, d));
		d->valid = true;
	}
	d->used = ++p->draw_clock;
	memcpy(out, d->s[s->layer], n * n_draws * s->width * sizeof *out);
done:
	return status;
}

enum vt_status vt_probe_draws_create(struct vt_ctx *ctx, struct vt_probe *p)
{
	enum vt_status status;
	VT_NEW(ctx, p->smooth, p->model->n_taps);
	VT_NEW(ctx, p->sampler, p->model->n_taps);
	VT_NEW(ctx, p->draws, VT_PROBE_DRAWS);
	status = VT_OK;
done:
	return status;
}

enum vt_status vt_probe_draws_refresh(struct vt_ctx *ctx, struct vt_probe *p)
{
	enum vt_status status = VT_OK;
	const struct vt_model *m = p->model;
	for (size_t k = 0; k < VT_PROBE_DRAWS; k++) clear(&p->draws[k], m->n_taps);
	for (size_t t = 0; t < m->n_taps; t++) {
		struct vt_smooth *s = &p->smooth[t];
		free(s->basis);
		*s = (struct vt_smooth){ 0 };
		if (m->kind->smooth) VT_TRY(m->kind->smooth(ctx, m, t, s));
		size_t width = part_width(p, s->from, s->width);
		if (s->basis && width < s->width) s->sd = 0; /* coordinates of all positions together: not those of one */
		p->sampler[t] = (struct vt_sampler){ p, t, p->n_samples, width, s->sd, s->fixed, draw };
		p->view[t].sampler = s->sd > 0 ? &p->sampler[t] : NULL;
		p->view[t].step = m->kind->step ? m->kind->step(m, t) : 0;
	}
done:
	return status;
}
