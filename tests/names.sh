#!/bin/sh
# A kind is called what its file is called, and a file has one: src/ROOM/NAME.c has the descriptor
# `const struct vt_ROOM_kind vt_ROOM_NAME = { .kind = { "NAME", ...`.  Reads the lists in src/Makefile.am; where
# the program is built, `venturi list` must know the same kinds.  SPDX-License-Identifier: GPL-3.0-or-later
set -eu
top_srcdir=${top_srcdir:-$(cd "$(dirname "$0")/.." && pwd)}
cd "$top_srcdir"
status=0

# kinds: "ROOM FILE" for every word of the lists that kinds.sh is given.
kinds() {
	awk '
		/^[a-z_]+ *=/ { list = $1; sub(/=.*/, "", list) }
		{ for (i = 1; i <= NF; i++) if ($i ~ /^src\/.*\.c$/) files[list] = files[list] " " $i }
		/kinds\.sh/ { recipe = 1 }
		recipe { text = text " " $0; if ($0 !~ /\\$/) recipe = 0 }
		END {
			n = split(text, word, /[ \t\\]+/)
			for (i = 2; i <= n; i++)
				if (word[i] ~ /^\$\([a-z]+\)$/ && word[i - 1] ~ /^[a-z]+$/) {
					m = split(files[substr(word[i], 3, length(word[i]) - 3)], file, " ")
					for (j = 1; j <= m; j++) print word[i - 1], file[j]
				}
		}' src/Makefile.am
}

wrong() { echo "$*"; status=1; }

list=
[ -z "${VENTURI-}" ] || [ ! -x "$VENTURI" ] || list=$("$VENTURI" list --json)
count=0
while read -r room file; do
	count=$((count + 1))
	name=$(basename "$file" .c)
	symbol=vt_${room}_$(printf '%s' "$name" | tr - _)
	[ -f "$file" ] || { wrong "$file is in a list of src/Makefile.am and does not exist"; continue; }
	found=$(awk -v start="^const struct vt_${room}_kind $symbol = " '
		$0 ~ start { inside = 1; after = "" }
		inside && match($0, /"[^"]*"/) { print substr($0, RSTART + 1, RLENGTH - 2); inside = 0 }' "$file")
	[ -n "$found" ] || { wrong "$file: there is no \`const struct vt_${room}_kind $symbol = {'"; continue; }
	[ "$found" = "$name" ] || wrong "$file: its kind is called \"$found\", the file \"$name\""
	[ "$(grep -c '^const struct vt_[a-z]*_kind vt_[a-z0-9_]* = {' "$file")" = 1 ] || wrong "$file: has more than one descriptor"
	[ -z "$list" ] || [ "$room" = command ] || printf '%s' "$list" | grep -q "\"$name\"" ||
		wrong "$file: \`venturi list' does not know \"$name\""
done <<LIST
$(kinds)
LIST
echo "$count kinds"
[ $count -gt 20 ] || wrong "the lists in src/Makefile.am were not understood"
exit $status
