/* Every kind that was compiled in: the table that build-aux/kinds.sh makes from the lists in
 * src/Makefile.am.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include "venturi.h"

#include "kinds.inc"

const struct vt_registry vt_registry = { sizeof entry / sizeof *entry, entry };
