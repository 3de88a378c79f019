/* What `estimate` prints: rows of estimates, as a table or as JSON.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef CLI_RESULTS_H
#define CLI_RESULTS_H

#include "venturi.h"

/* One estimate and what it is of; the names are owned. */
struct vt_result {
	const char *estimator;   /* as the command line says it; borrowed */
	struct vt_chosen chosen; /* borrowed */
	char *x, *y, *z;         /* names of the arrays, with their columns; z null: nothing is given */
	char *layer;             /* null: no layer */
	bool has_step;
	int64_t step;
	bool discrete_x, discrete_y, discrete_z;
	struct vt_estimated e;
};
struct vt_results {
	size_t n, room;
	struct vt_result *row;
};

/* Takes over the names in `r`, also when it fails. */
enum vt_status vt_results_add(struct vt_ctx *ctx, struct vt_results *all, const struct vt_result *r);
void vt_results_clear(struct vt_results *all);
/* A table in bits, and below it the reasons that its rows have. */
enum vt_status vt_results_print(struct vt_ctx *ctx, const struct vt_results *all);
/* {"results": [...]}, one object a line. */
enum vt_status vt_results_json(struct vt_ctx *ctx, const struct vt_results *all);

#endif
