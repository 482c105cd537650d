"""Training of networks of sines on a picture: steps here against PyTorch, same start, data and Adam, one core.

    ./run python benchmarks/siren.py [--steps 100]

Full-batch steps on a picture of 32 x 32 pixels (width 96, three hidden layers) and of 64 x 64 (width 256, four sine
layers, as in the public code), ω0 = 30, learning rate 1e-4, float32; and on the Laplacian of the first, which is fitted
in place of the picture: here by jets, in PyTorch by double automatic differentiation as in the public code.  The two
take turns, and the best of each counts.  Prints a table; ends with an error where the losses differ.
"""

import argparse
import time
from pathlib import Path

from replica import machine

machine.pin(Path(__file__).resolve().parents[1] / ".cache")

import jax  # noqa: E402
import jax.numpy as jnp  # noqa: E402
import numpy as np  # noqa: E402
import optax  # noqa: E402

from replica.numerics import coordinate_networks, sinusoidal_networks, training  # noqa: E402

FREQUENCY, RATE, REPEATS = 30.0, 1e-4, 5
SIZES = {  # pixels a side, width, sine layers, what is fitted
    "picture, laptop size": (32, 96, 3, "value"),
    "picture, public code's size": (64, 256, 4, "value"),
    "Laplacian, laptop size": (32, 96, 3, "laplacian"),
}


def problem(side: int, width: int, depth: int):
    """Pixels, target, and a start."""
    places = np.linspace(-1, 1, side)
    x = np.stack(np.meshgrid(places, places, indexing="ij"), -1).reshape(-1, 2).astype(np.float32)
    target = (np.sin(6 * x[:, 0]) * np.cos(9 * x[:, 1])).astype(np.float32)
    return x, target, sinusoidal_networks.start(np.random.default_rng(0), [2, *[width] * depth, 1], FREQUENCY)


def ours(x, target, start, depth, fitted, steps):
    network = sinusoidal_networks.network(FREQUENCY, FREQUENCY, depth)

    def loss(layers, key):
        if fitted == "value":
            return jnp.mean((coordinate_networks.evaluate(network, layers, x)[:, 0] - target) ** 2)
        return jnp.mean((coordinate_networks.jet(network, layers, x, (1.0, 1.0)).second / 1e3 - target) ** 2)

    @jax.jit
    def run(layers):
        return training.train(loss, layers, optax.adam(RATE), jax.random.key(0), steps=steps, every=1).loss

    return lambda: np.asarray(jax.block_until_ready(run(start)))


def theirs(torch, x, target, start, fitted, steps):
    points, wanted = torch.tensor(x, requires_grad=fitted != "value"), torch.tensor(target)

    def run():
        layers = [(torch.tensor(w, requires_grad=True), torch.tensor(b, requires_grad=True)) for w, b in start]
        optimiser = torch.optim.Adam([p for layer in layers for p in layer], lr=RATE)
        losses = []
        for _ in range(steps):
            h = points
            for weight, bias in layers[:-1]:
                h = torch.sin(FREQUENCY * torch.addmm(bias, h, weight))
            out = torch.addmm(layers[-1][1], h, layers[-1][0])
            if fitted == "value":
                made = out[:, 0]
            else:
                gradient = torch.autograd.grad(out.sum(), points, create_graph=True)[0]
                parts = [torch.autograd.grad(gradient[:, j].sum(), points, create_graph=True)[0][:, j] for j in (0, 1)]
                made = (parts[0] + parts[1]) / 1e3
            loss = ((made - wanted) ** 2).mean()
            optimiser.zero_grad()
            loss.backward()
            optimiser.step()
            losses.append(loss.detach())
        return torch.stack(losses).numpy()

    return run


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--steps", type=int, default=100)
    steps = parser.parse_args().steps
    try:
        import torch
    except ImportError:
        raise SystemExit("this comparison needs PyTorch: pip install torch") from None
    torch.set_num_threads(1)
    print(f"{steps} steps of Adam, float32, one core; ms per step\n")
    print(f"| | replica | torch {torch.__version__} | time over replica's | losses apart |")
    print("|---|---|---|---|---|")
    for name, (side, width, depth, fitted) in SIZES.items():
        x, target, start = problem(side, width, depth)
        runs = ours(x, target, start, depth, fitted, steps), theirs(torch, x, target, start, fitted, steps)
        times: list[list[float]] = [[], []]
        losses = [run() for run in runs]
        for _ in range(REPEATS):
            for taken, run in zip(times, runs, strict=True):
                begun = time.perf_counter()
                run()
                taken.append(time.perf_counter() - begun)
        here, there = (min(taken) / steps * 1e3 for taken in times)
        apart = np.max(np.abs(losses[0] - losses[1])) / losses[1][0]
        print(f"| {name} | {here:.2f} | {there:.2f} | {there / here:.1f} | {apart:.1e} |", flush=True)
        if not apart < 1e-3:
            raise SystemExit(f"{name}: losses differ by {apart:.1e} of the first loss")


if __name__ == "__main__":
    main()
