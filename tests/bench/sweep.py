#!/usr/bin/env python3
"""How well a sweep of tiny tasks fills two cores: 40 tasks side by side against one after the other on one thread.

SPDX-License-Identifier: GPL-3.0-or-later
"""
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time

VENTURI = os.environ.get("VENTURI", "./venturi")
ROUNDS = int(os.environ.get("ROUNDS", "5"))
EPOCHS = os.environ.get("EPOCHS", "400")
EXPERIMENT = """\
title: forty tiny tasks
dataset: {kind: sphere12}
model: {kind: mlp, widths: [10, 7, 5, 4, 3], activation: tanh}
train: {optimiser: adam, rate: 4e-4, batch: 256, epochs: EPOCHS, seed: 0}
probe: {schedule: log, points: 20, rows: all}
measure:
  bin30: {kind: information, estimator: {kind: binning, bins: 30, range: [-1, 1]}}
sweep: {train.seed: 0..39}
"""


def run(folder, *flags):
    shutil.rmtree(os.path.join(folder, "out"), ignore_errors=True)
    began = time.monotonic()
    subprocess.run([VENTURI, "run", os.path.join(folder, "forty.yaml"), "-q", "-o", os.path.join(folder, "out"), *flags],
                   check=True, stdout=subprocess.DEVNULL)
    return time.monotonic() - began


def main():
    cores = len(os.sched_getaffinity(0))
    if cores < 2:
        print("two cores are wanted, and there is one")
        return 0
    os.sched_setaffinity(0, set(sorted(os.sched_getaffinity(0))[:2]))
    os.environ.pop("OMP_NUM_THREADS", None)
    with tempfile.TemporaryDirectory(dir=".") as folder:
        with open(os.path.join(folder, "forty.yaml"), "w") as f:
            f.write(EXPERIMENT.replace("EPOCHS", EPOCHS))
        ratios = []
        for _ in range(ROUNDS):
            one = run(folder, "--jobs", "1", "--threads", "1")
            two = run(folder)
            ratios.append(two / one)
            print(f"  one by one {one:.2f} s, by default on two cores {two:.2f} s: {100 * ratios[-1]:.1f} %", flush=True)
    print(f"forty tasks on two cores: median {100 * statistics.median(ratios):.1f} % of the time one by one (wanted: 55 %)")
    return 0


if __name__ == "__main__":
    sys.exit(main())
