#!/bin/sh
# The batch script for Slurm: runs one task of an experiment's sweep per index of a job array, whichever experiment.
#
#	sbatch --array=0-19 experiments/slurm.sh experiments/information-plane.yaml -o results/plane
#	sbatch --array=0-499 --time=4:00:00 experiments/slurm.sh --first=1000 X.yaml train.rate=1e-3 -o results/X
#	sbatch --dependency=afterany:ID experiments/slurm.sh --finish results/plane
#
# Its words are those of `venturi run`.  --first=N: index 0 of the array is task N of the sweep.  Without --array one
# job runs the whole sweep.  --finish DIR judges, collects and reports what is there.  `venturi check` tells how many
# tasks there are and what they need; `venturi submit` does all of this by itself.
#
# A task that is stopped (time limit, preemption, a signal) has committed what it did, ends with 75, and is put into
# the queue again, where it goes on: at most VENTURI_RESTARTS times (100).  VENTURI is the program, else `venturi` in
# PATH.  SPDX-License-Identifier: GPL-3.0-or-later
#SBATCH --job-name=venturi
#SBATCH --requeue
#SBATCH --open-mode=append
#SBATCH --signal=B:USR1@120

# ---- the job
set -u
venturi=${VENTURI:-venturi}
say() { echo "slurm.sh: $*" >&2; }
command -v "$venturi" > /dev/null || { say "$(uname -n) has no program '$venturi': put its folder into PATH"; exit 127; }

# The judging, even if a part of it fails; `collect` says which tasks are missing.
if [ "${1-}" = --finish ]; then
	worst=0
	"$venturi" verdict -- "${2:?a folder of results}" || worst=$?
	"$venturi" collect --force -o "$2/runs.h5" -- "$2" || worst=$?
	"$venturi" report --force -o "$2/report.html" -- "$2" || worst=$?
	exit "$worst"
fi

first=0
case ${1-} in --first=*) first=${1#--first=} && shift ;; esac
case $first in '' | *[!0-9]*) say "--first=$first: a number is wanted"; exit 2 ;; esac
job=${SLURM_JOB_ID-}
if [ -n "${SLURM_ARRAY_TASK_ID-}" ]; then
	# Its own id would not do: the last one to start has that of the whole array.
	job=${SLURM_ARRAY_JOB_ID}_$SLURM_ARRAY_TASK_ID
	set -- --task "$((first + SLURM_ARRAY_TASK_ID))" "$@"
fi
[ -z "${SLURM_CPUS_PER_TASK-}" ] || set -- --threads "$SLURM_CPUS_PER_TASK" "$@"
set -- "$venturi" run --resume "$@"
say "$(uname -n), job ${job:-none}, start $((${SLURM_RESTART_COUNT:-0} + 1)): $*"
# As a step, since signals of preemption and of scancel go to steps and not to this shell.
if [ -n "$job" ] && command -v srun > /dev/null; then
	set -- srun --nodes=1 --ntasks=1 --cpus-per-task="${SLURM_CPUS_PER_TASK:-1}" "$@"
fi

# Those to this shell are handed on, always as USR1: with TERM srun would kill the step at once.
step='' caught='' stopped=''
pass_on() {
	caught=yes stopped=yes
	[ -z "$step" ] || kill -USR1 "$step" 2> /dev/null
}
trap pass_on TERM USR1
"$@" < /dev/null &
step=$!
[ -z "$caught" ] || kill -USR1 "$step" 2> /dev/null
wait "$step"
status=$?
# A signal ends `wait` early; 127: the step had ended already.
while [ -n "$caught" ]; do
	caught=
	wait "$step"
	code=$?
	[ "$code" = 127 ] || status=$code
done

# Above 128 after a signal: it did not come as far as stopping in order; the last commit is there all the same.
[ "$status" = 75 ] || { [ -n "$stopped" ] && [ "$status" -gt 128 ]; } || exit "$status"
again() {
	[ -n "$job" ] || return 1
	if [ "${SLURM_RESTART_COUNT:-0}" -ge "${VENTURI_RESTARTS:-100}" ]; then
		say "stopped, and not queued again: that was done ${SLURM_RESTART_COUNT:-0} times (VENTURI_RESTARTS)"
		return 1
	fi
	# Whoever cancels a job does not want it back, and what Slurm requeues itself needs no help.
	case $(scontrol show job --oneliner "$job" 2> /dev/null) in
	'' | *JobState=RUNNING* | *Reason=TimeLimit*) ;;
	*) say "stopped, and not queued again: Slurm is ending this job"; return 1 ;;
	esac
	say "stopped; into the queue again"
	scontrol requeue "$job"
}
again || say "to go on: send it again, it resumes"
exit 75
