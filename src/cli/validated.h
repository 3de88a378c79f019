/* What `validate` prints.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef VENTURI_CLI_VALIDATED_H
#define VENTURI_CLI_VALIDATED_H

#include "venturi/validate.h"

/* Table and summary, or {"cases": [...], "estimators": [...], "scores": [...], ...}. */
enum vt_status vt_print_validation(struct vt_ctx *ctx, const struct vt_validation *v, bool json);
enum vt_status vt_print_cases(struct vt_ctx *ctx, const char *pattern, bool json);
enum vt_status vt_print_dumped(struct vt_ctx *ctx, const char *path, size_t n, bool json);

#endif
