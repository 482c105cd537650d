"""Metropolis walkers: replica's against BlackJAX and a NumPy loop, same target, walkers and steps, on one core.

    ./run python benchmarks/metropolis.py [--walkers 262144] [--steps 20]

The target is the Gaussian e^{-x²/2}; jumps are uniform on [-2, 2], or Gaussian of that variance; float32.  BlackJAX's
random walk runs as a scan over steps of a vmap over walkers, and as a vmap over chains of a scan.  The runs take turns,
and the best of each counts.  Prints a table; ends with an error where a mean or variance is not that of the target.
"""

import argparse
import time
from functools import partial
from pathlib import Path

from replica import machine

machine.pin(Path(__file__).resolve().parents[1] / ".cache")

import jax  # noqa: E402
import jax.numpy as jnp  # noqa: E402
import numpy as np  # noqa: E402

from replica.numerics import metropolis_walkers  # noqa: E402

LENGTH, REPEATS = 2.0, 9
SPREAD = LENGTH / np.sqrt(3)
MIXED = 40  # steps after which places are compared with the target


def best_times(runs: dict) -> dict:
    """Seconds of the best of several rounds, after one that compiles."""
    times: dict = {name: [] for name in runs}
    for _ in range(REPEATS + 1):
        for name, run in runs.items():
            begun = time.perf_counter()
            jax.block_until_ready(run())
            times[name].append(time.perf_counter() - begun)
    return {name: min(taken[1:]) for name, taken in times.items()}


def blackjax_runs(blackjax, jump: str, steps: int):
    """Two ways to run BlackJAX's random walk, each (key, places) -> places."""
    if jump == "uniform":
        algorithm = blackjax.additive_step_random_walk(
            lambda x: -0.5 * x**2, lambda key, _: jax.random.uniform(key, minval=-LENGTH, maxval=LENGTH)
        )
    else:
        algorithm = blackjax.additive_step_random_walk.normal_random_walk(lambda x: -0.5 * x**2, jnp.array(SPREAD))

    def over_walkers(key, x):
        def advance(state, key):
            return jax.vmap(algorithm.step)(jax.random.split(key, x.size), state)[0], None

        return jax.lax.scan(advance, jax.vmap(algorithm.init)(x), jax.random.split(key, steps))[0].position

    def over_chains(key, x):
        def chain(key, x):
            keys = jax.random.split(key, steps)
            return jax.lax.scan(lambda s, k: (algorithm.step(k, s)[0], None), algorithm.init(x), keys)[0].position

        return jax.vmap(chain)(jax.random.split(key, x.size), x)

    return {"scan of vmap": over_walkers, "vmap of scan": over_chains}


def in_numpy(x: np.ndarray, jump: str, steps: int) -> np.ndarray:
    generator = np.random.default_rng(0)
    for _ in range(steps):
        if jump == "uniform":
            y = x + np.float32(LENGTH) * (2 * generator.random(x.size, np.float32) - 1)
        else:
            y = x + np.float32(SPREAD) * generator.standard_normal(x.size, np.float32)
        accepted = generator.random(x.size, np.float32) < np.exp(np.minimum(0, 0.5 * (x * x - y * y)))
        x = np.where(accepted, y, x)
    return x


def checked(what: str, x: np.ndarray) -> None:
    error = 5 / np.sqrt(x.size)
    if not (abs(x.mean()) < error and abs(x.var() - 1) < np.sqrt(2) * error):
        raise SystemExit(f"{what}: mean {x.mean():.4f}, variance {x.var():.4f} in place of 0 and 1")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    for name, value in (("walkers", 2**18), ("steps", 20)):
        parser.add_argument(f"--{name}", type=int, default=value)
    chosen = parser.parse_args()
    try:
        import blackjax
    except ImportError:
        raise SystemExit("this comparison needs BlackJAX: pip install blackjax") from None
    start, key = jnp.ones(chosen.walkers, jnp.float32), jax.random.key(0)
    work = chosen.walkers * chosen.steps
    print(f"{chosen.walkers} walkers, {chosen.steps} steps, target e^(-x²/2), float32, one core\n")
    print("| | jumps | ns per walker and step | million steps per s | time over replica's |")
    print("|---|---|---|---|---|")

    def prepared(jump: str, steps: int) -> dict:
        own = getattr(metropolis_walkers, jump)
        runs = {"replica": partial(metropolis_walkers.walk, key, start, LENGTH, jump=own, steps=steps)}
        for how, run in blackjax_runs(blackjax, jump, steps).items():
            runs[f"blackjax {blackjax.__version__}, {how}"] = partial(jax.jit(run), key, start)
        return runs | {f"NumPy {np.__version__} loop": partial(in_numpy, np.asarray(start), jump, steps)}

    for jump in ("uniform", "gaussian"):
        for name, run in prepared(jump, MIXED).items():
            checked(f"{name}, {jump}", np.asarray(run()))
        times = best_times(prepared(jump, chosen.steps))
        for name, taken in times.items():
            rate = f"{taken / work * 1e9:.1f} | {work / taken / 1e6:.0f} | {taken / times['replica']:.1f}"
            print(f"| {name} | {jump} | {rate} |")
    print(f"\nMeans and variances after {MIXED} steps are those of the target, within five standard errors.")


if __name__ == "__main__":
    main()
