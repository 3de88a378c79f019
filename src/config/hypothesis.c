/* Hypotheses: read before the run, written as canonical JSON, hashed, and read again from a
 * run file.  The JSON is the section itself with keys sorted and defaults written out.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "plan.h"

enum { MOST_HYPOTHESES = 1000 };

static const char *const statistics[] = { "statistic", NULL };
static const char *const expectations[] = { "above", "below", "within", "outside", NULL };

#define AT(member) offsetof(struct vt_hypothesis, member)
const struct vt_option vt_hypothesis_options[] = {
	{ "claim", VT_STRING, AT(claim), .help = "the claim it tests, or 'replication'" },
	{ "statistic", VT_CHOSEN, AT(statistic), .choices = statistics, .help = "what is computed of each seed's series" },
	{ "series", VT_STRING, AT(series), .help = "GROUP/VARIABLE, as information/i_xt is one" },
	{ "at", VT_PAIRS, AT(at), .optional = true, .help = "dimension: label, as layer: h5" },
	{ "where", VT_PAIRS, AT(where), .optional = true, .help = "setting: value, which tasks" },
	{ "over", VT_STRING, AT(over), .def = "train.seed", .help = "the setting that replicates" },
	{ "delta", VT_REAL, AT(delta), .max = INFINITY, .help = "smallest effect of interest, in 'unit'" },
	{ "unit", VT_STRING, AT(unit), .def = "1", .help = "unit of delta, as the series has it" },
	{ "expect", VT_CHOICE, AT(expect), .choices = expectations, .help = "above, below, within or outside delta" },
	{ "seeds_min", VT_INT, AT(seeds_min), 2, 100000, "5", .unit = "live seeds",
	  .help = "fewer make the outcome inconclusive" },
	{ "controls", VT_STRINGS, AT(controls), .def = "[]", .max_items = 16, .help = "controls that must pass" },
	{ "family", VT_STRING, AT(family), .optional = true, .help = "Holm's family; default: the whole file" },
	{ 0 }
};
#undef AT

/* ---- checks against the experiment ------------------------------------ */

/* Rewrites key and value as axes write them: numbers in their shortest form.  value may be null. */
static enum vt_status canonical(struct vt_filling *f, const struct vt_node *root, const struct vt_node *key,
                                const struct vt_node *value, char **key_out, char **value_out)
{
	struct vt_setting s;
	const char *text = NULL;
	enum vt_status status;
	VT_TRY(vt_setting_find(f, root, key->text, key, &s));
	if (value) VT_TRY(vt_setting_text(f, &s, value, &text));
	free(*key_out);
	*key_out = vt_copy(f->ctx, s.key);
	if (!*key_out) return VT_ENOMEM;
	if (!value) return VT_OK;
	free(*value_out);
	*value_out = vt_copy(f->ctx, text);
	if (!*value_out) return VT_ENOMEM;
done:
	return status;
}

/* `where: {arm: NAME}` names an arm of the file. */
static enum vt_status check_arm(struct vt_filling *f, const struct vt_plan *p, const struct vt_node *key,
                                const struct vt_node *value)
{
	const struct vt_node *arms = vt_node_find(p->config->root, "arms");
	if (!arms) return vt_node_fail(f->ctx, key, "this experiment has no 'arms'");
	if (value->type == VT_NODE_SCALAR && vt_node_find(arms, value->text)) return VT_OK;
	return vt_node_fail(f->ctx, value, "no arm '%.80s'; the first is '%s'",
	                    value->type == VT_NODE_SCALAR ? value->text : "", arms->key[0]->text);
}

static enum vt_status check_where(struct vt_filling *f, const struct vt_plan *p, const struct vt_node *root,
                                  const struct vt_node *where, struct vt_pairs *pairs)
{
	enum vt_status status = VT_OK;
	for (size_t i = 0; i < pairs->n; i++) {
		const struct vt_node *key = where->key[i], *value = where->item[i];
		if (strcmp(key->text, VT_ARM) == 0) VT_TRY(check_arm(f, p, key, value));
		else VT_TRY(canonical(f, root, key, value, &pairs->key[i], &pairs->value[i]));
	}
done:
	return status;
}

/* GROUP/VARIABLE, where something in this experiment writes the group. */
static enum vt_status check_series(struct vt_filling *f, const struct vt_node *root, const struct vt_node *node)
{
	enum { MOST = 520 };
	const char *name[MOST] = { "train", "theory" };
	char group[VT_LONGEST_KEY];
	const struct vt_node *measure = vt_node_find(root, "measure");
	const char *slash = strchr(node->text, '/');
	size_t n = 2;
	if (!slash || slash == node->text || slash[1] == '\0' || strchr(slash + 1, '/') ||
	    (size_t)(slash - node->text) >= sizeof group)
		return vt_node_fail(f->ctx, node, "series = %.80s is not GROUP/VARIABLE, as information/i_xt is", node->text);
	snprintf(group, sizeof group, "%.*s", (int)(slash - node->text), node->text);
	for (size_t i = 0; measure && i < measure->n && n + 2 < MOST; i++) {
		const struct vt_node *kind = vt_chosen_name(measure->item[i]);
		name[n++] = measure->key[i]->text;
		if (kind) name[n++] = kind->text;
	}
	for (size_t i = 0; i < n; i++)
		if (strcmp(name[i], group) == 0) return VT_OK;
	const char *near = vt_nearest(group, name, n);
	if (near) return vt_node_fail(f->ctx, node, "no measure writes group '%s' (did you mean '%s'?)", group, near);
	return vt_node_fail(f->ctx, node, "no measure of this experiment writes group '%s'; add one, or correct it", group);
}

/* What a statistic compares with is named among its options: `against` is a series, as
 * `series` is, and `versus` says settings, as `where` does. */
static enum vt_status check_comparison(struct vt_filling *f, const struct vt_plan *p, const struct vt_node *root,
                                       const struct vt_node *map, struct vt_hypothesis *h)
{
	const struct vt_option *options = h->statistic.kind->options;
	const struct vt_option *against = vt_option_find(options, "against"), *versus = vt_option_find(options, "versus");
	char *settings = h->statistic.settings;
	enum vt_status status = VT_OK;
	if (against && vt_node_find(map, "against")) VT_TRY(check_series(f, root, vt_node_find(map, "against")));
	if (versus && vt_node_find(map, "versus"))
		VT_TRY(check_where(f, p, root, vt_node_find(map, "versus"), (struct vt_pairs *)(void *)(settings + versus->offset)));
done:
	return status;
}

static enum vt_status check_against(struct vt_filling *f, const struct vt_plan *p, const struct vt_node *root,
                                    const struct vt_node *map, struct vt_hypothesis *h)
{
	const struct vt_node *over = vt_node_find(map, "over");
	enum vt_status status;
	VT_TRY(check_series(f, root, vt_node_find(map, "series")));
	VT_TRY(check_where(f, p, root, vt_node_find(map, "where"), &h->where));
	VT_TRY(check_comparison(f, p, root, map, h));
	if (over) VT_TRY(canonical(f, root, over, NULL, &h->over, NULL));
done:
	return status;
}

/* ---- reading ---------------------------------------------------------- */

/* The options of the statistic stand beside those of the hypothesis: gathers them below
 * `statistic`, where the table expects them. */
static struct vt_node *gather(struct vt_filling *f, const struct vt_node *map)
{
	struct vt_node *outer = vt_node_create(f->ctx, f->arena, VT_NODE_MAP, map->n, map);
	struct vt_node *chosen = vt_node_find(map, "statistic");
	struct vt_node *inner = chosen ? vt_node_create(f->ctx, f->arena, VT_NODE_MAP, map->n, chosen) : NULL;
	if (!outer || (chosen && !inner)) return NULL;
	for (size_t i = 0; i < map->n; i++) {
		bool known = vt_option_find(vt_hypothesis_options, map->key[i]->text);
		if (!known && !inner) continue;
		struct vt_node *to = known ? outer : inner;
		to->key[to->n] = map->key[i];
		to->item[to->n++] = map->item[i] == chosen ? inner : map->item[i];
	}
	if (!inner) return outer;
	inner->key[inner->n] = vt_node_scalar(f->ctx, f->arena, "kind", chosen);
	inner->item[inner->n++] = chosen;
	return inner->key[inner->n - 1] ? outer : NULL;
}

static enum vt_status check_keys(struct vt_filling *f, const struct vt_node *map)
{
	const struct vt_node *chosen = vt_node_find(map, "statistic"), *stray = vt_node_key(map, "kind");
	const struct vt_kind *kind = vt_chosen_kind(f->kinds, "statistic", chosen, NULL);
	if (stray) return vt_node_fail(f->ctx, stray, "unknown setting 'kind' (did you mean 'statistic'?)");
	if (chosen && chosen->type != VT_NODE_SCALAR)
		return vt_node_fail(f->ctx, chosen, "statistic is %s, a name is wanted; its options stand beside it",
		                    vt_node_noun(chosen));
	if (chosen && !kind) return VT_OK; /* its options cannot be known: filling says what is wrong */
	return vt_options_unknown(f->ctx, map, "a hypothesis", vt_hypothesis_options, kind ? kind->options : NULL,
	                          VT_FROM_FILE);
}

static enum vt_status fill(struct vt_filling *f, const struct vt_plan *p, const struct vt_node *root,
                           const struct vt_node *name, const struct vt_node *map, struct vt_hypothesis *h)
{
	enum vt_status status;
	VT_TRY(vt_name_check(f->ctx, "a hypothesis", name));
	if (map->type != VT_NODE_MAP)
		return vt_node_fail(f->ctx, map, "hypothesis '%s' is %s, a mapping is wanted", name->text, vt_node_noun(map));
	VT_TRY(check_keys(f, map));
	h->name = vt_copy(f->ctx, name->text);
	const struct vt_node *gathered = gather(f, map);
	if (!h->name || !gathered) return VT_ENOMEM;
	VT_TRY(vt_options_fill(f, vt_hypothesis_options, gathered, name, h));
	if (p) VT_TRY(check_against(f, p, root, map, h));
done:
	return status;
}

enum vt_status vt_hypotheses_fill(struct vt_filling *f, const struct vt_plan *p, const struct vt_node *root,
                                  const struct vt_node *section, size_t *n, struct vt_hypothesis **out)
{
	struct vt_hypothesis *h = NULL;
	size_t count = section ? section->n : 0;
	enum vt_status status;
	if (section && (section->type != VT_NODE_MAP || count > MOST_HYPOTHESES))
		return vt_node_fail(f->ctx, section, "'hypotheses' is %s, a mapping of at most %d names is wanted",
		                    vt_node_noun(section), MOST_HYPOTHESES);
	VT_NEW(f->ctx, h, count);
	for (size_t i = 0; i < count; i++) VT_TRY(fill(f, p, root, section->key[i], section->item[i], &h[i]));
	*n = count;
	*out = h;
	return VT_OK;
done:
	vt_hypotheses_free(count, h);
	return status;
}

enum vt_status vt_hypotheses_parse(struct vt_ctx *ctx, const struct vt_registry *kinds, const char *json, size_t *n,
                                   struct vt_hypothesis **out)
{
	const struct vt_source source = { "hypotheses", VT_ECONFIG };
	struct vt_filling f = { .ctx = ctx, .kinds = kinds, .arena = vt_arena_create(ctx) };
	struct vt_node *root = NULL;
	enum vt_status status = f.arena ? VT_OK : VT_ENOMEM;
	if (status == VT_OK) status = vt_yaml_parse(ctx, f.arena, &source, json, strlen(json), &root);
	if (status == VT_OK) status = vt_hypotheses_fill(&f, NULL, NULL, root, n, out);
	vt_arena_free(f.arena);
	return status;
}

void vt_hypotheses_free(size_t n, struct vt_hypothesis *h)
{
	for (size_t i = 0; h && i < n; i++) {
		free(h[i].name);
		vt_options_clear(vt_hypothesis_options, &h[i]);
	}
	free(h);
}

/* ---- canonical JSON --------------------------------------------------- */

/* An entry to be sorted: an option of the hypothesis or of its statistic. */
struct entry {
	const char *key;
	const struct vt_option *option; /* null: the statistic's name */
	const void *member;
};

static int by_key(const void *a, const void *b)
{
	return strcmp(((const struct entry *)a)->key, ((const struct entry *)b)->key);
}

static size_t collect(const struct vt_option *options, const void *base, struct entry *entry, size_t n, size_t most)
{
	for (const struct vt_option *o = options; o && o->name && n < most; o++) {
		const void *member = (const char *)base + o->offset;
		if (o->type == VT_CHOSEN || (o->type == VT_STRING && !*(char *const *)member)) continue;
		entry[n++] = (struct entry){ o->name, o, member };
	}
	return n;
}

/* {"a":"x","b":"y"} with sorted keys. */
static void write_pairs(FILE *f, const struct vt_pairs *pairs)
{
	struct entry entry[64];
	size_t n = pairs->n < 64 ? pairs->n : 64;
	for (size_t i = 0; i < n; i++) entry[i] = (struct entry){ pairs->key[i], NULL, pairs->value[i] };
	qsort(entry, n, sizeof *entry, by_key);
	putc('{', f);
	for (size_t i = 0; i < n; i++) {
		if (i) putc(',', f);
		vt_json_text(f, entry[i].key);
		putc(':', f);
		vt_json_text(f, entry[i].member);
	}
	putc('}', f);
}

static void write_hypothesis(FILE *f, const struct vt_hypothesis *h)
{
	struct entry entry[80];
	size_t n = collect(vt_hypothesis_options, h, entry, 0, 79);
	n = collect(h->statistic.kind->options, h->statistic.settings, entry, n, 79);
	entry[n++] = (struct entry){ "statistic", NULL, h->statistic.kind->name };
	qsort(entry, n, sizeof *entry, by_key);
	putc('{', f);
	for (size_t i = 0; i < n; i++) {
		if (i) putc(',', f);
		vt_json_text(f, entry[i].key);
		putc(':', f);
		if (!entry[i].option) vt_json_text(f, entry[i].member);
		else if (entry[i].option->type == VT_PAIRS) write_pairs(f, entry[i].member);
		else vt_json_value(f, entry[i].option, entry[i].member);
	}
	putc('}', f);
}

static int by_name(const void *a, const void *b)
{
	return strcmp((*(const struct vt_hypothesis *const *)a)->name, (*(const struct vt_hypothesis *const *)b)->name);
}

enum vt_status vt_hypotheses_json(struct vt_ctx *ctx, size_t n, const struct vt_hypothesis *h, char **out)
{
	const struct vt_hypothesis **sorted = NULL;
	char *text = NULL;
	size_t size = 0;
	enum vt_status status;
	VT_NEW(ctx, sorted, n);
	FILE *f = open_memstream(&text, &size);
	VT_REQUIRE(ctx, f, VT_ENOMEM, "out of memory for %zu hypotheses", n);
	for (size_t i = 0; i < n; i++) sorted[i] = &h[i];
	qsort(sorted, n, sizeof *sorted, by_name);
	putc('{', f);
	for (size_t i = 0; i < n; i++) {
		if (i) putc(',', f);
		vt_json_text(f, sorted[i]->name);
		putc(':', f);
		write_hypothesis(f, sorted[i]);
	}
	putc('}', f);
	VT_REQUIRE(ctx, fclose(f) == 0, VT_ENOMEM, "out of memory for %zu hypotheses", n);
	*out = text;
	text = NULL;
	status = VT_OK;
done:
	free(text);
	free(sorted);
	return status;
}
