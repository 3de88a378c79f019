#!/bin/sh
# Every making, write, fsync, renaming and removal of a file in a run that commits at every snapshot is a crash point:
# the process is killed before it, and every write is torn too.  After each crash the run file is whole and has what had
# been committed; resumed with 1 to 3 threads the run ends with the files of one that was never disturbed.  Then the same
# inside runs that are being resumed.  VT_LONG: all points of 30 epochs, or VT_POINTS evenly
# spread ones; else a few of 8 epochs.
# SPDX-License-Identifier: GPL-3.0-or-later
set -eu
. "${top_srcdir:-$(dirname "$0")/..}/tests/faults/faults.sh"
need_preload
# What a kill can tell apart: between closing a file and the next operation nothing changes.
match='@(create|open|write|truncate|sync|rename|link|unlink|mkdir) *'
epochs=8 points=8 second_points=1
[ -z "$long" ] || epochs=30 points=${VT_POINTS:-1000000} second_points=12
[ -z "${VT_POINTS-}" ] || second_points=2

experiment "$folder/durable.yaml" $epochs 'commit: 0, weights: all, activations: true'
faulty 0 none "$VENTURI" run "$folder/durable.yaml" -o "$folder/base" --threads 2
[ $status = 0 ] || fail "the undisturbed run ends with $status: $(cat "$folder/said")"
awk '$2 > 0' "$log" > "$folder/operations"
n=$(tail -n 1 "$folder/operations" | cut -d ' ' -f 2)
[ "$n" -ge $((10 * epochs)) ] || fail "only $n operations were seen in a run of $epochs epochs"
echo "$n operations in $epochs epochs"

# spread K: every so many'th of the lines that come in, K of them or all.
spread() { awk -v k="$1" '{ line[NR] = $0 } END { if (k > NR) k = NR
	for (i = 0; i < k; i++) print line[int(i * NR / k + NR / k / 2) + 1] }'; }

# crash WHERE AT WHAT RESUME: a run in $folder/x that dies.  Returns 1 where it came to its end before.
crash() {
	faulty "$2" "$3" "$VENTURI" run "$folder/durable.yaml" -o "$folder/x" $4
	[ $status != 0 ] || return 1
	[ $status = 137 ] || fail "$1: wanted: killed, found: status $status: $(cat "$folder/said")"
	nothing_lost "$1" "$folder/x/task-00000"
}

# crash_at WHAT K...: each in a run of its own, which is then resumed.
crash_at() {
	what=$1
	shift
	for k in "$@"; do
		rm -rf "$folder/x"
		forget
		where="$what at operation $(sed -n "s|^[0-9]* \($k\) [-0-9]* \([a-z]* \).*/|\1: \2|p" "$folder/operations")"
		crash "$where" "$k" "$what" '' || fail "$where: the run came to its end"
		resume_equal "$where" "$folder/base" "$folder/x" "$VENTURI" run "$folder/durable.yaml"
	done
	echo "$# crash points, $what: 0 lost, all resumed to equal files"
}
# shellcheck disable=SC2046 # one word a number
crash_at kill $(cut -d ' ' -f 2 "$folder/operations" | spread $points)
# shellcheck disable=SC2046
crash_at torn $(awk '$4 == "write" { print $2 }' "$folder/operations" | spread $points)

# The first operations of a resumed run are its recovery; the others are spread over all of it.  One of the first crashes
# comes after the run file and before its checkpoint: the file is then ahead of what is taken up.
again=0 third=0 recovery='1 4 7 10 13'
[ -z "$long" ] || recovery='1 2 3 4 5 6 7 8 9 10 11 12 13 14 15'
ahead=$(awk '$4 == "write" && /checkpoint.h5.tmp/ { print $2 }' "$folder/operations" | spread 1)
for first in $ahead $(drawn "$second_points" 8 "$n"); do
	for second in $recovery $(drawn 1 16 60 "$first"); do
		for what in kill torn; do
			rm -rf "$folder/x"
			forget
			where="$what at operation $first, then at $second of the resumed run"
			crash "$where" "$first" kill '' || fail "$where: the run came to its end"
			if crash "$where" "$second" $what --resume; then
				again=$((again + 1))
				if crash "$where, then at 3" 3 kill --resume; then third=$((third + 1)); fi
			fi
			resume_equal "$where" "$folder/base" "$folder/x" "$VENTURI" run "$folder/durable.yaml"
		done
	done
done
[ $held -gt 0 ] || fail 'there was never a commit that could have been lost'
[ $again -gt 0 ] && [ $third -gt 0 ] || fail 'no crash came to pass in a resumed run'
echo "crashes in resumed runs: $again, and $third in runs resumed from those; 0 lost, all equal"
