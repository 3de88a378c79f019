#!/bin/sh
# KSG and Ross with k = 3 on data without ties, beside scikit-learn's own: equal to 1e-9.  Skipped where it is missing.
# SPDX-License-Identifier: GPL-3.0-or-later
set -eu
[ -x "${VENTURI:?the program}" ] || { echo "$VENTURI is not there"; exit 1; }
python=
for candidate in python3 /usr/bin/python3; do
	if "$candidate" -c 'import numpy, sklearn.feature_selection' 2>/dev/null; then python=$candidate; break; fi
done
[ -n "$python" ] || { echo 'skipped: needs python3-sklearn'; exit 77; }
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
"$python" - "$VENTURI" <<'COMPARE'
import json, subprocess, sys
import numpy as np
from sklearn.feature_selection import _mutual_info as peer
from sklearn.feature_selection import mutual_info_regression

rng = np.random.default_rng(11)
worst = 0.0


def venturi(estimator, *types):
    said = subprocess.run([sys.argv[1], "estimate", "--x", "x.npy", "--y", "y.npy", "-e", estimator, "--json", *types],
                          check=True, capture_output=True, text=True).stdout
    return json.loads(said)["results"][0]["mi_nats"]


def compare(name, x, y, estimator, theirs, *types):
    global worst
    np.save("x.npy", x)
    np.save("y.npy", y)
    ours = venturi(estimator, *types)
    theirs = theirs(x, y)
    difference = abs(max(ours, 0) - theirs)  # theirs is cut off at 0
    worst = max(worst, difference)
    print(f"{name}: ours {ours:.12f}, scikit-learn's {theirs:.12f}, difference {difference:.1e} nat")


def continuous(x, y):
    return peer._compute_mi_cc(x, y, 3)


def public(x, y):
    return mutual_info_regression(x.reshape(-1, 1), y, n_neighbors=3, random_state=0)[0]


for n in (20, 300, 5000):
    for rho in (0.0, 0.6, 0.95):
        x = rng.standard_normal(n)
        y = rho * x + np.sqrt(1 - rho * rho) * rng.standard_normal(n)
        compare(f"normal {rho}, n = {n}", x, y, "ksg:k=3", continuous)
x = rng.uniform(size=2000)
compare("parabola, n = 2000", x, x * x + 0.1 * rng.standard_normal(2000), "ksg:k=3", continuous)
label = rng.integers(0, 7, 3000)
compare("labels, n = 3000", label, label + rng.standard_normal(3000), "ross:k=3",
        lambda x, y: peer._compute_mi_cd(y, x, 3), "--x-type", "discrete")
assert worst <= 1e-9, worst

# As users call it: columns scaled, and noise of 1e-10 added, which may swap a neighbour.
x = rng.standard_normal(4000)
y = 0.7 * x + rng.standard_normal(4000)
worst = 0.0
compare("mutual_info_regression", x / x.std(), y / y.std(), "ksg:k=3", public)
assert worst <= 1e-4, worst
COMPARE
