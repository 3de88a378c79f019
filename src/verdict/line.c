/* Lines out of a series: fixed labels, perhaps one dimension open, a unit.  Called when evidence is gathered.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "judge.h"
#include "venturi/value.h"

void vt_excuse_set(struct vt_excuse *e, const char *format, ...)
{
	va_list args;
	va_start(args, format);
	vsnprintf(e->text, sizeof e->text, format, args);
	va_end(args);
}

double vt_unit_factor(const char *from, const char *to)
{
	if (strcmp(from, to) == 0) return 1;
	if (strcmp(from, "nat") == 0 && strcmp(to, "bit") == 0) return VT_BITS_PER_NAT;
	if (strcmp(from, "bit") == 0 && strcmp(to, "nat") == 0) return 1 / VT_BITS_PER_NAT;
	return NAN;
}

static size_t find_dim(const struct vt_series *s, const char *name)
{
	size_t d = 0;
	while (d < s->rank && strcmp(s->dim_name[d], name) != 0) d++;
	return d;
}

static const char *wanted_label(const struct vt_pairs *at, const char *dim)
{
	for (size_t i = 0; i < at->n; i++)
		if (strcmp(at->key[i], dim) == 0) return at->value[i];
	return NULL;
}

static void unknown_label(const struct vt_series *s, size_t d, const char *label, struct vt_excuse *why)
{
	const char *near = s->label[d] ? vt_nearest(label, (const char *const *)s->label[d], s->dim[d]) : NULL;
	if (near)
		vt_excuse_set(why, "%s has no %s '%s' (did you mean '%s'?)", s->name, s->dim_name[d], label, near);
	else if (s->label[d])
		vt_excuse_set(why, "%s has no %s '%s'; it has %zu, from '%s' to '%s'", s->name, s->dim_name[d], label, s->dim[d],
		              s->label[d][0], s->label[d][s->dim[d] - 1]);
	else if (s->coord[d])
		vt_excuse_set(why, "%s has no %s = %s; it has %zu, from %g to %g", s->name, s->dim_name[d], label, s->dim[d],
		              s->coord[d][0], s->coord[d][s->dim[d] - 1]);
	else
		vt_excuse_set(why, "%s has no %s '%s'", s->name, s->dim_name[d], label);
}

/* Index along a dimension that `at` fixes, or that has one place only. */
static bool fix_dim(const struct vt_series *s, size_t d, const struct vt_pairs *at, size_t *index,
                    struct vt_excuse *why)
{
	const char *label = wanted_label(at, s->dim_name[d]);
	long i = label ? vt_series_index(s, s->dim_name[d], label) : 0;
	*index = (size_t)i;
	if (i < 0) unknown_label(s, d, label, why);
	else if (!label && s->dim[d] != 1)
		vt_excuse_set(why, "%s has %zu places along %s, and `at` chooses none of them", s->name, s->dim[d],
		              s->dim_name[d]);
	else return true;
	return false;
}

static bool know_dims(const struct vt_series *s, const struct vt_pairs *at, struct vt_excuse *why)
{
	for (size_t i = 0; i < at->n; i++) {
		if (find_dim(s, at->key[i]) < s->rank) continue;
		const char *near = vt_nearest(at->key[i], (const char *const *)s->dim_name, s->rank);
		if (near) vt_excuse_set(why, "%s has no dimension '%s' (did you mean '%s'?)", s->name, at->key[i], near);
		else vt_excuse_set(why, "%s has no dimension '%s' among its %zu", s->name, at->key[i], s->rank);
		return false;
	}
	return true;
}

static bool over_steps(const struct vt_series *s, const struct vt_pairs *at, const char *along, struct vt_excuse *why)
{
	if (!s->value) vt_excuse_set(why, "%s holds text, wanted numbers", s->name);
	else if (s->rank == 0 || strcmp(s->dim_name[0], "step") != 0 || !s->coord[0])
		vt_excuse_set(why, "%s does not run over step", s->name);
	else if (wanted_label(at, "step")) vt_excuse_set(why, "`at` fixes step, over which a statistic runs");
	else if (along && strcmp(along, "step") == 0)
		vt_excuse_set(why, "`along` is step, over which a statistic runs in any case");
	else return true;
	return false;
}

/* `along` is a dimension that `at` leaves open. */
static bool open_dim(const struct vt_series *s, const struct vt_pairs *at, const char *along, struct vt_excuse *why)
{
	struct vt_pairs one = { 1, (char **)&along, NULL };
	if (!along) return true;
	if (!know_dims(s, &one, why)) return false;
	if (!wanted_label(at, along)) return true;
	vt_excuse_set(why, "`at` fixes %s, along which the statistic runs", along);
	return false;
}

bool vt_lines_find(const struct vt_series *s, const struct vt_pairs *at, const char *along, struct vt_lines *out,
                   struct vt_excuse *why)
{
	size_t offset = 0, stride = 1;
	struct vt_lines l = { .n_places = 1 };
	if (!over_steps(s, at, along, why) || !know_dims(s, at, why) || !open_dim(s, at, along, why)) return false;
	for (size_t d = s->rank; d-- > 1;) {
		size_t index = 0;
		if (along && strcmp(s->dim_name[d], along) == 0) {
			l.n_places = s->dim[d];
			l.place_stride = stride;
			l.dimension = d;
		} else if (!fix_dim(s, d, at, &index, why)) {
			return false;
		}
		offset += index * stride;
		stride *= s->dim[d];
	}
	l.step = s->coord[0];
	l.value = s->value + offset;
	l.n = s->dim[0];
	l.stride = stride;
	*out = l;
	return true;
}
