/* One variable of a frame with its coordinates, as verdicts and reports take it.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include <stdlib.h>
#include <string.h>

#include "frame.h"
#include "runs.h"

static void free_texts(char **text, size_t n)
{
	for (size_t i = 0; text && i < n; i++) free(text[i]);
	free(text);
}

void vt_series_free(struct vt_series *s)
{
	if (!s) return;
	for (size_t i = 0; i < s->rank; i++) {
		free(s->dim_name[i]);
		free(s->coord[i]);
		free_texts(s->label[i], s->dim[i]);
	}
	free_texts(s->text, s->n);
	free(s->value);
	free(s->epoch);
	free(s->name);
	free(s->unit);
	free(s->long_name);
	free(s);
}

long vt_series_index(const struct vt_series *s, const char *dim, const char *label)
{
	for (size_t k = 0; k < s->rank; k++) {
		if (strcmp(s->dim_name[k], dim) != 0) continue;
		char *end;
		double number = strtod(label, &end);
		bool is_number = end != label && *end == '\0';
		for (size_t i = 0; i < s->dim[k]; i++) {
			if (s->label[k] && strcmp(s->label[k][i], label) == 0) return (long)i;
			if (s->coord[k] && is_number && s->coord[k][i] == number) return (long)i;
		}
	}
	return -1;
}

static enum vt_status take_numbers(struct vt_ctx *ctx, const struct var *v, double **out)
{
	enum vt_status status;
	double *value = NULL;
	VT_NEW(ctx, value, v->n);
	for (size_t i = 0; i < v->n; i++) value[i] = vt_var_number(v, i);
	*out = value;
	status = VT_OK;
done:
	return status;
}

static enum vt_status take_texts(struct vt_ctx *ctx, const struct var *v, char ***out)
{
	enum vt_status status;
	char **text = NULL;
	VT_NEW(ctx, text, v->n);
	for (size_t i = 0; i < v->n; i++) {
		text[i] = vt_copy(ctx, vt_var_text(v, i));
		VT_REQUIRE(ctx, text[i], VT_ENOMEM, "out of memory for '%s'", v->name);
	}
	*out = text;
	text = NULL;
	status = VT_OK;
done:
	free_texts(text, v->n);
	return status;
}

/* Text coordinates become labels, numbers stay numbers, a bare axis has neither. */
static enum vt_status take_dimension(struct vt_ctx *ctx, const struct group *g, const struct dim *d, size_t k,
                                     struct vt_series *s)
{
	enum vt_status status;
	const struct var *c = d->bare ? NULL : vt_group_var(g, d->name);

	s->dim_name[k] = vt_copy(ctx, d->name);
	VT_REQUIRE(ctx, s->dim_name[k], VT_ENOMEM, "out of memory for '%s'", d->name);
	s->dim[k] = d->n;
	s->rank = k + 1;
	if (c && c->type == VT_TEXT) VT_TRY(take_texts(ctx, c, &s->label[k]));
	else if (c) VT_TRY(take_numbers(ctx, c, &s->coord[k]));
	status = VT_OK;
done:
	return status;
}

static enum vt_status take_names(struct vt_ctx *ctx, const struct var *v, const char *name, struct vt_series *s)
{
	const char *unit = vt_attrs_text(&v->attrs, "units"), *long_name = vt_attrs_text(&v->attrs, "long_name");
	s->name = vt_copy(ctx, name);
	s->unit = vt_copy(ctx, unit ? unit : "1");
	s->long_name = vt_copy(ctx, long_name ? long_name : name);
	return s->name && s->unit && s->long_name ? VT_OK : VT_ENOMEM;
}

enum vt_status vt_frame_series(struct vt_ctx *ctx, const struct vt_frame *f, const char *variable,
                               struct vt_series **out)
{
	enum vt_status status;
	struct vt_series *s = NULL;
	char *group = vt_copy(ctx, variable);
	const struct var *v = vt_frame_var(f, variable);

	VT_REQUIRE(ctx, group, VT_ENOMEM, "out of memory for '%s'", variable);
	VT_REQUIRE(ctx, v, VT_EDATA, "there is no variable '%s'", variable);
	char *slash = strchr(group, '/');
	if (slash) *slash = '\0';
	const struct group *g = vt_frame_group(f, slash ? group : "");
	VT_NEW(ctx, s, 1);
	VT_TRY(take_names(ctx, v, variable, s));
	for (size_t k = 0; k < v->rank; k++) VT_TRY(take_dimension(ctx, g, &g->dim[v->dim[k]], k, s));
	if (v->type == VT_TEXT) VT_TRY(take_texts(ctx, v, &s->text));
	else VT_TRY(take_numbers(ctx, v, &s->value));
	s->n = v->n;
	const struct var *epoch = vt_group_var(g, "epoch");
	if (s->rank > 0 && strcmp(s->dim_name[0], "step") == 0 && epoch && epoch->n == s->dim[0])
		VT_TRY(take_numbers(ctx, epoch, &s->epoch));
	*out = s;
	s = NULL;
	status = VT_OK;
done:
	vt_series_free(s);
	free(group);
	return status;
}
