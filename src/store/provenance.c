/* What a run file says about itself: root attributes and texts that are the same for equal
 * runs, and the group /provenance for all that may differ.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include <hdf5.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <time.h>
#include <unistd.h>
#include <zlib.h>

#include "frame.h"
#include "store.h"
#include "venturi/num.h"

#ifndef VT_GIT_REVISION
#define VT_GIT_REVISION "unknown"
#endif

struct pair {
	const char *name, *value;
};

static enum vt_status put_texts(struct vt_ctx *ctx, struct vt_frame *f, const char *object, const struct pair *p,
                                size_t n)
{
	for (size_t i = 0; i < n; i++) {
		enum vt_status status = vt_frame_attr_text(ctx, f, object, p[i].name, p[i].value ? p[i].value : "");
		if (status != VT_OK) return status;
	}
	return VT_OK;
}

/* ---- identity --------------------------------------------------------- */

static void print_uuid(unsigned char b[16], int version, char out[37])
{
	b[6] = (unsigned char)((b[6] & 0x0f) | version << 4);
	b[8] = (unsigned char)((b[8] & 0x3f) | 0x80);
	snprintf(out, 37, "%02x%02x%02x%02x-%02x%02x-%02x%02x-%02x%02x-%02x%02x%02x%02x%02x%02x", b[0], b[1], b[2], b[3],
	         b[4], b[5], b[6], b[7], b[8], b[9], b[10], b[11], b[12], b[13], b[14], b[15]);
}

/* Named after settings, data and hypotheses: a repetition has the same. */
static enum vt_status name_run(struct vt_ctx *ctx, const struct vt_store_info *info, char out[37])
{
	char *text = vt_format(ctx, "%s\n%s\n%s\n", info->task->settings_json, info->dataset_sha256,
	                       info->experiment->hypotheses_sha256);
	if (!text) return VT_ENOMEM;
	char sum[65];
	unsigned char b[16];
	vt_sha256(text, strlen(text), sum);
	free(text);
	for (size_t i = 0; i < 16; i++) {
		char digits[3] = { sum[2 * i], sum[2 * i + 1], '\0' };
		b[i] = (unsigned char)strtoul(digits, NULL, 16);
	}
	print_uuid(b, 5, out);
	return VT_OK;
}

/* The one random thing in a run; nothing is computed from it. */
static void random_uuid(char out[37])
{
	unsigned char b[16] = { 0 };
	if (getrandom(b, sizeof b, 0) != (ssize_t)sizeof b) {
		struct timespec now;
		clock_gettime(CLOCK_REALTIME, &now);
		memcpy(b, &now.tv_sec, sizeof now.tv_sec);
		memcpy(b + 8, &now.tv_nsec, sizeof now.tv_nsec);
	}
	print_uuid(b, 4, out);
}

/* This task's point of the sweep, {"train.seed":"3"}, in the order of the axes. */
static char *sweep_json(const struct vt_task *t)
{
	json_t *o = json_object();
	for (size_t i = 0; o && i < t->n_axes; i++) json_object_set_new(o, t->axis_key[i], json_string(t->axis_value[i]));
	char *text = o ? json_dumps(o, JSON_COMPACT) : NULL;
	json_decref(o);
	return text;
}

/* Only what a repetition would have again: time, host and threads go to /provenance. */
static enum vt_status describe_root(struct vt_ctx *ctx, struct vt_frame *f, const struct vt_store_info *info)
{
	enum vt_status status;
	const struct vt_experiment *e = info->experiment;
	char uuid[37], kernel[128], *sweep = sweep_json(info->task);

	VT_REQUIRE(ctx, sweep, VT_ENOMEM, "out of memory for the point of the sweep");
	VT_TRY(name_run(ctx, info, uuid));
	snprintf(kernel, sizeof kernel, "%s %s", vt_isa(), vt_gemm_core());
	const struct pair text[] = {
		{ "Conventions", "CF-1.10" },
		{ "venturi_schema", "venturi-run/1" },
		{ "venturi_version", PACKAGE_VERSION },
		{ "title", e->title ? e->title : e->name },
		{ "experiment", e->name },
		{ "git_revision", VT_GIT_REVISION },
		{ "status", "running" },
		{ "dataset_sha256", info->dataset_sha256 },
		{ "hypotheses_sha256", e->hypotheses_sha256 },
		{ "kernel", kernel },
		{ "uuid", uuid },
		{ "sweep", sweep },
	};
	VT_TRY(put_texts(ctx, f, "/", text, sizeof text / sizeof text[0]));
	VT_TRY(vt_frame_attr_int(ctx, f, "/", "task", (int64_t)info->task->number));
	VT_TRY(vt_frame_attr_int(ctx, f, "/", "tasks", (int64_t)e->n_tasks));
	VT_TRY(vt_frame_attr_int(ctx, f, "/", "seed", info->task->seed));
	VT_TRY(vt_frame_attr_int(ctx, f, "/", "bits_mixed", 0));
	status = vt_frame_attr_int(ctx, f, "/", "alive", 1);
done:
	free(sweep);
	return status;
}

static enum vt_status put_root_texts(struct vt_ctx *ctx, struct vt_frame *f, const struct vt_store_info *info)
{
	const struct {
		const char *name, *long_name, *value;
	} text[] = {
		{ "config", "the experiment file, verbatim", info->experiment->text },
		{ "settings", "every resolved setting, flat JSON", info->task->settings_json },
		{ "defaults", "settings that were left at their default, JSON", info->task->defaults_json },
		{ "hypotheses", "the hypotheses as registered, JSON", info->experiment->hypotheses_json },
	};
	for (size_t i = 0; i < sizeof text / sizeof text[0]; i++) {
		struct vt_variable v = { .name = text[i].name, .type = VT_TEXT, .long_name = text[i].long_name };
		const char *value = text[i].value ? text[i].value : "";
		enum vt_status status = vt_frame_variable(ctx, f, "", &v);
		if (status == VT_OK) status = vt_frame_put_text(ctx, f, "", text[i].name, 1, &value);
		if (status != VT_OK) return status;
	}
	return VT_OK;
}

/* ---- provenance ------------------------------------------------------- */

/* Linux only; elsewhere "unknown". */
static void cpu_model(char *out, size_t size)
{
	char line[512];
	FILE *f = fopen("/proc/cpuinfo", "r");
	snprintf(out, size, "unknown");
	while (f && fgets(line, sizeof line, f)) {
		char *value = strchr(line, ':');
		if (strncmp(line, "model name", 10) != 0 || !value) continue;
		value += 1 + strspn(value + 1, " \t");
		snprintf(out, size, "%.*s", (int)strcspn(value, "\n"), value);
		break;
	}
	if (f) fclose(f);
}

/* Versions as they run, not as they were compiled against, where the library tells. */
static char *libraries_json(void)
{
	unsigned major = 0, minor = 0, release = 0;
	char hdf5[32];
	H5get_libversion(&major, &minor, &release);
	snprintf(hdf5, sizeof hdf5, "%u.%u.%u", major, minor, release);
	json_t *o = json_pack("{s:s, s:s, s:s, s:s, s:s}", "hdf5", hdf5, "zlib", zlibVersion(), "jansson", JANSSON_VERSION,
	                      "blas", VT_BLAS_NAME, "blas_core", vt_gemm_core());
	char *text = o ? json_dumps(o, JSON_COMPACT) : NULL;
	json_decref(o);
	return text;
}

/* Arguments may hold any bytes; attributes are UTF-8. */
static char *as_utf8(struct vt_ctx *ctx, const char *text)
{
	char *copy = vt_copy(ctx, text ? text : "");
	json_t *valid = copy ? json_string(copy) : NULL;
	if (copy && !valid)
		for (char *p = copy; *p; p++)
			if ((unsigned char)*p >= 0x80) *p = '?';
	json_decref(valid);
	return copy;
}

static enum vt_status describe_provenance(struct vt_ctx *ctx, struct vt_frame *f, const struct vt_store_info *info)
{
	enum vt_status status;
	char host[256] = "unknown", model[256], created[32], run_uuid[37];
	char *libraries = libraries_json(), *line = as_utf8(ctx, info->command_line), *history = NULL;
	time_t now = time(NULL);
	struct tm utc;

	VT_REQUIRE(ctx, libraries && line, VT_ENOMEM, "out of memory for the provenance");
	gethostname(host, sizeof host - 1);
	cpu_model(model, sizeof model);
	strftime(created, sizeof created, "%Y-%m-%dT%H:%M:%SZ", gmtime_r(&now, &utc));
	random_uuid(run_uuid);
	history = vt_format(ctx, "%s: %s", created, line);
	VT_REQUIRE(ctx, history, VT_ENOMEM, "out of memory for the provenance");
	const struct pair text[] = {
		{ "host", host }, { "cpu_model", model }, { "created", created }, { "history", history },
		{ "command_line", line }, { "libraries", libraries }, { "compiler", VT_COMPILER },
		{ "cflags", VT_CFLAGS_TEXT }, { "slurm_job_id", getenv("SLURM_JOB_ID") }, { "run_uuid", run_uuid },
		{ "parent_uuid", NULL },
	};
	VT_TRY(put_texts(ctx, f, "provenance", text, sizeof text / sizeof text[0]));
	VT_TRY(vt_frame_attr_int(ctx, f, "provenance", "threads", vt_ctx_threads(ctx)));
	VT_TRY(vt_frame_attr_int(ctx, f, "provenance", "resumed_step", -1));
	status = vt_frame_attr_real(ctx, f, "provenance", "gemm_gflops",
	                            info->gemm_gflops > 0 ? info->gemm_gflops : vt_gemm_gflops());
done:
	free(history);
	free(line);
	free(libraries);
	return status;
}

enum vt_status vt_store_describe(struct vt_ctx *ctx, struct vt_frame *f, const struct vt_store_info *info)
{
	static const struct vt_variable wall_time = { .name = "wall_time", .type = VT_F64, .rank = 1, .dim = { "step" },
	                                              .unit = "s", .long_name = "time since the run began" };
	enum vt_status status;
	VT_TRY(describe_root(ctx, f, info));
	VT_TRY(put_root_texts(ctx, f, info));
	VT_TRY(vt_frame_dim(ctx, f, "provenance", "step", 0, NULL, NULL, NULL, NULL));
	VT_TRY(vt_frame_variable(ctx, f, "provenance", &wall_time));
	status = describe_provenance(ctx, f, info);
done:
	return status;
}
