/* Parameters from files, by name: one's own initial weights, or somebody else's trained network.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "venturi/input.h"
#include "venturi/model.h"

/* "F.h5" and "h1.w" to "F.h5:/h1.w"; of a folder "DIR/h1.w.npy". */
static char *place(struct vt_ctx *ctx, const char *path, bool folder, const char *name)
{
	return folder ? vt_format(ctx, "%s/%s.npy", path, name) : vt_format(ctx, "%s:/%s", path, name);
}

/* What PyTorch calls the same: "h1.q.weight" for h1.q.w and gains, "h1.q.bias" for h1.q.b, "embed.weight". */
static char *torch_name(struct vt_ctx *ctx, const char *name)
{
	size_t length = strlen(name);
	const char *end = length > 2 && name[length - 2] == '.' ? name + length - 1 : "";
	if (strcmp(end, "w") == 0 || strcmp(end, "g") == 0)
		return vt_format(ctx, "%.*s.weight", (int)length - 2, name);
	if (strcmp(end, "b") == 0) return vt_format(ctx, "%.*s.bias", (int)length - 2, name);
	return vt_format(ctx, "%s.weight", name);
}

/* nn.Linear holds [outputs, inputs], and so does a file that uses its name; tables of embeddings lie as ours. */
static bool turned(const char *name)
{
	size_t length = strlen(name);
	return length > 2 && strcmp(name + length - 2, ".w") == 0;
}

static bool fits(const struct vt_array *a, size_t rows, size_t cols)
{
	if (a->rank == 1) return rows == 1 && a->dim[0] == cols;
	return a->rank == 2 && a->dim[0] == rows && a->dim[1] == cols;
}

static bool named(size_t n, char *const *name, const char *wanted)
{
	for (size_t i = 0; i < n; i++)
		if (strcmp(name[i], wanted) == 0) return true;
	return false;
}

static void store(const struct vt_model *m, size_t at, double value)
{
	if (m->shape.precision == VT_SINGLE) ((float *)m->parameter)[at] = (float)value;
	else ((double *)m->parameter)[at] = value;
}

static enum vt_status read_block(struct vt_ctx *ctx, struct vt_model *m, const char *path, bool folder, size_t b,
                                 size_t n_names, char *const *names)
{
	enum vt_status status = VT_ENOMEM;
	const struct vt_parameters *k = &m->block[b];
	struct vt_array a = { 0 };
	struct stat found;
	char *torch = torch_name(ctx, k->name), *own = place(ctx, path, folder, k->name), *theirs = NULL;
	if (torch) theirs = place(ctx, path, folder, torch);
	if (!own || !theirs) goto done;
	bool is_own = folder ? stat(own, &found) == 0 : named(n_names, names, k->name);
	bool is_theirs = !is_own && (folder ? stat(theirs, &found) == 0 : named(n_names, names, torch));
	VT_REQUIRE(ctx, is_own || is_theirs, VT_EDATA, "model.weights: %s has neither %s nor %s; wanted: %zu x %zu numbers",
	           path, k->name, torch, k->rows, k->cols);
	bool turn = is_theirs && turned(k->name);
	size_t rows = turn ? k->cols : k->rows, cols = turn ? k->rows : k->cols;
	VT_TRY(vt_input_array(ctx, is_own ? own : theirs, &a));
	VT_REQUIRE(ctx, fits(&a, rows, cols), VT_EDATA, "model.weights: %s has rank %zu and begins %zu x %zu; wanted: %zu x "
	           "%zu",
	           is_own ? own : theirs, a.rank, a.rank > 0 ? a.dim[0] : 0, a.rank > 1 ? a.dim[1] : 1, rows, cols);
	for (size_t i = 0; i < k->rows; i++)
		for (size_t j = 0; j < k->cols; j++)
			store(m, k->offset + i * k->cols + j, a.value[turn ? j * k->rows + i : i * k->cols + j]);
done:
	free(a.value);
	free(torch);
	free(own);
	free(theirs);
	return status;
}

enum vt_status vt_model_load(struct vt_ctx *ctx, struct vt_model *m, const char *path)
{
	enum vt_status status = VT_OK;
	struct stat found;
	size_t n = 0;
	char **name = NULL;
	VT_REQUIRE(ctx, stat(path, &found) == 0, VT_EDATA,
	           "model.weights: there is no %s; wanted: an HDF5 file, or a folder of npy files, with a dataset a block of "
	           "parameters (venturi info of a file of weights lists them)", path);
	bool folder = S_ISDIR(found.st_mode);
	if (!folder) VT_TRY(vt_input_names(ctx, path, "", &n, &name));
	for (size_t b = 0; b < m->n_blocks; b++) VT_TRY(read_block(ctx, m, path, folder, b, n, name));
done:
	for (size_t i = 0; i < n; i++) free(name[i]);
	free(name);
	return status;
}
