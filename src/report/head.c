/* Title and question of an experiment.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include <stdlib.h>
#include <string.h>

#include "section.h"

enum { LONGEST_QUESTION = 400 };

/* The opening comment of the experiment file without its marks, up to the first empty
 * line: files state there what they ask. */
static void opening_comment(const char *config, char out[LONGEST_QUESTION])
{
	size_t n = 0;
	while (*config == '#') {
		const char *line = config + 1;
		size_t length = strcspn(line, "\n");
		config = line + length + (line[length] == '\n');
		while (length > 0 && strchr(" \t\r#", *line)) line++, length--;
		if (length == 0 && n > 0) break;
		for (size_t i = 0; i < length && n + 2 < LONGEST_QUESTION; i++) out[n++] = line[i];
		if (n + 2 < LONGEST_QUESTION) out[n++] = ' ';
	}
	while (n > 0 && out[n - 1] == ' ') n--;
	out[n] = '\0';
}

/* One sentence: up to the question mark, else to the first full stop. */
static void first_sentence(char *text)
{
	char *end = strchr(text, '?');
	if (!end) {
		end = strstr(text, ". ");
		if (!end) return;
	}
	end[1] = '\0';
}

enum vt_status vt_section_head(struct vt_ctx *ctx, const struct vt_study *s, struct vt_page *page)
{
	char question[LONGEST_QUESTION] = "";
	const char *config = vt_runs_text(s->runs, 0, "config"), *title = vt_runs_attribute(s->runs, 0, "title");
	(void)ctx;
	if (config) opening_comment(config, question);
	first_sentence(question);
	vt_page_add(page, "<h1>%s</h1>\n", title && *title ? title : s->name);
	if (*question) vt_page_add(page, "<p class=\"question\">%s</p>\n", question);
	return page->status;
}
