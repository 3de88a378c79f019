/* One estimate on one case of known information, and what it is worth.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "promises.h"

const char *const vt_judgement_names[] = { "ok", "short", "right", "flagged", "silent", "failed" };

/* ---- running ------------------------------------------------------------------------------------------------ */

static enum vt_status run_pair(struct vt_ctx *ctx, const struct vt_item *item, const struct vt_known *c,
                               struct vt_estimated *out)
{
	enum vt_status status;
	struct vt_known_rows r = { 0 };
	VT_TRY(vt_known_draw(ctx, item->known, item->n, item->seed, &r));
	struct vt_pair p = {
		.x = { r.x, r.n, c->dim_x, c->dim_x }, .y = { r.y, r.n, c->dim_y, c->dim_y },
		.z = { r.z, c->dim_z ? r.n : 0, c->dim_z, c->dim_z }, .discrete_x = c->discrete_x, .discrete_y = c->discrete_y,
		.discrete_z = c->discrete_z, .seed = item->seed,
	};
	status = vt_estimate_pair(ctx, item->chosen, &p, out);
done:
	vt_known_rows_clear(&r);
	return status;
}

/* The layer without its noise is a function of the input: any realisation is the same. */
static enum vt_status draw_signal(struct vt_ctx *ctx, const struct vt_sampler *s, size_t n, const uint32_t *row,
                                  uint64_t first, size_t n_draws, double *out)
{
	const struct vt_known_layer *l = s->self;
	(void)ctx, (void)first;
	for (size_t k = 0; k < n_draws; k++)
		for (size_t i = 0; i < n; i++)
			memcpy(out + (k * n + i) * l->width, l->t + row[i] * l->width, l->width * sizeof *out);
	return VT_OK;
}

/* Cases of a class ask for I(T;Y), the others for I(X;T).  Two bounds become a bracket. */
static void from_layer(const struct vt_estimate_kind *kind, const struct vt_known *c, const struct vt_information i[2],
                       struct vt_estimated *out)
{
	bool of_class = c->of_class;
	double value[2];
	for (size_t b = 0; b < kind->n_bounds; b++) value[b] = of_class ? i[b].i_ty : i[b].i_xt;
	*out = vt_estimated_nothing();
	out->n = i[0].n;
	out->dim_x = c->dim_x;
	out->dim_y = c->dim_y;
	out->flags = i[0].flags;
	out->ceiling = i[0].ceiling;
	if (kind->n_bounds == 2) {
		out->bound = VT_BRACKET;
		out->lower = fmin(value[0], value[1]);
		out->upper = fmax(value[0], value[1]);
		return;
	}
	out->bound = kind->bound[0];
	out->mi = value[0];
	out->se = of_class ? i[0].i_ty_se : i[0].i_xt_se;
	out->lo = of_class ? i[0].i_ty_lo : i[0].i_xt_lo;
	out->hi = of_class ? i[0].i_ty_hi : i[0].i_xt_hi;
}

static enum vt_status run_layer(struct vt_ctx *ctx, const struct vt_item *item, const struct vt_known *c,
                                struct vt_estimated *out)
{
	enum vt_status status;
	struct vt_known_layer l = { 0 };
	struct vt_information i[2];
	double began = vt_clock();
	VT_TRY(vt_known_layer(ctx, item->known, &l));
	struct vt_sampler noise = {
		.self = &l, .n_rows = l.n, .width = l.width, .sd = sqrt(c->variance), .fixed = true, .draw = draw_signal,
	};
	struct vt_layer layer = {
		.sampler = c->variance > 0 ? &noise : NULL, .step = c->variance > 0 ? 0 : 1,
		.t = { l.t, l.n, l.width, l.width }, .x = { l.input, l.n, 12, 12 }, .y = { l.label, l.n, 2 }, .enumerated = true,
		.seed = item->seed,
	};
	VT_TRY(vt_estimate_layer(ctx, item->chosen, &layer, i));
	from_layer(vt_estimate_kind_of(item->chosen), c, i, out);
	out->seconds = vt_clock() - began;
done:
	vt_known_layer_clear(&l);
	return status;
}

void vt_item_run(struct vt_ctx *ctx, const struct vt_item *item, struct vt_validated *out)
{
	struct vt_known c = vt_known_case(item->known);
	const struct vt_estimate_kind *kind = vt_estimate_kind_of(item->chosen);
	*out = (struct vt_validated){
		.estimator = item->text, .kind = item->chosen->kind, .known = item->known, .n = item->n, .seed = item->seed,
		.tolerance = NAN, .in_regime = item->promise && !item->promise->outside, .e = vt_estimated_nothing(),
	};
	enum vt_status status = vt_known_truth(ctx, item->known, &out->truth, &out->truth_se);
	if (status == VT_OK)
		status = c.enumerated && kind->layer ? run_layer(ctx, item, &c, &out->e) : run_pair(ctx, item, &c, &out->e);
	if (status == VT_OK) {
		vt_item_judge(item, out);
		return;
	}
	out->judgement = VT_JUDGED_FAILED;
	out->e = vt_estimated_nothing();
	snprintf(out->e.reason, sizeof out->e.reason, "%.*s", VT_LONGEST_REASON - 1, vt_ctx_trail(ctx));
	vt_ctx_forget(ctx);
}

/* ---- judging ------------------------------------------------------------------------------------------------- */

/* How far the truth is from what the estimate says: 0 inside a bracket. */
static double error_of(const struct vt_validated *v)
{
	if (v->e.bound == VT_BRACKET) return fmax(0, fmax(v->e.lower - v->truth, v->truth - v->e.upper));
	return fabs(v->e.mi - v->truth);
}

bool vt_validated_right(const struct vt_validated *v)
{
	return v->e.bound != VT_BRACKET && error_of(v) <= fmax(0.05, 0.1 * v->truth);
}

/* A bound that lies on its side is no error, however far. */
static bool holds(const struct vt_validated *v)
{
	double slack = fmax(0.05, 0.1 * v->truth);
	if (v->e.bound == VT_BRACKET) return error_of(v) <= slack;
	if (v->e.bound == VT_LOWER) return v->e.mi <= v->truth + slack;
	if (v->e.bound == VT_UPPER) return v->e.mi >= v->truth - slack;
	return vt_validated_right(v);
}

void vt_item_judge(const struct vt_item *item, struct vt_validated *v)
{
	const struct vt_promise *p = item->promise;
	bool number = v->e.bound == VT_BRACKET ? isfinite(v->e.lower) && isfinite(v->e.upper) : isfinite(v->e.mi);
	if (v->in_regime) {
		double se = hypot(isfinite(v->e.se) ? v->e.se : 0, v->truth_se);
		v->tolerance = item->scale * fmax(1e-9, p->absolute + p->relative * v->truth + p->errors * se);
		v->judgement = number && error_of(v) <= v->tolerance ? VT_JUDGED_OK : VT_JUDGED_SHORT;
	} else if (number && holds(v)) {
		v->judgement = VT_JUDGED_RIGHT;
	} else {
		v->judgement = v->e.flags != 0 || !number ? VT_JUDGED_FLAGGED : VT_JUDGED_SILENT;
	}
}
