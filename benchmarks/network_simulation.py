"""Throughput of ``rate_networks`` beside a plain NumPy integration of the same network, in one run, on one core.

    ./run python benchmarks/network_simulation.py

Both take the same classical Runge-Kutta steps of the same length in float32, with N = 800 units and 8 trajectories as
the columns of one matrix.  Beside them stand the machine's rates of matrix products: of the shapes of the simulation,
N x N times N x 8, and of large square matrices.
"""

import os

os.environ |= {"NPROC": "1", "OPENBLAS_NUM_THREADS": "1", "OMP_NUM_THREADS": "1", "MKL_NUM_THREADS": "1"}

import time

import jax
import numpy as np
from scipy.special import erf

from replica.numerics import rate_networks

UNITS, TRAJECTORIES, GAIN, STEP = 800, 8, 5.0, 0.2
DURATION = 100  # τ
CHECKED = 5  # τ after which both are compared, before chaos has amplified rounding
REPEATS = 5
SQUARE = 2000


def integrate(coupling: np.ndarray, x: np.ndarray, steps: int) -> np.ndarray:
    """The same Runge-Kutta steps in NumPy; x: ``(unit, trajectory)``."""
    scale, h = np.float32(np.sqrt(np.pi) / 2), np.float32(STEP)
    half, sixth, two = np.float32(STEP / 2), np.float32(STEP / 6), np.float32(2)

    def slope(x: np.ndarray) -> np.ndarray:
        return coupling @ erf(scale * x) - x

    for _ in range(steps):
        k1 = slope(x)
        k2 = slope(x + half * k1)
        k3 = slope(x + half * k2)
        k4 = slope(x + h * k3)
        x = x + sixth * (k1 + two * (k2 + k3) + k4)
    return x


def seconds(function) -> float:
    """Best of several runs, after one that is not counted."""
    function()
    times = []
    for _ in range(REPEATS):
        start = time.perf_counter()
        function()
        times.append(time.perf_counter() - start)
    return min(times)


def main() -> None:
    jax.config.update("jax_default_matmul_precision", "highest")
    coupling = rate_networks.couplings(jax.random.key(0), UNITS, GAIN)
    options = {"transfer": rate_networks.erf_transfer, "replicas": TRAJECTORIES, "burn_in": 0}

    def simulated(step: float, steps: int, samples: int):
        return rate_networks.trajectories(
            jax.random.key(1), coupling, GAIN, step=step, steps_per_sample=steps, samples=samples, **options
        ).block_until_ready()

    plain_coupling = np.asarray(coupling)
    # The initial state is drawn inside: a single step of no length gives it back.
    initial = np.ascontiguousarray(np.asarray(simulated(1e-12, 1, 1))[:, 0].T)
    per_time = round(1 / STEP)
    checked = np.asarray(simulated(STEP, per_time, CHECKED))[:, -1].T
    difference = np.abs(checked - integrate(plain_coupling, initial, CHECKED * per_time)).max()
    if not difference < 1e-3 * np.abs(checked).max():
        raise SystemExit(f"the two integrations differ by {difference} after {CHECKED} τ")

    steps = DURATION * per_time
    network = seconds(lambda: simulated(STEP, per_time, DURATION))
    plain = seconds(lambda: integrate(plain_coupling, initial, steps))
    multiply = jax.jit(lambda a, b: jax.lax.fori_loop(0, 200, lambda _, x: a @ x, b))
    thin = seconds(lambda: multiply(coupling / GAIN, initial).block_until_ready()) / 200
    square = np.random.default_rng(0).standard_normal((SQUARE, SQUARE)).astype(np.float32)
    large = seconds(lambda: square @ square)

    operations = 2 * UNITS**2 * TRAJECTORIES
    thin_rate, large_rate = operations / thin, 2 * SQUARE**3 / large
    print(f"N = {UNITS}, {TRAJECTORIES} trajectories, Runge-Kutta step {STEP} τ, {DURATION} τ, float32, one core\n")
    print(f"largest difference after {CHECKED} τ: {difference:.1e} (of states up to {np.abs(checked).max():.1f})\n")
    print(
        "|  | τ · units · trajectories per s | GFLOP/s in products | share of the same products | of a large product |"
    )
    print("|---|---|---|---|---|")
    for name, took in (("rate_networks (JAX)", network), ("NumPy loop", plain)):
        rate = 4 * steps * operations / took
        work = DURATION * UNITS * TRAJECTORIES / took
        print(f"| {name} | {work:.3g} | {rate / 1e9:.1f} | {rate / thin_rate:.0%} | {rate / large_rate:.0%} |")
    print(
        f"| products N x N times N x {TRAJECTORIES} |  | {thin_rate / 1e9:.1f} | 100% | {thin_rate / large_rate:.0%} |"
    )
    print(f"| product of {SQUARE} x {SQUARE} |  | {large_rate / 1e9:.1f} |  | 100% |")
    print(f"\nrate_networks is {plain / network:.1f} times as fast as the NumPy loop")


if __name__ == "__main__":
    main()
