/* venturi version: what this program is made of.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include <jansson.h>
#include <stdlib.h>

#include "cli.h"

#ifndef VT_GIT_REVISION
#define VT_GIT_REVISION "unknown"
#endif
#ifndef VT_COMPILER
#define VT_COMPILER "unknown"
#endif
#ifndef VT_CFLAGS_TEXT
#define VT_CFLAGS_TEXT "unknown"
#endif
#ifndef VT_BLAS_NAME
#define VT_BLAS_NAME "unknown"
#endif

static enum vt_status command_main(struct vt_ctx *ctx, const struct vt_args *a)
{
	json_t *all = json_pack("{s:s, s:s, s:s, s:s, s:s, s:s, s:s, s:i}", "version", PACKAGE_VERSION, "git_revision",
	                        VT_GIT_REVISION, "compiler", VT_COMPILER, "cflags", VT_CFLAGS_TEXT, "isa", vt_isa(), "blas",
	                        VT_BLAS_NAME, "blas_core", vt_gemm_core(), "threads", vt_ctx_threads(ctx));
	const char *key;
	json_t *value;
	if (!all) return vt_ctx_fail(ctx, VT_ENOMEM, "out of memory for the version");
	if (a->n_words > 0) {
		json_decref(all);
		return vt_ctx_fail(ctx, VT_EUSAGE, "version takes no words, found '%.80s'", a->word[0]);
	}
	if (vt_args_flag(a, "json")) {
		json_dumpf(all, stdout, JSON_INDENT(1));
		putchar('\n');
	} else {
		json_object_foreach(all, key, value) {
			if (json_is_string(value)) printf("%-13s %s\n", key, json_string_value(value));
			else printf("%-13s %lld\n", key, (long long)json_integer_value(value));
		}
	}
	json_decref(all);
	return VT_OK;
}

const struct vt_command_kind vt_command_version = {
	.kind = { "version", "version, compiler, instruction set, libraries", "venturi", 0, NULL, NULL },
	.usage = "",
	.example = "venturi version --json",
	.main = command_main,
};
