/* Where real data lie: a path given by the user, else the usual places.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "venturi/input.h"

static bool exists(const char *path, bool *folder)
{
	struct stat st;
	if (stat(path, &st) != 0) return false;
	*folder = S_ISDIR(st.st_mode);
	return true;
}

/* FOLDER/NAME or FOLDER/NAME.gz; *out stays null where neither exists. */
static enum vt_status look_in(struct vt_ctx *ctx, const char *folder, const char *name, char **out)
{
	static const char *const suffix[] = { "", ".gz" };
	for (size_t i = 0; i < 2; i++) {
		bool is_folder = false;
		char *path = vt_format(ctx, "%s/%s%s", folder, name, suffix[i]);
		if (!path) return VT_ENOMEM;
		if (exists(path, &is_folder) && !is_folder) {
			*out = path;
			return VT_OK;
		}
		free(path);
	}
	return VT_OK;
}

static enum vt_status locate_given(struct vt_ctx *ctx, const char *given, const char *name, const char *remedy,
                                   char **out)
{
	bool folder = false;
	if (!exists(given, &folder))
		return vt_ctx_fail(ctx, VT_EABSENT, "%s: cannot be opened: %s; %s", given, strerror(errno), remedy);
	if (!folder) {
		*out = vt_copy(ctx, given);
		return *out ? VT_OK : VT_ENOMEM;
	}
	char *found = NULL;
	enum vt_status status = look_in(ctx, given, name, &found);
	if (status == VT_OK && !found)
		status = vt_ctx_fail(ctx, VT_EABSENT, "%s: the folder holds neither %s nor %s.gz; %s", given, name, name, remedy);
	if (status == VT_OK) *out = found;
	return status;
}

enum vt_status vt_input_locate(struct vt_ctx *ctx, const char *given, const char *const *places,
                               const char *name, const char *remedy, char **out)
{
	if (given) return locate_given(ctx, given, name, remedy, out);
	char *found = NULL;
	size_t n = 0;
	for (; places[n]; n++) {
		enum vt_status status = look_in(ctx, places[n], name, &found);
		if (status != VT_OK) return status;
		if (!found) continue;
		*out = found;
		return VT_OK;
	}
	return vt_ctx_fail(ctx, VT_EABSENT, "%s: is in none of the %zu usual places (%s%s); %s", name, n,
	                   n > 0 ? places[0] : "none", n > 1 ? ", ..." : "", remedy);
}
