"""Sums over the paths of a ReLU network: without paths, by downstream tensors, and by enumeration; and the rank test.

    ./run python benchmarks/path_embedding.py [--width 4] [--depth 64] [--seconds 20] [--plot FILE]

First table: networks of one width and growing depth, NumPy, float64, one core.  The path norm, and the path kernel of
50 inputs with 50 others, as sums over paths (a loop over tuples of indices; the path embedding Φ and the path matrix
A from downstream tensors) and by recursion; and the product DΦᵀDΦ v.  What grows with the number of paths stops
before the depth at which it would take longer than --seconds, or 2^24 entries.  Second table: the rank of the
Jacobian on samples against torch.func.jacrev, mapped over samples, and torch.linalg.matrix_rank.  Times are of the
processor, the best of several runs.  Ends with an error where results differ.  --plot draws the first table.
"""

import argparse
import itertools
import time
from functools import partial
from pathlib import Path

from replica import machine

machine.pin(Path(__file__).resolve().parents[1] / ".cache")

import jax  # noqa: E402
import numpy as np  # noqa: E402

from replica.numerics import numerical_rank, path_embedding, relu_networks  # noqa: E402

POINTS = 50  # inputs on each side of the path kernel
ENTRIES = 2**24  # of the largest array that is made
RANK_CASES = (((2, 3, 2, 1), 200, 256), ((4, 6, 6, 1), 1000, 32))  # widths, samples, networks
METHODS = (
    "path norm: enumeration in Python",
    "path norm: Φ by downstream tensors",
    "path norm: recursion",
    "path kernel: A by downstream tensors",
    "path kernel: recursion",
    "DΦᵀDΦ v: recursion",
)


def best_time(run, repeats: int = 5):
    """Result, and seconds of the best of several runs."""
    taken = []
    for _ in range(repeats):
        begun = time.process_time()
        result = jax.block_until_ready(run())
        taken.append(time.process_time() - begun)
        if sum(taken) > 2:
            break
    return result, min(taken)


def network(architecture, *lead: int):
    """He networks, and their flat parameters (..., D)."""
    flat = np.random.default_rng(0).normal(size=(*lead, relu_networks.parameter_count(architecture)))
    flat *= relu_networks.he_deviations(architecture)
    return relu_networks.unflatten(architecture, flat), flat


def enumerated_norm(parameters) -> float:
    """Σ_p |Φ_p| by a loop over the paths, each a product over its layers."""
    weights = [w.tolist() for w, _ in parameters]
    biases = [b.tolist() for _, b in parameters]
    sizes = [len(weights[0][0]), *(len(b) for b in biases)]
    total = 0.0
    for start in range(len(sizes)):
        for path in itertools.product(*(range(n) for n in sizes[start:])):
            value = 1.0 if start == 0 else biases[start - 1][path[0]]
            for layer in range(start, len(weights)):
                value *= weights[layer][path[layer - start + 1]][path[layer - start]]
            total += abs(value)
    return total


def masks_of(parameters, x):
    return [z > 0 for z in relu_networks.pre_activations(parameters, x)[:-1]]


def kernel_by_paths(parameters, x, y):
    first, second = (path_embedding.path_matrix(parameters, points)[:, 0] for points in (x, y))
    return first @ second.T


def kernel_by_recursion(parameters, x, y):
    return path_embedding.path_kernel(masks_of(parameters, x), x, masks_of(parameters, y), y)


def agree(what: str, found, expected) -> None:
    apart = np.abs(np.asarray(found) - np.asarray(expected)).max() / np.abs(np.asarray(expected)).max()
    if not apart < 1e-10:
        raise SystemExit(f"{what}: results differ by {apart:.1e} of the largest")


def sums_over_paths(width: int, deepest: int, longest: float):
    """Seconds by method and depth (NaN where a method was left out), depths and numbers of paths."""
    depths = [*range(2, min(13, deepest) + 1), *range(16, deepest + 1, 8)]
    seconds = np.full((len(METHODS), len(depths)), np.nan)
    counts = []
    for j, depth in enumerate(depths):
        architecture = (width,) * depth + (1,)
        parameters, _ = network(architecture)
        x, y = np.random.default_rng(1).normal(size=(2, POINTS, width))
        paths = path_embedding.path_count(architecture)
        counts.append(paths)
        direction, _ = network(architecture)
        entries = {0: paths, 1: paths, 3: paths * POINTS}
        runs = (
            partial(enumerated_norm, parameters),
            lambda p=parameters: np.abs(path_embedding.path_embedding(p)).sum(),
            partial(path_embedding.path_norm, parameters),
            partial(kernel_by_paths, parameters, x, y),
            partial(kernel_by_recursion, parameters, x, y),
            partial(path_embedding.gram_product, parameters, direction),
        )
        results = {}
        for i, run in enumerate(runs):
            if i in entries:
                coming = 0.0 if j == 0 else seconds[i, j - 1] * paths / counts[j - 1]
                if not coming < longest or entries[i] > ENTRIES:
                    continue
            results[i], seconds[i, j] = best_time(run)
        for sums, by_recursion in (((0, 1), 2), ((3,), 4)):
            for i in sums:
                if i in results:
                    agree(f"{METHODS[i]}, depth {depth}", results[by_recursion], results[i])
        if paths * relu_networks.parameter_count(architecture) <= ENTRIES:
            slope = path_embedding.derivative(architecture, relu_networks.flatten(parameters))
            product = slope.T @ (slope @ relu_networks.flatten(direction))
            agree(f"{METHODS[5]}, depth {depth}", relu_networks.flatten(results[5]), product)
    return depths, counts, seconds


def words(seconds: float) -> str:
    if not np.isfinite(seconds):
        return "-"
    for scale, unit in ((1, "s"), (1e-3, "ms"), (1e-6, "µs")):
        if seconds >= scale:
            return f"{seconds / scale:.3g} {unit}"
    return f"{seconds * 1e9:.3g} ns"


def draw(file: str, width: int, depths, seconds) -> None:
    import matplotlib

    matplotlib.use("agg")
    import matplotlib.pyplot as plt

    figure, axes = plt.subplots(1, 2, figsize=(8, 3.2), sharey=True, layout="constrained")
    for axis, chosen, title in zip(axes, ((0, 1, 2), (3, 4, 5)), ("path norm", "path kernel and DΦᵀDΦ v"), strict=True):
        for i in chosen:
            label = METHODS[i].removeprefix("path norm: ")
            axis.plot(depths, seconds[i], "o-", markersize=3, label=label)
        # Lines of growth in proportion to depth, through the last points.
        for i in set(chosen) & {2, 4, 5}:
            axis.plot(depths, seconds[i, -1] * np.array(depths) / depths[-1], "k:", linewidth=0.8)
        axis.set(yscale="log", xlabel=f"layers of weights, width {width}", title=title, ylim=(1e-6, 1e4))
        axis.legend(loc="upper right", frameon=False, fontsize="small")
        axis.spines[["top", "right"]].set_visible(False)
    axes[0].set_ylabel("seconds (dotted: proportional to depth)")
    figure.savefig(file, dpi=110)


def rank_test() -> None:
    try:
        import torch
    except ImportError:
        print("\nThe comparison of the rank test needs PyTorch: pip install torch")
        return
    torch.set_num_threads(1)
    print(
        "\n| rank of ∂f(X)/∂θ | replica, ms | (compiling, s) | torch, one batch, ms | ratio | torch, loop, ms | ratio |"
    )
    print("|---|---|---|---|---|---|---|")
    for architecture, samples, networks in RANK_CASES:
        _, flat = network(architecture, networks)
        x = np.random.default_rng(2).uniform(-3, 3, (networks, samples, architecture[0]))

        @jax.jit
        def ours(flat, x, architecture=architecture):
            def one(pair):
                rows = relu_networks.jacobian_rows(architecture, *pair)
                return numerical_rank.rank_with_gap(rows)[:2]

            return jax.lax.map(one, (flat, x), batch_size=16)

        def output(flat, x, architecture=architecture):
            *hidden, (weight, bias) = relu_networks.unflatten(architecture, flat)
            for w, b in hidden:
                x = torch.relu(w @ x + b)
            return weight @ x + bias

        def of_one(flat, x, output=output):
            rows = torch.func.vmap(torch.func.jacrev(output), (None, 0))(flat, x).reshape(-1, flat.shape[-1])
            norms = torch.linalg.norm(rows, dim=-1, keepdim=True)
            return rows / torch.where(norms == 0, 1.0, norms)

        def batch(flat, x, of_one=of_one):
            return torch.linalg.matrix_rank(torch.func.vmap(of_one)(flat, x), rtol=numerical_rank.THRESHOLD)

        def loop(flat, x, of_one=of_one):
            pairs = zip(flat, x, strict=True)
            return torch.stack([torch.linalg.matrix_rank(of_one(*p), rtol=numerical_rank.THRESHOLD) for p in pairs])

        given, in_torch = (jax.numpy.asarray(flat), jax.numpy.asarray(x)), (torch.tensor(flat), torch.tensor(x))
        begun = time.process_time()
        jax.block_until_ready(ours(*given))
        first = time.process_time() - begun
        (ranks, gaps), seconds = best_time(partial(ours, *given))
        row = f"| {architecture}, N = {samples}, {networks} networks | {seconds * 1e3:.1f} | {first - seconds:.1f} |"
        sure = np.asarray(gaps) >= numerical_rank.SUFFICIENT_GAP
        for run in (batch, loop):
            run(*in_torch)
            theirs, taken = best_time(partial(run, *in_torch))
            different = int((theirs.numpy() != np.asarray(ranks))[sure].sum())
            if different:
                raise SystemExit(f"{architecture}: {different} of {networks} ranks differ from those of torch")
            row += f" {taken * 1e3:.1f} | {taken / seconds:.1f} |"
        print(row)
        print(f"|   {int(sure.sum())} of {networks} ranks have a gap of 1e4 or more, and are the same | | | | | | |")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    for name, kind, value in (("width", int, 4), ("depth", int, 64), ("seconds", float, 20.0)):
        parser.add_argument(f"--{name}", type=kind, default=value)
    parser.add_argument("--plot", metavar="FILE")
    chosen = parser.parse_args()
    depths, counts, seconds = sums_over_paths(chosen.width, chosen.depth, chosen.seconds)
    print(f"width {chosen.width}, one output, float64, one core\n")
    print("| layers | paths | " + " | ".join(METHODS) + " | enumeration over recursion |")
    print("|" + "---|" * (len(METHODS) + 3))
    for j, depth in enumerate(depths):
        ratio = seconds[0, j] / seconds[2, j]
        cells = [f"{depth}", f"{counts[j]:.3g}", *map(words, seconds[:, j]), f"{ratio:.3g}" if ratio > 0 else "-"]
        print("| " + " | ".join(cells) + " |")
    print()
    for name, row in zip(METHODS, seconds, strict=True):
        at = np.flatnonzero(np.isfinite(row))[-6:]
        last, taken = np.array(depths)[at], np.log(row[at])
        factor, power = np.exp(np.polyfit(last, taken, 1)[0]), np.polyfit(np.log(last), taken, 1)[0]
        print(
            f"- {name}: layers {last[0]} to {last[-1]}, times {factor:.2f} a layer, or power {power:.1f} of the depth"
        )
    if chosen.plot:
        draw(chosen.plot, chosen.width, depths, seconds)
    with jax.enable_x64(True):
        rank_test()


if __name__ == "__main__":
    main()
