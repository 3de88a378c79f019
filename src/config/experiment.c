/* Reading an experiment: file, tree, plan, every task once, hypotheses.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include <stdlib.h>
#include <string.h>

#include "plan.h"

/* An experiment file is short: 1 MiB of the 16 GiB that anything else may have. */
enum { SHARE = 14, LONGEST_NAME = 64, MOST_TRIED = 10000 };

/* ---- shape of the file ------------------------------------------------ */

enum vt_status vt_name_check(struct vt_ctx *ctx, const char *what, const struct vt_node *name)
{
	size_t clean = strspn(name->text, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-");
	if (name->text[clean] == '\0' && clean > 0 && clean <= LONGEST_NAME) return VT_OK;
	return vt_node_fail(ctx, name, "'%.80s' cannot name %s; use at most %d letters, digits, '_' and '-'", name->text,
	                    what, LONGEST_NAME);
}

static const char *const top_level[] = { "title", "dataset", "model", "train", "probe", "store", "measure", "sweep",
                                         "arms", "hypotheses", "presets" };
enum { N_TOP_LEVEL = sizeof top_level / sizeof *top_level };

static enum vt_status check_key(struct vt_ctx *ctx, const struct vt_node *key)
{
	for (size_t i = 0; i < N_TOP_LEVEL; i++)
		if (strcmp(top_level[i], key->text) == 0) return VT_OK;
	const char *near = vt_nearest(key->text, top_level, N_TOP_LEVEL);
	if (near) return vt_node_fail(ctx, key, "unknown setting '%.80s' (did you mean '%s'?)", key->text, near);
	return vt_node_fail(ctx, key, "unknown setting '%.80s'; there are title, dataset, model, train, probe, store, "
	                    "measure, sweep, arms, hypotheses, presets", key->text);
}

/* A section whose entries are the user's own names. */
static enum vt_status check_section(struct vt_ctx *ctx, const struct vt_node *root, const char *name)
{
	const struct vt_node *section = vt_node_find(root, name);
	if (!section || (section->type == VT_NODE_MAP && section->n > 0)) return VT_OK;
	if (section->type == VT_NODE_MAP || strcmp(vt_node_noun(section), "nothing") == 0)
		return vt_node_fail(ctx, section, "'%s' is empty; leave it out", name);
	return vt_node_fail(ctx, section, "'%s' is %s, a mapping is wanted", name, vt_node_noun(section));
}

enum vt_status vt_config_check(struct vt_ctx *ctx, const struct vt_config *c)
{
	const struct vt_node *root = c->root, *presets;
	enum vt_status status = VT_OK;
	if (root->type != VT_NODE_MAP)
		return vt_node_fail(ctx, root, "an experiment is a mapping (dataset: ..., model: ...), this is %s",
		                    vt_node_noun(root));
	for (size_t i = 0; i < root->n; i++) VT_TRY(check_key(ctx, root->key[i]));
	VT_TRY(check_section(ctx, root, "measure"));
	VT_TRY(check_section(ctx, root, "sweep"));
	VT_TRY(check_section(ctx, root, "arms"));
	VT_TRY(check_section(ctx, root, "hypotheses"));
	VT_TRY(check_section(ctx, root, "presets"));
	presets = vt_node_find(root, "presets");
	for (size_t i = 0; presets && i < presets->n; i++) {
		VT_TRY(vt_name_check(ctx, "a preset", presets->key[i]));
		if (presets->item[i]->type != VT_NODE_MAP)
			VT_TRY(vt_node_fail(ctx, presets->item[i], "preset '%s' is %s, a mapping of settings is wanted",
			                    presets->key[i]->text, vt_node_noun(presets->item[i])));
	}
done:
	return status;
}

/* ---- reading ---------------------------------------------------------- */

static enum vt_status config_create(struct vt_ctx *ctx, const struct vt_registry *kinds, const char *name,
                                    const char *text, size_t n, struct vt_config **out)
{
	struct vt_config *c = NULL;
	enum vt_status status;
	VT_NEW(ctx, c, 1);
	*out = c;
	c->kinds = kinds;
	c->arena = vt_arena_create(ctx);
	VT_REQUIRE(ctx, c->arena, VT_ENOMEM, "out of memory for %s", name);
	const char *copy = vt_arena_text(ctx, c->arena, name, strlen(name));
	VT_REQUIRE(ctx, copy, VT_ENOMEM, "out of memory for %s", name);
	c->source = (struct vt_source){ copy, VT_ECONFIG };
	VT_TRY(vt_yaml_parse(ctx, c->arena, &c->source, text, n, &c->root));
	VT_TRY(vt_config_check(ctx, c));
	vt_node_mark(vt_node_find(c->root, "sweep"), VT_FROM_SWEEP);
	vt_node_mark(vt_node_find(c->root, "arms"), VT_FROM_SWEEP);
	vt_node_mark(vt_node_find(c->root, "presets"), VT_FROM_PRESET);
done:
	return status;
}

/* Resolves tasks 0, stride, 2 stride, ... for their errors. */
static enum vt_status try_tasks(struct vt_ctx *ctx, const struct vt_plan *p, size_t stride)
{
	enum vt_status status = VT_OK;
	for (size_t i = 0; i < p->n_tasks && status == VT_OK; i += stride) {
		struct vt_task *t = NULL;
		status = vt_task_resolve(ctx, p, i, false, &t);
		vt_task_free(t);
	}
	return status;
}

/* Every task where there are not very many; else every value of each axis, with the first ones of the others. */
static enum vt_status try_plan(struct vt_ctx *ctx, const struct vt_plan *p)
{
	enum vt_status status = VT_OK;
	size_t weight = 1; /* how many tasks lie between two values of the axis */
	if (p->n_tasks <= MOST_TRIED) return try_tasks(ctx, p, 1);
	for (size_t k = p->n_axes; k-- > 0 && status == VT_OK; weight *= p->axis[k]->n)
		for (size_t i = 0; i < p->axis[k]->n && status == VT_OK; i++) {
			struct vt_task *t = NULL;
			status = vt_task_resolve(ctx, p, i * weight, false, &t);
			vt_task_free(t);
		}
	return status;
}

/* Presets that were not asked for must be right as well: their first and last task. */
static enum vt_status try_presets(struct vt_ctx *ctx, const struct vt_config *c)
{
	const struct vt_node *presets = vt_node_find(c->root, "presets");
	enum vt_status status = VT_OK;
	for (size_t i = 0; presets && i < presets->n && status == VT_OK; i++) {
		struct vt_plan *p = NULL;
		status = vt_plan_create(ctx, c, presets->key[i]->text, 0, NULL, &p);
		if (status == VT_OK) status = try_tasks(ctx, p, p->n_tasks > 1 ? p->n_tasks - 1 : 1);
		vt_plan_free(p);
	}
	return status;
}

static enum vt_status copy_axes(struct vt_ctx *ctx, const struct vt_plan *p, struct vt_experiment *e)
{
	enum vt_status status;
	VT_NEW(ctx, e->axis, p->n_axes);
	e->n_axes = p->n_axes;
	e->n_tasks = p->n_tasks;
	for (size_t i = 0; i < p->n_axes; i++) {
		struct vt_axis *axis = &e->axis[i];
		axis->key = vt_copy(ctx, p->axis[i]->key);
		if (!axis->key) return VT_ENOMEM;
		VT_NEW(ctx, axis->value, p->axis[i]->n);
		axis->n = p->axis[i]->n;
		for (size_t j = 0; j < axis->n; j++) {
			axis->value[j] = vt_copy(ctx, p->axis[i]->text[j]);
			if (!axis->value[j]) return VT_ENOMEM;
		}
	}
	status = VT_OK;
done:
	return status;
}

static enum vt_status read_title(struct vt_ctx *ctx, struct vt_experiment *e)
{
	const struct vt_option option[] = { { "title", VT_STRING, offsetof(struct vt_experiment, title), .optional = true },
	                                    { 0 } };
	struct vt_filling f = { .ctx = ctx, .kinds = e->config->kinds, .arena = e->config->arena };
	enum vt_status status = vt_options_fill(&f, option, e->config->root, e->config->root, e);
	if (status == VT_OK && !e->title) e->title = vt_copy(ctx, e->name);
	return status == VT_OK && !e->title ? VT_ENOMEM : status;
}

static enum vt_status read_hypotheses(struct vt_ctx *ctx, struct vt_experiment *e)
{
	const struct vt_plan *p = e->config->plan;
	struct vt_filling f = { .ctx = ctx, .kinds = e->config->kinds, .arena = p->arena };
	/* Any task would do: keys of `where` may belong to a kind that only others choose. */
	const size_t index[VT_MOST_AXES] = { 0 };
	enum vt_status status;
	const struct vt_node *root = vt_plan_tree(&f, p, index);
	VT_REQUIRE(ctx, root, VT_ENOMEM, "out of memory for the hypotheses");
	VT_TRY(vt_hypotheses_fill(&f, p, root, vt_node_find(root, "hypotheses"), &e->n_hypotheses, &e->hypothesis));
	VT_TRY(vt_hypotheses_json(ctx, e->n_hypotheses, e->hypothesis, &e->hypotheses_json));
	vt_sha256(e->hypotheses_json, strlen(e->hypotheses_json), e->hypotheses_sha256);
done:
	return status;
}

/* "experiments/x.yaml" is called x. */
char *vt_experiment_name(struct vt_ctx *ctx, const char *path)
{
	const char *slash = strrchr(path, '/');
	char *name = vt_copy(ctx, slash ? slash + 1 : path);
	char *dot = name ? strrchr(name, '.') : NULL;
	if (dot && dot != name && (strcmp(dot, ".yaml") == 0 || strcmp(dot, ".yml") == 0)) *dot = '\0';
	return name;
}

static enum vt_status parse(struct vt_ctx *ctx, const struct vt_registry *kinds, const char *path, const char *text,
                            size_t n, const char *preset, size_t n_overrides, const char *const *override,
                            struct vt_experiment **out)
{
	struct vt_experiment *e = NULL;
	enum vt_status status;
	VT_NEW(ctx, e, 1);
	VT_TRY(config_create(ctx, kinds, path, text, n, &e->config));
	e->path = vt_copy(ctx, path);
	e->name = vt_experiment_name(ctx, path);
	e->text = vt_copy(ctx, text);
	VT_REQUIRE(ctx, e->path && e->name && e->text, VT_ENOMEM, "out of memory for %s", path);
	VT_TRY(read_title(ctx, e));
	VT_TRY(vt_plan_create(ctx, e->config, preset, n_overrides, override, &e->config->plan));
	VT_TRY(try_plan(ctx, e->config->plan));
	VT_TRY(read_hypotheses(ctx, e));
	VT_TRY(try_presets(ctx, e->config));
	VT_TRY(copy_axes(ctx, e->config->plan, e));
	*out = e;
	e = NULL;
done:
	vt_experiment_free(e);
	return status;
}

enum vt_status vt_experiment_parse(struct vt_ctx *ctx, const struct vt_registry *kinds, const char *name,
                                   const char *text, const char *preset, size_t n_overrides,
                                   const char *const *override, struct vt_experiment **out)
{
	return parse(ctx, kinds, name, text, strlen(text), preset, n_overrides, override, out);
}

enum vt_status vt_experiment_read(struct vt_ctx *ctx, const struct vt_registry *kinds, const char *path,
                                  const char *preset, size_t n_overrides, const char *const *override,
                                  struct vt_experiment **out)
{
	uint8_t *text = NULL;
	size_t n = 0;
	enum vt_status status;
	VT_TRY(vt_file_whole(ctx, VT_ECONFIG, path, vt_ctx_most_bytes(ctx) >> SHARE, &n, &text));
	status = parse(ctx, kinds, path, (const char *)text, n, preset, n_overrides, override, out);
done:
	free(text);
	return status;
}

enum vt_status vt_experiment_task(struct vt_ctx *ctx, const struct vt_experiment *e, size_t number,
                                  struct vt_task **out)
{
	if (number >= e->n_tasks)
		return vt_ctx_fail(ctx, VT_EUSAGE, "task %zu does not exist; %s has tasks 0 to %zu", number, e->path,
		                   e->n_tasks - 1);
	return vt_task_resolve(ctx, e->config->plan, number, true, out);
}

static void config_free(struct vt_config *c)
{
	if (!c) return;
	vt_plan_free(c->plan);
	vt_arena_free(c->arena);
	free(c);
}

void vt_experiment_free(struct vt_experiment *e)
{
	if (!e) return;
	for (size_t i = 0; i < e->n_axes; i++) {
		for (size_t j = 0; j < e->axis[i].n; j++) free(e->axis[i].value[j]);
		free(e->axis[i].value);
		free(e->axis[i].key);
	}
	free(e->axis);
	vt_hypotheses_free(e->n_hypotheses, e->hypothesis);
	free(e->path);
	free(e->name);
	free(e->text);
	free(e->title);
	free(e->hypotheses_json);
	config_free(e->config);
	free(e);
}
