/* The parts of one experiment's section, in the order of the page.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef VENTURI_REPORT_SECTION_H
#define VENTURI_REPORT_SECTION_H

#include "page.h"
#include "study.h"
#include "venturi/kind.h"

/* Title and what was asked. */
enum vt_status vt_section_head(struct vt_ctx *ctx, const struct vt_study *s, struct vt_page *page);
/* DIR/rulings.json as a table; without one, a line that says so. */
enum vt_status vt_section_rulings(struct vt_ctx *ctx, const struct vt_study *s, struct vt_page *page);
/* Every registered figure that applies. */
enum vt_status vt_section_figures(struct vt_ctx *ctx, const struct vt_registry *kinds, const struct vt_study *s,
                                  struct vt_page *page);
/* What each estimator's numbers cannot mean, with its settings. */
enum vt_status vt_section_meaning(struct vt_ctx *ctx, const struct vt_study *s, struct vt_page *page);
/* How many seeds, which died, what is flagged. */
enum vt_status vt_section_runs(struct vt_ctx *ctx, const struct vt_study *s, struct vt_page *page);
/* Versions, kernel, settings, hashes, command line. */
enum vt_status vt_section_provenance(struct vt_ctx *ctx, const struct vt_study *s, struct vt_page *page);

#endif
