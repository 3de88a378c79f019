/* Which folders hold experiments.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef VENTURI_REPORT_FOLDERS_H
#define VENTURI_REPORT_FOLDERS_H

#include "venturi/report.h"

/* Experiments: each DIR with task-* in it (or a run file), or the folders in DIR that
 * have, by name. */
struct vt_folders {
	size_t n;
	char **path;
};
enum vt_status vt_folders_find(struct vt_ctx *ctx, size_t n_dirs, const char *const *dir, struct vt_folders *out);
void vt_folders_clear(struct vt_folders *f);

#endif
