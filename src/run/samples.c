/* Samples of known information as a file, so that other tools can be judged on them.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include <stdio.h>
#include <stdlib.h>

#include "promises.h"
#include "venturi/store.h"

enum { DEFAULT_ROWS = 10000 };

static enum vt_status add_matrix(struct vt_ctx *ctx, struct vt_frame *f, const char *group, const char *name,
                                 const double *value, size_t n, size_t d, bool discrete)
{
	struct vt_mat m = { value, n, d, d };
	char kind[16];
	enum vt_status status;
	snprintf(kind, sizeof kind, "kind_%s", name);
	VT_TRY(vt_frame_matrix(ctx, f, group, name, discrete ? VT_I32 : VT_F64, &m,
	                       discrete ? "symbols: row, column" : "points: row, column"));
	status = vt_frame_attr_text(ctx, f, group, kind, discrete ? "discrete" : "continuous");
done:
	return status;
}

static enum vt_status describe(struct vt_ctx *ctx, struct vt_frame *f, const char *group, const struct vt_known *c,
                               size_t known)
{
	enum vt_status status;
	double mi, se;
	VT_TRY(vt_known_truth(ctx, known, &mi, &se));
	VT_TRY(vt_frame_attr_real(ctx, f, group, "true_mi_nats", mi));
	VT_TRY(vt_frame_attr_real(ctx, f, group, "true_mi_stderr", se));
	VT_TRY(vt_frame_attr_text(ctx, f, group, "measure", c->dim_z > 0 ? "cmi" : "mi"));
	VT_TRY(vt_frame_attr_text(ctx, f, group, "task", c->name));
	VT_TRY(vt_frame_attr_text(ctx, f, group, "suite", vt_known_suites[c->suite]));
	VT_TRY(vt_frame_attr_text(ctx, f, group, "truth_method", c->method));
done:
	return status;
}

static enum vt_status add_sample(struct vt_ctx *ctx, struct vt_frame *f, const char *group, size_t known, size_t n,
                                 uint64_t seed)
{
	enum vt_status status;
	struct vt_known c = vt_known_case(known);
	struct vt_known_rows r = { 0 };
	VT_TRY(vt_known_draw(ctx, known, n, seed, &r));
	VT_TRY(add_matrix(ctx, f, group, "x", r.x, n, c.dim_x, c.discrete_x));
	VT_TRY(add_matrix(ctx, f, group, "y", r.y, n, c.dim_y, c.discrete_y));
	if (c.dim_z > 0) VT_TRY(add_matrix(ctx, f, group, "z", r.z, n, c.dim_z, c.discrete_z));
	VT_TRY(describe(ctx, f, group, &c, known));
	VT_TRY(vt_frame_attr_int(ctx, f, group, "n", (int64_t)n));
	VT_TRY(vt_frame_attr_int(ctx, f, group, "seed", (int64_t)seed));
done:
	vt_known_rows_clear(&r);
	return status;
}

static enum vt_status add_case(struct vt_ctx *ctx, struct vt_frame *f, const struct vt_validate_options *o,
                               size_t known, size_t *n)
{
	enum vt_status status = VT_OK;
	const char *name = vt_known_case(known).name;
	uint64_t first = o->seeds_given ? o->first_seed : 0, last = o->seeds_given ? o->last_seed : 0;
	char group[128];
	for (uint64_t seed = first; seed <= last; seed++) {
		if (first == last) snprintf(group, sizeof group, "%s", name);
		else snprintf(group, sizeof group, "%s-s%llu", name, (unsigned long long)seed);
		VT_TRY(add_sample(ctx, f, group, known, o->n ? o->n : DEFAULT_ROWS, seed));
		++*n;
	}
done:
	return status;
}

enum vt_status vt_validate_dump(struct vt_ctx *ctx, const struct vt_validate_options *o, const char *path, size_t *n)
{
	enum vt_status status;
	struct vt_frame *f = vt_frame_create(ctx);
	*n = 0;
	if (!f) return VT_ENOMEM;
	VT_TRY(vt_frame_attr_text(ctx, f, "/", "venturi_schema", "venturi-known/1"));
	VT_TRY(vt_frame_attr_text(ctx, f, "/", "title", "samples of known mutual information"));
	for (size_t i = 0; i < vt_known_count(); i++) {
		struct vt_known c = vt_known_case(i);
		if (vt_case_matches(&c, o->cases)) VT_TRY(add_case(ctx, f, o, i, n));
	}
	VT_REQUIRE(ctx, *n > 0, VT_EUSAGE, "no case is called '%.80s'; --list names them", o->cases ? o->cases : "");
	status = vt_frame_write(ctx, f, path);
done:
	vt_frame_free(f);
	return status;
}
