#!/bin/sh
# SIGTERM, SIGUSR1 and SIGINT at chosen places of a run, --max-time, a second signal, a lock that is held: the exit
# status is 75 (130 for SIGINT), the state is committed, and the resumed run ends with the files of an undisturbed one.
# SPDX-License-Identifier: GPL-3.0-or-later
set -eu
. "${top_srcdir:-$(dirname "$0")/..}/tests/faults/faults.sh"
need_preload
experiment "$folder/durable.yaml" 12 'commit: 0, weights: all'
faulty 0 none "$VENTURI" run "$folder/durable.yaml" -o "$folder/base" --threads 2
[ $status = 0 ] || fail "the undisturbed run ends with $status: $(cat "$folder/said")"
task=$folder/x/task-00000

# stopped WHERE STATUS: so it ended, with all that it had done on the disk, and goes on to the same end.
stopped() {
	[ $status = "$2" ] || fail "$1: wanted status $2, found $status: $(cat "$folder/said")"
	grep -q 'stopped by .* --resume goes on' "$folder/said" || fail "$1: does not say how to go on: $(cat "$folder/said")"
	nothing_lost "$1" "$task"
	look "$task/run.h5"
	[ "$(told status)" = stopped ] || fail "$1: the run file says '$(told status)'"
	[ -f "$task/checkpoint.h5" ] || fail "$1: there is no checkpoint"
	lines=$(grep -c . "$task/metrics.jsonl")
	[ "$(told steps)" = "$lines" ] || fail "$1: $lines snapshots were taken, the run file has $(told steps)"
	[ ! -f "$task/lock" ] || fail "$1: the lock was not given back"
	resume_equal "$1" "$folder/base" "$folder/x" "$VENTURI" run "$folder/durable.yaml"
	[ -n "$(told parent_uuid)" ] && [ "$(told resumed_step)" -ge 0 ] || fail "$1: the resumed run began anew"
}

# At each kind of operation, early, in the middle and late.
count=0 turns=0
for signal in TERM USR1 INT; do
	expected=75
	[ $signal != INT ] || expected=130
	for place in '1 create */run.h5.tmp' '1 sync */task-00000' '3 write */metrics.jsonl' '5 rename */checkpoint.h5' \
		'7 write */run.h5.tmp' '9 sync */weights-*' '12 write */checkpoint.h5.tmp'; do
		turns=$((turns + 1))
		[ -n "$long" ] || [ $((turns % 3)) = 1 ] || continue
		rm -rf "$folder/x"
		forget
		match=${place#* }
		faulty "${place%% *}" $signal "$VENTURI" run "$folder/durable.yaml" -o "$folder/x" --threads 1
		stopped "SIG$signal after '$place'" $expected
		count=$((count + 1))
	done
done
echo "$count stops by a signal: all resumed to equal files"

# When its last step is done a run is complete, whatever comes.
rm -rf "$folder/x"
forget
match='write */run.h5.tmp'
faulty 14 TERM "$VENTURI" run "$folder/durable.yaml" -o "$folder/x"
[ $status = 0 ] || [ $status = 75 ] || fail "SIGTERM in the last commit ends with $status: $(cat "$folder/said")"
resume_equal 'SIGTERM in the last commit' "$folder/base" "$folder/x" "$VENTURI" run "$folder/durable.yaml"

# Its time is over while a write takes long: it stops after that step.
rm -rf "$folder/x"
forget
delay=1200000
faulty 5 stall "$VENTURI" run "$folder/durable.yaml" -o "$folder/x" --max-time 1s
stopped '--max-time 1s' 75

# hang N PATTERN COMMAND...: starts it, and waits until N of its processes hang in the fifth operation of that pattern
# (number $nth); its number is then in $pid.
go=$folder/go
mkfifo "$go"
hang() {
	rm -rf "$folder/x"
	forget
	hanging=$1 match=$2
	shift 2
	env LD_PRELOAD="$preload" VT_FAULTS_UNDER="$folder/x" VT_FAULTS_KEEP="$keep" VT_FAULTS_LOG="$log" \
		VT_FAULTS_AT="${nth:-5}" VT_FAULTS_DO=stall VT_FAULTS_GO="$go" VT_FAULTS_DELAY=90000000 VT_FAULTS_MATCH="$match" \
		"$@" > "$folder/said" 2>&1 &
	pid=$!
	wait_for stalls "$hanging"
}
# wait_for WORD N: until the log has it so often; what hangs does so for less time than this waits.
wait_for() {
	tries=0
	until [ "$(grep -c " $1 " "$log" 2> /dev/null)" -ge "$2" ] 2> /dev/null; do
		tries=$((tries + 1))
		[ $tries -lt 6000 ] || fail "no process, or not $2 of them, came to '$1': $(cat "$log")"
		kill -0 $pid 2> /dev/null || [ "$1" = signalled ] || fail "the run ended before it could hang: $(cat "$folder/said")"
		sleep 0.02
	done
}
let_go() { printf 'xxxxxxxx' > "$go"; }
ended() {
	status=0
	wait $pid 2> /dev/null || status=$?
}
alone() { hang 1 'write */run.h5.tmp' "$VENTURI" run "$folder/durable.yaml" -o "$folder/x" --threads 1; }

# The second signal ends a run that hangs, the first does not; what was committed before is there.  Within a quarter of
# a second of the first it is the same one (schedulers say it two or three times), but for SIGINT.
for signal in TERM INT USR1; do
	alone
	kill -TERM $pid
	wait_for signalled 1
	[ $signal = INT ] || sleep 0.5
	kill -$signal $pid
	ended
	[ $status = 75 ] || fail "a second signal, SIG$signal, ends with $status: $(cat "$folder/said")"
	! grep -q '^[0-9]* 5 [0-9]* write' "$log" || fail "after a second signal, SIG$signal, the run went on"
	nothing_lost 'a second signal' "$task"
	resume_equal 'a second signal' "$folder/base" "$folder/x" "$VENTURI" run "$folder/durable.yaml"
done

# Nobody else writes to a folder in use, neither to resume nor by force; a lock whose holder is gone is no hindrance.
alone
for how in --resume --force; do
	run_to "$folder/second" "$VENTURI" run "$folder/durable.yaml" -o "$folder/x" $how
	[ $status = 7 ] && grep -q "$task/lock.* $pid" "$folder/second" ||
		fail "$how beside a run that goes on ends with $status: $(cat "$folder/second")"
done
kill -KILL $pid
ended
[ -f "$task/lock" ] || fail 'a killed run took its lock with it'
nothing_lost 'a killed holder of the lock' "$task"
resume_equal 'a killed holder of the lock' "$folder/base" "$folder/x" "$VENTURI" run "$folder/durable.yaml"

# A sweep: the signal reaches its tasks, wherever they are; --resume does what is left.
sweep() { # COMMAND OUT FLAG...
	command=$1 out=$2
	shift 2
	$command "$VENTURI" run "$folder/durable.yaml" train.seed=0..3 --jobs 2 --threads 2 -o "$out" "$@"
}
sweep "run_to $folder/said" "$folder/all"
[ $status = 0 ] || fail "the undisturbed sweep ends with $status: $(cat "$folder/said")"
for signal in TERM INT KILL; do
	sweep "hang 2 @(write)*-0000[12]/run.h5.tmp" "$folder/x"
	kill -$signal $pid
	wait_for signalled 2
	let_go
	ended
	case $signal-$status in
	TERM-75 | INT-130) grep -q ' 1 of 4 tasks are complete' "$folder/said" || fail "a sweep says: $(cat "$folder/said")" ;;
	KILL-137) while [ -n "$(find "$folder/x" -name lock)" ]; do sleep 0.02; done ;;
	*) fail "a sweep ends with $status after SIG$signal: $(cat "$folder/said")" ;;
	esac
	[ ! -f "$folder/x/task-00003/run.h5" ] || fail "after SIG$signal a sweep began another task"
	for number in 1 2; do
		look "$folder/x/task-0000$number/run.h5" && [ "$(told status)" = stopped ] || fail "SIG$signal did not stop task $number"
	done
	sweep "run_to $folder/said" "$folder/x" --resume
	[ $status = 0 ] || fail "the resumed sweep ends with $status: $(cat "$folder/said")"
	for number in 0 1 2 3; do
		same_task "task $number after SIG$signal to its sweep" "$folder/all/task-0000$number" "$folder/x/task-0000$number"
	done
done

# Judging ends at the first signal, and is done by --resume.
for signal in TERM INT; do
	nth=1
	hang 1 'write */rulings.json.tmp' "$VENTURI" run "$folder/durable.yaml" -o "$folder/x"
	nth=
	kill -$signal $pid
	ended
	case $signal-$status in TERM-75 | INT-130) ;; *) fail "SIG$signal while it judges ends with $status" ;; esac
	[ ! -f "$folder/x/rulings.json" ] || fail "SIG$signal while it judges: the rulings are there"
	run_to "$folder/said" "$VENTURI" run "$folder/durable.yaml" -o "$folder/x" --resume
	[ $status = 0 ] && [ -f "$folder/x/rulings.json" ] || fail "resumed to judge: $status, $(cat "$folder/said")"
done
[ $held -gt 0 ] || fail 'there was never a commit that could have been lost'
echo '--max-time, second signals, locks and signals to a sweep: as they should be'
