#!/bin/sh
# Others open a run's file again and again while it is written, by h5py and by xarray where that is installed: no opening
# fails, what is read is whole and never less than before, and the run is as if nobody had looked.  VT_LONG: 1000 openings
# by each instead of 50.
# SPDX-License-Identifier: GPL-3.0-or-later
set -eu
. "${top_srcdir:-$(dirname "$0")/..}/tests/faults/faults.sh"
python=
for candidate in python3 /usr/bin/python3; do
	if "$candidate" -c 'import h5py' 2> /dev/null; then python=$candidate; break; fi
done
[ -n "$python" ] || { echo 'skipped: needs python3-h5py'; exit 77; }
experiment "$folder/durable.yaml" 60 'commit: 0'
run_to "$folder/said" "$VENTURI" run "$folder/durable.yaml" -o "$folder/base"
[ $status = 0 ] || fail "the undisturbed run ends with $status: $(cat "$folder/said")"
look "$folder/base/task-00000/run.h5"
openings=50
[ -z "$long" ] || openings=1000

"$python" - "$folder" "$openings" "$(told content_sha256)" <<'OPEN'
import os, subprocess, sys
import h5py, numpy
try:
    import xarray
except ImportError:
    xarray = None
folder, wanted, sha = sys.argv[1], int(sys.argv[2]), sys.argv[3]
experiment, path = folder + "/durable.yaml", folder + "/x/task-00000/run.h5"


def by_h5py():
    with h5py.File(path, "r") as f:
        steps = f["train/step"][:] if "train" in f else numpy.zeros(0)
        if "train" in f:
            loss = f["train/loss_train"][:]
            assert loss.shape == steps.shape and numpy.isfinite(loss).all(), "losses and steps do not go together"
            assert numpy.isfinite(f["information/i_xt"][:]).all(), "the information of a snapshot is not there"
        return len(steps), f.attrs["status"]


def by_xarray():
    with h5py.File(path, "r") as f:
        there = "train" in f
    if not there:
        return 0, "running"
    with xarray.open_dataset(path, group="train", engine="h5netcdf") as d:
        assert numpy.isfinite(d.loss_train.values).all(), "a loss is missing"
        return d.sizes["step"], "running"


readers = [by_h5py] + ([by_xarray] if xarray else [])
opened, runs, during = [0] * len(readers), 0, 0
while min(opened) < wanted:
    process = subprocess.Popen([os.environ["VENTURI"], "run", experiment, "-o", folder + "/x", "--force"],
                               stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
    least = 0
    while process.poll() is None:
        for i, read in enumerate(readers):
            if not os.path.exists(path):
                continue
            steps, status = read()
            opened[i] += 1
            if status == "running":
                during += 1
            if runs == 0:  # later runs begin where a complete file lies
                assert steps >= least, f"{steps} snapshots after {least}"
                least = steps
    assert process.returncode == 0, process.stderr.read().decode()
    runs += 1
    with h5py.File(path, "r") as f:
        assert f.attrs["content_sha256"] == sha, "the run was disturbed by its readers"
assert during > 0, "no opening came while a run went on"
print(", ".join(f"{n} openings {read.__name__.replace('_', ' ')}" for n, read in zip(opened, readers)) +
      f" during {runs} runs: none failed, all runs equal")
OPEN
