#!/bin/sh
# venturi validate: promises that hold exit 0, broken ones 6; JSON, the file of samples and the figure can be read.
# SPDX-License-Identifier: GPL-3.0-or-later
set -u
[ -x "${VENTURI:?the program}" ] || { echo "$VENTURI is not there"; exit 1; }
scratch=$(mktemp -d) || exit 1
trap 'rm -rf "$scratch"' EXIT
status=0 count=0

fails() { echo "$*"; status=1; }
# exits STATUS WORD...: the program's exit status; its output stays in out and err.
exits() {
	wanted=$1
	shift
	count=$((count + 1))
	"$VENTURI" "$@" > "$scratch/out" 2> "$scratch/err"
	found=$?
	[ $found = "$wanted" ] || fails "$*: exit status $found, wanted $wanted: $(tail -n 3 "$scratch/err")"
}
# says FILE PATTERN
says() {
	count=$((count + 1))
	grep -q -e "$2" "$scratch/$1" || fails "nothing in $1 says '$2'"
}

# Promises: held, broken by a tolerance nobody can meet, broken by settings that are absurd.
exits 0 validate -e gaussian -e exact --quick
says out 'all promises held'
exits 6 validate -e gaussian --cases 1v1-normal-0.75 --tolerance-scale 0.001
says out ' short '
says err 'fell short'
exits 0 validate -e gaussian --cases 1v1-normal-0.75 --tolerance-scale 1
if "$VENTURI" list estimators --names | grep -qx ksg; then
	exits 0 validate -e ksg --cases multinormal-sparse-2-2-2-2.0
	exits 6 validate -e ksg:k=200 --cases multinormal-sparse-2-2-2-2.0
fi

# Every estimator promises something.
promises=${top_srcdir:-$(dirname "$0")/..}/src/run/promises.c
for kind in $("$VENTURI" list estimators --names); do
	count=$((count + 1))
	grep -q "{ \"$kind[\":]" "$promises" || fails "estimator $kind has no line in src/run/promises.c"
done

# Outside its regime an estimate is shown, whatever it is; what promises nothing is shown when both are named.
exits 0 validate -e gaussian --cases 'asinh-student-identity-2-2-1'
says out ' out .* flagged '
exits 0 validate -e gaussian --cases 'spiral-multinormal-sparse-5-5-2-2.0'
says out ' out .* silent '
exits 0 validate -e gaussian --cases half_cube-pairs3-mi5
says out ' out '

# Usage.
exits 2 validate --cases 1v1-normal-0.76
says err "did you mean '1v1-normal-0.75'"
exits 2 validate -e gausian
exits 2 validate --seeds 2..1
exits 2 validate --tolerance-scale 0
exits 2 validate -e gaussian --cases bsc-0.1
exits 2 validate -e gaussian --cases 1v1-normal-0.75 --figure "$scratch/x.gif"

# The same numbers for any number of processes.
exits 0 validate -e gaussian --cases '1v1-*' --threads 1 --json
sed '/"seconds"/d' "$scratch/out" > "$scratch/one"
exits 0 validate -e gaussian --cases '1v1-*' --threads 3 --json
sed '/"seconds"/d' "$scratch/out" > "$scratch/three"
cmp -s "$scratch/one" "$scratch/three" || fails "the numbers depend on --threads"

# The list, and the file of samples.
exits 0 validate --list --cases forty
[ "$(wc -l < "$scratch/out")" = 40 ] || fails "the suite forty has $(wc -l < "$scratch/out") cases"
exits 0 validate --dump "$scratch/d.h5" --cases 'cmi-*' --n 50
exits 2 validate --dump "$scratch/d.h5" --cases 'cmi-*' --n 50
exits 0 validate --dump "$scratch/two.h5" --cases 'bsc-0.1' --n 50 --seeds 3..4
exits 0 info "$scratch/d.h5"
says out 'venturi-known/1'
says out 'agrees with its check sum'

python=
for candidate in python3 /usr/bin/python3; do
	$candidate -c 'import h5py' 2> /dev/null && { python=$candidate; break; }
done
if [ -n "$python" ]; then
	count=$((count + 1))
	exits 0 validate -e gaussian --quick --json
	$python - "$scratch" <<'PYTHON' || fails "the JSON or the samples cannot be read as said"
import json, math, sys
import h5py
d = json.load(open(sys.argv[1] + "/out"))
keys = {"case", "estimator", "n", "seed", "truth_nats", "mi_nats", "ci95_nats", "bound", "flag", "in_regime",
        "tolerance_nats", "judgement", "seconds"}
assert d["cases"] and all(keys <= set(line) for line in d["cases"]), d["cases"][0]
assert d["fell_short"] is False and {"estimators", "scores", "uncovered"} <= set(d)
with h5py.File(sys.argv[1] + "/d.h5") as f:
    g = f["cmi-xor"]
    x, y, z = (g[name][:] for name in "xyz")
    assert x.shape == (50, 1) and x.dtype == "int32" and ((x ^ y) == z).all()
    assert abs(g.attrs["true_mi_nats"] - math.log(2)) < 1e-15 and g.attrs["true_mi_stderr"] == 0
    assert g.attrs["measure"] == "cmi" and g.attrs["kind_z"] == "discrete" and g.attrs["seed"] == 0
    assert f["cmi-pair0.8-z5/z"].shape == (50, 5)
with h5py.File(sys.argv[1] + "/two.h5") as f:
    assert sorted(f) == ["bsc-0.1-s3", "bsc-0.1-s4"], sorted(f)
PYTHON
else
	echo 'without h5py: the file of samples was read by `venturi info` alone'
fi

# What is dumped is what is estimated.
if "$VENTURI" help estimate > /dev/null 2>&1; then
	exits 0 validate --dump "$scratch/g.h5" --cases 1v1-normal-0.75
	exits 0 estimate "$scratch/g.h5" --x /1v1-normal-0.75/x --y /1v1-normal-0.75/y -e gaussian --json
	mi=$(sed -n 's/.*"mi_nats": *\([-0-9.e]*\).*/\1/p' "$scratch/out" | cut -c 1-9)
	exits 0 validate -e gaussian --cases 1v1-normal-0.75 --json
	says out "\"mi_nats\": $mi"
fi

if command -v gnuplot > /dev/null; then
	exits 0 validate -e gaussian --cases forty --n 500 --tolerance-scale 10 --figure "$scratch/f.svg"
	grep -q '</svg>' "$scratch/f.svg" || fails 'the figure is no SVG'
	exits 2 validate -e gaussian --cases forty --n 500 --figure "$scratch/f.svg"
fi

echo "$count checks"
exit $status
