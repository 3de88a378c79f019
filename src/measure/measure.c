/* Gathers the measures of a task by the group that they write, and calls their kinds.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include <stdlib.h>
#include <string.h>

#include "venturi/measure.h"

/* Measures that share a group. */
struct sharers {
	const struct vt_measure_kind *kind;
	const char *group;
	size_t n;
	const struct vt_named **measure;
	void *state; /* of kinds that follow a run */
};

struct vt_measures {
	struct vt_snapshot_shape shape;
	struct vt_frame *frame;
	size_t n_groups;
	struct sharers *group;
};

static const struct vt_measure_kind *kind_of(const struct vt_named *m)
{
	return (const struct vt_measure_kind *)m->chosen.kind; /* its first member */
}

static struct sharers *find_group(struct vt_measures *m, const char *group)
{
	for (size_t g = 0; g < m->n_groups; g++)
		if (strcmp(m->group[g].group, group) == 0) return &m->group[g];
	return NULL;
}

/* Groups of the file that are not ours to write. */
static bool reserved(const char *group)
{
	static const char *const names[] = { "train", "provenance", "theory", "rulings" };
	for (size_t i = 0; i < sizeof names / sizeof *names; i++)
		if (strcmp(names[i], group) == 0) return true;
	return false;
}

static enum vt_status add(struct vt_ctx *ctx, struct vt_measures *m, const struct vt_named *measure, size_t room)
{
	enum vt_status status = VT_OK;
	const struct vt_measure_kind *kind = kind_of(measure);
	const char *name = kind->group ? kind->group : measure->key;
	struct sharers *group = find_group(m, name);
	VT_REQUIRE(ctx, !reserved(name), VT_ECONFIG, "measure '%s' would write the group /%s, which has another use; "
	           "rename the measure", measure->key, name);
	VT_REQUIRE(ctx, !group || (kind->group && group->kind == kind), VT_ECONFIG,
	           "measure '%s' would write the group /%s, which holds another measure; rename it", measure->key, name);
	if (!group) {
		group = &m->group[m->n_groups++];
		*group = (struct sharers){ .kind = kind, .group = name };
		VT_NEW(ctx, group->measure, room);
	}
	group->measure[group->n++] = measure;
done:
	return status;
}

/* Of sequences: what a row was and what blocks are, in the group and in the root. */
static enum vt_status say_samples(struct vt_ctx *ctx, const struct vt_snapshot_shape *shape, struct vt_frame *frame,
                                  const char *object)
{
	enum vt_status status = VT_OK;
	const struct {
		const char *name, *value;
	} word[] = { { "samples", shape->samples }, { "samples_x", shape->x }, { "samples_y", shape->y },
		     { "samples_block", "a sequence: errors and nulls take it as a whole" } };
	if (!shape->samples) return VT_OK;
	for (size_t i = 0; i < sizeof word / sizeof *word; i++)
		VT_TRY(vt_frame_attr_text(ctx, frame, object, word[i].name, word[i].value));
done:
	return status;
}

enum vt_status vt_measures_create(struct vt_ctx *ctx, size_t n, const struct vt_named *measure,
                                  const struct vt_snapshot_shape *shape, struct vt_frame *frame,
                                  struct vt_measures **out)
{
	enum vt_status status = VT_OK;
	struct vt_measures *m = NULL;
	VT_NEW(ctx, m, 1);
	m->shape = *shape;
	m->frame = frame;
	VT_NEW(ctx, m->group, n);
	for (size_t i = 0; i < n; i++) VT_TRY(add(ctx, m, &measure[i], n));
	for (size_t g = 0; g < m->n_groups; g++) {
		struct sharers *s = &m->group[g];
		VT_TRY(s->kind->declare(ctx, s->n, s->measure, &m->shape, frame, s->group));
		if (s->kind->create) VT_TRY(s->kind->create(ctx, s->n, s->measure, &m->shape, &s->state));
		VT_TRY(say_samples(ctx, shape, frame, s->group));
		VT_TRY(vt_frame_attr_text(ctx, frame, s->group, "measure_kind", s->kind->kind.name));
	}
	VT_TRY(say_samples(ctx, shape, frame, ""));
	*out = m;
	m = NULL;
done:
	vt_measures_free(m);
	return status;
}

enum vt_status vt_measures_record(struct vt_ctx *ctx, struct vt_measures *m, const struct vt_snapshot *snapshot)
{
	enum vt_status status = VT_OK;
	VT_REQUIRE(ctx, snapshot->n_taps == m->shape.n_taps, VT_EBUG, "a snapshot of %zu layers, %zu were declared",
	           snapshot->n_taps, m->shape.n_taps);
	for (size_t g = 0; g < m->n_groups; g++) {
		struct sharers *s = &m->group[g];
		status = s->kind->follow
		                 ? s->kind->follow(ctx, s->state, s->n, s->measure, &m->shape, snapshot, m->frame, s->group)
		                 : s->kind->record(ctx, s->n, s->measure, &m->shape, snapshot, m->frame, s->group);
		if (status != VT_OK) {
			vt_ctx_frame(ctx, "in measure %s, step %lld", s->n == 1 ? s->measure[0]->key : s->group,
			             (long long)snapshot->step);
			goto done;
		}
	}
done:
	return status;
}

enum vt_status vt_measures_carry(struct vt_ctx *ctx, struct vt_measures *m, struct vt_state *s)
{
	enum vt_status status = VT_OK;
	for (size_t g = 0; g < m->n_groups; g++) {
		if (!m->group[g].kind->carry) continue;
		char *owner = vt_format(ctx, "measure-%s", m->group[g].group);
		if (!owner) return VT_ENOMEM;
		vt_state_owner(s, owner);
		free(owner);
		VT_TRY(m->group[g].kind->carry(ctx, m->group[g].state, s));
	}
done:
	return status;
}

void vt_measures_free(struct vt_measures *m)
{
	if (!m) return;
	for (size_t g = 0; m->group && g < m->n_groups; g++) {
		if (m->group[g].kind->free) m->group[g].kind->free(m->group[g].state);
		free(m->group[g].measure);
	}
	free(m->group);
	free(m);
}

bool vt_measure_due(size_t index, size_t n, size_t wanted)
{
	if (n <= wanted) return true;
	size_t k = (index * (wanted - 1) + (n - 1) / 2) / (n - 1);
	for (size_t j = k > 0 ? k - 1 : 0; j <= k + 1 && j < wanted; j++)
		if ((j * (n - 1) + (wanted - 1) / 2) / (wanted - 1) == index) return true;
	return false;
}
