#!/bin/sh
# Nothing in the tree depends on the machine where it was written: no path of somebody's, no host but those that a
# reader is sent to.  Every source says its licence.  SPDX-License-Identifier: GPL-3.0-or-later
set -eu
cd "${top_srcdir:-$(dirname "$0")/..}"
status=0
# Sources only: what autotools or the build made, and this file, are left out.
files=$(find . \( -path ./.git -o -path './build*' ! -path ./build-aux -o -path ./results -o -path ./autom4te.cache -o -path ./m4 \
	-o -name __pycache__ \) -prune -o -type f ! -name COPYING ! -name 'configure' ! -name 'configure~' ! -name 'config.h.in*' \
	! -name Makefile.in ! -name aclocal.m4 ! -path ./tests/words.sh -print |
	sed '/^\.\/build-aux\//{/\.sh$/!d; /ltmain\.sh$/d; /tap-driver\.sh$/d;}' | sort)

# never REASON PATTERN
never() {
	# shellcheck disable=SC2086 # one word per file
	found=$(grep -InE "$2" $files /dev/null || true)
	[ -z "$found" ] || { printf '%s:\n%s\n' "$1" "$found"; status=1; }
}
never 'a path of one machine' '(^|[^A-Za-z0-9_./-])/(work|root|home/[a-z]+|Users/[A-Za-z]+|mnt|opt/[a-z])(/|$|[^A-Za-z0-9_])'
never 'a file outside the tree' '(^|[^./])(\.\./)+shared'
never 'a mirror or package host' '(deb|snapshot|security|ftp[.a-z]*)\.debian\.org|pypi\.org|registry\.npmjs'
never 'the author at work' 'as an AI|language model wrote|this session|my session|sub-?agent'
never 'a note to self' '(^|[^A-Za-z])(FIXME|XXX|HACK)([^A-Za-z]|$)'
never 'trailing space' '[^ 	][ 	]+$'

for file in $(find include src tests -name '*.[ch]' -o -name '*.sh' -path './tests/*' | sort); do
	head -n 20 "$file" | grep -q 'SPDX-License-Identifier: GPL-3.0-or-later' ||
		{ echo "$file: its first comment does not say SPDX-License-Identifier: GPL-3.0-or-later"; status=1; }
done
exit $status
