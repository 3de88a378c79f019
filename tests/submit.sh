#!/bin/sh
# `venturi submit` and the batch script without a cluster: programs of our own stand in for sbatch, scontrol and srun,
# and write down what they were told.  tests/slurm.sh does it with a real one.  SPDX-License-Identifier: GPL-3.0-or-later
# shellcheck disable=SC2086,SC2016 # $quick is words; dollar signs are data
set -u
[ -x "${VENTURI:?the program}" ] || { echo "$VENTURI is not there"; exit 1; }
source=$(cd "${top_srcdir:-$(dirname "$0")/..}" && pwd) || exit 1
scratch=$(mktemp -d) || exit 1
trap 'rm -rf "$scratch"' EXIT
cd "$scratch" || exit 1
status=0 count=0

fails() { echo "$*"; status=1; }
same() { # LABEL WANTED FOUND
	count=$((count + 1))
	[ "$2" = "$3" ] || fails "$1: wanted '$2', found '$3'"
}
has() { # LABEL TEXT FILE
	count=$((count + 1))
	grep -qF -e "$2" "$3" || { fails "$1: no '$2' in"; cat "$3"; }
}
refused() { # STATUS TEXT WORD...: one line that has the text
	wanted=$1 text=$2
	shift 2
	"$VENTURI" submit "$@" > out 2> err
	same "$*: exit status" "$wanted" $?
	has "$*" "$text" err
	same "$*: lines" 1 "$(wc -l < err)"
}

# ---- the stand-ins ------------------------------------------------------------
# sbatch numbers jobs from 101 and keeps the words and the script of each; srun keeps the words and runs $STEP.
mkdir bin
cat > bin/sbatch <<'SH'
#!/bin/sh
[ ! -e "$SPOOL/refuse" ] || { echo "sbatch: error: invalid partition" >&2; exit 1; }
job=$(($(cat "$SPOOL/last" 2> /dev/null || echo 100) + 1))
echo $job > "$SPOOL/last"
for word; do printf '%s\n' "$word"; done > "$SPOOL/words.$job"
for word; do case $word in --*) ;; *) cat "$word" > "$SPOOL/script.$job"; break ;; esac done
echo "$job;somewhere"
SH
cat > bin/scontrol <<'SH'
#!/bin/sh
case $* in
'show config') printf 'MaxArraySize            = %s\n' "${ARRAY_SIZE:-1001}" ;;
show\ job*) echo "JobId=1 JobState=${STATE:-RUNNING} Reason=${REASON:-None}" ;;
*) echo "$*" >> "$SPOOL/scontrol" ;;
esac
SH
cat > bin/srun <<'SH'
#!/bin/sh
for word; do printf '%s\0' "$word"; done > "$SPOOL/srun"
eval "${STEP:-exit 0}"
SH
chmod +x bin/*
PATH=$scratch/bin:$PATH
SPOOL=$scratch/spool
export PATH SPOOL
mkdir "$SPOOL"
cp "$source/tests/malformed.d/good.yaml" good.yaml
quick='--time=10 --mem=1G --threads=1' # nothing needs to be tried

# ---- a dry run writes nothing, and shows all ------------------------------------
mkdir empty
(cd empty && "$VENTURI" submit ../good.yaml --dry-run -p short -A me --qos low --max-parallel 2 --sbatch=--exclusive \
	--sbatch='--comment=a "b"' > ../dry 2> ../err) || fails "a dry run fails: $(cat err)"
same 'a dry run writes nothing' '' "$(ls -A empty)"
same 'a dry run sends nothing' '' "$(ls "$SPOOL")"
for line in '#SBATCH --array=0-1%2' '#SBATCH --cpus-per-task=1' '#SBATCH --mem=512M' '#SBATCH --time=00:10:00' \
	'#SBATCH --output="results/good/log/%A_%a.txt"' '#SBATCH --signal=B:USR1@120' '#SBATCH --requeue' \
	'#SBATCH --open-mode=append' '#SBATCH --partition="short"' '#SBATCH --account="me"' '#SBATCH --qos="low"' \
	'#SBATCH --exclusive' '#SBATCH --comment="a \"b\""' 'sbatch --parsable results/good/slurm.sh' \
	'sbatch --parsable --dependency=afterany:JOB results/good/finish.sh'; do
	has 'a dry run' "$line" dry
done
refused 2 'a backslash' good.yaml $quick -n --sbatch='--comment=\c'
"$VENTURI" submit good.yaml -n --json $quick > dry.json || fails 'a dry run as JSON fails'
same 'a dry run has no jobs' 2 "$(grep -c '"job": null' dry.json)"

# ---- sending -----------------------------------------------------------------------
"$VENTURI" submit good.yaml -o out1 $quick > said 2> err || fails "submit fails: $(cat err)"
has 'the jobs are named' 'job 101 ' said
has 'the last job is named' 'job 102 ' said
same 'the first job' "--parsable out1/slurm.sh" "$(tr '\n' ' ' < "$SPOOL/words.101" | sed 's/ $//')"
same 'the last job' "--parsable --dependency=afterany:101 out1/finish.sh" "$(tr '\n' ' ' < "$SPOOL/words.102" | sed 's/ $//')"
cmp -s out1/slurm.sh "$SPOOL/script.101" || fails 'another script was sent than was written'
same 'the folder for the logs' out1/log "$(ls -d out1/log)"
sed -n '/^# ---- the job$/,$p' out1/slurm.sh > body
sed -n '/^# ---- the job$/,$p' "$source/experiments/slurm.sh" | cmp -s - body || fails 'the script is not experiments/slurm.sh'
for shell in sh bash dash; do
	command -v $shell > /dev/null || continue
	for script in out1/slurm.sh out1/finish.sh "$source/experiments/slurm.sh"; do
		$shell -n "$script" || fails "$shell cannot read $script"
	done
done
cp good.yaml other.yaml
"$VENTURI" submit good.yaml other.yaml -o two $quick --json > two.json || fails 'two experiments fail'
same 'two experiments are four jobs' '103 104 105 106' "$(sed -n 's/.*"job": \([0-9]*\).*/\1/p' two.json | tr '\n' ' ' | sed 's/ $//')"
same 'a folder each' 'two/good/slurm.sh two/other/slurm.sh' "$(echo two/*/slurm.sh)"
! command -v python3 > /dev/null || python3 -c 'import json; j = json.load(open("two.json"))["jobs"]
assert [x["what"] for x in j] == 2 * ["tasks", "finish"] and j[0]["n_tasks"] == 2 and j[0]["command"][0] == "sbatch", j' ||
	fails 'the JSON is not as documented'

# ---- more tasks than an array may have ----------------------------------------------
ARRAY_SIZE=5 "$VENTURI" submit good.yaml -o many $quick train.seed=0..5 --max-parallel 3 > said 2> err || fails "many tasks fail"
same 'the first array' '#SBATCH --array=0-4%3' "$(grep -e --array= many/slurm.sh)"
same 'the second array' '--parsable --array=0-4%3 --dependency=afterany:107 many/slurm.sh --first=5' "$(tr '\n' ' ' < "$SPOOL/words.108" | sed 's/ $//')"
same 'the third array' '--parsable --array=0-1%3 --dependency=afterany:108 many/slurm.sh --first=10' "$(tr '\n' ' ' < "$SPOOL/words.109" | sed 's/ $//')"
has 'the last job waits for all' '--dependency=afterany:107:108:109' "$SPOOL/words.110"
ARRAY_SIZE=5 "$VENTURI" submit good.yaml -o some $quick train.seed=0..5 --tasks=11,6-7,0 > said 2> err || fails "some tasks fail"
same 'some tasks of the first array' '#SBATCH --array=0' "$(grep -e --array= some/slurm.sh)"
same 'some tasks of the second array' '--array=1-2' "$(grep -e --array= "$SPOOL/words.112")"
same 'some tasks of the third array' '--array=1' "$(grep -e --array= "$SPOOL/words.113")"

# ---- names that a shell could take for something else ----------------------------------
newline='
'
hostile="it's \"a\" \$(touch owned) \`touch owned\` #; b & c%A"
mkdir "$hostile"
cp good.yaml "$hostile/new${newline}line.yaml"
"$VENTURI" submit "$hostile/new${newline}line.yaml" -o "$hostile/results" $quick "model.activation=[tanh,${newline} relu]" \
	> said 2> err || fails "hostile names fail: $(cat err)"
has 'a percent sign is doubled for sbatch' 'c%%A/results/log/%A_%a.txt"' "$hostile/results/slurm.sh"
has 'quotes are escaped for sbatch' 'it'"'"'s \"a\" $(touch owned)' "$hostile/results/slurm.sh"
has 'a name cannot leave its comment' '# Made by `venturi submit` for new_line: ' "$hostile/results/slurm.sh"
same 'its lines for sbatch come before all else' '' "$(sed '/^VENTURI=/,$d; /^#/d; /^$/d' "$hostile/results/slurm.sh")"
SLURM_JOB_ID=9 SLURM_ARRAY_JOB_ID=8 SLURM_ARRAY_TASK_ID=1 SLURM_CPUS_PER_TASK=3 sh "$hostile/results/slurm.sh" --first=2 2> err ||
	fails "the script fails: $(cat err)"
for word in --nodes=1 --ntasks=1 --cpus-per-task=3 "$(readlink -f "$VENTURI")" run --resume --threads 3 --task 3 "--output=$hostile/results" -- \
	"$hostile/new${newline}line.yaml" "model.activation=[tanh,${newline} relu]"; do printf '%s\0' "$word"; done > wanted
cmp wanted "$SPOOL/srun" || { fails 'the step has other words:'; tr '\0' '\n' < "$SPOOL/srun"; }
same 'nothing was executed' '' "$(find . -name owned)"
refused 2 'a control character' good.yaml -o "x${newline}y" $quick
refused 2 'a control character' good.yaml --qos "x${newline}#SBATCH --uid=0" $quick
refused 2 'a backslash' good.yaml -o 'x\y' $quick
same 'nothing came of those' '' "$(find . -name 'x*y*')"

# ---- what is refused ---------------------------------------------------------------------
refused 2 '--tasks=2: wanted task numbers from 0 to 1' good.yaml $quick --tasks=2
for list in '' 1- -1 1,,0 1-0 0x1 99999999999999999999 '0 1'; do refused 2 "--tasks=$list: wanted" good.yaml $quick --tasks="$list"; done
refused 2 '--sbatch=-C: wanted one option' good.yaml $quick --sbatch=-C
refused 2 '--sbatch=--x y: wanted one option' good.yaml $quick '--sbatch=--x y'
refused 2 '--tasks and --max-parallel' good.yaml $quick --sbatch=--array=1
refused 2 '--time=soon: wanted what sbatch takes' good.yaml --time=soon
refused 2 '--mem=1G;x: wanted what sbatch takes' good.yaml '--mem=1G;x'
refused 2 "no preset 'nothing'"  good.yaml $quick --preset nothing
refused 3 'cannot be' absent.yaml $quick
touch "$SPOOL/refuse"
"$VENTURI" submit good.yaml -o no $quick > said 2> err
same 'sbatch refuses: exit status' 7 $?
has 'its own words are there' 'invalid partition' err
has 'sbatch refuses' 'venturi: no/slurm.sh: is written, but sbatch refused it (exit status 1)' err
rm "$SPOOL/refuse"
mkdir none
(PATH=$scratch/none && "$VENTURI" submit good.yaml -o none1 $quick > said 2> err)
same 'no sbatch: exit status' 7 $?
same 'no sbatch' 'venturi: none1/slurm.sh: is written, but there is no sbatch here to send it with' "$(cat err)"
same 'the script stays' none1/slurm.sh "$(ls none1/slurm.sh)"
"$VENTURI" submit "$source/experiments/information-plane-fashion.yaml" dataset.images="$scratch/none/x" \
	dataset.labels="$scratch/none/y" -n > dry 2> err || fails "data that are not here: $(cat err)"
has 'data that are not here are a warning' 'could not be tried here' err
has 'a guess' '#SBATCH --mem=4096M' dry

# ---- the batch script ----------------------------------------------------------------------
SLURM_JOB_ID=9 SLURM_ARRAY_JOB_ID=8 SLURM_ARRAY_TASK_ID=3 VENTURI=$VENTURI
export SLURM_JOB_ID SLURM_ARRAY_JOB_ID SLURM_ARRAY_TASK_ID VENTURI
script=$source/experiments/slurm.sh
# ends LABEL STATUS REQUEUED: how the script ended, and whether it asked for another turn
ends() {
	code=$?
	same "$1: exit status" "$2" $code
	same "$1: requeued" "$3" "$(cat "$SPOOL/scontrol" 2> /dev/null)"
	rm -f "$SPOOL/scontrol"
}
sh "$script" good.yaml 2> err
ends 'done' 0 ''
STEP='exit 5' sh "$script" good.yaml 2> err
ends 'diverged' 5 ''
STEP='exit 137' sh "$script" good.yaml 2> err
ends 'killed, nobody knows why' 137 ''
STEP='exit 75' sh "$script" good.yaml 2> err
ends 'stopped' 75 'requeue 8_3'
STEP='exit 75' SLURM_RESTART_COUNT=99 sh "$script" good.yaml 2> err
ends 'stopped for the 100th time' 75 'requeue 8_3'
STEP='exit 75' SLURM_RESTART_COUNT=100 sh "$script" good.yaml 2> err
ends 'stopped once too often' 75 ''
has 'the bound is named' '100 times (VENTURI_RESTARTS)' err
STEP='exit 75' SLURM_RESTART_COUNT=2 VENTURI_RESTARTS=2 sh "$script" good.yaml 2> err
ends 'a bound of 2' 75 ''
STEP='exit 75' STATE=COMPLETING sh "$script" good.yaml 2> err
ends 'cancelled' 75 ''
STEP='exit 75' STATE=COMPLETING REASON=TimeLimit sh "$script" good.yaml 2> err
ends 'out of time' 75 'requeue 8_3'
STEP='exit 75' SLURM_ARRAY_TASK_ID='' sh "$script" good.yaml 2> err
ends 'a job without array' 75 'requeue 9'
has 'without array there is no task' 'run --resume good.yaml' err
STEP='exit 75' SLURM_JOB_ID='' SLURM_ARRAY_TASK_ID='' VENTURI=true sh "$script" good.yaml 2> err
ends 'no job at all: no step either' 0 ''
sh "$script" --first=x good.yaml 2> err
ends 'no number' 2 ''
VENTURI=absent sh "$script" good.yaml 2> err
ends 'no program' 127 ''

# A signal to the script reaches the step as USR1, and the script waits for what comes of it, in every shell.
waiting='touch "$SPOOL/ready"
trap "echo USR1 > $SPOOL/got; sleep 0.2; exit 75" USR1
trap "echo TERM > $SPOOL/got; exit 1" TERM
for i in $(seq 1 200); do sleep 0.1; done; exit 1'
for shell in sh bash dash; do
	command -v $shell > /dev/null || continue
	for signal in USR1 TERM; do
		rm -f "$SPOOL/ready" "$SPOOL/got"
		STEP=$waiting $shell "$script" good.yaml 2> err &
		for i in $(seq 1 100); do
			[ ! -e "$SPOOL/ready" ] || break
			sleep 0.1
		done
		sleep 0.2
		kill -$signal $!
		wait $!
		ends "$signal to $shell" 75 'requeue 8_3'
		same "$signal to $shell: what the step got" USR1 "$(cat "$SPOOL/got")"
	done
done
STEP='touch "$SPOOL/ready"; kill -USR1 $PPID; sleep 0.3; exit 137' sh "$script" good.yaml 2> err
ends 'killed after a signal' 75 'requeue 8_3'

# At the end of a job's time TERM reaches the program three times within milliseconds: it still stops in order, and says so.
for round in 1 2 3 4 5; do
	rm -rf stopped
	"$VENTURI" run good.yaml --task 0 train.epochs=100000 store.commit=1000 -o stopped > said 2> err &
	for i in $(seq 1 200); do
		[ ! -s stopped/task-00000/metrics.jsonl ] || break
		sleep 0.05
	done
	kill -TERM $!
	kill -TERM $!
	kill -USR1 $!
	wait $!
	same "three signals, round $round: exit status" 75 $?
	has "three signals, round $round" 'stopped by SIG' err
done

# What is not there is said, and is no failure.
"$VENTURI" collect stopped -o stopped.h5 > said 2> err
same 'a sweep with gaps: exit status' 0 $?
has 'a task that was never run' 'stopped: 1 of 2 tasks without usable run file: 1; ' err
has 'a task that was stopped' 'stopped: 1 of 2 tasks not finished: 0; ' err
"$VENTURI" collect stopped -o stopped.h5 --force --json 2> /dev/null | tr -d ' \n' > said
has 'gaps as JSON' '"tasks":2,"missing":[1],"unfinished":[0],"diverged":[]' said
"$VENTURI" run good.yaml model.activation=linear train.optimiser=sgd train.rate=1e6 train.epochs=20 train.seed=0..2 --task 1 \
	-o diverged > said 2> err
same 'a task that diverges: exit status' 5 $?
"$VENTURI" collect diverged -o diverged.h5 > said 2> err || fails "collect fails: $(cat err)"
has 'tasks that were never run' 'diverged: 2 of 3 tasks without usable run file: 0,2; ' err
has 'a task that diverged' 'diverged: 1 of 3 tasks diverged: 1; ' err

# The last job goes on when a part of it fails.
cat > told <<'SH'
#!/bin/sh
echo "$*" >> "$SPOOL/told"
[ "$1" != verdict ] || exit 4
SH
chmod +x told
VENTURI=$scratch/told sh "$script" --finish "a b" 2> err
ends 'the last job' 4 ''
same 'what it does' 'verdict -- a b,collect --force -o a b/runs.h5 -- a b,report --force -o a b/report.html -- a b,' \
	"$(tr '\n' , < "$SPOOL/told")"

echo "$count checks"
exit $status
