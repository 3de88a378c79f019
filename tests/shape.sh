#!/bin/sh
# Prints the shape of the tree and fails where it leaves the project's bounds (docs/design.md, "Shape"): median
# function at most 15 lines, 90 % at most 50, none over 100; no file over 500 lines; at most 10 function-like
# macros; no file or folder that only says "utils".  Right for this project's formatting: a function's body opens
# and closes with a brace in the first column.  SPDX-License-Identifier: GPL-3.0-or-later
set -eu
cd "${top_srcdir:-$(dirname "$0")/..}"
status=0

# functions FILE...: "lines file:line" for each function, from its signature to its closing brace.
functions() {
	awk '
		FNR == 1 { start = 0; body = 0 }
		body && /^}/ { print FNR - start + 1, FILENAME ":" start; body = 0; start = 0; next }
		body { next }
		/^{/ { body = 1; if (!start) start = FNR; next }
		/^[A-Za-z_].*\).*\{.*}$/ { print 1, FILENAME ":" FNR; start = 0; next }
		/^[A-Za-z_].*\) *\{$/ { body = 1; if (!start) start = FNR; next }
		/^[A-Za-z_]/ { if (!start) start = FNR }
		/^$|^#|[;}] *$|\*\/ *$/ { start = 0 }' "$@" | sort -n
}

# comments FILE...: lines with a comment and lines with anything, of all files together.
comments() {
	awk '
		/^[ \t]*$/ { next }
		{ lines++ }
		inside { words++; if (/\*\//) inside = 0; next }
		/\/\*/ { words++; if (!/\*\/[^*]*$/) inside = 1; next }
		/\/\// { words++ }
		END { printf "%d %d\n", words, lines }' "$@"
}

bound() { # LABEL VALUE MAXIMUM
	verdict=
	[ "$2" -le "$3" ] || { verdict='  TOO MUCH'; status=1; }
	printf '  %-34s %6d   at most %d%s\n' "$1" "$2" "$3" "$verdict"
}

# shape LABEL FILE...
shape() {
	echo "$1"
	shift
	all=$(functions "$@")
	n=$(echo "$all" | grep -c .) || { echo "  no function was found"; return; }
	rank() { echo "$all" | sed -n "$1p" | cut -d ' ' -f 1; }
	printf '  %-34s %6d\n' 'functions' "$n"
	bound 'median lines of a function' "$(rank $(((n + 1) / 2)))" 15
	bound '90 % of functions, lines' "$(rank $(((9 * n + 9) / 10)))" 50
	bound 'longest function, lines' "$(rank "$n")" 100
	echo "$all" | awk '$1 > 100 { print "    " $2 ": " $1 " lines" }'
	bound 'longest file, lines' "$(wc -l "$@" | awk '$2 != "total" && $1 > most { most = $1 } END { print most }')" 500
	wc -l "$@" | awk '$2 != "total" && $1 > 500 { print "    " $2 ": " $1 " lines" }'
	printf '  %-34s %6d\n' 'median lines of a file' \
		"$(wc -l "$@" | awk '$2 != "total" { print $1 }' | sort -n | awk '{ a[NR] = $1 } END { print a[int((NR + 1) / 2)] }')"
}

# shellcheck disable=SC2046 # one word per file
shape 'library and program' $(find include src -name '*.[ch]' | sort)
macros=$(grep -rhoE '^[[:space:]]*#[[:space:]]*define[[:space:]]+[A-Za-z_0-9]+\(' include src | sed 's/.*define[[:space:]]*//; s/($//' | sort -u)
bound 'function-like macros' "$(echo "$macros" | grep -c .)" 10
[ "$(echo "$macros" | grep -c .)" -le 10 ] || echo "$macros" | sed 's/^/    /'
# shellcheck disable=SC2046
share() { # FOLDER PATTERN LABEL AIM
	comments $(find "$1" -name "$2") |
		awk -v label="$3" -v aim="$4" '{ printf "  %-34s %4.0f %%   aim: %s\n", label, 100 * $1 / ($2 ? $2 : 1), aim }'
}
share include '*.h' 'comment lines, public headers' '50 to 70 %'
share src '*.c' 'comment lines, sources' '15 to 30 %'
# shellcheck disable=SC2046
[ -z "$(find tests -name '*.c')" ] || shape 'tests' $(find tests -name '*.[ch]' | sort)

vague=$(find include src tests | grep -E '/(utils?|helpers?|common|misc)(\.[ch])?$' || true)
[ -z "$vague" ] || { echo "these names say nothing: $vague"; status=1; }
wide=$(find include src tests -name '*.[ch]' -exec awk '
	length($0) > 120 { print FILENAME ":" FNR ": " length($0) " characters" }' {} +)
[ -z "$wide" ] || { echo "$wide"; status=1; }
exit $status
