#!/usr/bin/env python3
"""20 000 epochs with flat memory and a constant number of open files, looked at from outside (/proc) all the while.

Series are held in memory and grow with snapshots, not with epochs.  So the first run has 20 000 epochs and 100 snapshots:
what its series take up is known from its file, and what is left must not grow by 1 MiB.  The second has 2 500 snapshots,
each committed with a checkpoint: every one opens, writes, renames and closes files.

Memory: VmRSS, median over the last tenth of the snapshots less the median over the second tenth (the first one warms up),
less three times the bytes of the series recorded meanwhile (the series, the file's image in memory, and the copy that
an array is moved from when it grows).  Open files: the least number in each tenth is the same, and none is further above
it than the files of a commit.

Then the same with planted faults, by a preloaded library: memory lost at each fsync, a file left open at each hundredth.
Part of `make check-long`; two minutes.   SPDX-License-Identifier: GPL-3.0-or-later"""

import json
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time

VENTURI = os.environ.get("VENTURI", "build/venturi")
MIB = 1 << 20
BAR = 1.0         # MiB
COMMIT_FILES = 4  # the file, its folder, a checkpoint, metrics.jsonl
SERIES_COPIES = 3

EXPERIMENT = """
title: soak
dataset: {kind: sphere12}
model: {kind: mlp, widths: [5, 3], activation: tanh}
train: {optimiser: adam, rate: 4e-4, batch: 512, epochs: %(epochs)d, seed: 0}
probe: {schedule: every, every: %(every)d, rows: test}
measure:
  gradient: {kind: gradient}
%(measures)sstore: {commit: 0}
"""
INFORMATION = """  bin: {kind: information, estimator: {kind: binning, bins: 10, range: [-1, 1]}}
  kde: {kind: information, estimator: {kind: kde, variance: 1e-3}}
"""

FAULTS = """
#define _GNU_SOURCE
#include <dlfcn.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
int fsync(int fd)
{
	static int calls;
	int (*real)(int) = (int (*)(int))dlsym(RTLD_NEXT, "fsync");
	const char *kind = getenv("SOAK_FAULT");
	calls++;
	if (kind && !strcmp(kind, "memory")) {
		char *lost = malloc(20000);
		if (lost) memset(lost, 1, 20000);
	}
	if (kind && !strcmp(kind, "file") && calls % 100 == 0) (void)!dup(fd);
	return real(fd);
}
"""


def look(pid):
    """Resident bytes and open files of a process, or None once it is gone."""
    try:
        with open("/proc/%d/statm" % pid) as f:
            pages = int(f.read().split()[1])
        return pages * os.sysconf("SC_PAGE_SIZE"), len(os.listdir("/proc/%d/fd" % pid))
    except (FileNotFoundError, ProcessLookupError, PermissionError, IndexError, ValueError):
        return None


def watch(command, metrics, env):
    """[(snapshots so far, bytes, files)] until the process ends."""
    seen, snapshots, f = [], 0, None
    with open(os.devnull) as nothing, tempfile.TemporaryFile() as log:
        child = subprocess.Popen(command, stdin=nothing, stdout=log, stderr=log, env=env)
        while child.poll() is None:
            if f is None and os.path.exists(metrics):
                f = open(metrics, "rb")
            snapshots += f.read().count(b"\n") if f else 0
            found = look(child.pid)
            if found and found[0] > 0 and found[1] > 0:
                seen.append((snapshots,) + found)
            time.sleep(0.005)
        if f:
            f.close()
        if child.returncode:
            log.seek(0)
            sys.exit("the run ended with status %d: %s" % (child.returncode, log.read().decode()))
    return seen


def series_bytes(path):
    """What the numbers of a run file take up in memory."""
    info = json.loads(subprocess.run([VENTURI, "info", path, "--json"], check=True, capture_output=True).stdout)["info"]
    size = 0
    for group in info["groups"]:
        for v in group["variables"]:
            n = 1
            for d in v["dimensions"]:
                n *= group["dimensions"][d]
            size += 8 * n if v["type"] != "string" else 0
    return size, info["steps"]


def judge(seen, n_snapshots, content):
    """What is wrong, and what was found, of the samples of one run."""
    tenth = [[s for s in seen if i * n_snapshots <= 10 * s[0] < (i + 1) * n_snapshots] for i in range(10)]
    if any(len(t) < 5 for t in tenth):
        return ["too few samples: %s" % [len(t) for t in tenth]], ""
    first, last = (statistics.median(s[1] for s in t) for t in (tenth[1], tenth[9]))
    grown = (last - first) / MIB
    explained = SERIES_COPIES * content * 0.8 / MIB
    least = [min(s[2] for s in t) for t in tenth[1:]]
    most = max(s[2] for t in tenth[1:] for s in t)
    wrong = []
    if grown - explained > BAR:
        wrong.append("memory grew by %.2f MiB, %.2f of it explained by series; at most %.0f more" % (grown, explained, BAR))
    if len(set(least)) > 1:
        wrong.append("open files, least number in each tenth: %s" % least)
    if most > min(least) + COMMIT_FILES:
        wrong.append("%d open files at a time, %d at rest" % (most, min(least)))
    return wrong, "memory %.1f MiB, grown by %.2f (series explain up to %.2f); open files %d at rest, at most %d; %d samples" % (
        last / MIB, grown, explained, min(least), most, len(seen))


def soak(folder, name, epochs, every, measures, fault=None):
    experiment, out = os.path.join(folder, name + ".yaml"), os.path.join(folder, name)
    with open(experiment, "w") as f:
        f.write(EXPERIMENT % {"epochs": epochs, "every": every, "measures": measures})
    env = dict(os.environ)
    if fault:
        env.update(LD_PRELOAD=os.path.join(folder, "faults.so"), SOAK_FAULT=fault)
    began = time.time()
    task = os.path.join(out, "task-00000")
    seen = watch([VENTURI, "run", experiment, "-q", "-o", out, "--task", "0"], os.path.join(task, "metrics.jsonl"), env)
    content, snapshots = series_bytes(os.path.join(task, "run.h5"))
    wrong, found = judge(seen, snapshots, content)
    shutil.rmtree(out)
    print("%s: %d epochs, %d snapshots, %.0f s: %s" % (name, epochs, snapshots, time.time() - began, found), flush=True)
    return wrong


def main():
    failed = False
    with tempfile.TemporaryDirectory() as folder:
        for name, every, measures in ("epochs", 1400, INFORMATION), ("snapshots", 56, ""):
            for line in soak(folder, name, 20000, every, measures):
                print("%s: %s" % (name, line))
                failed = True
        with open(os.path.join(folder, "faults.c"), "w") as f:
            f.write(FAULTS)
        made = shutil.which("cc") and subprocess.run(
            ["cc", "-shared", "-fPIC", "faults.c", "-o", "faults.so", "-ldl"], cwd=folder).returncode == 0
        if not made:
            print("faults are not planted: no C compiler")
        for fault in ("memory", "file") if made else ():
            wrong = soak(folder, "planted-" + fault, 4000, 56, "", fault)
            if not any(("memory grew" if fault == "memory" else "open files") in line for line in wrong):
                print("a planted loss of %s was not seen: %s" % (fault, wrong))
                failed = True
    return failed


if __name__ == "__main__":
    if not os.path.isdir("/proc/self/fd"):
        print("skipped: needs /proc")
        sys.exit(77)
    with open(VENTURI, "rb") as program:
        if b"__asan_init" in program.read():
            print("skipped: the address sanitizer keeps what was freed")
            sys.exit(77)
    sys.exit(main())
