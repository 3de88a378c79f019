/* Sets of task numbers as people and Slurm write them: 0-2,5,7-9.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef CLI_TASKLIST_H
#define CLI_TASKLIST_H

#include "venturi.h"

/* The tasks from `begin` to before `end` that are in the set, counted from `begin`; "" for none.  Caller frees. */
char *vt_tasklist_text(struct vt_ctx *ctx, const bool *in, size_t begin, size_t end);
/* Sets in[i] for each of the n tasks that `text` names.  VT_EUSAGE: no such list, or a task that is not there. */
enum vt_status vt_tasklist_parse(struct vt_ctx *ctx, const char *text, size_t n, bool *in);

#endif
