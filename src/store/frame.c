/* Groups, dimensions, variables and attributes of a file in memory.  Called by the measures
 * and the training loop through vt_frame_*, and by everything in this room.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include <stdlib.h>
#include <string.h>

#include "frame.h"

enum { LONGEST_NAME = 200 };

/* ---- life ------------------------------------------------------------- */

/* `items` is the address of any pointer to objects; memcpy keeps within the aliasing rules. */
enum vt_status vt_array_grow(struct vt_ctx *ctx, void *items, size_t n, size_t size)
{
	void *old, *grown;
	if (n & (n - 1)) return VT_OK; /* capacities are powers of two */
	memcpy(&old, items, sizeof old);
	size_t capacity = n ? 2 * n : 1;
	grown = realloc(old, capacity * size);
	if (!grown) return vt_ctx_fail(ctx, VT_ENOMEM, "out of memory: %zu times %zu bytes wanted", capacity, size);
	memset((char *)grown + n * size, 0, (capacity - n) * size);
	memcpy(items, &grown, sizeof grown);
	return VT_OK;
}

static void clear_attr(struct attr *a)
{
	free(a->name);
	free(a->text);
	free(a->ints);
	*a = (struct attr){ 0 };
}

static void clear_attrs(struct attrs *a)
{
	for (size_t i = 0; i < a->n; i++) clear_attr(&a->item[i]);
	free(a->item);
}

static void clear_var(struct var *v)
{
	if (v->type == VT_TEXT)
		for (size_t i = 0; i < v->n; i++) free(v->u.text[i]);
	free(v->u.data);
	free(v->name);
	clear_attrs(&v->attrs);
}

static void clear_group(struct group *g)
{
	for (size_t i = 0; i < g->n_dims; i++) free(g->dim[i].name);
	for (size_t i = 0; i < g->n_vars; i++) clear_var(&g->var[i]);
	clear_attrs(&g->attrs);
	free(g->dim);
	free(g->var);
	free(g->name);
}

struct vt_frame *vt_frame_create(struct vt_ctx *ctx)
{
	struct vt_frame *f = vt_alloc(ctx, 1, sizeof *f);
	struct group *root;
	if (f && vt_frame_need_group(ctx, f, "", &root) == VT_OK) return f;
	vt_frame_free(f);
	return NULL;
}

void vt_frame_free(struct vt_frame *f)
{
	if (!f) return;
	for (size_t i = 0; i < f->n_groups; i++) clear_group(&f->group[i]);
	free(f->group);
	free(f);
}

/* ---- finding ---------------------------------------------------------- */

struct group *vt_frame_group(const struct vt_frame *f, const char *name)
{
	if (strcmp(name, "/") == 0) name = "";
	for (size_t i = 0; i < f->n_groups; i++)
		if (strcmp(f->group[i].name, name) == 0) return &f->group[i];
	return NULL;
}

struct var *vt_group_var(const struct group *g, const char *name)
{
	for (size_t i = 0; i < g->n_vars; i++)
		if (strcmp(g->var[i].name, name) == 0) return &g->var[i];
	return NULL;
}

const struct dim *vt_group_dim(const struct group *g, const char *name)
{
	for (size_t i = 0; i < g->n_dims; i++)
		if (strcmp(g->dim[i].name, name) == 0) return &g->dim[i];
	return NULL;
}

struct var *vt_frame_var(const struct vt_frame *f, const char *path)
{
	const char *slash = strchr(path, '/');
	if (!slash) return vt_group_var(&f->group[0], path);
	for (size_t i = 0; i < f->n_groups; i++) {
		const struct group *g = &f->group[i];
		if (strlen(g->name) == (size_t)(slash - path) && strncmp(g->name, path, strlen(g->name)) == 0)
			return vt_group_var(g, slash + 1);
	}
	return NULL;
}

const struct attr *vt_attrs_find(const struct attrs *a, const char *name)
{
	for (size_t i = 0; i < a->n; i++)
		if (strcmp(a->item[i].name, name) == 0) return &a->item[i];
	return NULL;
}

const char *vt_attrs_text(const struct attrs *a, const char *name)
{
	const struct attr *found = vt_attrs_find(a, name);
	return found && found->type == ATTR_TEXT ? found->text : NULL;
}

/* ---- groups and names --------------------------------------------------- */

/* netCDF forbids slashes, control characters and a blank at the end. */
static enum vt_status check_name(struct vt_ctx *ctx, const char *what, const char *name)
{
	size_t n = strlen(name);
	bool bad = n == 0 || n > LONGEST_NAME || strcmp(name, ".") == 0 || strcmp(name, "..") == 0 || name[n - 1] == ' ';
	for (size_t i = 0; i < n; i++) bad = bad || name[i] == '/' || (unsigned char)name[i] < 32 || name[i] == 127;
	if (!bad) return VT_OK;
	return vt_ctx_fail(ctx, VT_ECONFIG, "'%.40s' cannot name a %s in a file: wanted 1 to %d letters without slash or"
	                   " control characters", name, what, LONGEST_NAME);
}

/* In the root a group and a dataset share one space of names. */
enum vt_status vt_frame_need_group(struct vt_ctx *ctx, struct vt_frame *f, const char *name, struct group **out)
{
	enum vt_status status;
	struct group *g = vt_frame_group(f, name);

	if (!g) {
		if (f->n_groups > 0) {
			VT_TRY(check_name(ctx, "group", name));
			VT_REQUIRE(ctx, !vt_group_var(&f->group[0], name), VT_ECONFIG, "'%s' is a dataset of the root already and"
			           " cannot name a group", name);
		}
		VT_TRY(vt_array_grow(ctx, &f->group, f->n_groups, sizeof *f->group));
		g = &f->group[f->n_groups];
		g->name = vt_copy(ctx, name);
		VT_REQUIRE(ctx, g->name, VT_ENOMEM, "out of memory for group '%s'", name);
		f->n_groups++;
	}
	*out = g;
	status = VT_OK;
done:
	return status;
}

/* ---- attributes ------------------------------------------------------- */

/* All or nothing, so that a failure leaves no half attribute behind. */
static bool copy_attr(struct vt_ctx *ctx, const struct attr *value, struct attr *out)
{
	*out = *value;
	out->name = vt_copy(ctx, value->name);
	out->text = value->text ? vt_copy(ctx, value->text) : NULL;
	out->ints = NULL;
	if (value->type == ATTR_INTS) out->ints = vt_alloc(ctx, value->n, sizeof *out->ints);
	bool whole = out->name && (!value->text || out->text) && (value->type != ATTR_INTS || out->ints);
	if (whole && value->type == ATTR_INTS) memcpy(out->ints, value->ints, value->n * sizeof *out->ints);
	if (!whole) clear_attr(out);
	return whole;
}

enum vt_status vt_attrs_set(struct vt_ctx *ctx, struct attrs *a, const struct attr *value)
{
	struct attr made;
	if (!copy_attr(ctx, value, &made)) return VT_ENOMEM;
	struct attr *slot = (struct attr *)vt_attrs_find(a, value->name);
	if (slot) {
		clear_attr(slot);
	} else {
		enum vt_status status = vt_array_grow(ctx, &a->item, a->n, sizeof *a->item);
		if (status != VT_OK) {
			clear_attr(&made);
			return status;
		}
		slot = &a->item[a->n++];
	}
	*slot = made;
	return VT_OK;
}

/* "", "/", "group", "group/variable" or a variable of the root. */
static enum vt_status attr_set(struct vt_ctx *ctx, struct vt_frame *f, const char *object, const struct attr *value)
{
	enum vt_status status;
	struct group *g = NULL;
	struct var *v = strcmp(object, "/") != 0 ? vt_frame_var(f, object) : NULL;

	VT_TRY(check_name(ctx, "attribute", value->name));
	if (v) return vt_attrs_set(ctx, &v->attrs, value);
	VT_REQUIRE(ctx, strcmp(object, "/") == 0 || !strchr(object, '/'), VT_EBUG,
	           "attribute '%s': there is no variable '%s'", value->name, object);
	VT_TRY(vt_frame_need_group(ctx, f, object, &g));
	status = vt_attrs_set(ctx, &g->attrs, value);
done:
	return status;
}

enum vt_status vt_frame_attr_text(struct vt_ctx *ctx, struct vt_frame *f, const char *object, const char *name,
                                  const char *value)
{
	struct attr a = { .name = (char *)name, .type = ATTR_TEXT, .text = (char *)value };
	return attr_set(ctx, f, object, &a);
}

enum vt_status vt_frame_attr_int(struct vt_ctx *ctx, struct vt_frame *f, const char *object, const char *name,
                                 int64_t value)
{
	struct attr a = { .name = (char *)name, .type = ATTR_INT, .integer = value };
	return attr_set(ctx, f, object, &a);
}

enum vt_status vt_frame_attr_real(struct vt_ctx *ctx, struct vt_frame *f, const char *object, const char *name,
                                  double value)
{
	struct attr a = { .name = (char *)name, .type = ATTR_REAL, .real = value };
	return attr_set(ctx, f, object, &a);
}

enum vt_status vt_frame_attr_ints(struct vt_ctx *ctx, struct vt_frame *f, const char *object, const char *name,
                                  size_t n, const int32_t *value)
{
	struct attr a = { .name = (char *)name, .type = ATTR_INTS, .n = n, .ints = (int32_t *)value };
	return attr_set(ctx, f, object, &a);
}

/* ---- dimensions and variables ------------------------------------------- */

enum vt_status vt_group_add_dim(struct vt_ctx *ctx, struct group *g, const char *name, size_t n, bool growing,
                                bool bare)
{
	enum vt_status status;

	VT_TRY(check_name(ctx, "dimension", name));
	VT_REQUIRE(ctx, !vt_group_dim(g, name), VT_ECONFIG, "dimension '%s' is in group '/%s' already; choose another name",
	           name, g->name);
	VT_REQUIRE(ctx, bare || !vt_group_var(g, name), VT_ECONFIG, "variable '%s' is in group '/%s' already and cannot name a"
	           " dimension", name, g->name);
	VT_REQUIRE(ctx, n > 0 || growing, VT_EBUG, "dimension '%s' of group '/%s' has length 0, wanted at least 1", name,
	           g->name);
	VT_TRY(vt_array_grow(ctx, &g->dim, g->n_dims, sizeof *g->dim));
	char *copy = vt_copy(ctx, name);
	VT_REQUIRE(ctx, copy, VT_ENOMEM, "out of memory for dimension '%s'", name);
	g->dim[g->n_dims++] = (struct dim){ .name = copy, .n = n, .growing = growing, .bare = bare };
	status = VT_OK;
done:
	return status;
}

/* Dimensions by name, and how many elements they make. */
static enum vt_status shape_var(struct vt_ctx *ctx, const struct group *g, const struct vt_variable *from,
                                struct var *v)
{
	enum vt_status status;

	VT_REQUIRE(ctx, from->rank <= VT_MAX_RANK_FRAME, VT_EBUG, "variable '/%s/%s' has %zu dimensions, wanted at most %d",
	           g->name, from->name, from->rank, VT_MAX_RANK_FRAME);
	v->rank = from->rank;
	v->row = 1;
	for (size_t i = 0; i < from->rank; i++) {
		const struct dim *d = vt_group_dim(g, from->dim[i]);
		VT_REQUIRE(ctx, d, VT_EBUG, "variable '/%s/%s': there is no dimension '%s' in the group", g->name, from->name,
		           from->dim[i]);
		VT_REQUIRE(ctx, !d->growing || i == 0, VT_EBUG, "variable '/%s/%s': '%s' must be its first dimension", g->name,
		           from->name, d->name);
		v->dim[i] = (size_t)(d - g->dim);
		v->growing = v->growing || d->growing;
		if (!d->growing)
			VT_REQUIRE(ctx, !__builtin_mul_overflow(v->row, d->n, &v->row), VT_EBUG, "variable '/%s/%s' is too large",
			           g->name, from->name);
	}
	status = VT_OK;
done:
	return status;
}

/* CF: masks of the variable's own type, meanings separated by blanks. */
static enum vt_status describe_flags(struct vt_ctx *ctx, struct var *v)
{
	int32_t mask[VT_N_FLAGS];
	char meanings[64 * VT_N_FLAGS] = "";
	for (int i = 0; i < VT_N_FLAGS; i++) {
		mask[i] = 1 << i;
		if (i > 0) strcat(meanings, " ");
		strcat(meanings, vt_flag_names[i]);
	}
	struct attr masks = { .name = "flag_masks", .type = ATTR_INTS, .n = VT_N_FLAGS, .ints = mask };
	struct attr names = { .name = "flag_meanings", .type = ATTR_TEXT, .text = meanings };
	enum vt_status status = vt_attrs_set(ctx, &v->attrs, &masks);
	return status == VT_OK ? vt_attrs_set(ctx, &v->attrs, &names) : status;
}

/* CF readers expect units and long_name everywhere, so that both always stand. */
static enum vt_status describe(struct vt_ctx *ctx, const struct vt_variable *from, struct var *v)
{
	struct attr unit = { .name = "units", .type = ATTR_TEXT, .text = (char *)(from->unit ? from->unit : "1") };
	struct attr name = { .name = "long_name", .type = ATTR_TEXT,
	                     .text = (char *)(from->long_name ? from->long_name : from->name) };
	enum vt_status status = vt_attrs_set(ctx, &v->attrs, &unit);
	if (status == VT_OK) status = vt_attrs_set(ctx, &v->attrs, &name);
	if (status == VT_OK && from->flags) status = describe_flags(ctx, v);
	return status;
}

/* A variable that is declared late gets fill values for the steps that it missed. */
enum vt_status vt_group_add_var(struct vt_ctx *ctx, struct group *g, const struct vt_variable *from, bool coordinate)
{
	enum vt_status status;
	const struct attr auxiliary = { .name = "coordinates", .type = ATTR_TEXT, .text = "epoch" };
	struct var v = { .type = from->flags ? VT_I32 : from->type, .coordinate = coordinate };

	VT_TRY(check_name(ctx, "variable", from->name));
	VT_REQUIRE(ctx, !vt_group_var(g, from->name), VT_ECONFIG, "variable '%s' is in group '/%s' already; choose another"
	           " name", from->name, g->name);
	const struct dim *same = coordinate ? NULL : vt_group_dim(g, from->name);
	VT_REQUIRE(ctx, !same || same->bare, VT_ECONFIG, "dimension '%s' is in group '/%s' already and cannot name a variable",
	           from->name, g->name);
	VT_TRY(shape_var(ctx, g, from, &v));
	size_t rows = v.growing ? g->dim[v.dim[0]].n : 1;
	VT_TRY(vt_var_extend(ctx, &v, rows * v.row));
	VT_TRY(describe(ctx, from, &v));
	if (v.growing && !coordinate && strcmp(from->name, "epoch") != 0) VT_TRY(vt_attrs_set(ctx, &v.attrs, &auxiliary));
	v.name = vt_copy(ctx, from->name);
	VT_REQUIRE(ctx, v.name, VT_ENOMEM, "out of memory for variable '%s'", from->name);
	VT_TRY(vt_array_grow(ctx, &g->var, g->n_vars, sizeof *g->var));
	g->var[g->n_vars++] = v;
	v = (struct var){ 0 };
	status = VT_OK;
done:
	clear_var(&v);
	return status;
}

enum vt_status vt_frame_variable(struct vt_ctx *ctx, struct vt_frame *f, const char *group,
                                 const struct vt_variable *v)
{
	struct group *g;
	enum vt_status status = vt_frame_need_group(ctx, f, group, &g);
	if (status == VT_OK && g == &f->group[0] && vt_frame_group(f, v->name))
		status = vt_ctx_fail(ctx, VT_ECONFIG, "'%s' is a group already and cannot name a dataset of the root", v->name);
	return status == VT_OK ? vt_group_add_var(ctx, g, v, false) : status;
}

/* The dimension `step` of a running file, with `epoch` beside it. */
static enum vt_status add_steps(struct vt_ctx *ctx, struct group *g)
{
	static const struct vt_variable step = { .name = "step", .type = VT_I64, .rank = 1, .dim = { "step" },
	                                         .long_name = "updates done" };
	static const struct vt_variable epoch = { .name = "epoch", .type = VT_F64, .rank = 1, .dim = { "step" },
	                                          .long_name = "passes over the training rows" };
	enum vt_status status;
	VT_TRY(vt_group_add_dim(ctx, g, "step", 0, true, false));
	VT_TRY(vt_group_add_var(ctx, g, &step, true));
	status = vt_group_add_var(ctx, g, &epoch, false);
done:
	return status;
}

enum vt_status vt_frame_dim(struct vt_ctx *ctx, struct vt_frame *f, const char *group, const char *name, size_t n,
                            const char *const *label, const double *value, const char *unit,
                            const char *long_name)
{
	enum vt_status status;
	struct group *g;
	struct vt_variable v = { .name = name, .type = VT_F64, .rank = 1, .dim = { name }, .unit = unit,
	                         .long_name = long_name };

	VT_TRY(vt_frame_need_group(ctx, f, group, &g));
	if (strcmp(name, "step") == 0 && n == 0) return add_steps(ctx, g);
	if (label) v.type = VT_TEXT;
	else if (!value || strcmp(name, "step") == 0) v.type = VT_I64;
	VT_TRY(vt_group_add_dim(ctx, g, name, n, false, false));
	VT_TRY(vt_group_add_var(ctx, g, &v, true));
	struct var *made = &g->var[g->n_vars - 1];
	if (label) return vt_frame_put_text(ctx, f, group, name, n, label);
	for (size_t i = 0; i < n; i++) vt_var_set(made, i, value ? value[i] : (double)i);
	status = VT_OK;
done:
	return status;
}
