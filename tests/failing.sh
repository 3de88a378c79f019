#!/bin/sh
# Every operation of a run on its files fails, once and from then on, with each error that a disk may give: exit status
# 7, one message with the path and the bytes, no signal, what was committed before is there, and a resume ends with the
# files of an undisturbed run.  A short write is gone on with, or ends so too.  VT_LONG: all operations; else some of each.
# SPDX-License-Identifier: GPL-3.0-or-later
set -eu
. "${top_srcdir:-$(dirname "$0")/..}/tests/faults/faults.sh"
need_preload
step=31
[ -z "$long" ] || step=1
experiment "$folder/durable.yaml" 4 'commit: 0, weights: last, activations: true'
match='* */@(base|x)/*'
faulty 0 none "$VENTURI" run "$folder/durable.yaml" -o "$folder/base" --threads 1
[ $status = 0 ] || fail "the undisturbed run ends with $status: $(cat "$folder/said")"
awk '$2 > 0' "$log" > "$folder/operations"
n=$(tail -n 1 "$folder/operations" | cut -d ' ' -f 2)
task=$folder/x/task-00000

# complained WHERE KIND: one message, which says where, and of a write how much was wanted.
complained() {
	[ "$(grep -c '^venturi: ' "$folder/said")" = 1 ] || fail "$1: not one message: $(cat "$folder/said")"
	message=$(grep '^venturi: ' "$folder/said")
	case $message in *"$folder/x"*) ;; *) fail "$1: the message does not say where: $message" ;; esac
	[ "$2" != write ] || case $message in *' bytes wanted'*) ;; *) fail "$1: how much was wanted? $message" ;; esac
}

# can ERROR KIND: whether that can happen to it.
can() {
	case $1-$2 in
	ENOSPC-folder | ENOSPC-unlink | EDQUOT-folder | EDQUOT-unlink) return 1 ;;
	ENOSPC-* | EDQUOT-* | EIO-*) ;;
	EFBIG-write | EFBIG-truncate | short-write | EINTR-write | EMFILE-create | EMFILE-open | EMFILE-folder) ;;
	*) return 1 ;;
	esac
}

total=0 struck=0
one() { # NUMBER ERROR STICKY
	kind=$(sed -n "$1p" "$folder/operations" | cut -d ' ' -f 4)
	can "$2" "$kind" || return 0
	where="$2 at operation $1, $kind${3:+, and later}"
	rm -rf "$folder/x"
	forget
	sticky=$3
	faulty "$1" "$2" "$VENTURI" run "$folder/durable.yaml" -o "$folder/x" --threads 1
	total=$((total + 1))
	if [ $status = 0 ]; then
		# A write that was interrupted is tried again; and the text in a lock, or what becomes of it, is nobody's loss.
		struck_by=$(grep "^[0-9]* $1 -1 " "$log" | grep -vE ' (truncate|write|close|unlink) .*/lock( \(deleted\))?$' || :)
		[ -z "$struck_by" ] || [ "$2" = EINTR ] || fail "$where: a false success: $struck_by"
	else
		[ $status = 7 ] || fail "$where: wanted status 7, found $status: $(cat "$folder/said")"
		complained "$where" "$kind"
		struck=$((struck + 1))
	fi
	nothing_lost "$where" "$task"
	resume_equal "$where" "$folder/base" "$folder/x" "$VENTURI" run "$folder/durable.yaml"
}
k=$(drawn 1 1 "$step")
while [ "$k" -le "$n" ]; do
	for error in ENOSPC EDQUOT EIO EFBIG; do
		one "$k" $error ''
		one "$k" $error yes
		[ -n "$long" ] || k=$((k + 1))
	done
	one "$k" EINTR ''
	one "$k" EMFILE ''
	one "$k" short ''
	k=$((k + step))
done
[ $held -gt 0 ] || fail 'there was never a commit that could have been lost'
[ $struck -gt 0 ] || fail 'no error was met'
echo "$n operations, $total faults, $struck of them met: all said so, 0 lost, all resumed to equal files"
