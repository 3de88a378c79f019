#!/bin/sh
# A collected sweep is a labelled cube to xarray: of 2 x 3 tasks one is deleted and one is stopped half-way; the cell of the
# first is NaN, that of the second from where it stopped, with flags that say so, and all other numbers are those of the
# tasks' own files.  Skipped where xarray is not installed.  SPDX-License-Identifier: GPL-3.0-or-later
set -eu
python=
for candidate in python3 /usr/bin/python3; do
	if "$candidate" -c 'import h5py, h5netcdf, xarray' 2> /dev/null; then python=$candidate; break; fi
done
[ -n "$python" ] || { echo 'skipped: needs python3-xarray python3-h5netcdf python3-h5py'; exit 77; }
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cat > "$folder/cube.yaml" <<'YAML'
title: cube
dataset: {kind: sphere12}
model: {kind: mlp, widths: [5, 3], activation: tanh}
train: {optimiser: adam, rate: 4e-4, batch: 256, epochs: 4000, seed: 0}
probe: {points: 12, rows: all}
measure:
  kde: {kind: information, estimator: {kind: kde, variance: 1e-3}}
  bin: {kind: information, estimator: {kind: binning, bins: 10, range: [-1, 1]}}
store: {commit: 0}
sweep: {model.activation: [tanh, relu], train.seed: [3, 5, 8]}
YAML
"$VENTURI" run "$folder/cube.yaml" -o "$folder/cube" -q > "$folder/log" 2>&1 || { cat "$folder/log"; exit 1; }

# Task 4 once more, ended by a signal after its third snapshot; its points are so spread that most of its time is still to
# come.  Should the signal come too late all the same, again.
metrics=$folder/cube/task-00004/metrics.jsonl
lines() { if [ -f "$metrics" ]; then wc -l < "$metrics"; else echo 0; fi; }
for attempt in 1 2 3 4 5; do
	rm -rf "$folder/cube/task-00004"
	"$VENTURI" run "$folder/cube.yaml" -o "$folder/cube" -q --task 4 > "$folder/log" 2>&1 &
	child=$!
	while kill -0 $child 2> /dev/null && [ "$(lines)" -lt 3 ]; do sleep 0.01; done
	kill -TERM $child 2> /dev/null || :
	status=0
	wait $child || status=$?
	[ "$status" != 75 ] || break
done
[ "$status" = 75 ] || { cat "$folder/log"; echo "task 4 could not be stopped half-way (status $status, $attempt attempts)"; exit 1; }
rm -rf "$folder/cube/task-00002"
"$VENTURI" collect "$folder/cube" -o "$folder/cube.h5" > "$folder/log" 2>&1 || { cat "$folder/log"; exit 1; }

cat > "$folder/look.py" <<'PYTHON'
import sys
import numpy
import xarray

folder, activations, seeds = sys.argv[1], ["tanh", "relu"], [3, 5, 8]
MISSING, STOPPED, NOT_COMPUTED = ("tanh", 8), ("relu", 5), None
wrong = []


def expect(good, what):
    if not good:
        wrong.append(what)


def cell(cube, activation, seed):
    return cube.sel(model_activation=activation, train_seed=seed)


def look(group):
    whole = xarray.open_dataset(folder + "/cube.h5", group=group)
    cube = whole.set_index(run=["model_activation", "train_seed"]).unstack("run")
    expect(cube.sizes["model_activation"] == 2 and cube.sizes["train_seed"] == 3, group + ": is no cube of 2 x 3")
    mask = dict(zip(cube.flags.attrs["flag_meanings"].split(), numpy.atleast_1d(cube.flags.attrs["flag_masks"])))
    compared = 0
    for task, (activation, seed) in enumerate((a, s) for a in activations for s in seeds):
        mine, where = cell(cube, activation, seed), "%s, %s, seed %d" % (group, activation, seed)
        numbers = [n for n in whole.data_vars if whole[n].dtype.kind == "f" and "step" in whole[n].dims]
        expect(len(numbers) > 3, where + ": there are no series")
        if (activation, seed) == MISSING:
            for n in numbers:
                expect(bool(mine[n].isnull().all()), "%s: %s is not NaN" % (where, n))
            continue
        own = xarray.open_dataset("%s/cube/task-%05d/run.h5" % (folder, task), group=group)
        done = own.sizes["step"]
        expect(3 <= done < cube.sizes["step"] if (activation, seed) == STOPPED else done == cube.sizes["step"],
               "%s: has %d of %d steps" % (where, done, cube.sizes["step"]))
        for n in numbers + ["flags"]:
            a, b = mine[n].transpose(*own[n].dims), own[n]
            expect(a.isel(step=slice(None, done)).equals(b.reset_coords(drop=True).astype(a.dtype)) or
                   numpy.array_equal(a.values[:done], b.values.astype(a.dtype), equal_nan=True),
                   "%s: %s is not what the task's file holds" % (where, n))
            compared += b.size
        for n in numbers:
            expect(bool(mine[n].isel(step=slice(done, None)).isnull().all()), "%s: %s goes on" % (where, n))
        late = mine.flags.isel(step=slice(done, None)).values
        expect((late.astype(int) & mask["not_computed"] == mask["not_computed"]).all(),
               where + ": the flags of what was not reached do not say not_computed")
        expect(str(mine.status.values) == ("stopped" if (activation, seed) == STOPPED else "complete"),
               where + ": status is %s" % mine.status.values)
    print("%s: %s, %d numbers are those of the tasks" % (group, dict(cube.sizes), compared))


for group in "train", "information":
    look(group)
for line in wrong[:20]:
    print(line)
sys.exit(bool(wrong))
PYTHON
"$python" "$folder/look.py" "$folder"

# The look must be able to fail: a number, a flag of a gap.
"$python" - "$folder/cube.h5" <<'PYTHON'
import sys
import h5py
with h5py.File(sys.argv[1], "a", libver="v110") as f:
    f["train/loss_train"][0, 2] += 1e-6
    f["information/flags"][3, -1] = 0
PYTHON
said=$("$python" "$folder/look.py" "$folder") && { echo "planted faults were not seen"; exit 1; }
for words in 'train, tanh, seed 3: loss_train is not what' 'information, relu, seed 5: the flags of what was not reached'; do
	case $said in *"$words"*) ;; *) echo "not seen: $words; but: $said"; exit 1 ;; esac
done
echo "planted faults were seen"
