/* venturi list: every kind that was compiled in, and the experiments at hand.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include <dirent.h>
#include <jansson.h>
#include <stdlib.h>
#include <string.h>

#include "cli.h"

#ifndef VT_PKGDATADIR
#define VT_PKGDATADIR "/usr/local/share/venturi"
#endif

/* What a user may call a room; the first is the heading. */
static const struct names {
	const char *plural, *singular, *room;
} rooms[] = {
	{ "datasets", "dataset", "dataset" },
	{ "models", "model", "model" },
	{ "optimisers", "optimiser", "optimiser" },
	{ "trainings", "training", "train" },
	{ "probes", "probe", "probe" },
	{ "stores", "store", "store" },
	{ "estimators", "estimator", "estimate" },
	{ "measures", "measure", "measure" },
	{ "statistics", "statistic", "statistic" },
	{ "figures", "figure", "figure" },
	{ "commands", "command", "command" },
	{ "experiments", "experiment", NULL },
};
enum { N_ROOMS = sizeof rooms / sizeof *rooms };

static enum vt_status add(struct vt_ctx *ctx, json_t *list, json_t *entry)
{
	if (json_array_append_new(list, entry) == 0) return VT_OK;
	return vt_ctx_fail(ctx, VT_ENOMEM, "out of memory for the list");
}

static enum vt_status list_kinds(struct vt_ctx *ctx, const char *room, json_t *list)
{
	const struct vt_registry *r = strcmp(room, "command") == 0 ? &vt_commands : &vt_registry;
	enum vt_status status = VT_OK;
	for (size_t i = 0; i < r->n && status == VT_OK; i++) {
		const struct vt_kind *k = r->entry[i].kind;
		if (strcmp(r->entry[i].room, room) != 0) continue;
		status = add(ctx, list, json_pack("{s:s, s:s?, s:s?}", "name", k->name, "summary", k->summary, "source",
		                                  k->source));
	}
	return status;
}

/* ---- experiments ------------------------------------------------------ */

static int is_yaml(const struct dirent *d)
{
	size_t n = strlen(d->d_name);
	return d->d_name[0] != '.' && n > 5 && strcmp(d->d_name + n - 5, ".yaml") == 0;
}

/* The title of an experiment; one that is not valid is listed all the same. */
static enum vt_status add_experiment(struct vt_ctx *ctx, const char *folder, const char *file, json_t *list)
{
	struct vt_experiment *e = NULL;
	enum vt_status status;
	char *path = vt_format(ctx, "%s/%s", folder, file);
	VT_REQUIRE(ctx, path, VT_ENOMEM, "out of memory for %s", file);
	status = vt_experiment_read(ctx, &vt_registry, path, NULL, 0, NULL, &e);
	if (status == VT_ENOMEM) goto done;
	if (!e) vt_ctx_forget(ctx);
	VT_TRY(add(ctx, list, json_pack("{s:s, s:s, s:s, s:b}", "name", path, "summary", e ? e->title
	                                : "not valid: 'venturi check' says why", "path", path, "valid", e != NULL)));
done:
	vt_experiment_free(e);
	free(path);
	return status;
}

static enum vt_status list_experiments(struct vt_ctx *ctx, json_t *list)
{
	static const char *const folder[] = { "experiments", VT_PKGDATADIR "/experiments" };
	struct dirent **file = NULL;
	enum vt_status status = VT_OK;
	int n = -1;
	size_t where = 0;
	for (; where < 2 && n <= 0; where++) n = scandir(folder[where], &file, is_yaml, alphasort);
	for (int i = 0; i < n; i++) {
		if (status == VT_OK) status = add_experiment(ctx, folder[where - 1], file[i]->d_name, list);
		free(file[i]);
	}
	free(file);
	return status;
}

/* ---- printing --------------------------------------------------------- */

static void print_list(const char *heading, const json_t *list, bool names)
{
	size_t widest = 0;
	if (!names && json_array_size(list) == 0) printf("%s: none\n", heading);
	else if (!names) printf("%s\n", heading);
	for (size_t i = 0; i < json_array_size(list); i++) {
		size_t n = json_string_length(json_object_get(json_array_get(list, i), "name"));
		if (n > widest && n <= 48) widest = n;
	}
	for (size_t i = 0; i < json_array_size(list); i++) {
		const json_t *entry = json_array_get(list, i);
		const char *name = json_string_value(json_object_get(entry, "name"));
		const char *summary = json_string_value(json_object_get(entry, "summary"));
		if (names) printf("%s\n", name);
		else printf("  %-*s  %s\n", (int)widest, name, summary ? summary : "");
	}
}

static void print_all(const json_t *all, bool names)
{
	bool first = true;
	for (size_t i = 0; i < N_ROOMS; i++) {
		const json_t *list = json_object_get(all, rooms[i].plural);
		if (!list) continue;
		if (!first && !names) putchar('\n');
		print_list(rooms[i].plural, list, names);
		first = false;
	}
}

/* The room that a word names; N_ROOMS for all. */
static enum vt_status choose(struct vt_ctx *ctx, const struct vt_args *a, size_t *out)
{
	const char *name[2 * N_ROOMS];
	*out = N_ROOMS;
	if (a->n_words == 0) return VT_OK;
	for (size_t i = 0; i < N_ROOMS; i++) {
		const struct names *n = &rooms[i];
		name[2 * i] = n->plural;
		name[2 * i + 1] = n->singular;
		if (strcmp(a->word[0], n->plural) != 0 && strcmp(a->word[0], n->singular) != 0 &&
		    (!n->room || strcmp(a->word[0], n->room) != 0)) continue;
		*out = i;
		return VT_OK;
	}
	const char *near = vt_nearest(a->word[0], name, 2 * N_ROOMS);
	return vt_ctx_fail(ctx, VT_EUSAGE, "unknown room '%.80s'%s%s%s", a->word[0],
	                   near ? " (did you mean '" : "; 'venturi list' shows all", near ? near : "", near ? "'?)" : "");
}

static enum vt_status command_main(struct vt_ctx *ctx, const struct vt_args *a)
{
	enum vt_status status;
	size_t chosen;
	json_t *all = json_object();
	VT_REQUIRE(ctx, all, VT_ENOMEM, "out of memory for the list");
	VT_TRY(choose(ctx, a, &chosen));
	for (size_t i = 0; i < N_ROOMS; i++) {
		json_t *list = json_array();
		if (chosen != N_ROOMS && chosen != i) {
			json_decref(list);
			continue;
		}
		VT_REQUIRE(ctx, json_object_set_new(all, rooms[i].plural, list) == 0, VT_ENOMEM, "out of memory for the list");
		VT_TRY(rooms[i].room ? list_kinds(ctx, rooms[i].room, list) : list_experiments(ctx, list));
	}
	if (vt_args_flag(a, "json")) {
		json_dumpf(all, stdout, JSON_INDENT(1));
		putchar('\n');
	} else {
		print_all(all, vt_args_flag(a, "names") != NULL);
	}
	status = VT_OK;
done:
	json_decref(all);
	return status;
}

static const struct vt_flag_option flags[] = {
	{ "names", 0, NULL, "names alone, one a line" },
	{ 0 }
};

const struct vt_command_kind vt_command_list = {
	.kind = { "list", "what there is: datasets, models, estimators, measures, statistics, experiments", "venturi", 0,
	          NULL, NULL },
	.usage = "[ROOM]",
	.example = "venturi list estimators",
	.flags = flags,
	.max_words = 1,
	.main = command_main,
};
