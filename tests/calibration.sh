#!/bin/sh
# estimate --calibrate on cases of known information that no surrogate was made for: it takes most of the error of KSG
# at 5 + 5 columns and more away, and leaves good estimates alone.  SPDX-License-Identifier: GPL-3.0-or-later
set -eu
[ -x "${VENTURI:?the program}" ] || { echo "$VENTURI is not there"; exit 1; }
command -v python3 > /dev/null || { echo 'skipped: needs python3'; exit 77; }
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
python3 - "$VENTURI" <<'JUDGE'
import json, subprocess, sys

WIDE = """multinormal-sparse-5-5-2-2.0 10000|multinormal-sparse-5-5-2-2.0 2000|multinormal-dense-5-5-0.5 2000
multinormal-dense-25-25-0.5 10000|multinormal-dense-25-25-0.5 2000|multinormal-sparse-25-25-2-2.0 5000
multinormal-dense-50-50-0.5 3000|multinormal-dense-10-10-0.3 5000|student-identity-5-5-2 10000
student-identity-5-5-3 5000|asinh-student-identity-5-5-2 5000|normal_cdf-multinormal-sparse-5-5-2-2.0 5000
half_cube-multinormal-sparse-5-5-2-2.0 10000|half_cube-multinormal-sparse-25-25-2-2.0 3000
spiral-multinormal-sparse-5-5-2-2.0 5000|spiral-normal_cdf-multinormal-sparse-25-25-2-2.0 3000
independent-5-5 5000|independent-25-25 3000""".replace("\n", "|").split("|")
FEW = """1v1-normal-0.75 10000|1v1-additive-0.1 5000|1v1-bimodal-0.75 5000|half_cube-1v1-normal-0.75 2000
swissroll_x-normal_cdf-1v1-normal-0.75 5000|asinh-student-identity-1-1-1 5000|multinormal-sparse-2-2-2-2.0 5000
multinormal-dense-3-3-0.5 5000|independent-1-1 3000""".replace("\n", "|").split("|")


def venturi(*words):
    return subprocess.run([sys.argv[1], *words], check=True, capture_output=True, text=True).stdout


def errors(line):
    case, n = line.split()
    truth = json.loads(venturi("validate", "--list", "--json", "--cases", case))["cases"][0]["truth_nats"]
    venturi("validate", "--dump", "case.h5", "--force", "--cases", case, "-n", n, "-q")
    e = json.loads(venturi("estimate", "case.h5", "--x", f"/{case}/x", "--y", f"/{case}/y", "-e", "ksg:k=5", "--calibrate",
                           "--json"))["results"][0]
    raw, calibrated = e["mi_nats"], e["mi_calibrated_nats"]
    print(f"{case}, n = {n}: truth {truth:.3f}, ksg {raw:.3f}, calibrated {calibrated:.3f} nat", flush=True)
    worse = abs(calibrated - truth) - abs(raw - truth)
    assert abs(raw - truth) > 0.05 or worse <= 0.05, "a good estimate was made worse"
    return abs(raw - truth), abs(calibrated - truth)


wide = [errors(line) for line in WIDE]
for line in FEW:
    errors(line)
raw, calibrated = (sum(e[i] for e in wide) / len(wide) for i in (0, 1))
print(f"{len(wide)} wide cases, mean absolute error: ksg {raw:.3f}, calibrated {calibrated:.3f} nat")
assert calibrated <= 0.7 * raw
JUDGE
