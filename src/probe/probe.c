/* Taking snapshots: one pass over every row that counts gives the losses and the probe
 * rows' activations.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "probe.h"

static enum vt_status allocate_taps(struct vt_ctx *ctx, struct vt_probe *p)
{
	enum vt_status status;
	const struct vt_model *m = p->model;
	VT_NEW(ctx, p->tap, m->n_taps);
	VT_NEW(ctx, p->view, m->n_taps);
	for (size_t t = 0; t < m->n_taps; t++) {
		size_t width = p->tap_width[t];
		VT_NEW(ctx, p->tap[t], p->n_samples * width);
		const char *end = strrchr(m->tap_name[t], '.');
		bool attends = end && (strcmp(end, ".attention") == 0 || strcmp(end, ".pattern") == 0);
		enum vt_role role = t + 1 == m->n_taps ? VT_ROLE_OUTPUT : attends ? VT_ROLE_ATTENTION : VT_ROLE_HIDDEN;
		p->view[t] = (struct vt_tap){ .name = m->tap_name[t], .role = role, .x = { p->tap[t], p->n_samples, width, width } };
	}
	status = VT_OK;
done:
	return status;
}

static enum vt_status allocate_gradients(struct vt_ctx *ctx, struct vt_probe *p)
{
	enum vt_status status;
	const struct vt_model *m = p->model;
	VT_NEW(ctx, p->layer_gradient, m->n_taps);
	VT_NEW(ctx, p->layer_size, m->n_taps);
	for (size_t b = 0; b < m->n_blocks; b++)
		if (m->block[b].weight) p->layer_size[m->block[b].layer] += m->block[b].rows * m->block[b].cols;
	for (size_t l = 0; l < m->n_taps; l++) VT_NEW(ctx, p->layer_gradient[l], p->layer_size[l]);
	VT_TRY(vt_probe_net_create(ctx, p));
done:
	return status;
}

enum vt_status vt_probe_create(struct vt_ctx *ctx, const struct vt_chosen *chosen, const struct vt_dataset *data,
                               const struct vt_model *model, int64_t total, int64_t steps_per_epoch, uint64_t seed,
                               struct vt_probe **out)
{
	enum vt_status status;
	const struct vt_probe_settings *s = chosen->settings;
	struct vt_probe *p = NULL;
	VT_NEW(ctx, p, 1);
	p->data = data;
	p->model = model;
	p->seed = seed;
	VT_TRY(vt_probe_steps(ctx, s, total, steps_per_epoch, &p->n_steps, &p->step));
	VT_TRY(vt_probe_choose_rows(ctx, s, p));
	VT_TRY(vt_probe_choose_samples(ctx, s, p));
	VT_TRY(vt_probe_fill_samples(ctx, p));
	VT_TRY(allocate_taps(ctx, p));
	VT_TRY(allocate_gradients(ctx, p));
	VT_TRY(vt_forward_create(ctx, data, model, &p->forward));
	VT_TRY(vt_probe_draws_create(ctx, p));
	*out = p;
	p = NULL;
done:
	vt_probe_free(p);
	return status;
}

void vt_probe_free(struct vt_probe *p)
{
	if (!p) return;
	for (size_t t = 0; p->tap && t < p->model->n_taps; t++) free(p->tap[t]);
	for (size_t t = 0; p->layer_gradient && t < p->model->n_taps; t++) free(p->layer_gradient[t]);
	vt_probe_draws_free(p);
	vt_forward_free(p->forward);
	free(p->tap);
	free(p->view);
	free(p->layer_gradient);
	free(p->layer_size);
	free(p->step);
	free(p->all);
	free(p->is_test);
	free(p->place);
	free(p->first);
	free(p->block);
	free(p->position);
	free(p->tap_width);
	free(p->input);
	free(p->target);
	free(p->row_is_test);
	free(p->label);
	vt_probe_net_free(p);
	free(p);
}

size_t vt_probe_snapshots(const struct vt_probe *p)
{
	return p->n_steps;
}

int64_t vt_probe_next(const struct vt_probe *p, int64_t step)
{
	size_t low = 0, high = p->n_steps;
	while (low < high) {
		size_t middle = (low + high) / 2;
		if (p->step[middle] < step) low = middle + 1;
		else high = middle;
	}
	return low < p->n_steps ? p->step[low] : INT64_MAX;
}

/* Whether X is less than the taps are functions of. */
static bool partial_x(const struct vt_probe *p)
{
	return p->x == VT_PROBE_X_TOKEN || p->x == VT_PROBE_X_BIGRAM;
}

struct vt_snapshot_shape vt_probe_shape(const struct vt_probe *p)
{
	return (struct vt_snapshot_shape){
		.n_taps = p->model->n_taps,
		.n_rows = p->n_samples,
		.n_classes = p->data->n_classes,
		.tap_name = (const char *const *)p->model->tap_name,
		.tap_width = p->tap_width,
		.n_inputs = p->n_x,
		.n_targets = p->data->label ? 0 : p->data->n_targets,
		.n_positions = p->data->n_tokens > 0 ? p->data->n_inputs : 0,
		.n_tokens = p->data->n_tokens,
		.partial_x = partial_x(p),
		.samples = vt_probe_sample_words(p),
		.x = vt_probe_x_words(p),
		.y = vt_probe_y_words(p),
		.n_weights = p->net.n_weights,
		.weight = p->net.weight,
		.n_net_layers = p->model->n_taps,
		.net_layer_name = (const char *const *)p->model->tap_name,
		.n_snapshots = p->n_steps,
	};
}

/* One pass: scores per slot, and the probe rows' activations as doubles. */
struct taking {
	struct vt_probe *p;
	struct vt_score train[VT_FORWARD_SLOTS], test[VT_FORWARD_SLOTS];
};

static void take_chunk(void *self, const struct vt_chunk *c)
{
	struct taking *t = self;
	struct vt_probe *p = t->p;
	for (size_t i = 0; i < c->n; i++) {
		size_t correct, at = c->first + i;
		double loss;
		p->model->kind->loss(p->model, c->pass, &c->targets, i, i + 1, &loss, &correct);
		size_t asked = vt_targets_asked(&p->model->shape, &c->targets, i, i + 1);
		vt_score_add(p->is_test[at] ? &t->test[c->slot] : &t->train[c->slot], asked, loss, correct);
		if (p->place[at] < 0) continue;
		for (size_t tap = 0; tap < p->model->n_taps; tap++)
			vt_probe_copy_row(p, c->pass, tap, i, (size_t)p->place[at], p->tap[tap]);
	}
}

static double mean(double sum, size_t n)
{
	return n > 0 ? sum / (double)n : NAN;
}

static void fill_scores(struct vt_snapshot *s, const struct taking *t, bool classes)
{
	struct vt_score train = vt_score_total(t->train), test = vt_score_total(t->test);
	s->loss_train = mean(train.loss, train.n);
	s->loss_test = mean(test.loss, test.n);
	s->accuracy_train = classes ? mean((double)train.correct, train.n) : NAN;
	s->accuracy_test = classes ? mean((double)test.correct, test.n) : NAN;
}

static bool constant_output(const struct vt_probe *p)
{
	size_t width = p->tap_width[p->model->n_taps - 1];
	const double *y = p->tap[p->model->n_taps - 1];
	for (size_t i = 1; i < p->n_samples; i++)
		if (memcmp(y, y + i * width, width * sizeof *y) != 0) return false;
	return true;
}

/* Visitor: stops (with VT_EDOMAIN) at the first gradient into a hidden layer. */
static enum vt_status any_gradient(void *visitor, size_t n_layers, const size_t *n, const double *const *layer_gradient)
{
	(void)visitor;
	for (size_t l = 0; l + 1 < n_layers; l++)
		for (size_t i = 0; i < n[l]; i++)
			if (layer_gradient[l][i] != 0) return VT_EDOMAIN;
	return VT_OK;
}

/* Dead: the output is the same for every row, and no batch of an epoch has a gradient into
 * any hidden layer, so that it stays the same whatever the output layer does. */
static enum vt_status check_dead(struct vt_ctx *ctx, struct vt_probe *p)
{
	p->dead = false;
	if (p->model->n_taps < 2 || p->n_samples < 2 || !constant_output(p)) return VT_OK;
	enum vt_status status = vt_probe_gradients(ctx, p, any_gradient, NULL);
	p->dead = status == VT_OK;
	return status == VT_EDOMAIN ? VT_OK : status;
}

static bool noisy(const struct vt_probe *p)
{
	for (size_t t = 0; t < p->model->n_taps; t++)
		if (p->view[t].sampler) return true;
	return false;
}

/* What does not depend on the network's output. */
static void describe(struct vt_probe *p, const struct vt_moment *moment)
{
	const struct vt_dataset *d = p->data;
	p->snapshot = (struct vt_snapshot){
		.step = moment->step,
		.epoch = moment->epoch,
		.index = p->taken++,
		.last = moment->last,
		.n_taps = p->model->n_taps,
		.tap = p->view,
		.input = { p->input, p->n_samples, p->n_x, p->n_x },
		.basis = { d->basis, d->basis ? d->n_inputs : 0, d->n_inputs, d->n_inputs },
		.target = { p->target, d->label ? 0 : p->n_samples, d->n_targets, d->n_targets },
		.label = { p->label, p->n_samples, d->n_classes },
		.is_test = p->row_is_test,
		.block = p->samples == VT_PROBE_TOKEN ? p->block : NULL,
		.position = p->position,
		.n_positions = d->n_tokens > 0 ? d->n_inputs : 0,
		.partial_x = partial_x(p),
		.enumerated = d->enumerated && p->n_rows == d->n && p->samples != VT_PROBE_TOKEN && !partial_x(p),
		.deterministic = !noisy(p),
		.h_x = p->h_x,
		.seed = p->seed,
		.net = &p->net,
	};
}

enum vt_status vt_probe_take(struct vt_ctx *ctx, struct vt_probe *p, const struct vt_moment *moment,
                             const struct vt_snapshot **out)
{
	enum vt_status status;
	struct taking t = { .p = p };
	VT_TRY(vt_probe_draws_refresh(ctx, p));
	describe(p, moment);
	vt_probe_net_refresh(p);
	p->trainer = moment->trainer;
	p->epoch = (uint64_t)moment->epoch;
	VT_TRY(vt_forward_run(ctx, p->forward, p->all, p->n_all, take_chunk, &t));
	fill_scores(&p->snapshot, &t, p->data->label != NULL || p->model->shape.loss == VT_HINGE);
	p->diverged = moment->diverged;
	if (!p->diverged) VT_TRY(check_dead(ctx, p));
	p->snapshot.flags = (p->dead ? VT_DEAD : 0) | (p->diverged ? VT_DIVERGED : 0);
	*out = &p->snapshot;
done:
	return status;
}

enum vt_status vt_probe_carry(struct vt_ctx *ctx, struct vt_probe *p, struct vt_state *s)
{
	enum vt_status status;
	vt_state_owner(s, "probe");
	VT_TRY(vt_state_carry_count(ctx, s, "taken", p->n_steps, &p->taken));
	VT_TRY(vt_state_carry_flag(ctx, s, "dead", &p->dead));
	VT_TRY(vt_state_carry_flag(ctx, s, "diverged", &p->diverged));
done:
	return status;
}

bool vt_probe_alive(const struct vt_probe *p)
{
	return !p->dead && !p->diverged;
}
