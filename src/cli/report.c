/* Command `report`: the page, or its figures as files.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <jansson.h>

#include "cli.h"

static const struct vt_flag_option flags[] = {
	{ "output", 'o', "FILE", "the page (default report.html in the first DIR); with --format, the folder of the figures" },
	{ "format", 0, "FORMAT", "write the figures one by one instead: svg, pdf or png (needs gnuplot)" },
	{ "keep", 0, NULL, "with --format: leave scripts and data beside the figures, to restyle them" },
	{ "force", 0, NULL, "replace what exists" },
	{ 0 }
};

/* With --format, -o names a page in the folder that is meant, or the folder itself. */
static char *folder_of(struct vt_ctx *ctx, const char *output)
{
	const char *name = strrchr(output, '/'), *last = name ? name + 1 : output;
	size_t length = strlen(last);
	bool page = length > 5 && strcmp(last + length - 5, ".html") == 0;
	if (!page) return vt_copy(ctx, output);
	return name ? vt_format(ctx, "%.*s", (int)(name - output) + (name == output), output) : vt_copy(ctx, ".");
}

static enum vt_status print(struct vt_ctx *ctx, const struct vt_args *args, const char *where,
                            const struct vt_report *r)
{
	if (!vt_args_flag(args, "json")) {
		printf("%s\n", where);
	} else {
		json_t *o = json_pack("{s:{s:s, s:I, s:I, s:I, s:I, s:b}}", "report", "path", where, "bytes", (json_int_t)r->bytes,
		                      "experiments", (json_int_t)r->n_experiments, "runs", (json_int_t)r->n_runs, "figures",
		                      (json_int_t)r->n_pictures, "gnuplot", !r->without_gnuplot);
		char *text = o ? json_dumps(o, JSON_COMPACT) : NULL;
		json_decref(o);
		if (!text) return vt_ctx_fail(ctx, VT_ENOMEM, "out of memory, or a path that is not UTF-8");
		printf("%s\n", text);
		free(text);
	}
	vt_log(ctx, VT_INFO, "%zu run%s, %zu figure%s written to %s", r->n_runs, r->n_runs == 1 ? "" : "s", r->n_pictures,
	       r->n_pictures == 1 ? "" : "s", where);
	return VT_OK;
}

static enum vt_status write_page(struct vt_ctx *ctx, const struct vt_args *args, const char *output, bool force,
                                 struct vt_report *r)
{
	enum vt_status status;
	VT_REQUIRE(ctx, force || access(output, F_OK) != 0, VT_EUSAGE, "%s exists; give another -o, or --force to replace it",
	           output);
	VT_TRY(vt_report_page(ctx, &vt_registry, args->n_words, args->word, output, r));
	status = print(ctx, args, output, r);
done:
	return status;
}

static enum vt_status write_figures(struct vt_ctx *ctx, const struct vt_args *args, const char *output,
                                    const char *format, bool force, struct vt_report *r)
{
	enum vt_status status;
	char *folder = folder_of(ctx, output);
	if (!folder) return VT_ENOMEM;
	VT_TRY(vt_report_figures(ctx, &vt_registry, args->n_words, args->word, format, folder,
	                         vt_args_flag(args, "keep") != NULL, force, r));
	status = print(ctx, args, folder, r);
done:
	free(folder);
	return status;
}

static enum vt_status command_main(struct vt_ctx *ctx, const struct vt_args *args)
{
	const char *format = vt_args_flag(args, "format"), *given = vt_args_flag(args, "output");
	bool force = vt_args_flag(args, "force") != NULL;
	struct vt_report r = { 0 };
	enum vt_status status;
	char *output = given ? vt_copy(ctx, given) : vt_format(ctx, "%s/report.html", args->word[0]);
	if (!output) return VT_ENOMEM;
	VT_REQUIRE(ctx, format || !vt_args_flag(args, "keep"), VT_EUSAGE, "--keep goes with --format");
	if (format) VT_TRY(write_figures(ctx, args, output, format, force, &r));
	else VT_TRY(write_page(ctx, args, output, force, &r));
done:
	free(output);
	return status;
}

const struct vt_command_kind vt_command_report = {
	.kind = { "report", "one self-contained page, or its figures as files", "venturi", 0, NULL, NULL },
	.usage = "DIR... [-o FILE.html] [--format svg|pdf|png [--keep]] [--force]",
	.example = "venturi report results/information-plane -o information-plane.html",
	.flags = flags,
	.min_words = 1,
	.main = command_main,
};
