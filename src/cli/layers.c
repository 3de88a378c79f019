/* What an activations file holds beside its arrays: which layers, which snapshots.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include <fnmatch.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "variable.h"

static void free_names(size_t n, char **name)
{
	for (size_t i = 0; name && i < n; i++) free(name[i]);
	free(name);
}

/* The path of the group that holds the layers: `activations` where there is one. */
static const char folder[] = "activations/";

static bool below(const char *path)
{
	return strncmp(path, folder, sizeof folder - 1) == 0;
}

/* Arrays at the root that are no layers. */
static bool companion(const char *path)
{
	static const char *const name[] = { "x", "y", "z", "step", "epoch" };
	for (size_t i = 0; i < sizeof name / sizeof *name; i++)
		if (strcmp(path, name[i]) == 0) return true;
	return false;
}

static bool taken(const char *glob, const char *path, bool grouped)
{
	if (strchr(glob, '/')) return fnmatch(glob[0] == '/' ? glob + 1 : glob, path, 0) == 0;
	if (grouped) return below(path) && fnmatch(glob, path + sizeof folder - 1, 0) == 0;
	return !companion(path) && fnmatch(glob, path, 0) == 0;
}

static enum vt_status none(struct vt_ctx *ctx, const char *file, const char *glob, size_t n, char *const *path)
{
	char list[240] = "";
	size_t used = 0;
	for (size_t i = 0; i < n && used + 80 < sizeof list; i++)
		used += (size_t)snprintf(list + used, sizeof list - used, "%s%.70s", i ? ", " : "", path[i]);
	return vt_ctx_fail(ctx, VT_EDATA, "%s: --layers '%s' takes none of its %zu datasets%s%s", file, glob, n,
	                   n ? ": " : "", list);
}

enum vt_status vt_layers_match(struct vt_ctx *ctx, const char *file, const char *glob, size_t *n, char ***path)
{
	enum vt_status status;
	size_t n_all = 0, n_taken = 0;
	char **all = NULL, **kept = NULL;
	bool grouped = false;

	VT_TRY(vt_input_names(ctx, file, "", &n_all, &all));
	VT_NEW(ctx, kept, n_all);
	for (size_t i = 0; i < n_all; i++) grouped |= below(all[i]);
	for (size_t i = 0; i < n_all; i++) {
		if (!taken(glob, all[i], grouped)) continue;
		kept[n_taken++] = all[i];
		all[i] = NULL;
	}
	if (n_taken == 0) status = none(ctx, file, glob, n_all, all);
	if (status != VT_OK) goto done;
	*n = n_taken;
	*path = kept;
	kept = NULL;
	n_taken = 0;
done:
	free_names(n_taken, kept);
	free_names(n_all, all);
	return status;
}

enum vt_status vt_file_holds(struct vt_ctx *ctx, const char *file, const char *name, bool *out)
{
	size_t n = 0;
	char **all = NULL;
	enum vt_status status = vt_input_names(ctx, file, "", &n, &all);
	if (status != VT_OK) return status;
	*out = false;
	for (size_t i = 0; i < n; i++) *out |= strcmp(all[i], name) == 0;
	free_names(n, all);
	return VT_OK;
}

/* Steps index everything that is written over training: they must increase. */
static enum vt_status check_steps(struct vt_ctx *ctx, const char *where, const struct vt_array *a)
{
	enum vt_status status = VT_OK;
	VT_REQUIRE(ctx, a->rank == 1, VT_EDATA, "%s: has %zu dimensions, wanted 1: the update number of each snapshot", where,
	           a->rank);
	for (size_t i = 0; i < a->n; i++) {
		double s = a->value[i];
		VT_REQUIRE(ctx, s >= 0 && s < 9e15 && s == floor(s), VT_EDATA, "%s: is %g at [%zu], wanted whole numbers "
		           "of updates", where, s, i);
		VT_REQUIRE(ctx, i == 0 || s > a->value[i - 1], VT_EDATA, "%s: goes from %.0f to %.0f at [%zu], wanted increasing "
		           "numbers", where, a->value[i - 1], s, i);
	}
done:
	return status;
}

enum vt_status vt_steps_read(struct vt_ctx *ctx, const char *file, const char *path, size_t *n, int64_t **step)
{
	enum vt_status status = VT_OK;
	struct vt_given g = { 0 };
	bool there = path != NULL;
	int64_t *number = NULL;

	*n = 0;
	*step = NULL;
	if (!there && file && vt_is_hdf5_name(file)) VT_TRY(vt_file_holds(ctx, file, "step", &there));
	if (!there) goto done;
	VT_TRY(vt_given_open(ctx, file, path ? path : "/step", &g));
	VT_TRY(vt_given_load(ctx, &g, 0));
	VT_TRY(check_steps(ctx, g.where, &g.held));
	VT_NEW(ctx, number, g.held.n);
	for (size_t i = 0; i < g.held.n; i++) number[i] = (int64_t)g.held.value[i];
	*n = g.held.n;
	*step = number;
done:
	vt_given_close(&g);
	return status;
}
