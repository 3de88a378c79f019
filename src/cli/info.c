/* venturi info: what a file is and holds.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli.h"

static const struct vt_flag_option flags[] = { { 0 } };

/* "key   value" where there is a value; text from files loses its control characters. */
static void print_line(const char *key, const json_t *value)
{
	if (!value || json_is_null(value)) return;
	char *dumped = json_is_string(value) ? NULL : json_dumps(value,
	                                                         JSON_ENCODE_ANY | JSON_COMPACT | JSON_REAL_PRECISION(15));
	const char *text = dumped ? dumped : json_string_value(value);
	int pad = 14 - (int)strnlen(key, 14);
	vt_print_text(key);
	printf("%*s ", pad, "");
	vt_print_text(text ? text : "");
	putchar('\n');
	free(dumped);
}

/* "[step 200, layer 6]" of our files, "[200, 6]" of foreign ones. */
static void print_shape(const json_t *group, const json_t *variable)
{
	const json_t *names = json_object_get(variable, "dimensions"), *shape = json_object_get(variable, "shape");
	const json_t *sizes = json_object_get(group, "dimensions");
	size_t n = json_array_size(names ? names : shape);
	for (size_t i = 0; i < n; i++) {
		const char *name = json_string_value(json_array_get(names, i));
		const json_t *size = name ? json_object_get(sizes, name) : json_array_get(shape, i);
		printf(i ? ", " : " [");
		vt_print_text(name ? name : "");
		printf("%s%" JSON_INTEGER_FORMAT, name ? " " : "", json_integer_value(size));
	}
	if (n > 0) putchar(']');
}

/* How long it is; nothing where there is no such text. */
static int print_string(const json_t *object, const char *key)
{
	const char *text = json_string_value(json_object_get(object, key));
	vt_print_text(text ? text : "");
	return (int)strnlen(text ? text : "", 1000);
}

static void print_group(const json_t *group)
{
	size_t i;
	json_t *v;
	putchar('\n');
	print_string(group, "name");
	putchar('\n');
	json_array_foreach(json_object_get(group, "variables"), i, v) {
		const char *unit = json_string_value(json_object_get(v, "unit"));
		const char *long_name = json_string_value(json_object_get(v, "long_name"));
		printf("  ");
		int pad = 22 - print_string(v, "name");
		printf("%*s %-8s", pad > 0 ? pad : 0, "", json_string_value(json_object_get(v, "type")));
		print_shape(group, v);
		printf(unit && strcmp(unit, "1") != 0 ? " " : "");
		vt_print_text(unit && strcmp(unit, "1") != 0 ? unit : "");
		printf(long_name ? ": " : "");
		vt_print_text(long_name ? long_name : "");
		putchar('\n');
	}
}

static void print_members(const char *title, const json_t *object)
{
	const char *key;
	json_t *value;
	if (json_object_size(object) == 0) return;
	printf("\n%s\n", title);
	json_object_foreach((json_t *)object, key, value) {
		printf("  ");
		print_line(key, value);
	}
}

static void print_content(const json_t *info)
{
	const json_t *good = json_object_get(info, "content_ok");
	if (!json_is_boolean(good)) return;
	printf("%-14s %s\n", "content", json_is_true(good) ? "agrees with its check sum"
	                                                   : "DAMAGED: does not agree with its check sum");
}

static void print_info(const json_t *info)
{
	static const char *const line[] = { "path", "kind", "schema", "title", "status", "alive", "steps", "last_step",
	                                    "content_sha256" };
	size_t i;
	json_t *group;
	for (size_t k = 0; k < sizeof line / sizeof line[0]; k++) print_line(line[k], json_object_get(info, line[k]));
	print_content(info);
	json_array_foreach(json_object_get(info, "groups"), i, group) print_group(group);
	print_members("settings", json_object_get(info, "settings"));
	print_members("provenance", json_object_get(info, "provenance"));
}

static enum vt_status command_main(struct vt_ctx *ctx, const struct vt_args *a)
{
	enum vt_status status;
	char *text = NULL;
	json_t *root = NULL;

	VT_TRY(vt_info_json(ctx, a->word[0], &text));
	if (vt_args_flag(a, "json")) {
		puts(text);
	} else {
		root = json_loads(text, 0, NULL);
		VT_REQUIRE(ctx, root, VT_EBUG, "%s: its description of %zu bytes is no JSON", a->word[0], strlen(text));
		print_info(json_object_get(root, "info"));
	}
	VT_REQUIRE(ctx, !strstr(text, "\"content_ok\": false"), VT_EDATA, "%s: its content does not agree with its"
	           " content_sha256", a->word[0]);
	status = VT_OK;
done:
	json_decref(root);
	free(text);
	return status;
}

const struct vt_command_kind vt_command_info = {
	.kind = { "info", "what a file is and holds", "venturi", 0, NULL, NULL },
	.usage = "FILE [--json]",
	.example = "venturi info results/information-plane/task-00000/run.h5",
	.flags = flags,
	.min_words = 1,
	.max_words = 1,
	.main = command_main,
};
