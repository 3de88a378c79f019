#!/bin/sh
# Every experiment in the tree passes `venturi check`, as it stands and with each of its presets.
# SPDX-License-Identifier: GPL-3.0-or-later
set -eu
top_srcdir=${top_srcdir:-$(cd "$(dirname "$0")/.." && pwd)} top_builddir=${top_builddir:-$top_srcdir/build}
VENTURI=${VENTURI:-$top_builddir/venturi}
[ -x "$VENTURI" ] || { echo "$VENTURI is not there"; exit 1; }
cd "$top_srcdir"
status=0 count=0

# presets FILE: the keys right under `presets:`.
presets() {
	awk '/^presets:/ { inside = 1; next }
	     /^[^ #]/ { inside = 0 }
	     inside && match($0, /^  [A-Za-z0-9_-]+:/) { print substr($0, 3, RLENGTH - 3) }' "$1"
}

for file in experiments/*.yaml; do
	[ -f "$file" ] || { echo "there is no experiment"; exit 1; }
	for preset in full $(presets "$file"); do
		count=$((count + 1))
		if ! text=$("$VENTURI" check "$file" --preset "$preset" 2>&1); then
			printf '%s, preset %s:\n%s\n' "$file" "$preset" "$text"
			status=1
		fi
	done
	grep -q "$file" experiments/Makefile.am || { echo "$file is not in experiments/Makefile.am"; status=1; }
	head -n 1 "$file" | grep -q '^# ' || { echo "$file does not begin with its question as a comment"; status=1; }
done
echo "$count checks"
exit $status
