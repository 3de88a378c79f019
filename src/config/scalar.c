/* Numbers as text, strictly: what strtod would let pass (1e-3x, 0x10, inf, " 1") is refused.
 * Called by the option tables and by sweeps.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "settings.h"

enum { LONGEST_NUMBER = 64 };

static size_t digits(const char *s)
{
	return strspn(s, "0123456789");
}

/* Length of the decimal number that `s` begins with; 0 if it is none. */
static size_t number_length(const char *s)
{
	size_t i = s[0] == '-' || s[0] == '+';
	size_t whole = digits(s + i), fraction = 0;
	i += whole;
	if (s[i] == '.' && s[i + 1] != '.') { /* two dots are a range */
		fraction = digits(s + i + 1);
		i += 1 + fraction;
	}
	if (whole + fraction == 0) return 0;
	if (s[i] != 'e' && s[i] != 'E') return i;
	size_t sign = s[i + 1] == '-' || s[i + 1] == '+';
	size_t exponent = digits(s + i + 1 + sign);
	return exponent ? i + 1 + sign + exponent : 0;
}

bool vt_text_real(const char *text, double *out)
{
	size_t length = number_length(text);
	if (length == 0 || length > LONGEST_NUMBER || text[length] != '\0') return false;
	double value = strtod(text, NULL);
	if (!isfinite(value)) return false;
	*out = value;
	return true;
}

bool vt_text_int(const char *text, int64_t *out)
{
	const double exact = 9007199254740992.0; /* 2^53: beyond it a real is no exact count */
	size_t sign = text[0] == '-' || text[0] == '+';
	double real;
	if (!vt_text_real(text, &real)) return false;
	if (text[sign + digits(text + sign)] == '\0') {
		errno = 0;
		long long value = strtoll(text, NULL, 10);
		if (errno != 0) return false;
		*out = value;
		return true;
	}
	if (real != floor(real) || fabs(real) > exact) return false;
	*out = (int64_t)real;
	return true;
}

bool vt_text_range(const char *text, int64_t *first, int64_t *last)
{
	char word[LONGEST_NUMBER];
	const char *dots = strstr(text, "..");
	if (!dots || (size_t)(dots - text) >= sizeof word) return false;
	memcpy(word, text, (size_t)(dots - text));
	word[dots - text] = '\0';
	int64_t a, b;
	if (!vt_text_int(word, &a) || !vt_text_int(dots + 2, &b) || a > b) return false;
	*first = a;
	*last = b;
	return true;
}

/* 17 digits always suffice for a double. */
void vt_text_from_real(double value, char out[32])
{
	for (int digit = 1; digit <= 17; digit++) {
		snprintf(out, 32, "%.*g", digit, value);
		if (strtod(out, NULL) == value) return;
	}
}
