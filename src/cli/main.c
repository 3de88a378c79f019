/* The program: finds the subcommand, reports failures, sees that results reached stdout.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include <errno.h>
#include <fcntl.h>
#ifdef HAVE_MALLOPT
#include <malloc.h>
#endif
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cli.h"

#include "commands.inc"

const struct vt_registry vt_commands = { sizeof entry / sizeof *entry, entry };

const struct vt_command_kind *vt_command_find(const char *name)
{
	/* the kind is the command's first member */
	return (const struct vt_command_kind *)vt_kind_find(&vt_commands, "command", name);
}

/* ---- help ------------------------------------------------------------- */

static const char exit_statuses[] =
	"Exit status:\n"
	"   0  done (a refuted claim and a dead run are results, too)\n"
	"   2  command line, override or preset; output that exists without --force\n"
	"   3  experiment file\n"
	"   4  input data\n"
	"   5  a run diverged\n"
	"   6  a validation fell short\n"
	"   7  output cannot be written\n"
	"  70  a bug of ours\n"
	"  71  out of memory\n"
	"  75  stopped by a signal, can be resumed\n"
	" 130  interrupted\n";

static void print_flag(const struct vt_flag_option *f)
{
	char name[64], letter[8] = "    ";
	if (f->letter) snprintf(letter, sizeof letter, "-%c, ", f->letter);
	snprintf(name, sizeof name, "--%s%s%s", f->name, f->value_name ? "=" : "", f->value_name ? f->value_name : "");
	printf("  %s%-18s %s\n", letter, name, f->help);
}

/* Whether the command has a flag of this name of its own. */
static bool own(const struct vt_command_kind *c, const char *name)
{
	for (const struct vt_flag_option *f = c->flags; f && f->name; f++)
		if (strcmp(f->name, name) == 0) return true;
	return false;
}

void vt_command_help(const struct vt_command_kind *c)
{
	if (c->example) printf("Example: %s\n\n", c->example);
	printf("Usage: venturi %s [OPTION]... %s\n\n", c->kind.name, c->usage);
	printf("venturi %s: %s.\n\nOptions:\n", c->kind.name, c->kind.summary);
	for (const struct vt_flag_option *f = c->flags; f && f->name; f++) print_flag(f);
	for (const struct vt_flag_option *f = vt_common_flags; f->name; f++)
		if (!own(c, f->name)) print_flag(f);
	printf("\n%s", exit_statuses);
}

static void print_overview(void)
{
	printf("Example: venturi run experiments/information-plane.yaml --preset smoke -o results/first\n\n"
	       "Usage: venturi COMMAND [OPTION]... [WORD]...\n\n"
	       "venturi trains small networks, records what every layer holds as training goes on,\n"
	       "and rules with statistics whether a claim about how networks learn held in those runs.\n\n"
	       "Commands:\n");
	for (size_t i = 0; i < vt_commands.n; i++)
		printf("  %-10s %s\n", vt_commands.entry[i].kind->name, vt_commands.entry[i].kind->summary);
	printf("\n'venturi COMMAND --help' tells more; 'venturi --version' tells which this is.\n\n%s", exit_statuses);
}

static void print_version(void)
{
	printf("venturi %s\n"
	       "License GPL-3.0-or-later: free software, without any warranty.\n", PACKAGE_VERSION);
}

static enum vt_status unknown_command(struct vt_ctx *ctx, const char *word)
{
	enum { MOST = 64 };
	const char *name[MOST];
	size_t n = 0;
	for (; n < vt_commands.n && n < MOST; n++) name[n] = vt_commands.entry[n].kind->name;
	const char *near = vt_nearest(word, name, n);
	if (near) return vt_ctx_fail(ctx, VT_EUSAGE, "unknown command '%.80s' (did you mean '%s'?)", word, near);
	return vt_ctx_fail(ctx, VT_EUSAGE, "unknown command '%.80s'; 'venturi --help' lists them", word);
}

static enum vt_status help(struct vt_ctx *ctx, const char *word)
{
	const struct vt_command_kind *c = word ? vt_command_find(word) : NULL;
	if (word && !c) return unknown_command(ctx, word);
	if (c) vt_command_help(c);
	else print_overview();
	return VT_OK;
}

/* ---- running ---------------------------------------------------------- */

static enum vt_status apply_common(struct vt_ctx *ctx, const struct vt_args *a)
{
	long threads = 0;
	size_t bytes = vt_ctx_most_bytes(ctx);
	enum vt_status status = vt_args_count(ctx, a, "threads", 1, 0, &threads);
	if (status == VT_OK) status = vt_args_bytes(ctx, a, "max-bytes", bytes, &bytes);
	vt_ctx_set_most_bytes(ctx, bytes);
	if (threads > 0) vt_ctx_set_threads(ctx, threads > 1024 ? 1024 : (int)threads);
	if (vt_args_flag(a, "verbose")) vt_ctx_set_level(ctx, VT_VERBOSE);
	if (vt_args_flag(a, "quiet")) vt_ctx_set_level(ctx, VT_QUIET);
	return status;
}

static enum vt_status run_command(struct vt_ctx *ctx, const struct vt_command_kind *c, int argc, char **argv)
{
	struct vt_args a = { 0 };
	enum vt_status status = vt_args_parse(ctx, c, argc, argv, &a);
	if (status != VT_OK) return status;
	if (vt_args_flag(&a, "help")) {
		vt_command_help(c);
	} else {
		status = apply_common(ctx, &a);
		if (status == VT_OK) status = c->main(ctx, &a);
	}
	vt_args_clear(&a);
	return status;
}

static enum vt_status dispatch(struct vt_ctx *ctx, int argc, char **argv)
{
	const char *word = argc > 1 ? argv[1] : "help";
	if (strcmp(word, "help") == 0 || strcmp(word, "--help") == 0 || strcmp(word, "-h") == 0)
		return help(ctx, argc > 2 ? argv[2] : NULL);
	if (strcmp(word, "--version") == 0 || strcmp(word, "-V") == 0) {
		print_version();
		return VT_OK;
	}
	const struct vt_command_kind *c = vt_command_find(word);
	if (!c && word[0] == '-')
		return vt_ctx_fail(ctx, VT_EUSAGE, "unknown flag '%.80s'; a command comes first, see 'venturi --help'", word);
	if (!c) return unknown_command(ctx, word);
	return run_command(ctx, c, argc - 1, argv + 1);
}

/* A file opened later must not become stdout or stderr by accident: with a descriptor closed
 * by the caller, writing fails as it should. */
static void hold_descriptors(void)
{
	int fd;
	do {
		fd = open("/dev/null", O_RDONLY);
	} while (fd >= 0 && fd <= STDERR_FILENO);
	if (fd >= 0) close(fd);
}

/* A measure takes and gives back the same arrays at every snapshot.  glibc would give them back to the kernel, which
 * clears each page again: 10 % of the time of a tiny task. */
static void keep_memory(void)
{
#ifdef HAVE_MALLOPT
	mallopt(M_MMAP_THRESHOLD, 32 << 20);
	mallopt(M_TRIM_THRESHOLD, 64 << 20);
	mallopt(M_TOP_PAD, 4 << 20);
#endif
}

int main(int argc, char **argv)
{
	keep_memory();
	hold_descriptors();
	/* A closed pipe is an error to report (7), not a silent death. */
	signal(SIGPIPE, SIG_IGN);
	signal(SIGXFSZ, SIG_IGN); /* a quota is a failed write, exit 7 */
	struct vt_ctx *ctx = vt_ctx_create();
	if (!ctx) {
		fprintf(stderr, "venturi: out of memory at the start\n");
		return vt_status_exit(VT_ENOMEM);
	}
	enum vt_status status = dispatch(ctx, argc, argv);
	/* Whether results arrived is known only now. */
	bool lost = fflush(stdout) != 0 || ferror(stdout);
	if (status == VT_OK && lost)
		status = vt_ctx_fail(ctx, VT_EIO, "results cannot be written to standard output: %s", strerror(errno));
	if (status != VT_OK) vt_ctx_print(ctx);
	vt_ctx_free(ctx);
	/* OpenBLAS waits at the exit for threads of its own, which ask for memory until they get it. */
	if (status == VT_ENOMEM) {
		fflush(NULL);
		_exit(vt_status_exit(status));
	}
	return vt_status_exit(status);
}
