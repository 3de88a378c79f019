#!/usr/bin/env python3
"""A training step of venturi against Debian's PyTorch, side by side in one run.

Same network, batch, optimiser and data sizes, one thread each, rounds in turn (A/B), medians.
PyTorch gets its batches ready made and the OPENBLAS_CORETYPE that is fastest here, since
Debian's OpenBLAS takes new CPUs for old ones.
SPDX-License-Identifier: GPL-3.0-or-later
"""
import os
import statistics
import subprocess
import sys

ROUNDS = 9
NETS = [("sgd", 256, [12, 10, 7, 5, 4, 3, 2], 200), ("adam", 256, [12, 10, 7, 5, 4, 3, 2], 200)]
CORES = [None, "Haswell", "Zen", "SkylakeX", "Prescott"]

PEER = r"""
import sys, time
import torch
torch.set_num_threads(1)
optimiser, batch, widths = sys.argv[1], int(sys.argv[2]), [int(w) for w in sys.argv[3:]]
torch.manual_seed(1)
layers = []
for a, b in zip(widths, widths[1:]):
    layers += [torch.nn.Linear(a, b), torch.nn.Tanh()]
net = torch.nn.Sequential(*layers[:-1])
x = torch.randint(0, 2, (16, batch, widths[0])).float()
y = torch.randint(0, widths[-1], (16, batch))
make = {"sgd": torch.optim.SGD, "adam": torch.optim.Adam}[optimiser]
opt = make(net.parameters(), lr=1e-3)
loss_of = torch.nn.CrossEntropyLoss()
def steps(n):
    began = time.perf_counter()
    for i in range(n):
        opt.zero_grad()
        loss_of(net(x[i % 16]), y[i % 16]).backward()
        opt.step()
    return (time.perf_counter() - began) / n * 1e6
steps(50)
for line in sys.stdin:
    print("%.4f" % steps(int(line)), flush=True)
"""


def start(command, core=None):
    env = dict(os.environ, OMP_NUM_THREADS="1", OPENBLAS_NUM_THREADS="1")
    env.pop("OPENBLAS_CORETYPE", None)
    if core:
        env["OPENBLAS_CORETYPE"] = core
    cpu = max(os.sched_getaffinity(0))  # one core for both, in turn: neither pays for being moved about
    return subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, env=env,
                            preexec_fn=lambda: os.sched_setaffinity(0, {cpu}))


def ask(process, n):
    process.stdin.write("%d\n" % n)
    process.stdin.flush()
    line = process.stdout.readline()
    return float(line) if line else float("inf")


def stop(process):
    try:
        process.stdin.close()
    except BrokenPipeError:
        pass  # it died: a core type that this CPU cannot run
    process.wait()


def fastest_core(arguments, n):
    best = (float("inf"), None)
    for core in CORES:
        peer = start([sys.executable, "-c", PEER] + arguments, core)
        try:
            best = min(best, (min(ask(peer, n) for _ in range(3)), core), key=lambda pair: pair[0])
        except BrokenPipeError:
            pass  # as below
        stop(peer)
    return best[1]


def main():
    try:
        import torch
    except ImportError:
        print("skipped: PyTorch is not installed (./quickstart deps bench)")
        return 77
    builddir = os.environ.get("top_builddir", ".")
    for optimiser, batch, widths, n in NETS:
        arguments = [optimiser, str(batch)] + [str(w) for w in widths]
        core = fastest_core(arguments, n)
        peer = start([sys.executable, "-c", PEER] + arguments, core)
        ours = start([os.path.join(builddir, "tests/bench/b_step")] + arguments)
        pairs = [(ask(ours, 25 * n), ask(peer, n)) for _ in range(ROUNDS)]  # a tenth of a second each
        stop(peer)
        stop(ours)
        ratios = [b / a for a, b in pairs]
        print("%s batch %d %s: venturi %.1f us, PyTorch %s %.0f us (OPENBLAS_CORETYPE %s), ratio median %.1f (%.1f to %.1f)"
              % ("-".join(map(str, widths)), batch, optimiser, statistics.median(a for a, _ in pairs), torch.__version__,
                 statistics.median(b for _, b in pairs), core or "unset", statistics.median(ratios), min(ratios), max(ratios)))
    return 0


if __name__ == "__main__":
    sys.exit(main())
