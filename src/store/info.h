/* Two halves of vt_info_json; private to the room.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef STORE_INFO_H
#define STORE_INFO_H

#include <jansson.h>

#include "venturi/base.h"

/* Groups and datasets of any HDF5 file by shape and type, nothing read.  *schema: whether
 * the file says that it is venturi's.  The caller decrefs *groups. */
enum vt_status vt_foreign_groups(struct vt_ctx *ctx, const char *path, json_t **groups, bool *schema);

#endif
