/* Forecasts of an experiment's tasks, one for all that differ in their seed alone.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include <stdlib.h>
#include <string.h>

#include "forecasts.h"

/* The settings with the value of train.seed cut out. */
static char *without_seed(struct vt_ctx *ctx, const char *settings)
{
	static const char key[] = "\"train.seed\":";
	const char *at = strstr(settings, key);
	if (!at) return vt_copy(ctx, settings);
	at += sizeof key - 1;
	return vt_format(ctx, "%.*s%s", (int)(at - settings), settings, at + strcspn(at, ",}"));
}

enum vt_status vt_forecasts_task(struct vt_ctx *ctx, struct vt_forecasts *f, const struct vt_task *t,
                                 const struct vt_forecast **out)
{
	enum vt_status status = VT_OK;
	char *settings = without_seed(ctx, t->settings_json);
	if (!settings) return VT_ENOMEM;
	for (size_t i = 0; i < f->n && !*out; i++)
		if (strcmp(f->settings[i], settings) == 0) *out = &f->of[i];
	if (*out || f->n == VT_MOST_FORECASTS) goto done;
	VT_TRY(vt_task_forecast(ctx, t, &f->of[f->n]));
	*out = &f->of[f->n];
	f->settings[f->n++] = settings;
	settings = NULL;
done:
	free(settings);
	return status;
}

void vt_forecasts_clear(struct vt_forecasts *f)
{
	for (size_t i = 0; i < f->n; i++) free(f->settings[i]);
	f->n = 0;
}
