"""Ranks of the Jacobians of many ReLU networks in their parameters: closed form here against PyTorch's autograd.

    PYTHONPATH=src PEERS/bin/python benchmarks/jacobian_ranks.py      # PEERS: an environment with PyTorch

256 networks 2-3-2-1 at 512 points and 64 networks 4-6-6-1 at 1024 points, float64, one core, the same parameters and
points on both sides.  Here the rows come from products of weights and masks, and the rank from the singular values of
a sketch in NumPy, of R of a QR factorisation where JAX compiles it.  PyTorch takes ``vmap`` over networks and points of
``jacrev``, then ``torch.linalg.matrix_rank`` with the same relative threshold, of the same row-scaled matrices: as it
is, and of R of their QR factorisation.  The runs take turns, and the best of each counts.  Prints a table; ends with an
error where two ranks differ.
"""

import argparse
import time
from itertools import pairwise
from pathlib import Path

from replica import machine

machine.pin(Path(__file__).resolve().parents[1] / ".cache")

import jax  # noqa: E402

jax.config.update("jax_enable_x64", True)

import jax.numpy as jnp  # noqa: E402
import numpy as np  # noqa: E402

from replica.numerics import numerical_rank, relu_networks  # noqa: E402

CASES = [((2, 3, 2, 1), 256, 512), ((4, 6, 6, 1), 64, 1024)]


def drawn(architecture: tuple[int, ...], networks: int, points: int) -> tuple[np.ndarray, np.ndarray]:
    """Flat parameters (network, D) under the He law, and points g e^u (network, point, n_0)."""
    rng = np.random.default_rng(0)
    deviations = relu_networks.he_deviations(architecture)
    flat = deviations * rng.standard_normal((networks, deviations.size))
    x = rng.standard_normal((networks, points, architecture[0])) * np.exp(rng.uniform(-1, 3, (networks, points, 1)))
    return flat, x


def own_ranks(architecture: tuple[int, ...]):
    """A function (flat, points) -> ranks, for NumPy or JAX arrays."""
    return lambda flat, x: numerical_rank.rank_with_gap(relu_networks.jacobian_rows(architecture, flat, x)).rank


def torch_ranks(torch, architecture: tuple[int, ...], *, factorised: bool):
    """The same from autograd."""
    splits = [part for m, n in pairwise(architecture) for part in (n * m, n)]

    def output(flat, x):
        parts = torch.split(flat, splits)
        a = x
        for layer, n in enumerate(architecture[1:]):
            a = parts[2 * layer].reshape(n, -1) @ a + parts[2 * layer + 1]
            a = a if layer == len(architecture) - 2 else torch.relu(a)
        return a[0]

    rows = torch.func.vmap(torch.func.vmap(torch.func.jacrev(output), in_dims=(None, 0)))

    def ranks(flat, x):
        j = rows(flat, x)
        j = j / torch.linalg.vector_norm(j, dim=-1, keepdim=True)
        if factorised:
            j = torch.linalg.qr(j, mode="r").R
        return torch.linalg.matrix_rank(j, rtol=numerical_rank.THRESHOLD)

    return ranks


def best_times(runs: dict, repeats: int) -> dict:
    """Seconds of the best of several rounds, after one that compiles; and what each run returned."""
    times: dict = {name: [] for name in runs}
    found = {}
    for _ in range(repeats + 1):
        for name, run in runs.items():
            begun = time.perf_counter()
            found[name] = np.asarray(run())
            times[name].append(time.perf_counter() - begun)
    return {name: (min(taken[1:]), taken[0], found[name]) for name, taken in times.items()}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--repeats", type=int, default=5)
    chosen = parser.parse_args()
    try:
        import torch
    except ImportError:
        raise SystemExit("this comparison needs PyTorch: pip install torch") from None
    torch.set_num_threads(1)
    print("| architecture | networks, points | | seconds | first call | time over the best of replica |")
    print("|---|---|---|---|---|---|")
    for architecture, networks, points in CASES:
        flat, x = drawn(architecture, networks, points)
        own, compiled = own_ranks(architecture), jax.jit(own_ranks(architecture))
        theirs = [torch_ranks(torch, architecture, factorised=f) for f in (False, True)]
        in_jax, in_torch = (jnp.asarray(flat), jnp.asarray(x)), (torch.tensor(flat), torch.tensor(x))
        runs = {
            "replica, NumPy": lambda own=own, flat=flat, x=x: own(flat, x),
            "replica, JAX": lambda compiled=compiled, given=in_jax: compiled(*given),
            "PyTorch jacrev, matrix_rank": lambda run=theirs[0], given=in_torch: run(*given),
            "PyTorch jacrev, QR, matrix_rank": lambda run=theirs[1], given=in_torch: run(*given),
        }
        times = best_times(runs, chosen.repeats)
        best = min(seconds for name, (seconds, *_) in times.items() if name.startswith("replica"))
        reference = times["replica, NumPy"][2]
        for name, (seconds, first, ranks) in times.items():
            if not np.array_equal(ranks, reference):
                raise SystemExit(f"{name}: {np.sum(ranks != reference)} of {networks} ranks differ")
            label = "-".join(map(str, architecture))
            print(f"| {label} | {networks}, {points} | {name} | {seconds:.3f} | {first:.2f} | {seconds / best:.1f} |")
    print("\nAll ranks agree.")


if __name__ == "__main__":
    main()
