/* A subcommand's words and flags, by the table in its descriptor.  Called by main.
 *
 * getopt_long does the reading; the table is made from the descriptor, so that help, manual
 * page, completion and parser cannot differ.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli.h"

enum { MOST_FLAGS = 64, WORD = 1, FIRST = 256 };

const struct vt_flag_option vt_common_flags[] = {
	{ "json", 0, NULL, "print results as one JSON object" },
	{ "threads", 0, "N", "threads in all; default: OMP_NUM_THREADS, SLURM_CPUS_PER_TASK, else the cores" },
	{ "max-bytes", 0, "SIZE", "most memory for one file or array that is read, such as 64G; default: 16G" },
	{ "quiet", 'q', NULL, "errors only" },
	{ "verbose", 'v', NULL, "say more" },
	{ "help", 'h', NULL, "show this page" },
	{ 0 }
};

/* The command's flags, then the common ones that it does not define itself. */
static size_t gather(const struct vt_command_kind *c, const struct vt_flag_option *flag[MOST_FLAGS])
{
	size_t n = 0, own;
	for (const struct vt_flag_option *f = c->flags; f && f->name && n < MOST_FLAGS; f++) flag[n++] = f;
	own = n;
	for (const struct vt_flag_option *f = vt_common_flags; f->name && n < MOST_FLAGS; f++) {
		bool there = false;
		for (size_t i = 0; i < own; i++) there |= strcmp(flag[i]->name, f->name) == 0;
		if (!there) flag[n++] = f;
	}
	return n;
}

/* What getopt_long wants: option i returns FIRST + i, or its letter.  "-" hands words over in
 * place, ":" tells a missing value from an unknown flag. */
static void build(size_t n, const struct vt_flag_option *const *flag, struct option *table, char *letters)
{
	*letters++ = '-';
	*letters++ = ':';
	for (size_t i = 0; i < n; i++) {
		int has_value = flag[i]->value_name ? required_argument : no_argument;
		table[i] = (struct option){ flag[i]->name, has_value, NULL, FIRST + (int)i };
		if (!flag[i]->letter) continue;
		*letters++ = flag[i]->letter;
		if (has_value) *letters++ = ':';
	}
	table[n] = (struct option){ 0 };
	*letters = '\0';
}

static size_t index_of(size_t n, const struct vt_flag_option *const *flag, int code)
{
	for (size_t i = 0; i < n; i++)
		if (code == FIRST + (int)i || (flag[i]->letter && code == flag[i]->letter)) return i;
	return n;
}

/* "--outptu=x" is no flag, but is near to one. */
static enum vt_status unknown(struct vt_ctx *ctx, const struct vt_command_kind *c, size_t n,
                              const struct vt_flag_option *const *flag, const char *given)
{
	const char *name[MOST_FLAGS];
	char word[64];
	if (optopt && index_of(n, flag, optopt) == n && given[0] == '-' && given[1] != '-')
		return vt_ctx_fail(ctx, VT_EUSAGE, "unknown flag '-%c'; see 'venturi %s --help'", optopt, c->kind.name);
	const char *start = given + strspn(given, "-");
	snprintf(word, sizeof word, "%.*s", (int)strcspn(start, "="), start);
	for (size_t i = 0; i < n; i++) {
		name[i] = flag[i]->name;
		if (strcmp(word, name[i]) == 0)
			return vt_ctx_fail(ctx, VT_EUSAGE, "flag '--%s' takes no value", word);
	}
	const char *near = vt_nearest(word, name, n);
	if (near) return vt_ctx_fail(ctx, VT_EUSAGE, "unknown flag '--%s' (did you mean '--%s'?)", word, near);
	return vt_ctx_fail(ctx, VT_EUSAGE, "unknown flag '--%s'; see 'venturi %s --help'", word, c->kind.name);
}

static enum vt_status check_words(struct vt_ctx *ctx, const struct vt_command_kind *c, size_t n)
{
	size_t most = c->max_words ? c->max_words : SIZE_MAX;
	if (n >= c->min_words && n <= most) return VT_OK;
	return vt_ctx_fail(ctx, VT_EUSAGE, "%s of %zu word%s; usage: venturi %s %s",
	                   n < c->min_words ? "too few arguments, the least" : "too many arguments, the most",
	                   n < c->min_words ? c->min_words : most, (n < c->min_words ? c->min_words : most) == 1 ? "" : "s",
	                   c->kind.name, c->usage);
}

static enum vt_status read_all(struct vt_ctx *ctx, const struct vt_command_kind *c, int argc, char **argv,
                               struct vt_args *out)
{
	const struct vt_flag_option *flag[MOST_FLAGS];
	struct option table[MOST_FLAGS + 1];
	char letters[2 * MOST_FLAGS + 3];
	size_t n = gather(c, flag), i;
	int code;
	build(n, flag, table, letters);
	opterr = 0;
	optind = 0; /* GNU: start anew, so that it may be called twice */
	while ((code = getopt_long(argc, argv, letters, table, NULL)) != -1) {
		if (code == WORD) {
			out->word[out->n_words++] = optarg;
			continue;
		}
		if (code == ':')
			return vt_ctx_fail(ctx, VT_EUSAGE, "flag '%s' wants a value; see 'venturi %s --help'", argv[optind - 1],
			                   c->kind.name);
		i = index_of(n, flag, code);
		if (code == '?' || i == n) return unknown(ctx, c, n, flag, argv[optind > 1 ? optind - 1 : 1]);
		out->flag_name[out->n_flags] = flag[i]->name;
		out->flag_value[out->n_flags++] = flag[i]->value_name ? optarg : "";
	}
	while (optind < argc) out->word[out->n_words++] = argv[optind++];
	return VT_OK;
}

void vt_args_quote(FILE *f, const char *word)
{
	bool plain = word[0] && !word[strcspn(word, " \t\n'\"\\$`*?[]{}()<>|&;~#!")];
	if (!plain) putc('\'', f);
	for (const char *s = word; *s; s++)
		if (*s == '\'') fputs("'\\''", f);
		else putc(*s, f);
	if (!plain) putc('\'', f);
}

/* The words as a shell would take them again. */
static char *quote_line(int argc, char **argv)
{
	char *text = NULL;
	size_t size = 0;
	FILE *f = open_memstream(&text, &size);
	if (!f) return NULL;
	fputs("venturi", f);
	for (int i = 0; i < argc; i++) {
		putc(' ', f);
		vt_args_quote(f, argv[i]);
	}
	if (fclose(f) == 0) return text;
	free(text);
	return NULL;
}

enum vt_status vt_args_parse(struct vt_ctx *ctx, const struct vt_command_kind *command, int argc, char **argv,
                             struct vt_args *out)
{
	struct vt_args a = { .line = quote_line(argc, argv) };
	size_t room = (size_t)argc + 1;
	enum vt_status status;
	VT_REQUIRE(ctx, a.line, VT_ENOMEM, "out of memory for the command line");
	VT_NEW(ctx, a.flag_name, room);
	VT_NEW(ctx, a.flag_value, room);
	VT_NEW(ctx, a.word, room);
	VT_TRY(read_all(ctx, command, argc, argv, &a));
	if (!vt_args_flag(&a, "help")) VT_TRY(check_words(ctx, command, a.n_words));
	*out = a;
	return VT_OK;
done:
	vt_args_clear(&a);
	return status;
}

void vt_args_clear(struct vt_args *a)
{
	free(a->flag_name);
	free(a->flag_value);
	free(a->word);
	free((char *)a->line);
	*a = (struct vt_args){ 0 };
}

const char *vt_args_flag(const struct vt_args *a, const char *name)
{
	for (size_t i = a->n_flags; i-- > 0;)
		if (strcmp(a->flag_name[i], name) == 0) return a->flag_value[i];
	return NULL;
}

enum vt_status vt_args_count(struct vt_ctx *ctx, const struct vt_args *a, const char *name, long least, long missing,
                             long *out)
{
	const char *text = vt_args_flag(a, name);
	char *end = NULL;
	if (!text) {
		*out = missing;
		return VT_OK;
	}
	errno = 0;
	long n = strtol(text, &end, 10);
	if (errno || end == text || *end || n < least || strchr(" \t\n+", text[0]))
		return vt_ctx_fail(ctx, VT_EUSAGE, "--%s=%s: a whole number of at least %ld is wanted", name, text, least);
	*out = n;
	return VT_OK;
}

enum vt_status vt_args_seconds(struct vt_ctx *ctx, const struct vt_args *a, const char *name, double *out)
{
	static const struct {
		const char *word;
		double seconds;
	} unit[] = { { "", 1 }, { "s", 1 }, { "m", 60 }, { "h", 3600 }, { "d", 86400 } };
	const char *text = vt_args_flag(a, name);
	*out = 0;
	if (!text) return VT_OK;
	char *end = NULL;
	double number = text[0] >= '0' && text[0] <= '9' ? strtod(text, &end) : -1;
	for (size_t i = 0; end && i < sizeof unit / sizeof *unit; i++)
		if (strcmp(end, unit[i].word) == 0 && number > 0 && number < 1e9) *out = number * unit[i].seconds;
	if (*out > 0) return VT_OK;
	return vt_ctx_fail(ctx, VT_EUSAGE, "--%s=%.80s: wanted a time, such as 90s, 30m, 2h or 1d", name, text);
}

enum vt_status vt_args_bytes(struct vt_ctx *ctx, const struct vt_args *a, const char *name, size_t missing, size_t *out)
{
	static const char letters[] = "KMGT";
	const char *text = vt_args_flag(a, name), *letter;
	char *end = NULL;
	if (!text) {
		*out = missing;
		return VT_OK;
	}
	errno = 0;
	unsigned long long n = strtoull(text, &end, 10);
	bool good = text[0] >= '0' && text[0] <= '9' && errno == 0 && n > 0;
	if (good && *end && (letter = strchr(letters, *end))) {
		size_t shift = 10 * (size_t)(letter - letters + 1);
		good = n <= SIZE_MAX >> shift;
		n <<= shift;
		end++;
	}
	if (!good || *end)
		return vt_ctx_fail(ctx, VT_EUSAGE, "--%s=%.80s: a number of bytes is wanted, such as 1000000, 512M, 64G or 1T", name,
		                   text);
	*out = (size_t)n;
	return VT_OK;
}

void vt_print_text(const char *text)
{
	char *clean = strdup(text);
	if (clean) vt_text_clean(clean);
	fputs(clean ? clean : "", stdout);
	free(clean);
}

/* SETTING=VALUE: an equals sign before any slash, so that a file may be called a=b.yaml as
 * ./a=b.yaml. */
static bool is_override(const char *word)
{
	return word[strcspn(word, "=/")] == '=';
}

enum vt_status vt_args_split(struct vt_ctx *ctx, const struct vt_args *a, size_t *n_files, const char ***file,
                             size_t *n_overrides, const char ***override)
{
	enum vt_status status;
	*n_files = *n_overrides = 0;
	VT_NEW(ctx, *file, a->n_words);
	VT_NEW(ctx, *override, a->n_words);
	for (size_t i = 0; i < a->n_words; i++) {
		if (is_override(a->word[i])) (*override)[(*n_overrides)++] = a->word[i];
		else (*file)[(*n_files)++] = a->word[i];
	}
	VT_REQUIRE(ctx, *n_files > 0, VT_EUSAGE, "no experiment file among the arguments; 'venturi list experiments' "
	           "names some");
	status = VT_OK;
done:
	return status;
}

char *vt_args_folder(struct vt_ctx *ctx, const struct vt_args *a, const struct vt_experiment *e, size_t n)
{
	const char *given = vt_args_flag(a, "output");
	if (!given) return vt_format(ctx, "results/%s", e->name);
	return n > 1 ? vt_format(ctx, "%s/%s", given, e->name) : vt_copy(ctx, given);
}

enum vt_status vt_args_distinct(struct vt_ctx *ctx, size_t n, const char *const *file)
{
	enum vt_status status;
	char **name = NULL;

	VT_NEW(ctx, name, n);
	for (size_t i = 0; i < n; i++) {
		name[i] = vt_experiment_name(ctx, file[i]);
		VT_REQUIRE(ctx, name[i], VT_ENOMEM, "out of memory");
		for (size_t j = 0; j < i; j++)
			VT_REQUIRE(ctx, strcmp(name[i], name[j]) != 0, VT_EUSAGE, "%s and %s: results of both would go to one folder,"
			           " '%s': wanted files of different names, or a command for each", file[j], file[i], name[i]);
	}
	status = VT_OK;
done:
	for (size_t i = 0; name && i < n; i++) free(name[i]);
	free(name);
	return status;
}

/* A statistic whose value has a unit of its own is judged in that. */
static enum vt_status check_unit(struct vt_ctx *ctx, const struct vt_experiment *e, const struct vt_hypothesis *h,
                                 const struct vt_statistic_kind *s)
{
	struct vt_needs needs = { 0 };
	if (s->needs) s->needs(h->statistic.settings, &needs);
	if (!needs.unit || strcmp(needs.unit, h->unit) == 0) return VT_OK;
	return vt_ctx_fail(ctx, VT_ECONFIG, "%s: hypothesis '%s': %s is in %s, and the hypothesis has unit: %.80s", e->path,
	                   h->name, s->kind.name, needs.unit, h->unit);
}

/* The controls that a hypothesis names must be its statistic's. */
static enum vt_status check_controls(struct vt_ctx *ctx, const struct vt_experiment *e)
{
	for (size_t i = 0; i < e->n_hypotheses; i++) {
		const struct vt_hypothesis *h = &e->hypothesis[i];
		/* the kind is the statistic's first member */
		const struct vt_statistic_kind *s = (const struct vt_statistic_kind *)h->statistic.kind;
		size_t n = 0;
		if (check_unit(ctx, e, h, s) != VT_OK) return VT_ECONFIG;
		while (s->controls && s->controls[n]) n++;
		for (size_t j = 0; j < h->controls.n; j++) {
			const char *name = h->controls.v[j];
			bool there = false;
			for (size_t k = 0; k < n; k++) there |= strcmp(s->controls[k], name) == 0;
			if (there) continue;
			const char *near = vt_nearest(name, s->controls, n);
			return vt_ctx_fail(ctx, VT_ECONFIG, "%s: hypothesis '%s': statistic %s has no control '%.80s'%s%s%s", e->path,
			                   h->name, s->kind.name, name, near ? " (did you mean '" : "; leave it out",
			                   near ? near : "", near ? "'?)" : "");
		}
	}
	return VT_OK;
}

enum vt_status vt_args_experiment(struct vt_ctx *ctx, const struct vt_args *a, const char *path, size_t n_overrides,
                                  const char *const *override, struct vt_experiment **out)
{
	struct vt_experiment *e = NULL;
	enum vt_status status;
	VT_TRY(vt_experiment_read(ctx, &vt_registry, path, vt_args_flag(a, "preset"), n_overrides, override, &e));
	VT_TRY(check_controls(ctx, e));
	*out = e;
	e = NULL;
done:
	vt_experiment_free(e);
	return status;
}
