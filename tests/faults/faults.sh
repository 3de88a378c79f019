# What the tests of durability share; sourced by them, with `set -eu` and $VENTURI set.  Makes $folder, a scratch folder
# that is gone at the end.  SPDX-License-Identifier: GPL-3.0-or-later
top_srcdir=${top_srcdir:-$(cd "$(dirname "$0")/.." && pwd)}
top_builddir=${top_builddir:-$top_srcdir/build}
preload=$(cd "$top_builddir" && pwd)/tests/faults/preload.so
[ -x "${VENTURI:?the program}" ] || { echo "$VENTURI is not there"; exit 1; }
# In memory, where there is such a place: thousands of fsyncs are of no use to a simulated crash.  $on_disk: no.
memory=
[ -n "${on_disk:-}" ] || [ ! -w /dev/shm ] || memory=/dev/shm
folder=$(mktemp -d -p "${TMPDIR:-${memory:-/tmp}}") && folder=$(cd "$folder" && pwd -P)
trap 'rm -rf "$folder"' EXIT
trap 'exit 1' HUP INT TERM
keep=$folder/keep log=$folder/log
# Three threads on one core wait for each other without burning it.
export OMP_WAIT_POLICY=passive
mkdir "$keep"

fail() { echo "$*"; exit 1; }

# preloads: whether faults can be made; else $reason says why not.  A sanitizer's library must come before ours.
preloads() {
	reason="$preload could not be built (make check builds it)"
	[ -s "$preload" ] || return 1
	if nm "$VENTURI" 2> /dev/null | grep -qE '__[at]san_init'; then
		reason='the sanitizer is in the program, and not a library before which faults could be put'
		sanitizer=$(ldd "$VENTURI" | awk '/\/lib[at]san/ { print $3 }')
		[ -n "$sanitizer" ] || return 1
		preload=$sanitizer:$preload
	fi
	reason='libraries cannot be preloaded here'
	mkdir -p "$folder/tried"
	env LD_PRELOAD="$preload" VT_FAULTS_UNDER="$folder/tried" VT_FAULTS_LOG="$log" mv "$folder/tried" "$folder/tried2"
	rm -rf "$folder/tried2"
	[ -s "$log" ] || return 1
	rm -f "$log"
}
need_preload() { preloads || { echo "skipped: $reason"; exit 77; }; }

# The short tests draw the same in every run, the long ones (VT_LONG) by the clock; VT_SEED has a failure again.
long=${VT_LONG:-}
seed=${VT_SEED:-$([ -z "$long" ] && echo 1 || date +%s)}
echo "VT_SEED=$seed"
# drawn N LEAST MOST [SALT]: N whole numbers, a line each.
drawn() {
	awk -v seed="$((seed + ${4:-0}))" -v n="$1" -v a="$2" -v b="$3" \
		'BEGIN { srand(seed); for (i = 0; i < n; i++) printf "%d\n", a + int(rand() * (b - a + 1)) }'
}

# A task of a tenth of a second.  SETTING... are of the line `store`.
experiment() { # FILE EPOCHS STORE
	cat > "$1" <<-TEXT
		title: durable
		dataset: {kind: boolean, bits: 7, function: parity, train_share: 0.8}
		model: {kind: mlp, widths: [6, 4], activation: tanh}
		train: {optimiser: adam, rate: 1e-2, batch: 16, epochs: $2, seed: 3}
		probe: {schedule: every, every: 7}
		measure:
		  bins: {kind: information, estimator: {kind: binning, bins: 8, range: [-1, 1]}, null: 1}
		  gradient: {kind: gradient}
		store: {$3}
	TEXT
}

# look FILE: reads it with `venturi info`; then told KEY says what that tells.
look() { "$VENTURI" info "$1" --json > "$folder/info" 2>&1; }
told() { sed -n "/^  *\"$1\": */{s///; s/,\$//; s/\"//g; p; q;}" "$folder/info"; }

# Its status in $status and its output in FILE; never ends the test.
run_to() { # FILE COMMAND...
	said=$1
	shift
	status=0
	"$@" > "$said" 2>&1 < /dev/null || status=$?
}
# faulty AT WHAT COMMAND...: with the fault WHAT at operation AT.  $match, if set, says which count.
faulty() {
	at=$1 what=$2
	shift 2
	run_to "$folder/said" env LD_PRELOAD="$preload" VT_FAULTS_UNDER="$folder" VT_FAULTS_KEEP="$keep" VT_FAULTS_LOG="$log" \
		VT_FAULTS_AT="$at" VT_FAULTS_DO="$what" VT_FAULTS_MATCH="${match:-}" VT_FAULTS_STICKY="${sticky:-}" \
		VT_FAULTS_DELAY="${delay:-}" "$@"
}

# The commits that were acknowledged so far are forgotten: another run begins.
forget() { rm -rf "$keep"/* "$log" && promised=0; }
# The last one that was acknowledged.
acknowledged() { find "$keep" -name '*.h5' | sort | tail -n 1; }

# nothing_lost WHERE TASK: the run file is whole and has all steps that were ever acknowledged.  $held counts how often
# there were any.
held=0 promised=0
nothing_lost() {
	last_commit=$(acknowledged)
	[ -n "$last_commit" ] || return 0
	held=$((held + 1))
	look "$last_commit" || fail "$1: a commit was not whole when it was made: $(cat "$folder/info")"
	# A run that is taken up may begin with less than there was, but must not commit that.
	latest=$(told steps)
	[ "${latest:-0}" -lt "$promised" ] || promised=${latest:-0}
	[ -f "$2/run.h5" ] || fail "$1: the run file is gone; $promised snapshots had been committed"
	look "$2/run.h5" || fail "$1: the run file cannot be read: $(cat "$folder/info")"
	[ "$(told content_ok)" = true ] || fail "$1: the run file's content is not what its content_sha256 says"
	kept=$(told steps)
	[ "${kept:-0}" -ge "$promised" ] || fail "$1: $promised snapshots had been committed, the file has $kept"
}

# same_task WHERE BASE TASK: every file of it is as in the undisturbed run: run.h5 by its content, the others by their
# bytes.  The checkpoint and the lock speak of how it came about.  $state, if set, is its end instead of `complete`.
same_task() {
	if [ ! -f "$2.sha" ]; then
		look "$2/run.h5" && told content_sha256 > "$2.sha"
		[ -s "$2.sha" ] || fail "$1: the undisturbed run's file has no content_sha256"
	fi
	look "$3/run.h5" || fail "$1: the run file cannot be read: $(cat "$folder/info")"
	[ "$(told content_sha256)" = "$(cat "$2.sha")" ] || fail "$1: content_sha256 is not the undisturbed run's"
	[ "$(told status)" = "${state:-complete}" ] || fail "$1: the run says '$(told status)', wanted ${state:-complete}"
	diff -rq -x run.h5 -x checkpoint.h5 -x checkpoint.prev.h5 -x lock "$2" "$3" > "$folder/diff" ||
		fail "$1: $(cat "$folder/diff")"
}

# resume_equal WHERE BASE OUT COMMAND...: resumed with 1 to 3 threads it ends with the files of the undisturbed run.
turn=1
resume_equal() {
	resumed_where=$1 resumed_base=$2 resumed_out=$3
	shift 3
	turn=$((turn * 5 % 7)) # 5 4 6 2 3 1
	run_to "$folder/said" "$@" -o "$resumed_out" --resume --threads $((turn % 3 + 1))
	[ $status = 0 ] || fail "$resumed_where: resumed with $((turn % 3 + 1)) threads it ends with $status: $(cat "$folder/said")"
	same_task "$resumed_where, resumed with $((turn % 3 + 1)) threads" "$resumed_base/task-00000" "$resumed_out/task-00000"
}
