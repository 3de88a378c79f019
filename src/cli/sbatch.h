/* Slurm's programs, called by their words and never through a shell.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef CLI_SBATCH_H
#define CLI_SBATCH_H

#include "venturi.h"

/* The most indices that a job array has here, by `scontrol show config`; Slurm's default where there is no answer. */
size_t vt_sbatch_array_size(void);
/* Runs sbatch by argv (argv[0] is "sbatch", among the rest is --parsable) and reads the number of the job.  VT_EIO:
 * there is no sbatch, or it refused; its words went to stderr.  `script` stands in messages. */
enum vt_status vt_sbatch_send(struct vt_ctx *ctx, const char *script, char *const argv[], long long *job);

#endif
