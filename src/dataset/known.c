/* Laws of known information as a dataset: one of the two variables is the input, the other the label or the target.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include <stdlib.h>

#include "known.h"
#include "prepare.h"

struct settings {
	char *case_name;
	int64_t n;
	double train_share;
	int split;
};

#define AT(member) offsetof(struct settings, member)
static const struct vt_option options[] = {
	{ "case", VT_STRING, AT(case_name), .def = "1v1-normal-0.75",
	  .help = "which law; `venturi validate --list` names them with their information" },
	{ "n", VT_INT, AT(n), 2, 10000000, "10000", "rows", "training and test rows together" },
	{ "train_share", VT_REAL, AT(train_share), 1e-7, 1, "0.8", "of the rows", "rows to train on" },
	{ "split", VT_CHOICE, AT(split), 0, 0, "iid", NULL, "iid: drawn by the seed; ordered: the first rows",
	  vt_split_names },
	{ 0 }
};

/* Symbols become labels: whole numbers from 0. */
static enum vt_status take_labels(struct vt_ctx *ctx, const double *symbol, struct vt_dataset *d)
{
	enum vt_status status = VT_OK;
	VT_NEW(ctx, d->label, d->n);
	for (size_t i = 0; i < d->n; i++) {
		d->label[i] = (int32_t)symbol[i];
		if ((size_t)d->label[i] >= d->n_classes) d->n_classes = (size_t)d->label[i] + 1;
	}
done:
	return status;
}

/* The discrete side of one column is the label, Y where both are. */
static enum vt_status take(struct vt_ctx *ctx, const struct vt_known *c, struct vt_known_rows *rows,
                           struct vt_dataset *d)
{
	enum vt_status status = VT_OK;
	bool y_label = c->discrete_y && c->dim_y == 1, x_label = !y_label && c->discrete_x && c->dim_x == 1;
	double **input = x_label ? &rows->y : &rows->x, **output = x_label ? &rows->x : &rows->y;
	d->n = rows->n;
	d->n_inputs = x_label ? c->dim_y : c->dim_x;
	d->x = *input;
	*input = NULL;
	if (y_label || x_label) {
		VT_TRY(take_labels(ctx, *output, d));
	} else {
		d->target = *output;
		d->n_targets = c->dim_y;
		*output = NULL;
	}
done:
	return status;
}

static enum vt_status open_case(struct vt_ctx *ctx, const void *settings, uint64_t seed, struct vt_dataset *out)
{
	enum vt_status status = VT_OK;
	const struct settings *s = settings;
	struct vt_known_rows rows = { 0 };
	size_t i = vt_known_find(s->case_name);
	double se;
	if (i == vt_known_count()) {
		const char *near = vt_known_nearest(s->case_name);
		VT_FAIL(ctx, VT_ECONFIG, "dataset.case: there is no case '%.80s'%s%s%s", s->case_name,
		        near ? " (did you mean '" : "; `venturi validate --list` names them", near ? near : "", near ? "'?)" : "");
	}
	struct vt_known c = vt_known_case(i);
	VT_REQUIRE(ctx, c.dim_z == 0, VT_ECONFIG, "dataset.case: %s is a triple; a dataset has inputs and labels", c.name);
	VT_TRY(vt_known_truth(ctx, i, &out->i_xy, &se));
	VT_TRY(vt_known_draw(ctx, i, (size_t)s->n, seed, &rows));
	VT_TRY(take(ctx, &c, &rows, out));
	status = vt_dataset_split(ctx, out, s->train_share, s->split == VT_SPLIT_ORDERED, seed);
done:
	vt_known_rows_clear(&rows);
	return status;
}

const struct vt_dataset_kind vt_dataset_known = {
	.kind = { "known", "laws whose mutual information is known", "Czyz et al. 2023; Gao et al. 2017; venturi",
	          sizeof(struct settings), options,
	          "I(X;Y) is that of the law, not of the drawn rows: a network that learns the rows by heart can seem to hold "
	          "more." },
	.open = open_case,
};
