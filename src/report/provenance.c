/* Where the numbers come from.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <jansson.h>

#include "section.h"

/* Attributes of the run files, in the order of the page. */
static const struct {
	const char *name, *shown;
} field[] = {
	{ "venturi_version", "venturi" },
	{ "git_revision", "revision" },
	{ "kernel", "CPU kernel" },
	{ "bits_mixed", "kernels mixed" },
	{ "dataset_sha256", "data set, SHA-256" },
	{ "hypotheses_sha256", "hypotheses, SHA-256" },
	{ "uuid", "experiment" },
	{ "provenance/created", "created" },
	{ "provenance/host", "host" },
	{ "provenance/cpu_model", "CPU" },
	{ "provenance/threads", "threads" },
	{ "provenance/gemm_gflops", "GEMM, GFLOP/s" },
	{ "provenance/compiler", "compiler" },
	{ "provenance/cflags", "flags" },
	{ "provenance/libraries", "libraries" },
	{ "provenance/slurm_job_id", "Slurm job" },
	{ "provenance/command_line", "command line" },
};

/* The study with the provenance of each run, which lies in a group of its own. */
struct source {
	const struct vt_study *study;
	json_t **info; /* per run: {"info": ...} or null */
};

/* The field's value as text in `room`, or null. */
static const char *value_of(const struct source *s, size_t run, const char *name, char room[64])
{
	if (strncmp(name, "provenance/", 11) != 0) return vt_runs_attribute(s->study->runs, run, name);
	const json_t *all = json_object_get(json_object_get(s->info[run], "info"), "provenance");
	const json_t *v = json_object_get(all, name + 11);
	if (json_is_integer(v)) snprintf(room, 64, "%lld", (long long)json_integer_value(v));
	else if (json_is_real(v)) snprintf(room, 64, "%.6g", json_real_value(v));
	else return json_string_value(v);
	return room;
}

static bool seen_before(const struct source *s, size_t run, const char *name, const char *value)
{
	char room[64];
	for (size_t i = 0; i < run; i++) {
		const char *other = value_of(s, i, name, room);
		if (other && strcmp(other, value) == 0) return true;
	}
	return false;
}

/* Every value that occurs, four at most: runs of one folder may come from several hosts. */
static void field_row(struct vt_page *page, const struct source *s, const char *name, const char *shown)
{
	size_t n = 0;
	char room[64];
	for (size_t i = 0; i < s->study->n_runs; i++) {
		const char *value = value_of(s, i, name, room);
		if (!value || !*value || seen_before(s, i, name, value) || ++n > 5) continue;
		if (n == 1) vt_page_add(page, "<dt>%s</dt><dd>", shown);
		if (n == 5) vt_page_add(page, "; and others");
		else vt_page_add(page, "%s%s", n > 1 ? "; " : "", value);
	}
	if (n > 0) vt_page_add(page, "</dd>\n");
}

/* A file whose provenance cannot be read has been reported when it was opened. */
static enum vt_status read_info(struct vt_ctx *ctx, const struct vt_study *s, json_t **info)
{
	for (size_t i = 0; i < s->n_runs; i++) {
		char *text = NULL;
		enum vt_status status = vt_info_json(ctx, vt_runs_path(s->runs, i), &text);
		if (status == VT_OK) info[i] = json_loads(text, 0, NULL);
		free(text);
		if (status < 0) return status;
		vt_ctx_forget(ctx);
	}
	return VT_OK;
}

static void axes_rows(struct vt_page *page, const struct vt_study *s)
{
	const char *const *axes = vt_runs_axes(s->runs);
	for (size_t k = 0; axes && axes[k]; k++) {
		size_t n = 0;
		if (k == 0) vt_page_add(page, "<dt>settings that differ</dt>");
		vt_page_add(page, "<dd><code>%s</code>:", axes[k]);
		for (size_t i = 0; i < s->n_runs; i++) {
			const char *value = vt_runs_setting(s->runs, i, axes[k]);
			bool before = false;
			for (size_t j = 0; j < i && value && !before; j++) {
				const char *other = vt_runs_setting(s->runs, j, axes[k]);
				before = other && strcmp(other, value) == 0;
			}
			if (!value || before || n > 30) continue;
			vt_page_add(page, "%s%s", n == 0 ? " " : ", ", n == 30 ? "\xe2\x80\xa6" : value);
			n++;
		}
		vt_page_add(page, "</dd>\n");
	}
}

static void hashes(struct vt_page *page, const struct vt_study *s)
{
	vt_page_add(page, "<details><summary>Content hashes of the runs</summary><dl>\n");
	for (size_t i = 0; i < s->n_runs; i++)
		vt_page_add(page, "<dt>%s</dt><dd><code>%s</code></dd>\n", s->run[i].task,
		            vt_runs_attribute(s->runs, i, "content_sha256"));
	vt_page_add(page, "</dl></details>\n");
}

static void file_text(struct vt_page *page, const struct vt_study *s, const char *name, const char *shown)
{
	const char *text = vt_runs_text(s->runs, 0, name);
	if (text && *text)
		vt_page_add(page, "<details><summary>%s</summary><pre class=\"scroll\"><code>%s</code></pre></details>\n", shown,
		            text);
}

enum vt_status vt_section_provenance(struct vt_ctx *ctx, const struct vt_study *s, struct vt_page *page)
{
	struct source from = { s, NULL };
	enum vt_status status;
	VT_NEW(ctx, from.info, s->n_runs);
	VT_TRY(read_info(ctx, s, from.info));
	vt_page_add(page, "<h2>Provenance</h2>\n<dl>\n<dt>folder</dt><dd><code>%s</code></dd>\n", s->dir);
	axes_rows(page, s);
	for (size_t k = 0; k < sizeof field / sizeof *field; k++) field_row(page, &from, field[k].name, field[k].shown);
	vt_page_add(page, "</dl>\n");
	hashes(page, s);
	file_text(page, s, "config", "The experiment file");
	file_text(page, s, "hypotheses", "The hypotheses as registered");
	file_text(page, s, "settings", "Every setting of the first run");
	status = page->status;
done:
	for (size_t i = 0; from.info && i < s->n_runs; i++) json_decref(from.info[i]);
	free(from.info);
	return status;
}
