#!/usr/bin/env python3
"""KSG 1 of venturi against a k-d tree of SciPy and against scikit-learn, side by side in one run.

Same data, one thread and one core for both, rounds in turn (A/B), medians of the paired ratios.  Where SciPy needs
minutes it answers for a share of the rows, and its time is scaled up by that share.
SPDX-License-Identifier: GPL-3.0-or-later
"""
import os
import statistics
import subprocess
import sys
import time

os.environ.update(OMP_NUM_THREADS="1", OPENBLAS_NUM_THREADS="1")

# rows, dimensions of x and of y, share of rows that SciPy answers for, rounds, wanted ratio
CASES = [(10000, 1, 1, 5, 2.5), (10000, 3, 3, 5, 7), (10000, 5, 5, 5, 20), (10000, 25, 25, 3, 100), (50000, 3, 3, 3, 4)]
SHARE = {(10000, 5): 0.2, (10000, 25): 0.01, (50000, 3): 0.1}
STRICT = 1 - 1e-10


def data(np, n, dx, dy):
    rng = np.random.default_rng(1)
    x, y = rng.standard_normal((n, dx)), rng.standard_normal((n, dy))
    for c in range(min(dx, dy, 2)):
        y[:, c] = 0.8 * x[:, c] + 0.6 * y[:, c]
    return np.ascontiguousarray(np.hstack([x, y]))


def tree_ksg(np, z, dx, k, share):
    """Seconds for all rows, and the estimate from the rows that were asked."""
    from scipy.spatial import cKDTree
    from scipy.special import digamma
    n = len(z)
    x, y = np.ascontiguousarray(z[:, :dx]), np.ascontiguousarray(z[:, dx:])
    began = time.perf_counter()
    joint, tx, ty = cKDTree(z), cKDTree(x), cKDTree(y)
    built = time.perf_counter()
    asked = slice(0, int(n * share))
    e = joint.query(z[asked], k=k + 1, p=np.inf)[0][:, -1] * STRICT
    nx = tx.query_ball_point(x[asked], e, p=np.inf, return_length=True)
    ny = ty.query_ball_point(y[asked], e, p=np.inf, return_length=True)
    mi = digamma(k) + digamma(n) - np.mean(digamma(nx) + digamma(ny))
    return (built - began) + (time.perf_counter() - built) / share, mi


class Ours:
    def __init__(self, z, dx, threads=1, permutations=0, pin=True):
        program = os.path.join(os.environ.get("top_builddir", "."), "tests/bench/b_ksg")
        cpu = max(os.sched_getaffinity(0))
        self.p = subprocess.Popen([program] + [str(v) for v in (len(z), dx, z.shape[1] - dx, threads, permutations)],
                                  stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                                  preexec_fn=(lambda: os.sched_setaffinity(0, {cpu})) if pin else None)
        self.p.stdin.write(z.tobytes())

    def __call__(self, k):
        self.p.stdin.write(b"%d\n" % k)
        self.p.stdin.flush()
        return [float(v) for v in self.p.stdout.readline().split()]

    def stop(self):
        self.p.stdin.close()
        self.p.wait()


def against_tree(np, n, dx, dy, rounds, wanted):
    z, share, ours, theirs, ratio = data(np, n, dx, dy), SHARE.get((n, dx), 1), [], [], []
    venturi = Ours(z, dx)
    venturi(5)
    for _ in range(rounds):
        a, mi, _memory = venturi(5)
        b, peer = tree_ksg(np, z, dx, 5, share)
        ours.append(a)
        theirs.append(b)
        ratio.append(b / a)
    venturi.stop()
    if share == 1 and abs(mi - peer) > 1e-9:
        print("  the estimates differ: %.12f and %.12f" % (mi, peer))
    print("%6d rows, %2d + %2d, k 5: venturi %8.4f s, SciPy's tree %8.3f s%s: %6.1f times (%.1f to %.1f), wanted %g"
          % (n, dx, dy, statistics.median(ours), statistics.median(theirs),
             "" if share == 1 else " (from %g %% of the rows)" % (100 * share), statistics.median(ratio), min(ratio),
             max(ratio), wanted), flush=True)


def against_sklearn(np, n, wanted):
    try:
        from sklearn.feature_selection import mutual_info_regression
    except ImportError:
        print("scikit-learn is not installed")
        return
    z = data(np, n, 1, 1)
    venturi, ratio, ours, theirs = Ours(z, 1), [], [], []
    venturi(3)
    for _ in range(7):
        ours.append(venturi(3)[0])
        began = time.perf_counter()
        mutual_info_regression(z[:, :1], z[:, 1], n_neighbors=3, random_state=0)
        theirs.append(time.perf_counter() - began)
        ratio.append(theirs[-1] / ours[-1])
    venturi.stop()
    print("%6d rows,  1 +  1, k 3: venturi %8.4f s, scikit-learn %8.3f s: %6.1f times (%.1f to %.1f), wanted %g"
          % (n, statistics.median(ours), statistics.median(theirs), statistics.median(ratio), min(ratio),
             max(ratio), wanted), flush=True)


def threads_and_null(np, n, d, permutations):
    z = data(np, n, d, d)
    one, two, null = Ours(z, d), Ours(z, d, threads=2, pin=False), Ours(z, d, permutations=permutations)
    one(5), two(5)
    pairs = [(one(5)[0], two(5)[0]) for _ in range(7)]
    ratio = statistics.median(a / b for a, b in pairs)
    cost = (null(5)[0] / statistics.median(a for a, _ in pairs) - 1) * 200 / permutations
    print("%6d rows, %2d + %2d, k 5: two threads %.2f times one; 200 permutations cost %.0f estimates (from %d)"
          % (n, d, d, ratio, cost, permutations), flush=True)
    for p in (one, two, null):
        p.stop()


def memory(np):
    z = data(np, 50000, 25, 25)
    venturi = Ours(z, 25)
    seconds, _, megabytes = venturi(5)
    venturi.stop()
    print(" 50000 rows, 25 + 25, k 5: venturi %.2f s, at most %.0f MB, the data's %.0f MB among them"
          % (seconds, megabytes, z.nbytes / 1e6), flush=True)


def main():
    try:
        import numpy as np
        import scipy.spatial  # noqa: F401
    except ImportError:
        print("skipped: SciPy is not installed (python3-scipy)")
        return 77
    everywhere = os.sched_getaffinity(0)
    memory(np)
    for d, permutations in ((1, 40), (3, 40), (5, 40), (25, 20)):
        threads_and_null(np, 10000, d, permutations)
    os.sched_setaffinity(0, {max(everywhere)})
    against_sklearn(np, 10000, 6)
    for case in CASES:
        against_tree(np, *case)
    return 0


if __name__ == "__main__":
    sys.exit(main())
