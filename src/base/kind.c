/* Looking up kinds.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include <string.h>

#include "venturi/kind.h"

const struct vt_kind *vt_kind_find(const struct vt_registry *r, const char *room, const char *name)
{
	for (size_t i = 0; i < r->n; i++)
		if (strcmp(r->entry[i].room, room) == 0 && strcmp(r->entry[i].kind->name, name) == 0)
			return r->entry[i].kind;
	return NULL;
}
