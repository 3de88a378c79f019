/* The text of a batch script.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "batch.h"

#include "slurm.inc"

static bool plain(const char *text)
{
	for (const unsigned char *s = (const unsigned char *)text; *s; s++)
		if (*s < 32 || *s == 127 || *s == '\\') return false;
	return true;
}

enum vt_status vt_batch_check(struct vt_ctx *ctx, const char *what, const char *text)
{
	if (plain(text)) return VT_OK;
	return vt_ctx_fail(ctx, VT_EUSAGE, "%s has a control character or a backslash, which no line for sbatch can hold",
	                   what);
}

/* The lines that sbatch reads know quotes and backslashes, but no end of line inside them. */
static void put_quoted(FILE *f, const char *text)
{
	putc('"', f);
	for (; *text; text++) {
		if (*text == '"' || *text == '\\') putc('\\', f);
		putc(*text, f);
	}
	putc('"', f);
}

/* In names of log files %A and the like mean something. */
static void put_log(FILE *f, const char *dir, const char *pattern)
{
	fputs("#SBATCH --output=\"", f);
	for (; *dir; dir++) {
		if (*dir == '%') putc('%', f);
		if (*dir == '"') putc('\\', f);
		putc(*dir, f);
	}
	fprintf(f, "/log/%s\"\n", pattern);
}

/* What is safe in a comment and in the name of a job, whatever a file is called. */
static void put_tame(FILE *f, const char *text)
{
	for (; *text; text++) putc(strchr(" \"'`$\\", *text) || (unsigned char)*text < 32 || *text == 127 ? '_' : *text, f);
}

static void put_head(FILE *f, const struct vt_batch *b)
{
	fputs("#!/bin/sh\n# Made by `venturi submit` for ", f);
	put_tame(f, b->name);
	fprintf(f, "%s\n#SBATCH --job-name=\"", b->about);
	put_tame(f, b->name);
	fputs("\"\n", f);
	if (b->array) fprintf(f, "#SBATCH --array=%s\n", b->array);
	fprintf(f, "#SBATCH --nodes=1\n#SBATCH --ntasks=1\n#SBATCH --cpus-per-task=%ld\n#SBATCH --mem=%s\n#SBATCH --time=%s\n",
	        b->needs->cpus, b->needs->mem, b->needs->time);
	if (plain(b->folder)) {
		fputs("#SBATCH --chdir=", f);
		put_quoted(f, b->folder);
		putc('\n', f);
	}
	put_log(f, b->dir, b->log);
	fprintf(f, "#SBATCH --open-mode=append\n#SBATCH --requeue\n#SBATCH --signal=B:USR1@%ld\n", b->needs->grace);
	for (size_t i = 0; i < b->n_options; i++) {
		const char *equals = strchr(b->option[i], '=');
		fprintf(f, "#SBATCH %.*s", (int)strcspn(b->option[i], "="), b->option[i]);
		if (equals) {
			putc('=', f);
			put_quoted(f, equals + 1);
		}
		putc('\n', f);
	}
}

/* The one batch script, from its mark on: what stands before is for those who send it by hand. */
static const char *body(void)
{
	return strstr((const char *)vt_slurm_sh, "\n# ---- the job\n");
}

enum vt_status vt_batch_text(struct vt_ctx *ctx, const struct vt_batch *b, char **out)
{
	enum vt_status status = VT_OK;
	char *text = NULL;
	size_t size = 0;
	const char *job = body();
	VT_REQUIRE(ctx, job, VT_EBUG, "the batch script has lost its mark");
	FILE *f = open_memstream(&text, &size);
	VT_REQUIRE(ctx, f, VT_ENOMEM, "out of memory for a batch script");
	put_head(f, b);
	fputs("\nVENTURI=", f);
	vt_args_quote(f, b->program);
	fputs("\nset -- \"$@\"", f);
	for (size_t i = 0; i < b->n_words; i++) {
		putc(' ', f);
		vt_args_quote(f, b->word[i]);
	}
	fprintf(f, "\n%s", job);
	if (fclose(f) != 0) {
		free(text);
		VT_FAIL(ctx, VT_ENOMEM, "out of memory for a batch script");
	}
	*out = text;
done:
	return status;
}
