/* What a task of an experiment asks of a cluster.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef CLI_RESOURCES_H
#define CLI_RESOURCES_H

#include "cli.h"

struct vt_resources {
	long cpus;
	char mem[32], time[32]; /* as sbatch takes them */
	long grace;             /* seconds before the end at which a task is told to stop */
	bool tried;             /* from trying, not a guess */
	double seconds, bytes;  /* of the costliest task as tried, without reserve */
};

/* From --threads, --mem and --time, and for what is not given from the costliest of the chosen tasks, as `check`
 * would find it.  Where a task cannot be tried (data that are not installed on this machine) it warns and guesses. */
enum vt_status vt_resources_find(struct vt_ctx *ctx, const struct vt_args *a, const struct vt_experiment *e,
                                 const bool *chosen, struct vt_resources *out);

#endif
