/* The layers in both precisions.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include <math.h>
#include <string.h>

#include "layers.h"
#include "venturi/num.h"

static void tanh_f64(size_t n, const double *x, double *y)
{
	for (size_t i = 0; i < n; i++) y[i] = tanh(x[i]);
}

#define real float
#define REAL_NAME(x) x##_f32
#define REAL_GEMM vt_gemm_f32
#define REAL_TANH vt_tanh_f32
#define REAL_EXP vt_exp_f32
#include "layers_real.h"
#undef real
#undef REAL_NAME
#undef REAL_GEMM
#undef REAL_TANH
#undef REAL_EXP

#define real double
#define REAL_NAME(x) x##_f64
#define REAL_GEMM vt_gemm_f64
#define REAL_TANH tanh_f64
#define REAL_EXP vt_exp_f64
#include "layers_real.h"
