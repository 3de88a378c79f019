#!/bin/sh
# Malformed experiment files, overrides and flags, and (malformed_files.sh) data, run files and folders: each ends with its
# exit status and one line that names the place and what is wrong; none crashes.  Experiments are in tests/malformed.d/.
# SPDX-License-Identifier: GPL-3.0-or-later
set -u
[ -x "${VENTURI:?the program}" ] || { echo "$VENTURI is not there"; exit 1; }
cd "${top_srcdir:-$(dirname "$0")/..}/tests/malformed.d" || exit 1
scratch=$(mktemp -d) || exit 1
trap 'rm -rf "$scratch"' EXIT
status=0 count=0

# one_line FILE: one message, and perhaps indented lines that say where.
one_line() { [ "$(grep -c '^venturi: ' "$1")" = 1 ] && ! grep -qv '^venturi: \|^  in ' "$1"; }

# expect STATUS START PART WORD...: `venturi WORD...` exits so, with one line that begins so and holds the part.
expect() {
	wanted=$1 start=$2 part=$3
	shift 3
	count=$((count + 1))
	"$VENTURI" "$@" > "$scratch/out" 2> "$scratch/err"
	found=$?
	message=$(cat "$scratch/err")
	case $message in
	"venturi: $start"*"$part"*) [ "$found" = "$wanted" ] && one_line "$scratch/err" && return ;;
	esac
	printf 'venturi %s\n  exit %s, wanted %s\n  said:   %s\n  wanted: venturi: %s...%s...\n' \
		"$*" "$found" "$wanted" "$message" "$start" "$part"
	status=1
}

# The one that is right: else every override below would fail for the wrong reason.
"$VENTURI" check good.yaml > "$scratch/out" 2>&1 || { echo "good.yaml:"; cat "$scratch/out"; exit 1; }

while IFS='|' read -r file place part; do
	case $file in '#'*) continue ;; esac
	expect 3 "$file:${place:+$place: }" "$part" check "$file"
done < manifest
for file in *.yaml; do
	[ "$file" = good.yaml ] || grep -q "^$file|" manifest || { echo "$file is not in the manifest"; status=1; }
done

while IFS='|' read -r words part; do
	case $words in '#'*) continue ;; esac
	case $words in
	*\ *=*) # two overrides
		expect 2 "'${words#* }': " "$part" check good.yaml "${words%% *}" "${words#* }" ;;
	*)
		expect 2 "" "$part" check good.yaml "$words" ;;
	esac
done < overrides

# Files that do not fit into the tree.
expect 3 "$scratch/none.yaml: " "No such file" check "$scratch/none.yaml"
expect 3 "$scratch: " "is a folder, wanted a regular file" check "$scratch"
expect 3 "/dev/null: " "is a device, wanted a regular file" check /dev/null
mkfifo "$scratch/fifo.yaml"
expect 3 "$scratch/fifo.yaml: " "is a FIFO, wanted a regular file" check "$scratch/fifo.yaml"
awk 'BEGIN { for (i = 0; i < 30000; i++) print "# a comment that makes the file too large to be one" }' > "$scratch/large.yaml"
expect 3 "$scratch/large.yaml: " "at most 1048576 are allowed (--max-bytes raises this)" check "$scratch/large.yaml"
expect 3 "$scratch/large.yaml:" "there is nothing in it" check "$scratch/large.yaml" --max-bytes 32G
awk 'BEGIN { printf "title: "; for (i = 0; i < 500000; i++) printf "[" }' > "$scratch/deep.yaml"
expect 3 "$scratch/deep.yaml:1:" "more than 32 levels" check "$scratch/deep.yaml"
awk 'BEGIN { printf "title: "; for (i = 0; i < 20000; i++) printf "{a: " }' > "$scratch/maps.yaml"
expect 3 "$scratch/maps.yaml:1:" "more than 32 levels" check "$scratch/maps.yaml"
awk 'BEGIN { for (i = 0; i < 9000; i++) print "key" i ": 1" }' > "$scratch/keys.yaml"
expect 3 "$scratch/keys.yaml:4097:1: " "more than 4096 keys" check "$scratch/keys.yaml"

# The command line itself.
expect 2 "" "did you mean 'check'?" chek good.yaml
expect 2 "" "unknown command 'dance'" dance
expect 2 "" "did you mean '--preset'?" check good.yaml --prest smoke
expect 2 "" "unknown flag '--colour'" check good.yaml --colour
expect 2 "" "unknown flag '-z'" check good.yaml -z
expect 2 "" "unknown flag '--dance'" --dance
expect 2 "" "wants a value" check good.yaml --preset
expect 2 "" "takes no value" check good.yaml --json=yes
expect 2 "" "did you mean 'smoke'?" check good.yaml --preset smok
expect 2 "" "no preset 'nothing'" check good.yaml --preset nothing
expect 2 "" "too few arguments" check
expect 2 "" "no experiment file" check train.rate=1
expect 2 "--threads=0" "at least 1" check good.yaml --threads 0
expect 2 "--threads=two" "a whole number" check good.yaml --threads two
for size in 0 -1 x 5e3 1Q 16g '' 1.5G 99999999999999T 18446744073709551616; do
	expect 2 "--max-bytes=$size: " "a number of bytes" check good.yaml "--max-bytes=$size"
done
expect 2 "" "did you mean 'estimators'?" list estimatrs
expect 2 "" "too many arguments" list datasets models
expect 2 "" "did you mean 'binning'?" describe binnning
expect 2 "" "unknown kind 'nonsense'" describe nonsense
expect 2 "" "did you mean 'list'?" help lisst

# Results that nobody can read are not results.
count=$((count + 1))
"$VENTURI" list > /dev/full 2> "$scratch/err"
[ $? = 7 ] && grep -q 'cannot be written' "$scratch/err" || { echo "a full device is not noticed"; status=1; }
count=$((count + 1))
"$VENTURI" list >&- 2> "$scratch/err"
[ $? = 7 ] && grep -q 'cannot be written' "$scratch/err" || { echo "a closed output is not noticed"; status=1; }

. ../malformed_files.sh

echo "$count malformed inputs, each with its exit status and its message"
[ "$count" -ge 150 ] || { echo 'fewer than 150'; status=1; }
exit $status
