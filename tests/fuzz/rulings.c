/* rulings.json, read again and collected.  Includes the source, for what is private to it.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "../../src/store/rulings.c"

#include "fuzz.h"

static void run(struct vt_ctx *ctx, const uint8_t *data, size_t n)
{
	char *text = NULL;
	fuzz_file("rulings.json", data, n);
	enum vt_status status = vt_rulings_read(ctx, fuzz_folder(), &text);
	fuzz_expect(ctx, status);
	struct vt_frame *f = text ? vt_frame_create(ctx) : NULL;
	if (f) fuzz_expect(ctx, vt_rulings_collect(ctx, text, f));
	vt_frame_free(f);
	free(text);
}

static const char *const made[] = {
	"{\"rulings\": []}",
	"{\n \"rulings\": [\n  {\"claim\": \"replication\", \"experiment\": \"x\", \"hypothesis\": \"a\", \"statistic\": "
	"\"decline\",\n   \"value\": 5.81, \"ci95\": [4.93, 6.69], \"delta\": 0.5, \"unit\": \"bit\", \"expect\": \"above\",\n"
	"   \"n_seeds\": 9, \"n_dead\": 0, \"n_flagged\": 3, \"p_holm\": null, \"ci_level\": 0.95, \"registered\": true,\n"
	"   \"controls\": [{\"name\": \"flat-null\", \"passed\": true}], \"outcome\": \"supported\", \"reason\": \"\"}\n ]\n}",
};

static void seeds(struct vt_ctx *ctx, fuzz_seed_fn *give, void *self)
{
	char path[128];
	for (size_t i = 0; i < sizeof made / sizeof *made; i++) {
		give(self, made[i], strlen(made[i]));
		if (vt_rulings_write(ctx, fuzz_folder(), made[i]) != VT_OK) exit(1);
		size_t n;
		snprintf(path, sizeof path, "%s/rulings.json", fuzz_folder());
		uint8_t *bytes = fuzz_read(path, &n);
		give(self, bytes, n);
		free(bytes);
	}
}

/* What carries a sum is refused or as it was.  (Made by hand, it carries none: any change is somebody's.) */
static void compare(struct vt_ctx *ctx, const uint8_t *seed, size_t n_seed, const uint8_t *data, size_t n)
{
	char *text = NULL;
	bool summed = memmem(seed, n_seed, "\"sha256\"", 8) != NULL, same = n == n_seed && memcmp(seed, data, n) == 0;
	fuzz_file("rulings.json", data, n);
	enum vt_status status = vt_rulings_read(ctx, fuzz_folder(), &text);
	fuzz_expect(ctx, status);
	if (status == VT_OK && text && summed && !same) {
		json_t *a = json_loads(text, 0, NULL), *b = json_loadb((const char *)seed, n_seed, 0, NULL);
		if (!json_equal(json_object_get(a, "rulings"), json_object_get(b, "rulings")))
			fuzz_fail("damaged rulings were taken: %s", text);
		json_decref(a);
		json_decref(b);
	}
	free(text);
}

const struct fuzz_target fuzz_rulings = {
	.name = "rulings", .what = "rulings.json",
	.run = run, .seeds = seeds, .compare = compare, .many = 2000,
};
