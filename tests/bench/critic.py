#!/usr/bin/env python3
"""A critic's step of venturi against PyTorch, one thread each on one core, in turn, medians of the pairs.

SPDX-License-Identifier: GPL-3.0-or-later
"""
import os
import statistics
import subprocess
import sys

ROUNDS = 9
PEER = r"""
import sys, time
import torch
torch.set_num_threads(1)
x, y = torch.randn(256, 25), torch.randn(256, 25)
wx, wy = torch.nn.Linear(25, 16), torch.nn.Linear(25, 16, bias=False)
rest = torch.nn.Sequential(torch.nn.ReLU(), torch.nn.Linear(16, 8), torch.nn.ReLU(), torch.nn.Linear(8, 1))
opt = torch.optim.Adam([*wx.parameters(), *wy.parameters(), *rest.parameters()], lr=0.01)
def steps(n):
    began = time.perf_counter()
    for i in range(n):
        opt.zero_grad()
        f = rest(wx(x)[:, None, :] + wy(y)[None, :, :])[:, :, 0]
        (torch.logsumexp(f, 1) - f.diagonal()).mean().backward()
        opt.step()
    return (time.perf_counter() - began) / n * 1e3
steps(10)
for line in sys.stdin:
    print("%.4f" % steps(int(line)), flush=True)
"""


def start(command):
    env = dict(os.environ, OMP_NUM_THREADS="1", OPENBLAS_NUM_THREADS="1")
    cpu = max(os.sched_getaffinity(0))
    return subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, env=env,
                            preexec_fn=lambda: os.sched_setaffinity(0, {cpu}))


def ask(process, n):
    process.stdin.write("%d\n" % n)
    process.stdin.flush()
    return float(process.stdout.readline() or "inf")


ours = start([os.path.join(os.environ.get("top_builddir", "."), "tests/bench/b_critic")])
mine = [ask(ours, 100) for _ in range(ROUNDS)]
print("  venturi %.3f ms a step of 256 x 256 pairs (median of %d)" % (statistics.median(mine), ROUNDS))
if subprocess.run(["/usr/bin/python3", "-c", "import torch"], stderr=subprocess.DEVNULL).returncode != 0:
    print("  no PyTorch to compare with")
    sys.exit(0)
peer = start(["/usr/bin/python3", "-c", PEER])
pairs = [(ask(ours, 100), ask(peer, 10)) for _ in range(ROUNDS)]
print("  venturi %.3f ms, PyTorch %.3f ms, median of the ratios %.1f" % (
    statistics.median(a for a, _ in pairs), statistics.median(b for _, b in pairs),
    statistics.median(b / a for a, b in pairs)))
