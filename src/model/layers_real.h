/* The layers, once per precision: the includer defines `real`, REAL_NAME(x), REAL_GEMM,
 * REAL_TANH(n, x, y) and REAL_EXP(n, x, y).  No include guard, on purpose.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */

/* ---- z[n,q] = x[n,p] w[p,q] + b[q] ------------------------------------- */

static void REAL_NAME(dense)(size_t n, size_t p, size_t q, const void *x, const void *w, const void *b, void *z)
{
	real *out = z;
	for (size_t i = 0; i < n; i++) memcpy(out + i * q, b, q * sizeof *out);
	REAL_GEMM(false, false, n, q, p, 1, x, p, w, q, 1, out, q);
}

static void REAL_NAME(dense_input)(size_t n, size_t p, size_t q, const void *dz, const void *w, void *dx)
{
	REAL_GEMM(false, true, n, p, q, 1, dz, q, w, q, 0, dx, p);
}

static void REAL_NAME(dense_weight)(size_t n, size_t p, size_t q, size_t p0, size_t p1, const void *x, const void *dz,
                                    void *dw)
{
	REAL_GEMM(true, false, p1 - p0, q, n, 1, (const real *)x + p0, p, dz, q, 0, (real *)dw + p0 * q, q);
}

static void REAL_NAME(dense_bias)(size_t n, size_t q, const void *dz, void *db)
{
	const real *d = dz;
	real *sum = db;
	memset(sum, 0, q * sizeof *sum);
	for (size_t i = 0; i < n; i++)
		for (size_t j = 0; j < q; j++) sum[j] += d[i * q + j];
}

/* ---- y = f(z) and dz = dy f'(z) ----------------------------------------- */

static real REAL_NAME(point)(enum vt_activation f, real leak, real z)
{
	switch (f) {
	case VT_RELU: return z > 0 ? z : 0;
	case VT_LEAKY: return z > 0 ? z : leak * z;
	case VT_SOFTSIGN: return z / (1 + (z < 0 ? -z : z));
	case VT_SOFTPLUS: return (real)(z > 0 ? z + log1p(exp(-(double)z)) : log1p(exp((double)z)));
	case VT_GELU: return (real)(0.5 * z * (1 + erf(z * M_SQRT1_2)));
	default: return z;
	}
}

VT_CLONES static void REAL_NAME(relu)(size_t n, const real *z, real *y)
{
	for (size_t i = 0; i < n; i++) y[i] = z[i] > 0 ? z[i] : 0;
}

static void REAL_NAME(activate)(enum vt_activation f, double leak, size_t n, const void *zs, void *ys)
{
	const real *z = zs;
	real *y = ys;
	if (f == VT_TANH) REAL_TANH(n, z, y);
	else if (f == VT_RELU) REAL_NAME(relu)(n, z, y);
	else
		for (size_t i = 0; i < n; i++) y[i] = REAL_NAME(point)(f, (real)leak, z[i]);
}

/* f'(z), with y = f(z) at hand. */
static real REAL_NAME(slope)(enum vt_activation f, real leak, real z, real y)
{
	switch (f) {
	case VT_TANH: return 1 - y * y;
	case VT_RELU: return z > 0 ? 1 : 0;
	case VT_LEAKY: return z > 0 ? 1 : leak;
	case VT_SOFTSIGN: return (1 - (y < 0 ? -y : y)) * (1 - (y < 0 ? -y : y));
	case VT_SOFTPLUS: return (real)(1 / (1 + exp(-(double)z)));
	case VT_GELU: return (real)(0.5 * (1 + erf(z * M_SQRT1_2)) + z * exp(-0.5 * (double)z * z) * 0.39894228040143268);
	default: return 1;
	}
}

VT_CLONES static void REAL_NAME(relu_with_slope)(size_t n, const real *z, real *y, real *restrict slope)
{
	for (size_t i = 0; i < n; i++) {
		slope[i] = z[i] > 0 ? 1 : 0;
		y[i] = z[i] > 0 ? z[i] : 0;
	}
}

static void REAL_NAME(activate_with_slope)(enum vt_activation f, double leak, size_t n, const void *zs, void *ys,
                                           void *slopes)
{
	const real *z = zs;
	real *y = ys, *slope = slopes;
	if (f == VT_RELU) {
		REAL_NAME(relu_with_slope)(n, z, y, slope);
	} else if (f == VT_TANH) {
		REAL_TANH(n, z, y);
		for (size_t i = 0; i < n; i++) slope[i] = 1 - y[i] * y[i];
	} else {
		for (size_t i = 0; i < n; i++) {
			real at = z[i];
			y[i] = REAL_NAME(point)(f, (real)leak, at);
			slope[i] = REAL_NAME(slope)(f, (real)leak, at, y[i]);
		}
	}
}

VT_CLONES static void REAL_NAME(tanh_backward)(size_t n, real *restrict z, const real *restrict y,
                                               const real *restrict dy)
{
	for (size_t i = 0; i < n; i++) z[i] = dy[i] * (1 - y[i] * y[i]);
}

VT_CLONES static void REAL_NAME(relu_backward)(size_t n, real *restrict z, const real *restrict dy)
{
	for (size_t i = 0; i < n; i++) {
		real d = dy[i];
		z[i] = z[i] > 0 ? d : 0;
	}
}

static void REAL_NAME(activate_backward)(enum vt_activation f, double leak, size_t n, void *zs, const void *ys,
                                         const void *dys)
{
	real *z = zs;
	const real *y = ys, *dy = dys;
	if (f == VT_TANH) REAL_NAME(tanh_backward)(n, z, y, dy);
	else if (f == VT_RELU) REAL_NAME(relu_backward)(n, z, dy);
	else
		for (size_t i = 0; i < n; i++) z[i] = dy[i] * REAL_NAME(slope)(f, (real)leak, z[i], y[i]);
}

/* ---- losses ---------------------------------------------------------------- */

static real REAL_NAME(largest)(size_t q, const real *z)
{
	real top = z[0];
	for (size_t j = 1; j < q; j++)
		if (z[j] > top) top = z[j];
	return top;
}

static void REAL_NAME(softmax)(size_t n, size_t q, const void *zs, void *ys)
{
	const real *z = zs;
	real *y = ys;
	for (size_t i = 0; i < n; i++, z += q, y += q) {
		real top = REAL_NAME(largest)(q, z), sum = 0;
		for (size_t j = 0; j < q; j++) y[j] = z[j] - top;
		REAL_EXP(q, y, y);
		for (size_t j = 0; j < q; j++) sum += y[j];
		for (size_t j = 0; j < q; j++) y[j] /= sum;
	}
}

static void REAL_NAME(cross_entropy_backward)(size_t n, size_t q, const void *ys, const int32_t *label, double scale,
                                              void *dzs)
{
	const real *y = ys;
	real *dz = dzs;
	for (size_t i = 0; i < n; i++)
		for (size_t j = 0; j < q; j++)
			dz[i * q + j] = (y[i * q + j] - (real)((size_t)label[i] == j)) * (real)scale;
}

static double REAL_NAME(target)(const struct vt_targets *t, size_t q, size_t i, size_t j)
{
	return t->label ? (double)((size_t)t->label[i] == j) : t->value[i * q + j];
}

static void REAL_NAME(squared_backward)(size_t n, size_t q, const void *ys, const struct vt_targets *t, double scale,
                                        void *dzs)
{
	const real *y = ys;
	real *dz = dzs;
	for (size_t i = 0; i < n; i++)
		for (size_t j = 0; j < q; j++)
			dz[i * q + j] = (real)(2 * scale / (double)q * (y[i * q + j] - REAL_NAME(target)(t, q, i, j)));
}

static double REAL_NAME(side)(const struct vt_targets *t, size_t q, size_t i, size_t j)
{
	return t->label ? ((size_t)t->label[i] == j ? 1 : -1) : t->value[i * q + j];
}

static void REAL_NAME(hinge_backward)(size_t n, size_t q, const void *ys, const struct vt_targets *t, double scale,
                                      void *dzs)
{
	const real *y = ys;
	real *dz = dzs;
	for (size_t i = 0; i < n; i++)
		for (size_t j = 0; j < q; j++) {
			double s = REAL_NAME(side)(t, q, i, j);
			dz[i * q + j] = s * y[i * q + j] < 1 ? (real)(-s * scale / (double)q) : 0;
		}
}

static double REAL_NAME(cross_entropy)(size_t n, size_t q, const void *zs, const int32_t *label)
{
	const real *z = zs;
	double total = 0;
	for (size_t i = 0; i < n; i++, z += q) {
		double top = REAL_NAME(largest)(q, z), sum = 0;
		for (size_t j = 0; j < q; j++) sum += exp(z[j] - top);
		total += log(sum) + top - z[label[i]];
	}
	return total;
}

static double REAL_NAME(squared)(size_t n, size_t q, const void *ys, const struct vt_targets *t)
{
	const real *y = ys;
	double total = 0;
	for (size_t i = 0; i < n; i++)
		for (size_t j = 0; j < q; j++) {
			double e = y[i * q + j] - REAL_NAME(target)(t, q, i, j);
			total += e * e / (double)q;
		}
	return total;
}

static double REAL_NAME(hinge)(size_t n, size_t q, const void *ys, const struct vt_targets *t)
{
	const real *y = ys;
	double total = 0;
	for (size_t i = 0; i < n; i++)
		for (size_t j = 0; j < q; j++) {
			double e = 1 - REAL_NAME(side)(t, q, i, j) * y[i * q + j];
			total += e > 0 ? e / (double)q : 0;
		}
	return total;
}

static size_t REAL_NAME(right_signs)(size_t n, size_t q, const void *ys, const double *value)
{
	const real *y = ys;
	size_t right = 0;
	for (size_t i = 0; i < n; i++) {
		size_t signs = 0;
		for (size_t j = 0; j < q; j++) signs += y[i * q + j] * value[i * q + j] > 0;
		right += signs == q;
	}
	return right;
}

/* The largest output decides; among equal ones the first. */
static size_t REAL_NAME(correct)(size_t n, size_t q, const void *ys, const int32_t *label)
{
	const real *y = ys;
	size_t right = 0;
	for (size_t i = 0; i < n; i++, y += q) {
		size_t best = 0;
		for (size_t j = 1; j < q; j++)
			if (y[j] > y[best]) best = j;
		right += best == (size_t)label[i];
	}
	return right;
}

static bool REAL_NAME(finite)(size_t n, const void *xs)
{
	const real *x = xs;
	for (size_t i = 0; i < n; i++)
		if (!isfinite(x[i])) return false;
	return true;
}

/* ---- noise and grids --------------------------------------------------------- */

static void REAL_NAME(add_noise)(size_t n, double sd, const double *z, const void *xs, void *ys)
{
	const real *x = xs;
	real *y = ys;
	for (size_t i = 0; i < n; i++) y[i] = (real)(x[i] + sd * z[i]);
}

/* Equal codes give equal bits: the value is made from the code. */
VT_CLONES static void REAL_NAME(round)(size_t n, const struct vt_grid *g, const void *xs, void *ys)
{
	const real *x = xs;
	real *y = ys;
	const double step = g->step, first = g->first, last = g->last, rate = step > 0 ? 1 / step : 0;
	for (size_t i = 0; i < n; i++) {
		double code = rint(x[i] * rate);
		code = code < first ? first : code > last ? last : code;
		y[i] = (real)(code * step);
	}
}

static void REAL_NAME(clip)(size_t n, const struct vt_grid *g, const void *xs, void *dys)
{
	const real *x = xs, low = (real)((g->first - 0.5) * g->step), high = (real)((g->last + 0.5) * g->step);
	real *dy = dys;
	for (size_t i = 0; i < n; i++) dy[i] = x[i] >= low && x[i] <= high ? dy[i] : 0;
}

static void REAL_NAME(extent)(size_t n, const void *xs, double *low, double *high)
{
	const real *x = xs;
	for (size_t i = 0; i < n; i++) {
		if (x[i] < *low) *low = x[i];
		if (x[i] > *high) *high = x[i];
	}
}

const struct vt_layer_ops REAL_NAME(vt_layer_ops) = {
	.dense = REAL_NAME(dense),
	.dense_input = REAL_NAME(dense_input),
	.dense_weight = REAL_NAME(dense_weight),
	.dense_bias = REAL_NAME(dense_bias),
	.activate = REAL_NAME(activate),
	.activate_with_slope = REAL_NAME(activate_with_slope),
	.activate_backward = REAL_NAME(activate_backward),
	.softmax = REAL_NAME(softmax),
	.cross_entropy_backward = REAL_NAME(cross_entropy_backward),
	.squared_backward = REAL_NAME(squared_backward),
	.cross_entropy = REAL_NAME(cross_entropy),
	.squared = REAL_NAME(squared),
	.hinge_backward = REAL_NAME(hinge_backward),
	.hinge = REAL_NAME(hinge),
	.right_signs = REAL_NAME(right_signs),
	.correct = REAL_NAME(correct),
	.finite = REAL_NAME(finite),
	.add_noise = REAL_NAME(add_noise),
	.round = REAL_NAME(round),
	.clip = REAL_NAME(clip),
	.extent = REAL_NAME(extent),
};
