/* The store that there is: one HDF5 file per task, committed whole.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include "venturi/store.h"

static const char *const keeps[] = { "none", "last", "all", NULL };

static const struct vt_option options[] = {
	{ "commit", VT_REAL, offsetof(struct vt_store_settings, commit), 0, 86400, "30", .unit = "s",
	  .help = "least time between commits of the run file; 0 commits at every snapshot" },
	{ "activations", VT_BOOL, offsetof(struct vt_store_settings, activations), 0, 0, "false",
	  .help = "write the raw activations of every snapshot, one file each" },
	{ "weights", VT_CHOICE, offsetof(struct vt_store_settings, weights), 0, 0, "none", .choices = keeps,
	  .help = "write the parameters, a file each: of no snapshot, the last one, or all; model.weights reads them" },
	{ 0 }
};

const struct vt_store_kind vt_store_file = {
	.kind = { "file", "one HDF5 file per task, also valid netCDF-4, replaced whole at each commit", "venturi",
	          sizeof(struct vt_store_settings), options,
	          "A run that is killed keeps what its last commit held: at most `commit` seconds are lost." },
};
