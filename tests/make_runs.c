/* Makes folders of finished runs without training, for tests of the page:
 *
 *     make_runs DIR LAYERS SNAPSHOTS SEEDS [hostile]
 *
 * Two arms (tanh, relu) of SEEDS seeds each; of relu, seed 2 is dead (if there is one).
 * Layers move as the published ones do: up and right, then tanh ones left.  `hostile`
 * gives names and texts that would do harm in a shell, a gnuplot script or a page.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "venturi.h"

enum { MAX_LAYERS = 32, N_ESTIMATORS = 5, N_SCALES = 6, N_WAVES = 10, N_RESIDUES = 26 };

struct world {
	struct vt_ctx *ctx;
	const char *dir;
	size_t n_layers, n_snapshots, n_seeds;
	bool hostile;
	char layer[MAX_LAYERS][64];
	const char *layers[MAX_LAYERS];
};

static const char *const tame[N_ESTIMATORS] = { "bin30", "width", "kde-upper", "kde-lower", "exact" };
static const char *const wild[N_ESTIMATORS] = {
	"`touch HARM`", "'; system(\"touch HARM\") #", "</script><script>alert(1)</script>", "-e 'x'", "\xce\xb1\xce\xb2"
};
static const char *const arm_name[2] = { "tanh", "relu" };

static void die(struct vt_ctx *ctx)
{
	fprintf(stderr, "make_runs: %s\n", vt_ctx_trail(ctx));
	exit(1);
}
#define MUST(w, call) do { if ((call) != VT_OK) die((w)->ctx); } while (0)

static const double width[N_SCALES] = { 0.01, 0.03, 0.07, 0.1, 0.2, 0.5 };
static const double variance[N_SCALES] = { 1e-5, 1e-4, 1e-3, 1e-2, 1e-1, 1 };

/* ---- what the layers do ------------------------------------------------------ */

struct point {
	double x, y;
};

static double smooth(double t)
{
	t = fmin(fmax(t, 0), 1);
	return t * t * (3 - 2 * t);
}

/* u: 0 .. 1 along the logarithm of the epoch; d: 0 .. 1 with depth. */
static struct point place(double u, double d, size_t arm, double wobble)
{
	double start = 12 - 10 * pow(d, 1.5), peak = start + 0.35 * (12 - start) + wobble * d;
	double x = start + (peak - start) * smooth(u / 0.5);
	if (arm == 0) x -= 6 * d * d * smooth((u - 0.5) / 0.5);
	double y = 0.999 * (1 - d * 0.95 * (1 - smooth(u / 0.7 + 0.1 * wobble)));
	return (struct point){ fmin(fmax(x, 0), 12), fmin(fmax(y, 0), 0.999157) };
}

/* ---- one run ------------------------------------------------------------------- */

static void declare(const struct world *w, struct vt_frame *f, const char *group, const char *name, enum vt_dtype type,
                    size_t rank, const char *d1, const char *d2, const char *d3, const char *unit)
{
	struct vt_variable v = { name, type, rank, { d1, d2, d3 }, unit, name, strcmp(name, "flags") == 0 };
	MUST(w, vt_frame_variable(w->ctx, f, group, &v));
}

static void text(const struct world *w, struct vt_frame *f, const char *name, const char *value)
{
	declare(w, f, "", name, VT_TEXT, 0, NULL, NULL, NULL, NULL);
	MUST(w, vt_frame_put_text(w->ctx, f, "", name, 1, &value));
}

static void root(const struct world *w, struct vt_frame *f, size_t arm, size_t seed, bool alive)
{
	const char *const attribute[][2] = {
		{ "Conventions", "CF-1.10" }, { "venturi_schema", "venturi-run/1" }, { "venturi_version", "0.1.0" },
		{ "title", w->hostile ? "<b>bold</b> & \"quoted\"" : "A synthetic information plane" },
		{ "git_revision", "unknown" }, { "status", "complete" }, { "kernel", "none" },
		{ "dataset_sha256", "0000" }, { "hypotheses_sha256", "0000" }, { "uuid", "00000000-0000-0000-0000-000000000000" },
	};
	for (size_t i = 0; i < sizeof attribute / sizeof *attribute; i++)
		MUST(w, vt_frame_attr_text(w->ctx, f, "/", attribute[i][0], attribute[i][1]));
	const char *activation = arm_name[arm];
	char settings[256];
	if (w->hostile) activation = arm == 0 ? "tanh\\\"; system('touch HARM'); \\\"" : "<img src=x onerror=alert(1)>";
	snprintf(settings, sizeof settings, "{\"model.activation\": \"%s\", \"train.seed\": %zu}", activation, seed);
	MUST(w, vt_frame_attr_text(w->ctx, f, "/", "sweep", settings));
	MUST(w, vt_frame_attr_int(w->ctx, f, "/", "seed", (int64_t)seed));
	MUST(w, vt_frame_attr_int(w->ctx, f, "/", "alive", alive));
	text(w, f, "settings", settings);
	text(w, f, "defaults", "[]");
	text(w, f, "hypotheses", "{}");
	text(w, f, "config", w->hostile ? "# Is <script>alert(1)</script> harmless? Yes.\n"
	                                : "# Do made-up layers rise and then\n# fall?  They do.\n");
}

static void groups(const struct world *w, struct vt_frame *f)
{
	const char *const *estimator = w->hostile ? wild : tame;
	const char *note[N_ESTIMATORS], *settings[N_ESTIMATORS];
	static const double bound[N_ESTIMATORS] = { 0, 0, 2, 1, 0 };
	MUST(w, vt_frame_dim(w->ctx, f, "train", "step", 0, NULL, NULL, "1", "updates"));
	for (size_t i = 0; i < 4; i++)
		declare(w, f, "train", ((const char *const[]){ "loss_train", "loss_test", "accuracy_train", "accuracy_test" })[i],
		        VT_F64, 1, "step", NULL, NULL, "1");
	MUST(w, vt_frame_dim(w->ctx, f, "information", "step", 0, NULL, NULL, "1", "updates"));
	MUST(w, vt_frame_dim(w->ctx, f, "information", "layer", w->n_layers, w->layers, NULL, NULL, "layer"));
	MUST(w, vt_frame_dim(w->ctx, f, "information", "estimator", N_ESTIMATORS, estimator, NULL, NULL, "estimator"));
	for (size_t i = 0; i < 3; i++)
		declare(w, f, "information", ((const char *const[]){ "i_xt", "i_ty", "ceiling" })[i], VT_F64, 3, "step", "layer",
		        "estimator", "bit");
	declare(w, f, "information", "flags", VT_I32, 3, "step", "layer", "estimator", "1");
	declare(w, f, "information", "n_samples", VT_I64, 3, "step", "layer", "estimator", "1");
	declare(w, f, "information", "bound", VT_U8, 1, "estimator", NULL, NULL, "1");
	MUST(w, vt_frame_put(w->ctx, f, "information", "bound", N_ESTIMATORS, bound));
	for (size_t e = 0; e < N_ESTIMATORS; e++) {
		note[e] = "The entropy of a partition, not mutual information.";
		settings[e] = w->hostile ? "{\"a\": \"</code><script>alert(1)</script>\"}" : "{\"bins\": 30}";
	}
	declare(w, f, "information", "estimator_note", VT_TEXT, 1, "estimator", NULL, NULL, NULL);
	MUST(w, vt_frame_put_text(w->ctx, f, "information", "estimator_note", N_ESTIMATORS, note));
	declare(w, f, "information", "estimator_settings", VT_TEXT, 1, "estimator", NULL, NULL, NULL);
	MUST(w, vt_frame_put_text(w->ctx, f, "information", "estimator_settings", N_ESTIMATORS, settings));
	MUST(w, vt_frame_dim(w->ctx, f, "gradient", "step", 0, NULL, NULL, "1", "updates"));
	MUST(w, vt_frame_dim(w->ctx, f, "gradient", "layer", w->n_layers, w->layers, NULL, NULL, "layer"));
	declare(w, f, "gradient", "snr", VT_F64, 2, "step", "layer", NULL, "1");
	MUST(w, vt_frame_dim(w->ctx, f, "robustness", "step", 0, NULL, NULL, "1", "updates"));
	MUST(w, vt_frame_dim(w->ctx, f, "robustness", "layer", w->n_layers, w->layers, NULL, NULL, "layer"));
	MUST(w, vt_frame_dim(w->ctx, f, "robustness", "width", N_SCALES, NULL, width, "1", "bin width"));
	MUST(w, vt_frame_dim(w->ctx, f, "robustness", "variance", N_SCALES, NULL, variance, "1", "noise variance"));
	declare(w, f, "robustness", "i_xt_binned", VT_F64, 3, "step", "layer", "width", "bit");
	declare(w, f, "robustness", "i_xt_upper", VT_F64, 3, "step", "layer", "variance", "bit");
}

static const char *spectrum_of(const struct world *w)
{
	return w->hostile ? "'; system(\"touch HARM\") #" : "spectrum";
}

static void spectra(const struct world *w, struct vt_frame *f)
{
	const char *group = spectrum_of(w);
	double wave[N_WAVES], residue[N_RESIDUES];
	for (size_t i = 0; i < N_WAVES; i++) wave[i] = 5 * (double)(i + 1);
	for (size_t i = 0; i < N_RESIDUES; i++) residue[i] = (double)(i + 1);
	MUST(w, vt_frame_dim(w->ctx, f, group, "step", 0, NULL, NULL, "1", "updates"));
	MUST(w, vt_frame_dim(w->ctx, f, group, "frequency", N_WAVES, NULL, wave, "1", "cycles over the grid"));
	declare(w, f, group, "amplitude_ratio", VT_F64, 2, "step", "frequency", NULL, "1");
	MUST(w, vt_frame_attr_text(w->ctx, f, group, "measure_kind", "spectrum-grid"));
	MUST(w, vt_frame_dim(w->ctx, f, "embedding", "step", 0, NULL, NULL, "1", "updates"));
	MUST(w, vt_frame_dim(w->ctx, f, "embedding", "frequency", N_RESIDUES, NULL, residue, "1", "cycles over residues"));
	declare(w, f, "embedding", "embed_power", VT_F64, 2, "step", "frequency", NULL, "1");
	declare(w, f, "embedding", "embed_gini", VT_F64, 1, "step", NULL, NULL, "1");
	declare(w, f, "embedding", "excluded_train", VT_F64, 1, "step", NULL, NULL, "1");
	MUST(w, vt_frame_attr_text(w->ctx, f, "embedding", "measure_kind", "spectrum-residue"));
}

/* Frequencies are learned from low to high in the first arm, all at once in the second; five of the embedding's
 * residues win. */
static void spectrum_step(const struct world *w, struct vt_frame *f, int64_t updates, double epoch, double u,
                          size_t arm, size_t seed, struct vt_rng *r)
{
	double ratio[N_WAVES], power[N_RESIDUES], sum = 0, gini = 0.1 + 0.7 * smooth((u - 0.4) / 0.3), loss;
	for (size_t i = 0; i < N_WAVES; i++) {
		double late = arm == 0 ? 0.3 + 0.07 * (double)i : 0.6;
		ratio[i] = 1.02 * smooth((u - late) / 0.12 + 0.5) + 0.03 * vt_rng_normal(r);
	}
	for (size_t i = 0; i < N_RESIDUES; i++) {
		bool key = (i * 7 + seed * 3) % 5 == 0 && i % 2 == 0;
		power[i] = 1 + (key ? 12 : -0.9) * smooth((u - 0.4) / 0.3) + 0.1 * vt_rng_uniform(r);
		sum += power[i];
	}
	loss = 4 - 3 * smooth((u - 0.3) / 0.2) + 0.01 * sum;
	MUST(w, vt_frame_step(w->ctx, f, spectrum_of(w), updates, epoch));
	MUST(w, vt_frame_put(w->ctx, f, spectrum_of(w), "amplitude_ratio", N_WAVES, ratio));
	MUST(w, vt_frame_step(w->ctx, f, "embedding", updates, epoch));
	MUST(w, vt_frame_put(w->ctx, f, "embedding", "embed_power", N_RESIDUES, power));
	MUST(w, vt_frame_put(w->ctx, f, "embedding", "embed_gini", 1, &gini));
	MUST(w, vt_frame_put(w->ctx, f, "embedding", "excluded_train", 1, &loss));
}

static void information(const struct world *w, struct vt_frame *f, double u, size_t arm, bool alive, double offset,
                        struct vt_rng *r)
{
	double x[MAX_LAYERS * N_ESTIMATORS], y[MAX_LAYERS * N_ESTIMATORS], flags[MAX_LAYERS * N_ESTIMATORS];
	double ceiling[MAX_LAYERS * N_ESTIMATORS], samples[MAX_LAYERS * N_ESTIMATORS];
	size_t n = w->n_layers * N_ESTIMATORS;
	for (size_t i = 0; i < n; i++) {
		double d = (double)(i / N_ESTIMATORS + 1) / (double)w->n_layers;
		struct point p = place(u, d, arm, offset + 0.04 * vt_rng_normal(r));
		size_t e = i % N_ESTIMATORS;
		x[i] = e == 4 ? 12 : p.x * (e == 3 ? 0.9 : 1);
		y[i] = e == 4 ? 0.999157 : p.y;
		if (!alive && d > 0.5) x[i] = y[i] = 0;
		flags[i] = alive ? (arm == 1 && e == 0 && u > 0.5 ? VT_OUT_OF_RANGE : 0) : VT_DEAD;
		ceiling[i] = 12;
		samples[i] = 4096;
	}
	MUST(w, vt_frame_put(w->ctx, f, "information", "i_xt", n, x));
	MUST(w, vt_frame_put(w->ctx, f, "information", "i_ty", n, y));
	MUST(w, vt_frame_put(w->ctx, f, "information", "flags", n, flags));
	MUST(w, vt_frame_put(w->ctx, f, "information", "ceiling", n, ceiling));
	MUST(w, vt_frame_put(w->ctx, f, "information", "n_samples", n, samples));
}

/* A dozen snapshots; the coarser the scale, the lower and the flatter. */
static void robustness(const struct world *w, struct vt_frame *f, int64_t updates, double epoch, double u, size_t arm,
                       double offset)
{
	double x[MAX_LAYERS * N_SCALES];
	for (size_t i = 0; i < w->n_layers * N_SCALES; i++) {
		double d = (double)(i / N_SCALES + 1) / (double)w->n_layers, coarse = (double)(i % N_SCALES) / N_SCALES;
		x[i] = place(u, d, arm, offset).x * (1 - 0.7 * coarse);
	}
	MUST(w, vt_frame_step(w->ctx, f, "robustness", updates, epoch));
	MUST(w, vt_frame_put(w->ctx, f, "robustness", "i_xt_binned", w->n_layers * N_SCALES, x));
	MUST(w, vt_frame_put(w->ctx, f, "robustness", "i_xt_upper", w->n_layers * N_SCALES, x));
}

static void step(const struct world *w, struct vt_frame *f, size_t t, size_t arm, size_t seed, bool alive,
                 double offset, struct vt_rng *r)
{
	double u = (double)t / (double)(w->n_snapshots - 1), steps = t == 0 ? 0 : round(pow(130000, u)) + (double)t;
	double epoch = steps / 13, snr[MAX_LAYERS];
	double s = smooth(u), training[4] = { 0.69 * (1 - 0.98 * s), 0.69 * (1 - 0.9 * s), 0.5 + 0.49 * s, 0.5 + 0.45 * s };
	static const char *const name[4] = { "loss_train", "loss_test", "accuracy_train", "accuracy_test" };
	static const char *const group[3] = { "train", "information", "gradient" };
	for (size_t g = 0; g < 3; g++) MUST(w, vt_frame_step(w->ctx, f, group[g], (int64_t)steps, epoch));
	for (size_t i = 0; i < 4; i++) {
		double v = training[i] * (1 + 0.02 * vt_rng_normal(r));
		MUST(w, vt_frame_put(w->ctx, f, "train", name[i], 1, &v));
	}
	information(w, f, u, arm, alive, offset, r);
	spectrum_step(w, f, (int64_t)steps, epoch, u, arm, seed, r);
	for (size_t l = 0; l < w->n_layers; l++) snr[l] = alive ? 5 * exp(-4 * u * u + 0.3 * vt_rng_normal(r)) : NAN;
	MUST(w, vt_frame_put(w->ctx, f, "gradient", "snr", w->n_layers, snr));
	if (t % (w->n_snapshots / 12 + 1) == 0 || t + 1 == w->n_snapshots)
		robustness(w, f, (int64_t)steps, epoch, u, arm, offset);
}

static void folder(const char *path)
{
	if (mkdir(path, 0777) != 0 && errno != EEXIST) {
		perror(path);
		exit(1);
	}
}

/* The first arm alone has a curve, and one point of it is none. */
static void theory(const struct world *w, struct vt_frame *f)
{
	static const double x[] = { 0, 0.5, NAN, 0.95, 1.2, 12 }, y[] = { 0, 0.48, 1, 0.9, INFINITY, 0.99 };
	enum { N = sizeof x / sizeof *x };
	MUST(w, vt_frame_dim(w->ctx, f, "theory", "point", N, NULL, NULL, "1", "point"));
	declare(w, f, "theory", "i_xt", VT_F64, 1, "point", NULL, NULL, "bit");
	declare(w, f, "theory", "i_ty", VT_F64, 1, "point", NULL, NULL, "bit");
	MUST(w, vt_frame_put(w->ctx, f, "theory", "i_xt", N, x));
	MUST(w, vt_frame_put(w->ctx, f, "theory", "i_ty", N, y));
}

static void run(const struct world *w, size_t task)
{
	size_t arm = task / w->n_seeds, seed = task % w->n_seeds;
	bool alive = !(arm == 1 && seed == 2);
	struct vt_rng r = vt_rng_stream(task, VT_PURPOSE_CONTROL, 0);
	struct vt_frame *f = vt_frame_create(w->ctx);
	char path[4096];
	if (!f) die(w->ctx);
	root(w, f, arm, seed, alive);
	groups(w, f);
	spectra(w, f);
	if (arm == 0) theory(w, f);
	double offset = 0.8 * vt_rng_normal(&r);
	for (size_t t = 0; t < w->n_snapshots; t++) step(w, f, t, arm, seed, alive, offset, &r);
	snprintf(path, sizeof path, "%s/task-%05zu", w->dir, task);
	folder(path);
	snprintf(path, sizeof path, "%s/task-%05zu/run.h5", w->dir, task);
	MUST(w, vt_frame_write(w->ctx, f, path));
	vt_frame_free(f);
}

static void rulings(const struct world *w)
{
	static const char *const outcome[3] = { "supported", "refuted", "inconclusive" };
	char path[4096];
	snprintf(path, sizeof path, "%s/rulings.json", w->dir);
	FILE *f = fopen(path, "w");
	if (!f) die(w->ctx);
	fputs("{\"rulings\": [", f);
	for (size_t i = 0; i < 3; i++)
		fprintf(f, "%s{\"claim\": \"replication\", \"experiment\": \"x\", \"hypothesis\": \"planted-%zu\", "
		        "\"statistic\": \"decline\", \"value\": %s, \"ci95\": [4.93, 6.69], \"delta\": 0.5, \"unit\": \"bit\", "
		        "\"expect\": \"above\", \"n_seeds\": 9, \"n_dead\": %zu, \"n_flagged\": 3, \"p_holm\": 0.001, "
		        "\"ci_level\": 0.95, \"controls\": [{\"name\": \"flat-null\", \"passed\": true}], "
		        "\"registered\": true, \"outcome\": \"%s\", \"reason\": \"%s\"}",
		        i ? ", " : "", i, i == 2 ? "null" : "5.81", i, outcome[i],
		        w->hostile ? "</td></table><script>alert(1)</script>" : "made for a test");
	fputs("]}\n", f);
	if (fclose(f) != 0) die(w->ctx);
}

int main(int argc, char **argv)
{
	if (argc < 5) {
		fputs("usage: make_runs DIR LAYERS SNAPSHOTS SEEDS [hostile]\n", stderr);
		return 2;
	}
	struct world w = { .ctx = vt_ctx_create(), .dir = argv[1], .hostile = argc > 5 };
	w.n_layers = strtoul(argv[2], NULL, 10);
	w.n_snapshots = strtoul(argv[3], NULL, 10);
	w.n_seeds = strtoul(argv[4], NULL, 10);
	if (!w.ctx || w.n_layers < 1 || w.n_layers > MAX_LAYERS || w.n_snapshots < 2) return 2;
	for (size_t l = 0; l < w.n_layers; l++) {
		snprintf(w.layer[l], sizeof w.layer[l], w.hostile ? "h%zu'\"`<i>$(x)" : "h%zu", l + 1);
		w.layers[l] = w.layer[l];
	}
	if (!w.hostile) snprintf(w.layer[w.n_layers - 1], sizeof w.layer[0], "output");
	folder(w.dir);
	for (size_t task = 0; task < 2 * w.n_seeds; task++) run(&w, task);
	rulings(&w);
	vt_ctx_free(w.ctx);
	return 0;
}
