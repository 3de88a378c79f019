/* The transformer's layers in both precisions.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include <math.h>
#include <string.h>

#include "transformer.h"
#include "venturi/num.h"

/* y = f(z) and the slope f'(z); y may be z. */
static void point_f32(int f, size_t n, const float *z, float *y, float *slope)
{
	if (f == VT_GELU) vt_gelu_f32(n, z, y, slope);
	else vt_layer_ops_f32.activate_with_slope((enum vt_activation)f, 0.01, n, z, y, slope);
}

static void point_f64(int f, size_t n, const double *z, double *y, double *slope)
{
	vt_layer_ops_f64.activate_with_slope((enum vt_activation)f, 0.01, n, z, y, slope);
}

#define real float
#define REAL_NAME(x) x##_f32
#define REAL_SQRT sqrtf
#define REAL_EXP vt_exp_f32
#define PRODUCT vt_product_f32
#define PANELS VT_PANEL_F32
#define PACK vt_panels_pack_f32
#define TRANSPOSE vt_transpose_f32
#define ACTIVATE point_f32
#define SOFTMAX vt_layer_ops_f32.softmax
#include "sequence_real.h"
#include "blocks_real.h"
#include "generate_real.h"
#undef real
#undef REAL_NAME
#undef REAL_SQRT
#undef REAL_EXP
#undef PRODUCT
#undef PANELS
#undef PACK
#undef TRANSPOSE
#undef ACTIVATE
#undef SOFTMAX
#undef NORM_EPSILON

#define real double
#define REAL_NAME(x) x##_f64
#define REAL_SQRT sqrt
#define REAL_EXP vt_exp_f64
#define PRODUCT vt_product_f64
#define PANELS VT_PANEL_F64
#define PACK vt_panels_pack_f64
#define TRANSPOSE vt_transpose_f64
#define ACTIVATE point_f64
#define SOFTMAX vt_layer_ops_f64.softmax
#include "sequence_real.h"
#include "blocks_real.h"
#include "generate_real.h"
