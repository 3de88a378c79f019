/* The targets under libFuzzer: the environment variable VT_FUZZ names one.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include "fuzz.h"

int LLVMFuzzerInitialize(int *argc, char ***argv);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

static const struct fuzz_target *target;
static struct vt_ctx *ctx;

int LLVMFuzzerInitialize(int *argc, char ***argv)
{
	const char *name = getenv("VT_FUZZ");
	(void)argc;
	(void)argv;
	target = name ? fuzz_target_named(name) : NULL;
	ctx = vt_ctx_create();
	if (!target || !ctx) {
		fprintf(stderr, "VT_FUZZ names no target; wanted one of:\n");
		for (size_t i = 0; fuzz_targets[i]; i++)
			if (!fuzz_targets[i]->forks) fprintf(stderr, "%-16s %s\n", fuzz_targets[i]->name, fuzz_targets[i]->what);
		exit(2);
	}
	vt_ctx_set_level(ctx, VT_QUIET);
	vt_ctx_set_threads(ctx, 1);
	vt_ctx_set_most_bytes(ctx, (size_t)256 << 20);
	setenv("PATH", "", 1); /* no gnuplot */
	return 0;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	target->run(ctx, data, n);
	return 0;
}
