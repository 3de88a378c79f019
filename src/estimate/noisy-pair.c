/* Pairwise bounds on the information of a layer with Gaussian noise of its own: those of kde, at the
 * signals without the noise and with the noise's true variance.  Here they bound what the layer really
 * holds, with no Monte Carlo.
 *
 * Source: Kolchinsky & Tracey 2017, eqs. 10 and 11; Goldfeld et al. 2019 for the layers.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include <stdlib.h>

#include "layer.h"

/* Where there is noise further down, p(t|x) is no Gaussian, and the bounds would be of something else. */
static enum vt_status layer(struct vt_ctx *ctx, const void *settings, const struct vt_layer *in,
                            struct vt_information out[2])
{
	enum vt_status status = VT_OK;
	const struct vt_sampler *s = in->sampler;
	size_t n = in->t.rows;
	struct vt_layer signal = *in;
	double *x = NULL;
	uint32_t *row = NULL;
	(void)settings;
	if (!s || !s->fixed || s->width == 0) {
		out[0] = out[1] = vt_information_none(n, VT_NOT_COMPUTED);
		goto done;
	}
	VT_NEW(ctx, x, n * s->width);
	VT_NEW(ctx, row, n);
	for (size_t i = 0; i < n; i++) row[i] = (uint32_t)i;
	VT_TRY(s->draw(ctx, s, n, row, 1, 1, x));
	signal.t = (struct vt_mat){ x, n, s->width, s->width };
	signal.partial_x = false; /* the door sees to it */
	VT_TRY(vt_kde_bounds(ctx, s->sd * s->sd, &signal, out));
done:
	free(x);
	free(row);
	return status;
}

const struct vt_estimate_kind vt_estimate_noisy_pair = {
	.kind = { "noisy-pair", "pairwise bounds on the information of a layer with Gaussian noise of its own",
	          "Kolchinsky & Tracey 2017, eqs. 10 and 11; Goldfeld et al. 2019", 0, NULL,
	          "only for layers whose signal is a function of the input: the first noisy one, and an output behind it" },
	.traits = VT_TRUE_WITH_NOISE,
	.n_bounds = 2,
	.bound = { VT_UPPER, VT_LOWER },
	.suffix = { "-upper", "-lower" },
	.cannot_mean = "Bounds on the information of the layer with its noise. I(T;Y) is the difference of two upper (or "
	               "two lower) bounds and so bounds nothing.",
	.layer = layer,
};
