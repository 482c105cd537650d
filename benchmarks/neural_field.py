"""Steps of a neural field: replica's against scipy.signal on the same grid with the same kernel, on one core.

    ./run python benchmarks/neural_field.py [--steps 100]

A step is a ← e^{-Δt} a + (1 - e^{-Δt}) (I + μ ω ∗ tanh a) on 2048 x 40 points, float64.  SciPy gets the sampled kernel:
once on the whole grid with ``fftconvolve`` of the field as it is (padded with zeros, so that it is not periodic), once
cut off at 6 σ2 with the field continued periodically, and the same with ``oaconvolve``.  Below them stands what a
careful hand writes with ``scipy.fft``.  Prints a table; ends with an error where the periodic fields differ.
"""

import argparse
import time
from pathlib import Path

from replica import machine

machine.pin(Path(__file__).resolve().parents[1] / ".cache")

import jax  # noqa: E402
import jax.numpy as jnp  # noqa: E402
import numpy as np  # noqa: E402
import scipy  # noqa: E402

from replica.numerics import neural_field  # noqa: E402

SHAPE, SPACING = (2048, 40), (40 / 2048, 2 / 40)
KERNEL = neural_field.Kernel(1 / (np.pi * np.sqrt(2)), 1 / np.pi, 1.0)
STRENGTH, STEP, REPEATS = 3.0, 0.25, 5
REACH = 6 * KERNEL.inhibition  # where the cut-off kernel ends: e^{-18} of its height
AGREE = 1e-6


def sampled(half: tuple[int, int]) -> np.ndarray:
    """ω times the area of a grid cell at up to ``half`` steps from 0, shape ``(2 half + 1, ...)``."""
    first, second = (step * np.arange(-n, n + 1) for n, step in zip(half, SPACING, strict=True))
    square = first[:, None] ** 2 + second[None, :] ** 2
    parts = [np.exp(-square / (2 * w**2)) / (2 * np.pi * w**2) for w in KERNEL[:2]]
    return (parts[0] - KERNEL.weight * parts[1]) * np.prod(SPACING)


def seconds(function) -> float:
    """Best of several runs, after one that is not counted."""
    function()
    times = []
    for _ in range(REPEATS):
        begun = time.perf_counter()
        function()
        times.append(time.perf_counter() - begun)
    return min(times)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--steps", type=int, default=100)
    steps = parser.parse_args().steps
    jax.config.update("jax_enable_x64", True)
    x1, x2 = (step * (np.arange(n) - n // 2) for n, step in zip(SHAPE, SPACING, strict=True))
    stimulus = np.cos(5 * np.pi * x2)[None, :] + 0.5 * (x1 < 2)[:, None]
    transform = neural_field.transform(KERNEL, SHAPE, SPACING)
    whole = sampled((SHAPE[0] // 2, SHAPE[1] // 2))[:-1, :-1]
    half = tuple(int(np.ceil(REACH / step)) for step in SPACING)
    cut = sampled(half)

    def continued(convolve):
        def periodic(field):
            return convolve(np.pad(field, [(n, n) for n in half], mode="wrap"), cut, mode="valid")

        return periodic

    def by_hand(field):
        return scipy.fft.irfft2(scipy.fft.rfft2(field) * transform, s=SHAPE)

    convolutions = {
        "scipy.signal.fftconvolve, kernel on the whole grid": lambda f: scipy.signal.fftconvolve(f, whole, mode="same"),
        "scipy.signal.fftconvolve, kernel cut off, periodic": continued(scipy.signal.fftconvolve),
        "scipy.signal.oaconvolve, kernel cut off, periodic": continued(scipy.signal.oaconvolve),
        "scipy.fft by hand, ω̂ in closed form": by_hand,
    }

    def relaxed(convolve, n):
        field, kept = stimulus, np.exp(-STEP)
        for _ in range(n):
            field = kept * field + (1 - kept) * (stimulus + STRENGTH * convolve(np.tanh(field)))
        return field

    given, on_device = jnp.asarray(stimulus), jnp.asarray(transform)
    convolve = jax.jit(
        lambda field: jax.lax.fori_loop(0, steps, lambda _, f: neural_field.convolve(f, on_device), field)
    )

    def ours():
        options = {"step": STEP, "duration": steps * STEP, "tolerance": -1.0}
        transfer = neural_field.hyperbolic_tangent
        return neural_field.relax(given, given, on_device, STRENGTH, transfer, **options).field.block_until_ready()

    step = seconds(ours) / steps
    alone = seconds(lambda: convolve(given).block_until_ready()) / steps
    print(f"{SHAPE[0]} x {SHAPE[1]} points, float64, one core, {steps} steps; kernel cut off: {cut.shape}\n")
    print("| | ms per step | time over replica's | ms per convolution | time over replica's |")
    print("|---|---|---|---|---|")
    print(f"| replica.numerics.neural_field | {step * 1e3:.2f} | 1 | {alone * 1e3:.2f} | 1 |")
    field, few = np.asarray(ours()), max(2, steps // 10)
    for name, other in convolutions.items():
        taken = seconds(lambda other=other: relaxed(other, few)) / few
        single = seconds(lambda other=other: other(stimulus))
        print(f"| {name} | {taken * 1e3:.2f} | {taken / step:.1f} | {single * 1e3:.2f} | {single / alone:.1f} |")
    apart = {name: np.abs(relaxed(other, steps) - field).max() for name, other in list(convolutions.items())[1:]}
    print(f"\nLargest difference of the periodic fields after {steps} steps: {max(apart.values()):.1e}")
    if not max(apart.values()) < AGREE:
        raise SystemExit(f"the fields differ: {apart}")


if __name__ == "__main__":
    main()
