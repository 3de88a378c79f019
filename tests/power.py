#!/usr/bin/env python3
"""Simulated power cuts in a run that commits at every snapshot, and in runs that are being resumed after one.

After each cut the run file is whole and has every snapshot that had been committed, and the resumed run ends with the
files of one that was never disturbed.  VT_LONG: 500 cuts instead of 25.  VT_SEED.
SPDX-License-Identifier: GPL-3.0-or-later"""
import filecmp
import hashlib
import json
import os
import random
import re
import shutil
import subprocess
import sys
import tempfile
import time

SOURCE = os.environ.get("top_srcdir", os.path.join(os.path.dirname(os.path.abspath(__file__)), ".."))
sys.dont_write_bytecode = True
sys.path.insert(0, os.path.join(SOURCE, "tests", "faults"))
import replay  # noqa: E402

LONG = bool(os.environ.get("VT_LONG"))
TRIALS = 500 if LONG else 25
SEED = int(os.environ.get("VT_SEED") or (time.time() if LONG else 1))
PRELOAD = os.path.abspath(os.path.join(os.environ.get("top_builddir", "build"), "tests", "faults", "preload.so"))
VENTURI = os.environ["VENTURI"]
EXPERIMENT = """
title: power
dataset: {kind: boolean, bits: 7, function: parity, train_share: 0.8}
model: {kind: mlp, widths: [6, 4], activation: tanh}
train: {optimiser: adam, rate: 1e-2, batch: 16, epochs: 12, seed: 3}
probe: {schedule: every, every: 7}
measure:
  bins: {kind: information, estimator: {kind: binning, bins: 8, range: [-1, 1]}, null: 1}
  gradient: {kind: gradient}
store: {commit: 0, weights: all, activations: true}
"""


def skip(reason):
    print("skipped:", reason)
    sys.exit(77)


def need_preload():
    """What LD_PRELOAD is to be.  A sanitizer's library must come before ours."""
    if not os.path.exists(PRELOAD) or os.path.getsize(PRELOAD) == 0:
        skip(PRELOAD + " could not be built (make check builds it)")
    with open(VENTURI, "rb") as f:
        if b"__asan_init" not in f.read():
            return PRELOAD
    needed = subprocess.run(["ldd", VENTURI], capture_output=True, text=True, check=False).stdout
    first = re.search(r"libasan\S* => (\S+)", needed)
    if not first:
        skip("the sanitizer is in the program, and not a library before which faults could be put")
    return first[1] + ":" + PRELOAD


class Power:
    def __init__(self, folder):
        self.folder, self.cache = folder, {}
        self.rng = random.Random(SEED)
        self.experiment = os.path.join(folder, "power.yaml")
        with open(self.experiment, "w") as f:
            f.write(EXPERIMENT)

    def run(self, root, *flags):
        """A traced run in root/out, which must end well; its operations."""
        trace = os.path.join(self.folder, "trace")
        if os.path.exists(trace):
            os.remove(trace)
        environment = dict(os.environ, LD_PRELOAD=PRELOADED, VT_FAULTS_UNDER=root, VT_FAULTS_TRACE=trace)
        command = [VENTURI, "run", self.experiment, "-o", os.path.join(root, "out"), *flags]
        done = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=300, check=False)
        if done.returncode != 0:
            raise AssertionError(f"{' '.join(command)} ends with {done.returncode}: {done.stderr}")
        return replay.read_trace(trace) if os.path.exists(trace) else []

    def info(self, data):
        """What `venturi info` says of a file of these bytes; None where it is not whole."""
        key = hashlib.sha256(data).digest()
        if key not in self.cache:
            path = os.path.join(self.folder, "asked.h5")
            with open(path, "wb") as f:
                f.write(data)
            done = subprocess.run([VENTURI, "info", path, "--json"], capture_output=True, text=True, check=False)
            told = json.loads(done.stdout)["info"] if done.returncode == 0 else None
            self.cache[key] = told if told and told["content_ok"] else None
        return self.cache[key]

    def compare(self, root):
        """Every file of the task but the checkpoints as in the undisturbed run."""
        ours, theirs = os.path.join(root, "out", "task-00000"), os.path.join(self.base, "out", "task-00000")
        other = [n for n in os.listdir(theirs) if n != "lock" and not n.startswith("checkpoint")]
        found = [n for n in os.listdir(ours) if n != "lock" and not n.startswith("checkpoint")]
        assert sorted(found) == sorted(other), f"files differ: {set(found) ^ set(other)}"
        for name in other:
            a, b = os.path.join(ours, name), os.path.join(theirs, name)
            if name == "run.h5":
                with open(a, "rb") as f, open(b, "rb") as g:
                    mine, wanted = self.info(f.read()), self.info(g.read())
                assert mine and mine["content_sha256"] == wanted["content_sha256"], "content_sha256 differs"
                assert mine["status"] == "complete", "the run is not complete"
            else:
                assert filecmp.cmp(a, b, shallow=False), f"{name} differs from the undisturbed run's"

    def cut(self, start, operations, at):
        """The state after `at` operations and a power cut; and the run file that must have outlived it, or None.

        A commit counts once the program has gone on to something else, whatever it thought necessary before."""
        root, found, inodes = start
        disk = replay.Disk(root, found, inodes)
        run = os.path.join(root, "out", "task-00000", "run.h5")
        promised = found.get(run)
        renamed = None
        for o in operations[:at]:
            disk.apply(o)
            if renamed is not None and o.kind not in ("folder", "sync", "close"):
                promised, renamed = renamed, None
            if o.kind == "rename" and o.other == run:
                renamed = bytes(disk.now[run].now)
        if at == len(operations) and renamed is not None:
            promised = renamed
        # A run that is taken up may begin with less than there was, but must not commit that.
        before = found.get(run)
        if before is not None and self.info(before)["steps"] > (self.info(promised) or {"steps": 0})["steps"]:
            promised = before
        return disk.after_cut(self.rng), promised

    def trial(self, number, pool):
        """One cut of a run of the pool, and the resumption, which joins the pool."""
        level, start, operations = self.rng.choice(pool)
        recovering = level > 0 and self.rng.random() < 0.5
        at = self.rng.randint(0, min(30, len(operations)) if recovering else len(operations))
        state, promised = self.cut(start, operations, at)
        root = os.path.join(self.folder, f"cut-{number}")
        found = replay.moved(state, start[0], root)
        run = os.path.join(root, "out", "task-00000", "run.h5")
        if promised is not None:
            wanted, there = self.info(promised), found.get(run)
            assert wanted, "a commit was not whole when it was made"
            assert there is not None, f"LOST: the run file is gone; {wanted['steps']} snapshots had been committed"
            told = self.info(there)
            assert told, "LOST: the run file cannot be read or is not what its content_sha256 says"
            assert told["steps"] >= wanted["steps"], \
                f"LOST: {wanted['steps']} snapshots had been committed, the file has {told['steps']}"
        inodes = replay.build(found, root)
        operations = self.run(root, "--resume", "--threads", str(self.rng.randint(1, 3)))
        self.compare(root)
        shutil.rmtree(root)
        if level < 3 and operations:
            pool.append((level + 1, (root, found, inodes), operations))
            if len(pool) > 12:
                pool.pop(self.rng.randrange(1, len(pool)))
        return promised is not None, level

    def main(self):
        self.base = os.path.join(self.folder, "base")
        os.mkdir(self.base)
        operations = self.run(self.base)
        if not operations:
            skip("libraries cannot be preloaded here")
        pool = [(0, (self.base, {}, {}), operations)]
        bound = later = failed = 0
        for number in range(TRIALS):
            try:
                committed, level = self.trial(number, pool)
                bound, later = bound + committed, later + (level > 0)
            except AssertionError as error:
                failed += 1
                print(f"cut {number}: {error}")
                shutil.rmtree(os.path.join(self.folder, f"cut-{number}"), ignore_errors=True)
        print(f"{TRIALS} power cuts, {bound} after a commit, {later} in resumed runs: {failed} failed")
        assert bound > 0 and later > 0, "the cuts did not come where they should"
        return 1 if failed else 0


print(f"VT_SEED={SEED}")
PRELOADED = need_preload()
with tempfile.TemporaryDirectory() as scratch:
    sys.exit(Power(os.path.realpath(scratch)).main())
