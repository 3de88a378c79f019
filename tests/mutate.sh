#!/bin/sh
# Damaged files by the hundred (MUTATE=1: 20 000 of somebody else's HDF5, of our run files and of our checkpoints, 2 000 of
# each other format): the program survives each, answers within a minute, and takes no damaged file of ours for a sound
# one.  Then a run that was stopped goes on from damaged files: to the same content, or it says what is damaged.
# SPDX-License-Identifier: GPL-3.0-or-later
set -u
share=${MUTATE:-0.01} trials=${MUTATE_RESUMES:-12}
built=$(cd "${top_builddir:-.}" && pwd)
mutate=$built/tests/fuzz/mutate
top_srcdir=$(cd "${top_srcdir:-$(dirname "$0")/..}" && pwd)
export top_srcdir
[ -x "${VENTURI:?the program}" ] && [ -x "$mutate" ] || { echo "$VENTURI or $mutate is missing: make check builds it"; exit 1; }
folder=$(mktemp -d) || exit 1
trap 'rm -rf "$folder"' EXIT
cd "$folder" || exit 1
status=0

"$mutate" --share="$share" || { status=1; cp mutate-*.bin "$built"; }

# The comparison must be able to fail: a file that is sealed again after the damage passes the seal.
"$mutate" --plant > planted 2>&1 && { echo 'a damaged file under a good seal was not noticed'; status=1; }
grep -q 'broken promise: a damaged file was taken for a sound one' planted || { cat planted; status=1; }

# ---- going on from damaged files -------------------------------------------------
cat > task.yaml <<'YAML'
dataset: {kind: sphere12}
model: {kind: mlp, widths: [4, 3], activation: tanh}
train: {optimiser: adam, rate: 1e-3, epochs: 40}
probe: {points: 20}
measure:
  bin30: {kind: information, estimator: {kind: binning, bins: 30, range: [-1, 1]}}
store: {commit: 0}
YAML
content() { "$VENTURI" info "$1" --json | sed -n 's/.*"content_sha256": *"\([0-9a-f]*\)".*/\1/p'; }
"$VENTURI" run task.yaml -o whole --quiet > /dev/null 2> err || { cat err; exit 1; }
wanted=$(content whole/task-00000/run.h5)
[ -n "$wanted" ] || { echo 'the whole run has no content'; exit 1; }

# Stopped as soon as it has a checkpoint and the one before it, or after half of that time if it was quicker.
time=0.4
while :; do
	rm -rf part
	"$VENTURI" run task.yaml -o part --quiet --max-time "$time" > /dev/null 2> err
	found=$?
	[ "$found" = 75 ] && [ -e part/task-00000/checkpoint.prev.h5 ] && break
	case $found in
	0) time=$(echo "$time" | awk '{ print $1 / 2 }') ;;
	75) time=$(echo "$time" | awk '{ print $1 * 1.5 }') ;;
	*) cat err; exit 1 ;;
	esac
done

same=0 refused=0 k=0
while [ "$k" -lt "$trials" ]; do
	k=$((k + 1))
	case $((k % 3)) in 0) name=run ;; 1) name=checkpoint ;; *) name=checkpoint.prev ;; esac
	rm -rf trial && cp -r part trial
	"$mutate" --damage="$k" "part/task-00000/$name.h5" "trial/task-00000/$name.h5" || exit 1
	"$VENTURI" run task.yaml -o trial --resume --quiet > /dev/null 2> err
	found=$?
	if [ "$found" = 0 ] && [ "$(content trial/task-00000/run.h5)" = "$wanted" ]; then
		same=$((same + 1))
	elif [ "$found" = 4 ] && [ "$name" = run ] && grep -q '^venturi: trial/task-00000/run.h5: .*is' err; then
		refused=$((refused + 1))
	else
		echo "$name.h5, damage $k: exit $found, content $(content trial/task-00000/run.h5), wanted $wanted: $(cat err)"
		status=1
	fi
done
echo "$trials runs went on from damaged files: $same to the same content, $refused refused the run file"
[ $((3 * same)) -ge "$trials" ] && [ "$refused" -gt 0 ] || { echo 'both were to happen'; status=1; }
exit $status
