#!/bin/sh
# SIGKILL at random moments, 1 to 3 threads chosen anew at each resume: no committed snapshot is ever lost, and every run
# ends with the files of one that was never disturbed.  VT_LONG: 200 kills instead of 10, on the disk and not in memory.
# SPDX-License-Identifier: GPL-3.0-or-later
set -eu
on_disk=${VT_LONG:-}
. "${top_srcdir:-$(dirname "$0")/..}/tests/faults/faults.sh"
kills=10
[ -z "$long" ] || kills=200
with=
preloads && with="LD_PRELOAD=$preload VT_FAULTS_UNDER=$folder/x VT_FAULTS_KEEP=$keep"

experiment "$folder/durable.yaml" 60 'commit: 0, weights: last'
run_to "$folder/said" "$VENTURI" run "$folder/durable.yaml" -o "$folder/base" --threads 2
[ $status = 0 ] || fail "the undisturbed run ends with $status: $(cat "$folder/said")"
began=$(date +%s%N)
run_to "$folder/said" "$VENTURI" run "$folder/durable.yaml" -o "$folder/again" --threads 2
milliseconds=$((($(date +%s%N) - began) / 1000000))

# Whatever the run file had before the last kill it still has; without the library that is all that is known.
monotone() {
	here=0
	[ ! -f "$folder/x/task-00000/run.h5" ] || { look "$folder/x/task-00000/run.h5" && here=$(told steps); }
	[ "${here:-0}" -ge "$1" ] || fail "$2: the run file had $1 snapshots, and has ${here:-none}"
}

done_kills=0 runs=0 had=0 tries=0
rm -rf "$folder/x"
forget
while [ $done_kills -lt $kills ]; do
	tries=$((tries + 1))
	threads=$(drawn 1 1 3 $tries)
	wait_for=$(drawn 1 0 "$milliseconds" $((tries + 100000)))
	where="kill $((done_kills + 1)), after $wait_for ms, with $threads threads"
	# shellcheck disable=SC2086 # no word, or several
	env $with "$VENTURI" run "$folder/durable.yaml" -o "$folder/x" --resume --threads "$threads" > "$folder/said" 2>&1 &
	pid=$!
	sleep "$(awk -v ms="$wait_for" 'BEGIN { printf "%.3f", ms / 1000 }')"
	kill -KILL $pid 2> /dev/null || :
	status=0
	wait $pid 2> /dev/null || status=$?
	case $status in
	137)
		done_kills=$((done_kills + 1))
		nothing_lost "$where" "$folder/x/task-00000"
		monotone $had "$where"
		had=${here:-0}
		;;
	0)
		same_task "$where" "$folder/base/task-00000" "$folder/x/task-00000"
		runs=$((runs + 1)) had=0
		rm -rf "$folder/x"
		forget
		;;
	*) fail "$where: the run ends with $status: $(cat "$folder/said")" ;;
	esac
done
resume_equal 'after the last kill' "$folder/base" "$folder/x" "$VENTURI" run "$folder/durable.yaml"
[ -z "$with" ] || [ $held -gt 0 ] || fail 'there was never a commit that could have been lost'
echo "$done_kills kills in $((runs + 1)) runs: 0 lost, all runs equal"
