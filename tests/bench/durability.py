#!/usr/bin/env python3
"""What durability costs: an experiment with commits as by default, against the same with commits off.

Two figures.  The share of its wall time that each task spent in commits, as its file says (commit_seconds), which no
noise of the machine blurs; and the wall time of the whole command in alternating rounds, which is all that a user sees.
The second part makes every snapshot a commit (store.commit=0) and gives the time of one.

EXPERIMENT, OVERRIDES and ROUNDS in the environment choose others.
SPDX-License-Identifier: GPL-3.0-or-later
"""
import glob
import json
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time

VENTURI = os.environ.get("VENTURI", "./venturi")
SOURCE = os.environ.get("top_srcdir", ".")
EXPERIMENT = os.environ.get("EXPERIMENT", os.path.join(SOURCE, "experiments", "information-plane.yaml"))
OVERRIDES = os.environ.get("OVERRIDES", "train.seed=0..1").split()
ROUNDS = int(os.environ.get("ROUNDS", "3"))
OFF = 86400


def run(folder, commit):
    shutil.rmtree(folder, ignore_errors=True)
    began = time.monotonic()
    subprocess.run([VENTURI, "run", EXPERIMENT, "-q", "-o", folder, *OVERRIDES, f"store.commit={commit}"],
                   check=True, stdout=subprocess.DEVNULL)
    return time.monotonic() - began


def told(path):
    answer = subprocess.run([VENTURI, "info", path, "--json"], check=True, capture_output=True, text=True)
    return json.loads(answer.stdout)["info"]


def tasks(folder):
    """Seconds in commits, seconds in all, snapshots and bytes of each task."""
    for path in sorted(glob.glob(os.path.join(folder, "task-*", "run.h5"))):
        info = told(path)
        yield (info["provenance"]["commit_seconds"], info["provenance"]["run_seconds"], info["steps"],
               os.path.getsize(path))


def main():
    print(f"{os.path.basename(EXPERIMENT)} {' '.join(OVERRIDES)}, {os.cpu_count()} CPUs, {ROUNDS} rounds in turn")
    with tempfile.TemporaryDirectory(dir=".") as folder:
        on, off, share = [], [], []
        for _ in range(ROUNDS):
            off.append(run(os.path.join(folder, "off"), OFF))
            on.append(run(os.path.join(folder, "on"), 30))
            spent = list(tasks(os.path.join(folder, "on")))
            share.append(sum(s[0] for s in spent) / sum(s[1] for s in spent))
            print(f"  commits {on[-1]:.2f} s, without {off[-1]:.2f} s, in commits {100 * share[-1]:.2f} % of the time",
                  flush=True)
        ratios = [a / b for a, b in zip(on, off)]
        print(f"in commits: median {100 * statistics.median(share):.2f} % (wanted: under 2 %)")
        print(f"wall time with commits against without: median {100 * (statistics.median(ratios) - 1):+.2f} % "
              f"({', '.join(f'{100 * (r - 1):+.2f}' for r in ratios)})")
        run(os.path.join(folder, "every"), 0)
        for commit, wall, steps, size in tasks(os.path.join(folder, "every")):
            print(f"every snapshot committed: {steps} snapshots, {size / 1024:.0f} KiB at the end: "
                  f"{1e3 * commit / (steps + 1):.1f} ms a commit, {100 * commit / wall:.1f} % of {wall:.1f} s")


if __name__ == "__main__":
    sys.exit(main())
