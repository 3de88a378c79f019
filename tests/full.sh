#!/bin/sh
# Real limits: file systems of 64 KiB to 4 MiB that fill up, and a limit on the size of files (ulimit -f).  Never a
# signal, never a false success; what is left, copied elsewhere and resumed, ends with the files of an undisturbed run.
# SPDX-License-Identifier: GPL-3.0-or-later
set -eu
. "${top_srcdir:-$(dirname "$0")/..}/tests/faults/faults.sh"
experiment "$folder/durable.yaml" 12 'commit: 0, weights: all, activations: true'
run_to "$folder/said" "$VENTURI" run "$folder/durable.yaml" -o "$folder/base"
[ $status = 0 ] || fail "the undisturbed run ends with $status: $(cat "$folder/said")"
needed=$(du -sk "$folder/base" | cut -f 1)
failed=0

# judged WHERE OUT: the run in OUT, whose status and output are there, and what becomes of it elsewhere.
judged() {
	case $status in
	0) same_task "$1" "$folder/base/task-00000" "$2/task-00000" ;;
	7)
		failed=$((failed + 1))
		[ "$(grep -c '^venturi: ' "$folder/said")" = 1 ] || fail "$1: not one message: $(cat "$folder/said")"
		;;
	*) fail "$1: wanted status 7, found $status: $(cat "$folder/said")" ;;
	esac
	snapshots=none
	[ ! -f "$2/task-00000/run.h5" ] || { look "$2/task-00000/run.h5" && snapshots=$(told steps); } || fail "$1: $(cat "$folder/info")"
	echo "$1: status $status, $snapshots snapshots. $(grep '^venturi: ' "$folder/said" | sed "s|$2/||" || :)"
	rm -rf "$folder/elsewhere"
	cp -R "$2" "$folder/elsewhere"
	resume_equal "$1, elsewhere" "$folder/base" "$folder/elsewhere" "$VENTURI" run "$folder/durable.yaml"
}

# ulimit -f counts blocks of 512 bytes (or 1024); what the program says must get out, so it goes through a pipe.
for blocks in 1 16 64 128 200; do
	rm -rf "$folder/x"
	mkdir "$folder/x"
	status=$( (ulimit -f $blocks; exec 2>&1; s=0; "$VENTURI" run "$folder/durable.yaml" -o "$folder/x/out" || s=$?; echo "=$s") |
		tee "$folder/said" | sed -n 's/^=//p')
	sed -i '/^=[0-9]*$/d' "$folder/said"
	mkdir -p "$folder/x/out"
	judged "files of at most $blocks blocks" "$folder/x/out"
done
[ $failed -gt 0 ] || fail 'no limit on the size of files was met'

# A file system of its own: as root, or as root of a user namespace.
inside=
for try in 'unshare -m' 'unshare -rm'; do
	if $try sh -c 'mount -t tmpfs -o size=64k none "$1"' sh "$folder/keep" 2> /dev/null; then inside=$try; break; fi
done
[ -n "$inside" ] || { echo 'skipped: file systems cannot be mounted here (wants root, or user namespaces)'; exit 77; }
sizes='64 256 1024 4096'
[ -z "$long" ] || sizes='64 96 128 160 192 256 320 384 448 512 640 768 896 1024 1280 1536 2048 3072 4096'
failed=0
for size in $sizes; do
	mkdir -p "$folder/small"
	rm -rf "$folder/x"
	# The files come out before the file system goes away with its namespace.
	status=$($inside sh -c 'mount -t tmpfs -o size="$1"k none "$2/small" || exit 1
		s=0; "$3" run "$2/durable.yaml" -o "$2/small/out" > "$2/said" 2>&1 || s=$?
		cp -R "$2/small/out" "$2/x"; echo $s' sh "$size" "$folder" "$VENTURI")
	sed -i "s|$folder/small/out|$folder/x|" "$folder/said"
	judged "a file system of $size KiB" "$folder/x"
done
[ $failed -gt 0 ] || fail "no file system was full; the run takes $needed KiB"
