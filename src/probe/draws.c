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
	uint32_t *row, *data_row;
	double **s;           /* per tap, as a sampler gives it; null without noise */
};

static void clear(struct vt_draws *d, size_t n_taps)
{
	for (size_t t = 0; d->s && t < n_taps; t++) free(d->s[t]);
	free(d->s);
	free(d->row);
	free(d->data_row);
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

/* S of one row of a chunk: the clean activation, or its coordinates in the basis. */
static void signal(const struct vt_model *m, const struct vt_smooth *s, const struct vt_pass *pass, size_t row,
                   double *out)
{
	size_t width = m->tap_width[s->from];
	const void *clean = vt_pass_clean(m, pass, s->from);
	const float *single = (const float *)clean + row * width;
	const double *twice = (const double *)clean + row * width;
	bool f32 = m->shape.precision == VT_SINGLE;
	for (size_t k = 0; k < s->width; k++) {
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
		for (size_t i = 0; i < c->n; i++)
			signal(f->p->model, s, c->pass, i, f->d->s[t] + (f->k * f->d->n + c->first + i) * s->width);
	}
}

static enum vt_status fill(struct vt_ctx *ctx, struct vt_probe *p, struct vt_draws *d)
{
	enum vt_status status = VT_OK;
	for (size_t k = 0; status == VT_OK && k < d->n_draws; k++) {
		struct filling f = { p, d, k };
		vt_forward_realise(p->forward, d->first + k);
		status = vt_forward_run(ctx, p->forward, d->data_row, d->n, take_chunk, &f);
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
	VT_NEW(ctx, d->s, m->n_taps);
	for (size_t i = 0; i < n; i++) {
		d->row[i] = row[i];
		d->data_row[i] = p->data_row[row[i]];
	}
	for (size_t t = 0; t < m->n_taps; t++)
		if (p->smooth[t].sd > 0) VT_NEW(ctx, d->s[t], n * n_draws * p->smooth[t].width);
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
	VT_NEW(ctx, p->data_row, p->n_rows);
	for (size_t i = 0; i < p->n_all; i++)
		if (p->place[i] >= 0) p->data_row[p->place[i]] = p->all[i];
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
		p->sampler[t] = (struct vt_sampler){ p, t, p->n_rows, s->width, s->sd, s->fixed, draw };
		p->view[t].sampler = s->sd > 0 ? &p->sampler[t] : NULL;
		p->view[t].step = m->kind->step ? m->kind->step(m, t) : 0;
	}
done:
	return status;
}
