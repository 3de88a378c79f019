/* Figure `training`: loss and accuracy against epoch.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "picture.h"
#include "venturi/report.h"

static const struct {
	const char *variable[2], *label;
} row[] = {
	{ { "train/loss_train", "train/loss_test" }, "loss" },
	{ { "train/accuracy_train", "train/accuracy_test" }, "accuracy" },
};
static const char *const curve[2] = { "train", "test" };
enum { N_ROWS = 2 };

static bool applies(const struct vt_study *study)
{
	return vt_study_has(study, row[0].variable[0]);
}

/* Cross-entropy is in nat; a squared error is in no unit. */
static const char *label_of(const struct vt_study *s, size_t r)
{
	const char *loss = vt_runs_setting(s->runs, 0, "train.loss");
	return r == 0 && loss && strncmp(loss, "cross", 5) == 0 ? "loss [nat]" : row[r].label;
}

/* Accuracy: where it reaches 99 % and stays; loss: its change point. */
static const struct vt_onset_rule event[N_ROWS] = {
	{ .by = VT_ONSET_CHANGE, .way = VT_ONSET_DOWN },
	{ .by = VT_ONSET_LEVEL, .way = VT_ONSET_UP, .level = 0.99, .stay = 0.9 },
};

static enum vt_status mark(struct vt_ctx *ctx, const struct vt_source *from, size_t r, size_t style,
                           struct vt_panel *out)
{
	enum vt_status status;
	struct vt_strip_row found = { 0 };
	const struct vt_field *g = from->grid;
	VT_TRY(vt_onset_over_seeds(ctx, from, &event[r], &found));
	if (found.n > 0)
		out->moment[out->n_moments++] = (struct vt_event){ style, vt_epoch_of_step(g, found.at),
			                                            vt_epoch_of_step(g, found.lo), vt_epoch_of_step(g, found.hi) };
done:
	free(found.seed);
	return status;
}

static enum vt_status panel(struct vt_ctx *ctx, const struct vt_study *s, size_t arm, size_t r, struct vt_panel *out)
{
	struct vt_field *g = NULL;
	enum vt_status status;
	snprintf(out->title, sizeof out->title, "%s", s->arm[arm].name);
	out->x_label = "epoch";
	out->y_label = label_of(s, r);
	out->epochs = true;
	VT_TRY(vt_panel_curves(ctx, out, 2));
	for (size_t c = 0; c < 2; c++) {
		snprintf(out->curve[c].name, sizeof out->curve[c].name, "%s", curve[c]);
		out->curve[c].style = c;
		if (!vt_study_has(s, row[r].variable[c])) continue;
		VT_TRY(vt_field_load(ctx, s, row[r].variable[c], &g));
		VT_TRY(vt_curve_over_epochs(ctx, &(struct vt_source){ s, g, arm, 0 }, false, &out->curve[c]));
		VT_TRY(mark(ctx, &(struct vt_source){ s, g, arm, 0 }, r, c, out));
		vt_field_free(g);
		g = NULL;
	}
done:
	vt_field_free(g);
	return status;
}

/* What is not measured of this task (the accuracy of a regression) is NaN throughout. */
static enum vt_status is_told(struct vt_ctx *ctx, const struct vt_study *s, size_t r, bool *out)
{
	struct vt_field *g = NULL;
	enum vt_status status = VT_OK;
	*out = false;
	if (!vt_study_has(s, row[r].variable[0])) return VT_OK;
	VT_TRY(vt_field_load(ctx, s, row[r].variable[0], &g));
	for (size_t i = 0; i < g->n_runs * g->n_frames * g->n_cells && !*out; i++) *out = isfinite(g->value[i]);
done:
	vt_field_free(g);
	return status;
}

static enum vt_status pictures(struct vt_ctx *ctx, const struct vt_study *s, struct vt_pictures *out)
{
	struct vt_picture *p;
	enum vt_status status;
	struct vt_layout at = vt_study_layout(s);
	bool accuracy;
	VT_TRY(is_told(ctx, s, N_ROWS - 1, &accuracy));
	size_t rows = accuracy ? N_ROWS : N_ROWS - 1;
	VT_TRY(vt_picture_add(ctx, out, "training", NULL, rows * at.slots, at.columns, &p,
	                      "Loss and accuracy in evaluation mode. Lines: mean over the live seeds, test dashed; bands: one "
	                      "standard deviation over seeds. Vertical lines: where the loss changes (a logistic step fitted "
	                      "over the logarithm of the step) and where the accuracy reaches 99 %% and stays for five "
	                      "snapshots at least, geometric mean over the seeds in which it does, with its 95 %% interval at "
	                      "the foot."));
	for (size_t r = 0; r < rows; r++)
		for (size_t a = 0; a < at.arms; a++) VT_TRY(panel(ctx, s, a, r, &p->panel[r * at.slots + a]));
	vt_picture_ranges(p);
done:
	return status;
}

const struct vt_figure_kind vt_figure_training = {
	.kind = { .name = "training", .summary = "loss and accuracy against epoch, train and test", .source = "venturi" },
	.heading = "Loss and accuracy",
	.applies = applies,
	.pictures = pictures,
};
