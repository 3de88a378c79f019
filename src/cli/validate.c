/* venturi validate: every estimator against known answers.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cli.h"
#include "validated.h"

static const struct vt_flag_option flags[] = {
	{ "cases", 0, "PATTERN", "only cases whose name matches (* ? [..]), or those of a suite; --list names them" },
	{ "estimator", 'e', "NAME[:...]", "only this estimator, with these settings; may be given again" },
	{ "n", 'n', "N", "rows of each sample (default: as the table of promises says)" },
	{ "seeds", 0, "A..B", "seeds of the samples (default: as the table of promises says)" },
	{ "quick", 0, NULL, "one case for each promise and one seed: under a minute" },
	{ "tolerance-scale", 0, "S", "on every tolerance (default 1)" },
	{ "list", 0, NULL, "name the cases with their information, and stop" },
	{ "dump", 0, "FILE.h5", "write the samples instead, for other tools to be judged on" },
	{ "figure", 0, "FILE", "also draw the errors on the forty tasks: .svg, .pdf or .png (needs gnuplot)" },
	{ "force", 0, NULL, "replace what exists" },
	{ 0 }
};

/* "3" or "0..2". */
static enum vt_status read_seeds(struct vt_ctx *ctx, const char *text, struct vt_validate_options *o)
{
	char *end;
	unsigned long long a, b;
	if (!text) return VT_OK;
	errno = 0;
	a = b = strtoull(text, &end, 10);
	bool good = end != text && text[0] != '-';
	if (good && strncmp(end, "..", 2) == 0) {
		const char *rest = end + 2;
		b = strtoull(rest, &end, 10);
		good = end != rest && rest[0] != '-';
	}
	if (!good || *end || errno || b < a || b - a > 999)
		return vt_ctx_fail(ctx, VT_EUSAGE, "--seeds=%s: a whole number or A..B is wanted, at most 1000 of them", text);
	o->seeds_given = true;
	o->first_seed = a;
	o->last_seed = b;
	return VT_OK;
}

static enum vt_status read_scale(struct vt_ctx *ctx, const char *text, double *out)
{
	char *end;
	if (!text) return VT_OK;
	*out = strtod(text, &end);
	if (end == text || *end || !(*out > 0) || !isfinite(*out))
		return vt_ctx_fail(ctx, VT_EUSAGE, "--tolerance-scale=%s: a positive number is wanted", text);
	return VT_OK;
}

/* `estimator` has room for every flag. */
static enum vt_status read_options(struct vt_ctx *ctx, const struct vt_args *a, const char **estimator,
                                   struct vt_validate_options *o)
{
	enum vt_status status;
	long n;
	*o = (struct vt_validate_options){ .cases = vt_args_flag(a, "cases"), .estimator = estimator,
	                                   .quick = vt_args_flag(a, "quick") != NULL };
	for (size_t i = 0; i < a->n_flags; i++)
		if (strcmp(a->flag_name[i], "estimator") == 0) estimator[o->n_estimators++] = a->flag_value[i];
	VT_TRY(vt_args_count(ctx, a, "n", 2, 0, &n));
	VT_REQUIRE(ctx, n <= 10000000, VT_EUSAGE, "--n=%ld: at most 10000000 rows", n);
	o->n = (size_t)n;
	VT_TRY(read_seeds(ctx, vt_args_flag(a, "seeds"), o));
	status = read_scale(ctx, vt_args_flag(a, "tolerance-scale"), &o->tolerance_scale);
done:
	return status;
}

static enum vt_status must_be_new(struct vt_ctx *ctx, const struct vt_args *a, const char *path)
{
	if (!path || vt_args_flag(a, "force") || access(path, F_OK) != 0) return VT_OK;
	return vt_ctx_fail(ctx, VT_EUSAGE, "%s exists; give another name, or --force to replace it", path);
}

static enum vt_status dump(struct vt_ctx *ctx, const struct vt_args *a, const struct vt_validate_options *o,
                           const char *path)
{
	enum vt_status status;
	size_t n;
	VT_TRY(vt_validate_dump(ctx, o, path, &n));
	VT_TRY(vt_print_dumped(ctx, path, n, vt_args_flag(a, "json") != NULL));
	vt_log(ctx, VT_INFO, "%zu sample%s written to %s", n, n == 1 ? "" : "s", path);
done:
	return status;
}

static enum vt_status validate(struct vt_ctx *ctx, const struct vt_args *a, const struct vt_validate_options *o)
{
	enum vt_status status;
	struct vt_validation *v = NULL;
	const char *figure = vt_args_flag(a, "figure");
	VT_TRY(vt_validate(ctx, &vt_registry, o, &v));
	VT_TRY(vt_print_validation(ctx, v, vt_args_flag(a, "json") != NULL));
	if (figure) VT_TRY(vt_validate_figure(ctx, v, figure));
	VT_REQUIRE(ctx, !v->fell_short, VT_ESHORT, "the validation fell short: see the lines marked short, failed, and the "
	           "summary");
done:
	vt_validation_free(v);
	return status;
}

static enum vt_status command_main(struct vt_ctx *ctx, const struct vt_args *a)
{
	enum vt_status status;
	struct vt_validate_options o;
	const char **estimator = NULL, *path = vt_args_flag(a, "dump");
	VT_NEW(ctx, estimator, a->n_flags + 1);
	VT_TRY(read_options(ctx, a, estimator, &o));
	VT_TRY(must_be_new(ctx, a, path));
	VT_TRY(must_be_new(ctx, a, vt_args_flag(a, "figure")));
	if (vt_args_flag(a, "list")) status = vt_print_cases(ctx, o.cases, vt_args_flag(a, "json") != NULL);
	else if (path) status = dump(ctx, a, &o, path);
	else status = validate(ctx, a, &o);
done:
	free(estimator);
	return status;
}

const struct vt_command_kind vt_command_validate = {
	.kind = { "validate", "every estimator against known answers", "venturi", 0, NULL, NULL },
	.usage = "[--cases PATTERN] [-e NAME[:key=value,...]]... [--quick] [--dump FILE.h5] [--figure FILE.svg]",
	.example = "venturi validate --cases '1v1-*' -e ksg -e gaussian",
	.flags = flags,
	.max_words = 0,
	.main = command_main,
};
