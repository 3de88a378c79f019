#!/bin/sh
# A sweep of six tasks on a real Slurm of one node, which this test starts and stops: two tasks are stopped half-way, by
# USR1 to the batch script and by TERM to the step (as a time limit and a preemption do it), are requeued and go on;
# two diverge; the last job judges, collects and reports all the same.  The collected file has the content of one made
# by `venturi run` without a cluster.  Part of `make check-long`.  SPDX-License-Identifier: GPL-3.0-or-later
set -u
[ -x "${VENTURI:?the program}" ] || { echo "$VENTURI is not there"; exit 1; }
source=$(cd "${top_srcdir:-$(dirname "$0")/..}" && pwd) || exit 1
scratch=$(mktemp -d) || exit 1
slurm_folder=$scratch/slurm
mkdir "$slurm_folder" || exit 1
. "$source/tests/slurm_node.sh"
ends() { slurm_stop; rm -rf "$scratch"; }
trap ends EXIT
trap 'exit 1' HUP INT TERM
slurm_start || exit $?
cd "$scratch" || exit 1
status=0 count=0
dir="it's 100% \"here\""

fails() { echo "$*"; status=1; }
same() { # LABEL WANTED FOUND
	count=$((count + 1))
	[ "$2" = "$3" ] || fails "$1: wanted '$2', found '$3'"
}
fact() { scontrol show job --oneliner "$1" 2> /dev/null | tr ' ' '\n' | sed -n "s/^$2=//p" | head -n 1; }
# attribute FILE NAME: of the root or of /provenance, from what `info` prints
attribute() { "$VENTURI" info "$1" --json | sed -n "s/^ *\"$2\": \"\{0,1\}\([^\",]*\).*/\1/p" | head -n 1; }
# until SECONDS COMMAND...
until_so() {
	left=$(($1 * 5))
	shift
	while ! "$@"; do
		left=$((left - 1))
		[ $left -gt 0 ] || { fails "waited in vain: $*"; return 1; }
		sleep 0.2
	done
}

cat > sweep.yaml <<'YAML'
title: six tasks, of which two diverge
dataset: {kind: sphere12}
model:   {kind: mlp, widths: [10, 7, 5, 4, 3], activation: linear}
train:   {optimiser: sgd, batch: 256, epochs: 2000}
probe:   {schedule: log, points: 60, rows: all}
store:   {commit: 0}
measure:
  bin30: {kind: information, estimator: {kind: binning, bins: 30, range: [-1, 1]}}
  kde:   {kind: information, estimator: {kind: kde, variance: 1e-3}}
sweep:   {train.rate: [1e6, 1e-2, 1e-1], train.seed: 0..1}
hypotheses:
  falls: {claim: a test, statistic: decline, series: information/i_xt, at: {layer: h5, estimator: kde-upper}, over: train.seed,
          where: {train.rate: 1e-1}, delta: 0.5, unit: bit, expect: above, seeds_min: 2}
YAML

"$VENTURI" submit sweep.yaml -o "$dir" --json > jobs.json || { echo 'submit failed'; exit 1; }
job=$(sed -n 's/.*"job": \([0-9]*\).*/\1/p' jobs.json | head -n 1) last=$(sed -n 's/.*"job": \([0-9]*\).*/\1/p' jobs.json | tail -n 1)
echo "jobs $job and $last on $(sbatch --version)"

# ---- two tasks are stopped, once each, when they have something to lose -----------------------
# The last one has the number of the array as its own: nothing that is done for it may touch the others.
far_enough() { [ "$(attribute "$dir/task-0000$1/run.h5" last_step 2> /dev/null || echo 0)" -ge 50 ] 2> /dev/null; }
stopped() { [ "$(fact "${job}_$1" Restarts)" = 1 ]; }
stop_task() { # TASK WORD-OF-SCANCEL...
	task=$1
	shift
	until_so 60 far_enough "$task" || return
	# In the background: once its job is queued again, it would go on trying for a minute.
	scancel "$@" "${job}_$task" 2> /dev/null &
	until_so 60 stopped "$task"
	kill $! 2> /dev/null
	grep -q '"status": "running"\|"status": "stopped"' <<-TEXT || fails "task $task was not stopped half-way"
		$("$VENTURI" info "$dir/task-0000$task/run.h5" --json)
	TEXT
}
stop_task 3 --batch --signal=USR1
stop_task 5 --signal=TERM

# A job that is requeued waits two minutes; five seconds do.  At once is too soon: its node still knows it as ended.
ended() {
	for task in 3 5; do
		[ ! -e "released.$task" ] && [ "$(fact "${job}_$task" JobState)" = PENDING ] || continue
		scontrol update "JobId=${job}_$task" StartTime=now+5 > /dev/null 2>&1 && touch "released.$task"
	done
	case $(fact "$last" JobState) in PENDING | RUNNING | COMPLETING | CONFIGURING) false ;; esac
}
until_so 300 ended

# ---- what became of them -------------------------------------------------------------------------
for task in 2 3 4 5; do same "task $task: state" COMPLETED "$(fact "${job}_$task" JobState)"; done
for task in 0 1; do same "task $task diverged: exit status" 5:0 "$(fact "${job}_$task" ExitCode)"; done
for task in 0 1 2 3 4 5; do
	case $task in 3 | 5) times=1 ;; *) times=0 ;; esac
	same "task $task: restarts" $times "$(fact "${job}_$task" Restarts)"
	same "task $task: queued again, by its log" $times "$(grep -c 'into the queue again' "$dir/log/${job}_$task.txt")"
	same "task $task: starts, by its log" $((times + 1)) "$(grep -c ', start [12]: ' "$dir/log/${job}_$task.txt")"
done
for task in 3 5; do
	step=$(attribute "$dir/task-0000$task/run.h5" resumed_step)
	[ "${step:-0}" -gt 0 ] || fails "task $task began anew: it went on after step '$step'"
done
same 'the last job' COMPLETED "$(fact "$last" JobState)"
for file in runs.h5 report.html rulings.json; do
	count=$((count + 1))
	[ -s "$dir/$file" ] || fails "the last job made no $file"
done
grep -q '2 of 6 tasks diverged: 0-1' "$dir/log/finish-$last.txt" || fails 'collect does not name the tasks that diverged'

# ---- the same without a cluster ------------------------------------------------------------------
"$VENTURI" run sweep.yaml -o here > /dev/null 2> err
same 'the sweep without a cluster' 5 $?
"$VENTURI" collect here -o here.h5 > /dev/null 2>> err || fails "collect fails: $(cat err)"
same 'the content of the collected files' "$(attribute here.h5 content_sha256)" "$(attribute "$dir/runs.h5" content_sha256)"
for task in 0 1 2 3 4 5; do
	same "the content of task $task" "$(attribute here/task-0000$task/run.h5 content_sha256)" \
		"$(attribute "$dir/task-0000$task/run.h5" content_sha256)"
done
if command -v h5diff > /dev/null; then
	count=$((count + 1))
	h5diff --exclude-path /provenance here.h5 "$dir/runs.h5" > differences 2>&1 || fails "h5diff: $(head -n 5 differences)"
fi
[ $status = 0 ] || tail -n 20 "$dir"/log/*.txt "$slurm_folder"/*.log
echo "$count checks"
exit $status
