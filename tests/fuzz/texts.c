/* Texts: experiments, overrides, estimators on the command line, hypotheses and rulings as JSON.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include <glob.h>

#include "fuzz.h"
#include "venturi.h"

static char *text_of(const uint8_t *data, size_t n)
{
	char *text = malloc(n + 1);
	if (!text) exit(1);
	memcpy(text, data, n);
	text[n] = '\0';
	return text;
}

/* Every file that the pattern below the sources finds. */
static void add_files(const char *pattern, fuzz_seed_fn *give, void *self)
{
	const char *top = getenv("top_srcdir");
	char whole[4096];
	glob_t g;
	snprintf(whole, sizeof whole, "%s/%s", top ? top : ".", pattern);
	if (glob(whole, 0, NULL, &g) == 0)
		for (size_t i = 0; i < g.gl_pathc; i++) {
			size_t n;
			uint8_t *bytes = fuzz_read(g.gl_pathv[i], &n);
			give(self, bytes, n);
			free(bytes);
		}
	globfree(&g);
}

/* Every line of a file that has no '#' at its beginning, up to `stop`. */
static void add_lines(const char *file, char stop, fuzz_seed_fn *give, void *self)
{
	const char *top = getenv("top_srcdir");
	char line[4096];
	snprintf(line, sizeof line, "%s/%s", top ? top : ".", file);
	FILE *f = fopen(line, "r");
	if (!f) return;
	while (fgets(line, sizeof line, f)) {
		char *end = strchrnul(line, stop);
		if (*line != '#' && *end) give(self, line, (size_t)(end - line));
	}
	fclose(f);
}

/* ---- experiments -------------------------------------------------------------- */

/* As `check` does, without the timing: the file, and its first and last task. */
static void read_experiment(struct vt_ctx *ctx, const char *text, size_t n_overrides, const char *const *override)
{
	struct vt_experiment *e = NULL;
	struct vt_task *t = NULL;
	enum vt_status status = vt_experiment_parse(ctx, &vt_registry, "fuzz.yaml", text, NULL, n_overrides, override, &e);
	fuzz_expect(ctx, status);
	if (status != VT_OK) return;
	if (e->n_tasks == 0) fuzz_fail("an experiment without a task");
	for (size_t k = 0; k < 2; k++) {
		status = vt_experiment_task(ctx, e, k ? e->n_tasks - 1 : 0, &t);
		fuzz_expect(ctx, status);
		if (status == VT_OK) vt_task_free(t);
	}
	vt_experiment_free(e);
}

static void run_experiment(struct vt_ctx *ctx, const uint8_t *data, size_t n)
{
	char *text = text_of(data, n);
	read_experiment(ctx, text, 0, NULL);
	free(text);
}

static void seeds_experiment(struct vt_ctx *ctx, fuzz_seed_fn *give, void *self)
{
	(void)ctx;
	add_files("experiments/*.yaml", give, self);
	add_files("tests/malformed.d/*.yaml", give, self);
}

const struct fuzz_target fuzz_experiment = {
	.name = "experiment", .what = "experiment files",
	.run = run_experiment, .seeds = seeds_experiment, .many = 2000,
};

/* ---- overrides ------------------------------------------------------------------ */

static const char good[] =
	"dataset: {kind: sphere12}\nmodel: {kind: mlp, widths: [10, 7], activation: tanh}\n"
	"train: {optimiser: adam, rate: 4e-4, epochs: 3}\n"
	"measure:\n  bin30: {kind: information, estimator: {kind: binning, bins: 30, range: [-1, 1]}}\n"
	"sweep: {train.seed: 0..3}\npresets: {smoke: {train.epochs: 1}}\n";

/* One override a line. */
static void run_override(struct vt_ctx *ctx, const uint8_t *data, size_t n)
{
	enum { MOST = 8 };
	char *text = text_of(data, n), *rest = text;
	const char *override[MOST];
	size_t k = 0;
	for (char *one; k < MOST && (one = strsep(&rest, "\n"));) override[k++] = one;
	read_experiment(ctx, good, k, override);
	free(text);
}

static void seeds_override(struct vt_ctx *ctx, fuzz_seed_fn *give, void *self)
{
	static const char several[] = "train.rate=1e-3\nmodel.widths=[3, 4]\ntrain.seed=0..9\nmeasure.bin30.estimator.bins=50";
	(void)ctx;
	give(self, several, sizeof several - 1);
	add_lines("tests/malformed.d/overrides", '|', give, self);
}

const struct fuzz_target fuzz_override = {
	.name = "override", .what = "SETTING=VALUE on the command line",
	.run = run_override, .seeds = seeds_override, .many = 2000,
};

/* ---- estimators and measures on the command line ----------------------------------- */

static void run_estimator(struct vt_ctx *ctx, const uint8_t *data, size_t n)
{
	static const char *const room[] = { "estimate", "measure" };
	char *text = text_of(data, n);
	for (size_t i = 0; i < 2; i++) {
		struct vt_chosen c = { 0 };
		char *json = NULL;
		enum vt_status status = vt_chosen_parse(ctx, &vt_registry, room[i], text, &c);
		if (status == VT_OK && i == 0) fuzz_expect(ctx, vt_estimate_check(ctx, &c));
		if (status == VT_OK && vt_chosen_json(ctx, &c, &json) != VT_OK) fuzz_fail("'%s' has no JSON", text);
		if (status == VT_OK) vt_chosen_clear(&c);
		fuzz_expect(ctx, status);
		free(json);
	}
	free(text);
}

static void seeds_estimator(struct vt_ctx *ctx, fuzz_seed_fn *give, void *self)
{
	static const char *const text[] = {
		"binning:bins=30,range=[-1,1]", "ksg:k=5", "kde:variance=1e-3", "auto", "renyi:alpha=1.01",
		"information:estimator=binning,estimator.bins=30,estimator.range=[-1,1]", "classifier:hidden=[16,8],epochs=3",
		"walsh:degree=4", "spectrum-grid",
	};
	(void)ctx;
	for (size_t i = 0; i < sizeof text / sizeof *text; i++) give(self, text[i], strlen(text[i]));
	for (size_t i = 0; i < vt_registry.n; i++)
		give(self, vt_registry.entry[i].kind->name, strlen(vt_registry.entry[i].kind->name));
}

const struct fuzz_target fuzz_estimator = {
	.name = "estimator", .what = "NAME:key=value on the command line",
	.run = run_estimator, .seeds = seeds_estimator, .many = 2000,
};

/* ---- hypotheses as a run file keeps them --------------------------------------------- */

static void run_hypotheses(struct vt_ctx *ctx, const uint8_t *data, size_t n)
{
	char *text = text_of(data, n);
	struct vt_hypothesis *h = NULL;
	size_t k = 0;
	enum vt_status status = vt_hypotheses_parse(ctx, &vt_registry, text, &k, &h);
	fuzz_expect(ctx, status);
	if (status == VT_OK) vt_hypotheses_free(k, h);
	free(text);
}

struct each {
	struct vt_ctx *ctx;
	fuzz_seed_fn *give;
	void *self;
};

static void add_hypotheses(void *self, const void *bytes, size_t n)
{
	struct each *e = self;
	struct vt_experiment *read = NULL;
	char *text = text_of(bytes, n);
	if (vt_experiment_parse(e->ctx, &vt_registry, "seed.yaml", text, NULL, 0, NULL, &read) == VT_OK) {
		e->give(e->self, read->hypotheses_json, strlen(read->hypotheses_json));
		vt_experiment_free(read);
	}
	free(text);
}

static void seeds_hypotheses(struct vt_ctx *ctx, fuzz_seed_fn *give, void *self)
{
	struct each e = { ctx, give, self };
	add_files("experiments/*.yaml", add_hypotheses, &e);
	give(self, "{}", 2);
}

const struct fuzz_target fuzz_hypotheses = {
	.name = "hypotheses", .what = "hypotheses as a run file keeps them",
	.run = run_hypotheses, .seeds = seeds_hypotheses, .many = 2000,
};
