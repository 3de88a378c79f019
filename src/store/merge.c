/* Union of the coordinates of many runs: steps, layers, estimators.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include <stdlib.h>
#include <string.h>

#include "merge.h"
#include "venturi/num.h"

void vt_grid_clear(struct grid *g)
{
	for (size_t k = 0; k < g->n; k++) {
		struct merged *m = &g->dim[k];
		for (size_t i = 0; m->label && i < m->n; i++) free(m->label[i]);
		free(m->label);
		free(m->value);
		free(m->name);
		free(m->unit);
		free(m->long_name);
	}
	free(g->dim);
	*g = (struct grid){ 0 };
}

const struct merged *vt_grid_dim(const struct grid *g, const char *name)
{
	for (size_t k = 0; k < g->n; k++)
		if (strcmp(g->dim[k].name, name) == 0) return &g->dim[k];
	return NULL;
}

static long find_label(const struct merged *m, const char *label)
{
	for (size_t i = 0; i < m->n; i++)
		if (strcmp(m->label[i], label) == 0) return (long)i;
	return -1;
}

static enum vt_status add_labels(struct vt_ctx *ctx, const struct var *v, struct merged *m)
{
	for (size_t i = 0; i < v->n; i++) {
		if (find_label(m, vt_var_text(v, i)) >= 0) continue;
		enum vt_status status = vt_array_grow(ctx, &m->label, m->n, sizeof *m->label);
		if (status != VT_OK) return status;
		char *copy = vt_copy(ctx, vt_var_text(v, i));
		if (!copy) return VT_ENOMEM;
		m->label[m->n++] = copy;
	}
	return VT_OK;
}

/* Both sets ascend and hold no value twice when this returns. */
static enum vt_status add_values(struct vt_ctx *ctx, const struct var *v, struct merged *m)
{
	enum vt_status status;
	double *all = NULL;
	size_t n = 0;

	VT_NEW(ctx, all, m->n + v->n);
	if (m->n) memcpy(all, m->value, m->n * sizeof *all);
	for (size_t i = 0; i < v->n; i++) all[m->n + i] = vt_var_number(v, i);
	vt_sort(all, m->n + v->n); /* coordinates are never NaN */
	for (size_t i = 0; i < m->n + v->n; i++)
		if (n == 0 || all[i] != all[n - 1]) all[n++] = all[i];
	free(m->value);
	m->value = all;
	m->n = n;
	status = VT_OK;
done:
	return status;
}

static enum vt_status new_dim(struct vt_ctx *ctx, const char *name, const struct var *v, struct grid *grid,
                              struct merged **out)
{
	const char *unit = vt_attrs_text(&v->attrs, "units"), *long_name = vt_attrs_text(&v->attrs, "long_name");
	enum vt_status status = vt_array_grow(ctx, &grid->dim, grid->n, sizeof *grid->dim);
	if (status != VT_OK) return status;
	struct merged *m = &grid->dim[grid->n++];
	*m = (struct merged){ .name = vt_copy(ctx, name), .unit = vt_copy(ctx, unit ? unit : "1"),
	                      .long_name = vt_copy(ctx, long_name ? long_name : name), .text = v->type == VT_TEXT };
	*out = m;
	return m->name && m->unit && m->long_name ? VT_OK : VT_ENOMEM;
}

/* Names and numbers along the same dimension cannot be put in one order. */
static enum vt_status add_dim(struct vt_ctx *ctx, const struct run *r, const struct group *g, const struct dim *d,
                              struct grid *grid)
{
	enum vt_status status;
	const struct var *v = d->bare ? NULL : vt_group_var(g, d->name);
	struct merged *m = (struct merged *)vt_grid_dim(grid, d->name);

	if (!v) return VT_OK;
	if (!m) VT_TRY(new_dim(ctx, d->name, v, grid, &m));
	VT_REQUIRE(ctx, m->text == (v->type == VT_TEXT), VT_EDATA,
	           "%s: dimension '%s' of '/%s' has %s, that of an earlier run has %s", r->path, d->name, g->name,
	           m->text ? "numbers" : "names", m->text ? "names" : "numbers");
	status = m->text ? add_labels(ctx, v, m) : add_values(ctx, v, m);
done:
	return status;
}

enum vt_status vt_grid_merge(struct vt_ctx *ctx, const struct vt_runs *r, const char *group, struct grid *out)
{
	for (size_t i = 0; i < r->n; i++) {
		const struct group *g = vt_frame_group(r->run[i].frame, group);
		for (size_t k = 0; g && k < g->n_dims; k++) {
			enum vt_status status = add_dim(ctx, &r->run[i], g, &g->dim[k], out);
			if (status != VT_OK) return status;
		}
	}
	return VT_OK;
}

/* Every entry is on the grid, since the grid was made of them. */
enum vt_status vt_grid_map(struct vt_ctx *ctx, const struct grid *grid, const struct group *g, const struct dim *d,
                           size_t **to)
{
	enum vt_status status;
	const struct merged *m = vt_grid_dim(grid, d->name);
	const struct var *v = vt_group_var(g, d->name);
	size_t *map = NULL;

	VT_NEW(ctx, map, d->n);
	for (size_t i = 0; i < d->n; i++) {
		if (m->text) {
			map[i] = (size_t)find_label(m, vt_var_text(v, i));
		} else {
			size_t at = vt_sorted_place(m->value, m->n, vt_var_number(v, i));
			map[i] = at < m->n ? at : 0;
		}
	}
	*to = map;
	status = VT_OK;
done:
	return status;
}
