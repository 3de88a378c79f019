/* What frames.h promises; and two targets that need no more than frames: their way through a pipe, and what HDF5 makes
 * of them.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include <math.h>

#include "../../src/store/frame.h"
#include "child.h"
#include "frames.h"

#define MUST(call) \
	do { \
		if ((call) != VT_OK) fuzz_fail("%s: %s", #call, vt_ctx_trail(ctx)); \
	} while (0)

/* ---- a run ------------------------------------------------------------------------ */

static void text(struct vt_ctx *ctx, struct vt_frame *f, const char *name, const char *value)
{
	MUST(vt_frame_variable(ctx, f, "", &(struct vt_variable){ .name = name, .type = VT_TEXT }));
	MUST(vt_frame_put_text(ctx, f, "", name, 1, &value));
}

static void root(struct vt_ctx *ctx, struct vt_frame *f, int seed)
{
	static const char *const attribute[][2] = {
		{ "Conventions", "CF-1.10" }, { "venturi_schema", "venturi-run/1" }, { "venturi_version", "0.1.0" },
		{ "title", "A small run" }, { "git_revision", "unknown" }, { "status", "complete" }, { "kernel", "none" },
		{ "dataset_sha256", "0000" }, { "hypotheses_sha256", "0000" }, { "uuid", "00000000-0000-0000-0000-000000000000" },
	};
	char settings[200];
	for (size_t i = 0; i < sizeof attribute / sizeof *attribute; i++)
		MUST(vt_frame_attr_text(ctx, f, "/", attribute[i][0], attribute[i][1]));
	snprintf(settings, sizeof settings, "{\"model.activation\": \"tanh\", \"train.rate\": 4e-4, \"train.seed\": %d}",
	         seed);
	MUST(vt_frame_attr_int(ctx, f, "/", "seed", seed));
	MUST(vt_frame_attr_int(ctx, f, "/", "alive", 1));
	MUST(vt_frame_attr_int(ctx, f, "/", "task", seed));
	MUST(vt_frame_attr_real(ctx, f, "/", "speed", 0.1));
	snprintf(settings + 120, 80, "{\"train.seed\": %d}", seed);
	MUST(vt_frame_attr_text(ctx, f, "/", "sweep", settings + 120));
	text(ctx, f, "settings", settings);
	text(ctx, f, "defaults", "[\"train.rate\"]");
	text(ctx, f, "config", "# A question?\ntitle: A small run\n");
	text(ctx, f, "hypotheses", "{\"falls\": {\"claim\": \"replication\", \"statistic\": \"decline\", \"series\": "
	     "\"information/i_xt\", \"at\": {\"layer\": \"h1\", \"estimator\": \"bin30\"}, \"over\": \"train.seed\", "
	     "\"delta\": 0.5, \"unit\": \"bit\", \"expect\": \"above\", \"seeds_min\": 2}}");
}

static void declare(struct vt_ctx *ctx, struct vt_frame *f, const char *group, const char *name, enum vt_dtype type,
                    size_t rank, const char *d0, const char *d1, const char *d2, const char *unit)
{
	struct vt_variable v = { name, type, rank, { d0, d1, d2 }, unit, name, strcmp(name, "flags") == 0 };
	MUST(vt_frame_variable(ctx, f, group, &v));
}

static void groups(struct vt_ctx *ctx, struct vt_frame *f)
{
	static const char *const layer[] = { "h1", "output" }, *const estimator[] = { "bin30" };
	static const char *const settings[] = { "{\"bins\":30,\"range\":[-1,1]}" };
	static const double wave[] = { 1, 2, 4 };
	MUST(vt_frame_dim(ctx, f, "provenance", "step", 0, NULL, NULL, NULL, NULL));
	declare(ctx, f, "provenance", "wall_time", VT_F64, 1, "step", NULL, NULL, "s");
	MUST(vt_frame_attr_text(ctx, f, "provenance", "host", "here"));
	MUST(vt_frame_dim(ctx, f, "train", "step", 0, NULL, NULL, NULL, NULL));
	declare(ctx, f, "train", "loss_train", VT_F64, 1, "step", NULL, NULL, "1");
	declare(ctx, f, "train", "rate", VT_F32, 1, "step", NULL, NULL, "1");
	MUST(vt_frame_dim(ctx, f, "information", "step", 0, NULL, NULL, NULL, NULL));
	MUST(vt_frame_dim(ctx, f, "information", "layer", 2, layer, NULL, NULL, NULL));
	MUST(vt_frame_dim(ctx, f, "information", "estimator", 1, estimator, NULL, NULL, NULL));
	declare(ctx, f, "information", "i_xt", VT_F64, 3, "step", "layer", "estimator", "bit");
	declare(ctx, f, "information", "i_ty", VT_F64, 3, "step", "layer", "estimator", "bit");
	declare(ctx, f, "information", "flags", VT_I32, 3, "step", "layer", "estimator", NULL);
	declare(ctx, f, "information", "n_samples", VT_I64, 3, "step", "layer", "estimator", NULL);
	declare(ctx, f, "information", "bound", VT_U8, 1, "estimator", NULL, NULL, NULL);
	declare(ctx, f, "information", "estimator_settings", VT_TEXT, 1, "estimator", NULL, NULL, NULL);
	MUST(vt_frame_put_text(ctx, f, "information", "estimator_settings", 1, settings));
	MUST(vt_frame_dim(ctx, f, "spectrum", "step", 0, NULL, NULL, NULL, NULL));
	MUST(vt_frame_dim(ctx, f, "spectrum", "frequency", 3, NULL, wave, NULL, NULL));
	declare(ctx, f, "spectrum", "amplitude_ratio", VT_F64, 2, "step", "frequency", NULL, "1");
	MUST(vt_frame_attr_text(ctx, f, "spectrum", "measure_kind", "spectrum-grid"));
}

static void record(struct vt_ctx *ctx, struct vt_frame *f, int seed, int64_t step)
{
	static const char *const group[] = { "provenance", "train", "information", "spectrum" };
	double t = (double)step / 100, loss = exp(-t), wall = t, rate = 4e-4, flags[2] = { 0, 4 };
	double i_xt[2] = { 6 - t + seed, 3 + t };
	double samples[2] = { 4096, 4096 }, ratio[3] = { t, t / 2, (double)NAN };
	for (size_t i = 0; i < sizeof group / sizeof *group; i++) MUST(vt_frame_step(ctx, f, group[i], step, t));
	MUST(vt_frame_put(ctx, f, "provenance", "wall_time", 1, &wall));
	MUST(vt_frame_put(ctx, f, "train", "loss_train", 1, &loss));
	MUST(vt_frame_put(ctx, f, "train", "rate", 1, &rate));
	MUST(vt_frame_put(ctx, f, "information", "i_xt", 2, i_xt));
	MUST(vt_frame_put(ctx, f, "information", "i_ty", 2, i_xt));
	MUST(vt_frame_put(ctx, f, "information", "flags", 2, flags));
	MUST(vt_frame_put(ctx, f, "information", "n_samples", 2, samples));
	MUST(vt_frame_put(ctx, f, "spectrum", "amplitude_ratio", 3, ratio));
}

struct vt_frame *fuzz_run_frame(struct vt_ctx *ctx, int seed, size_t steps)
{
	struct vt_frame *f = vt_frame_create(ctx);
	if (!f) exit(1);
	root(ctx, f, seed);
	groups(ctx, f);
	for (size_t t = 0; t < steps; t++) record(ctx, f, seed, 100 * (int64_t)t);
	return f;
}

struct vt_frame *fuzz_checkpoint_frame_of(struct vt_ctx *ctx, size_t steps)
{
	static double parameter[60];
	struct vt_frame *f = vt_frame_create(ctx);
	struct vt_mat m = { parameter, 1, 60, 60 };
	double step = 100 * ((double)steps - 1);
	if (!f) exit(1);
	for (size_t i = 0; i < 60; i++) parameter[i] = sin((double)i);
	MUST(vt_frame_attr_text(ctx, f, "/", "venturi_schema", "venturi-checkpoint/1"));
	MUST(vt_frame_attr_text(ctx, f, "/", "venturi_version", "0.1.0"));
	MUST(vt_frame_attr_text(ctx, f, "/", "uuid", "00000000-0000-0000-0000-000000000000"));
	MUST(vt_frame_attr_text(ctx, f, "/", "run_sha256", "0000"));
	MUST(vt_frame_attr_int(ctx, f, "/", "rows", (int64_t)steps));
	MUST(vt_frame_attr_int(ctx, f, "/", "row_step", (int64_t)step));
	MUST(vt_frame_matrix(ctx, f, "model", "parameter", VT_F32, &m, NULL));
	MUST(vt_frame_matrix(ctx, f, "optimiser", "m", VT_F64, &m, NULL));
	declare(ctx, f, "train", "step", VT_I64, 0, NULL, NULL, NULL, NULL);
	MUST(vt_frame_put(ctx, f, "train", "step", 1, &step));
	declare(ctx, f, "probe", "dead", VT_U8, 0, NULL, NULL, NULL, NULL);
	return f;
}

/* ---- a frame through a pipe ---------------------------------------------------------- */

/* A frame that was taken is one: it has a sum, a file can be made of it, and that file holds the same. */
static void run_answer(struct vt_ctx *ctx, const uint8_t *data, size_t n)
{
	struct vt_child c = fuzz_child(data, n);
	struct vt_frame *f = NULL, *again = NULL;
	enum vt_status status = vt_frame_take(ctx, &c, "fuzz.h5", n, &f);
	char sum[65], twice[65];
	void *image = NULL;
	size_t size = 0;
	fuzz_expect_answer(ctx, status);
	close(c.in);
	if (status != VT_OK) return;
	MUST(vt_frame_sha256(ctx, f, sum));
	status = vt_frame_image(ctx, f, &image, &size);
	fuzz_expect(ctx, status == VT_EBUG ? VT_EDATA : status); /* names that HDF5 does not take */
	if (status == VT_OK && vt_frame_parse(ctx, "fuzz.h5", image, size - VT_SEAL_SIZE, &again) == VT_OK) {
		MUST(vt_frame_sha256(ctx, again, twice));
		if (strcmp(sum, twice) != 0) fuzz_fail("the file made of a frame holds something else");
	}
	vt_frame_free(again);
	vt_frame_free(f);
	free(image);
}

static bool send(void *what, int out)
{
	return vt_frame_send(what, out);
}

static void seeds_answer(struct vt_ctx *ctx, fuzz_seed_fn *give, void *self)
{
	struct vt_frame *f[] = { fuzz_run_frame(ctx, 1, 2), fuzz_checkpoint_frame_of(ctx, 2) };
	for (size_t i = 0; i < 2; i++) {
		fuzz_add_sent(send, f[i], give, self);
		vt_frame_free(f[i]);
	}
}

const struct fuzz_target fuzz_frame_answer = {
	.name = "frame-answer", .what = "a child's answer that is a frame",
	.run = run_answer, .seeds = seeds_answer, .many = 2000,
};

/* ---- frames as experiments may ask for them ------------------------------------------------ */

static const char *name_of(struct fuzz_bytes *b)
{
	static const char *const name[] = { "step", "layer", "x", "a b", "h1", "\xc2\xb5", "x_axis0", "epoch", "units",
	                                    "a.b" };
	return name[fuzz_byte(b) % (sizeof name / sizeof *name)];
}

static void decide(struct vt_ctx *ctx, struct vt_frame *f, struct fuzz_bytes *b)
{
	static const char *const group[] = { "", "train", "g" };
	const char *g = group[fuzz_byte(b) % 3];
	double value[8] = { (double)fuzz_number(b), -1, NAN, INFINITY, 0.1, 1e300, 7, 8 };
	const char *label[4] = { name_of(b), name_of(b), "", "d" };
	struct vt_variable v = { .name = name_of(b), .type = (enum vt_dtype)(1 + fuzz_byte(b) % VT_F32) };
	v.rank = fuzz_byte(b) % 4;
	for (size_t i = 0; i < v.rank; i++) v.dim[i] = name_of(b);
	switch (fuzz_byte(b) % 7) {
	case 0: vt_frame_dim(ctx, f, g, name_of(b), fuzz_byte(b) % 5, NULL, value, NULL, NULL); break;
	case 1: vt_frame_dim(ctx, f, g, name_of(b), 1 + fuzz_byte(b) % 4, label, NULL, NULL, NULL); break;
	case 2: vt_frame_variable(ctx, f, g, &v); break;
	case 3: vt_frame_step(ctx, f, g, (int64_t)fuzz_byte(b), 1); break;
	case 4: vt_frame_put(ctx, f, g, name_of(b), 1 + fuzz_byte(b) % 8, value); break;
	case 5: vt_frame_attr_text(ctx, f, g, name_of(b), label[0]); break;
	default: vt_frame_put_text(ctx, f, g, name_of(b), 1 + fuzz_byte(b) % 4, label);
	}
}

/* Whatever a frame holds, its file holds. */
static void run_frame(struct vt_ctx *ctx, const uint8_t *data, size_t n)
{
	struct fuzz_bytes b = { data, data + n };
	struct vt_frame *f = vt_frame_create(ctx), *again = NULL;
	char sum[65], twice[65];
	void *image = NULL;
	size_t size = 0;
	if (!f) exit(1);
	MUST(vt_frame_attr_text(ctx, f, "/", "venturi_schema", "venturi-run/1"));
	while (b.at < b.end) decide(ctx, f, &b);
	vt_ctx_forget(ctx);
	MUST(vt_frame_sha256(ctx, f, sum));
	MUST(vt_frame_image(ctx, f, &image, &size));
	MUST(vt_frame_parse(ctx, "fuzz.h5", image, size - VT_SEAL_SIZE, &again));
	MUST(vt_frame_sha256(ctx, again, twice));
	if (strcmp(sum, twice) != 0) fuzz_fail("a frame does not come back from its file");
	vt_frame_free(again);
	vt_frame_free(f);
	free(image);
}

static void seeds_frame(struct vt_ctx *ctx, fuzz_seed_fn *give, void *self)
{
	uint8_t bytes[400];
	(void)ctx;
	for (size_t k = 0; k < 8; k++) {
		for (size_t i = 0; i < sizeof bytes; i++) bytes[i] = (uint8_t)((i + 1) * (2 * k + 3) % 251 >> (k % 3));
		give(self, bytes, sizeof bytes);
	}
}

const struct fuzz_target fuzz_frame = {
	.name = "frame", .what = "frames as they can be made, to a file and back",
	.run = run_frame, .seeds = seeds_frame, .many = 2000,
};
