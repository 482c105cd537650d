"""Lyapunov exponents of gated networks beside a plain NumPy loop, in one run, on one core.

    ./run python benchmarks/lyapunov_spectrum.py

N = 500 units with both gates (1500 coordinates), several settings (gains and steepnesses) of one network, classical
Runge-Kutta steps of 0.1 τ, tangents made orthonormal every 1 τ.  All do the same from the same state and tangents:

* ``numerics.lyapunov_spectrum``: all settings side by side, float32 (the precision of the paper's stages) and float64;
* a loop over settings and steps in NumPy that uses the structure of the equations, so that tangents cost three
  products with N x N matrices per evaluation, in float64 (NumPy's own precision) and in float32;
* the same with the Jacobian written down as a dense 3N x 3N matrix, float64.

Beside them stand, for the batched float32 run, its matrix products and its factorisations alone.
"""

import os

os.environ |= {"NPROC": "1", "OPENBLAS_NUM_THREADS": "1", "OMP_NUM_THREADS": "1", "MKL_NUM_THREADS": "1"}

import time
from functools import partial

import jax
import jax.numpy as jnp
import numpy as np
from scipy.special import expit

from replica.numerics import gated_networks, lyapunov_spectrum
from replica.numerics.gated_networks import Gating

UNITS, STEP, PER_INTERVAL = 500, 0.1, 10
CASES = ((32, 1, 20), (8, 10, 5), (8, 50, 3), (2, 500, 1))  # settings, exponents, intervals
REPEATS = 7
SQUARE = 2000


def slope(state, tangents, coupling, gating, dense):
    """Right-hand side of one trajectory and of its tangents ``(3N, exponent)``."""
    gain, update_steepness, output_steepness = gating
    h, z, r = np.split(state, 3)
    rate, update, output = np.tanh(gain * h), expit(update_steepness * z), expit(output_steepness * r)
    inside = coupling[0] @ (rate * output) - h
    moved = np.concatenate([update * inside, coupling[1] @ rate - z, coupling[2] @ rate - r])
    rate_slope = gain * (1 - rate**2)
    q = update_steepness * update * (1 - update) * inside
    output_slope = output_steepness * output * (1 - output)
    if dense:
        identity, zero = np.eye(h.size, dtype=h.dtype), np.zeros((h.size, h.size), h.dtype)
        jacobian = np.block(
            [
                [
                    update[:, None] * (coupling[0] * (rate_slope * output) - identity),
                    np.diag(q),
                    update[:, None] * coupling[0] * (rate * output_slope),
                ],
                [coupling[1] * rate_slope, -identity, zero],
                [coupling[2] * rate_slope, zero, -identity],
            ]
        )
        return moved, jacobian @ tangents
    th, tz, tr = np.split(tangents, 3)
    turned = rate_slope[:, None] * th
    sent = output[:, None] * turned + (rate * output_slope)[:, None] * tr
    return moved, np.concatenate(
        [
            update[:, None] * (coupling[0] @ sent - th) + q[:, None] * tz,
            coupling[1] @ turned - tz,
            coupling[2] @ turned - tr,
        ]
    )


def plain_loop(state, tangents, coupling, settings, intervals, *, dense=False):
    """Mean logarithms ``(setting, exponent)``; state ``(setting, 3N)``, tangents ``(setting, 3N, exponent)``."""
    step = state.dtype.type(STEP)
    found = []
    for x, v, gating in zip(state, tangents, settings, strict=True):
        f = partial(slope, coupling=coupling, gating=gating, dense=dense)
        logarithms = np.zeros(v.shape[1])
        for _ in range(intervals):
            for _ in range(PER_INTERVAL):
                k1, l1 = f(x, v)
                k2, l2 = f(x + step / 2 * k1, v + step / 2 * l1)
                k3, l3 = f(x + step / 2 * k2, v + step / 2 * l2)
                k4, l4 = f(x + step * k3, v + step * l3)
                x, v = x + step / 6 * (k1 + 2 * (k2 + k3) + k4), v + step / 6 * (l1 + 2 * (l2 + l3) + l4)
            v, triangle = np.linalg.qr(v)
            logarithms += np.log(np.abs(np.diag(triangle)))
        found.append(logarithms / intervals)
    return np.array(found)


@partial(jax.jit, static_argnames=("intervals", "orthonormalise"))
def batched(fields, tangents, coupling, gating, *, intervals, orthonormalise=lyapunov_spectrum.householder):
    advance = lyapunov_spectrum.linearised(lambda s: gated_networks.runge_kutta_step(s, coupling, gating, STEP))
    grown = lyapunov_spectrum.growth(
        advance, fields, tangents, steps=PER_INTERVAL, intervals=intervals, orthonormalise=orthonormalise
    )
    return jnp.mean(grown.logarithms, axis=0)


@partial(jax.jit, static_argnames="count")
def products(coupling, wide, count):
    """``count`` times the products of one evaluation of the tangent map: three with N x (settings exponents)."""
    return jax.lax.fori_loop(0, count, lambda _, x: coupling.h @ (coupling.z @ (coupling.r @ x)), wide)


@partial(jax.jit, static_argnames=("count", "orthonormalise"))
def factorisations(matrix, count, orthonormalise):
    return jax.lax.fori_loop(0, count, lambda _, x: orthonormalise(x)[0], matrix)


def seconds(function, repeats=REPEATS):
    """Best of several runs, after one that is not counted."""
    jax.block_until_ready(function())
    times = []
    for _ in range(repeats):
        start = time.perf_counter()
        jax.block_until_ready(function())
        times.append(time.perf_counter() - start)
    return min(times)


def case(settings, exponents, intervals):
    keys = jax.random.split(jax.random.key(0), 3)
    coupling = gated_networks.couplings(keys[0], UNITS)
    spread = jnp.linspace(0.0, 1.0, settings)
    gating = Gating(2.5 + 2 * spread, 5 * (1 - spread), 10 * spread)
    fields = gated_networks.initial_fields(keys[1], coupling, jnp.ones(settings))
    fields, _ = gated_networks.trajectories(fields, coupling, gating, step=STEP, steps_per_sample=200, samples=1)
    tangents = lyapunov_spectrum.random_tangents(keys[2], fields, exponents)
    plain = {}
    for precision in (np.float32, np.float64):
        plain[precision] = (
            np.concatenate(fields).T.astype(precision),
            np.asarray(lyapunov_spectrum.matrices(tangents), precision),
            [np.asarray(j, precision) for j in coupling],
            [tuple(precision(p[i]) for p in gating[:3]) for i in range(settings)],
        )
    took, values = {}, {}
    for method in (lyapunov_spectrum.householder, lyapunov_spectrum.cholesky):
        name = f"batched, float32, {method.__name__}"
        run = partial(batched, fields, tangents, coupling, gating, intervals=intervals, orthonormalise=method)
        took[name], values[name] = seconds(run), np.asarray(run())
    with jax.enable_x64(True):
        arrays = [
            jax.tree.map(lambda x: jnp.asarray(np.asarray(x), jnp.float64), t) for t in (fields, tangents, coupling)
        ]
        double = Gating(*(np.asarray(p, np.float64) for p in gating))
        run = partial(batched, *arrays, double, intervals=intervals)
        took["batched, float64, householder"], values["float64"] = seconds(run), np.asarray(run())
    slow = 2  # a run of these takes long
    for precision in (np.float64, np.float32):
        name = f"NumPy loop, {precision.__name__}"
        run = partial(plain_loop, *plain[precision], intervals)
        took[name], values[name] = seconds(run, slow), run()
    if settings * exponents < 200:
        took["NumPy loop, dense Jacobian, float64"] = intervals * seconds(
            partial(plain_loop, *plain[np.float64], 1, dense=True), slow
        )
    for name, found in values.items():
        difference = np.abs(found - values["NumPy loop, float64"]).max()
        if not difference < 5e-3:
            raise SystemExit(f"{name} differs from the NumPy loop in float64 by {difference}")
    evaluations = 4 * PER_INTERVAL * intervals
    wide = jax.random.normal(keys[2], (UNITS, settings * exponents))
    scaled = jax.tree.map(lambda j: 0.9 * j, coupling)
    alone = seconds(partial(products, scaled, wide, evaluations))
    factors = seconds(partial(factorisations, plain[np.float32][1], intervals, lyapunov_spectrum.householder))
    return took, alone, factors, evaluations * 3 * 2 * UNITS**2 * settings * exponents


def main() -> None:
    jax.config.update("jax_default_matmul_precision", "highest")
    square = np.random.default_rng(0).standard_normal((SQUARE, SQUARE)).astype(np.float32)
    large = 2 * SQUARE**3 / seconds(lambda: square @ square)
    print(f"N = {UNITS}, both gates, step {STEP} τ, orthonormal every {STEP * PER_INTERVAL:g} τ, one core")
    print(f"\nA product of {SQUARE} x {SQUARE} in float32 reaches {large / 1e9:.0f} GFLOP/s.\n")
    print("| settings x exponents |  | seconds per τ | NumPy loop float64 over it | NumPy loop float32 over it |")
    print("|---|---|---|---|---|")
    notes = []
    for settings, exponents, intervals in CASES:
        took, alone, factors, operations = case(settings, exponents, intervals)
        for name, time_taken in took.items():
            ratios = [f"{took[f'NumPy loop, float{bits}'] / time_taken:.1f}" for bits in (64, 32)]
            print(f"| {settings} x {exponents} | {name} | {time_taken / intervals:.3g} | {ratios[0]} | {ratios[1]} |")
        whole = took["batched, float32, householder"]
        shares = f"{alone / whole:.0%} | {factors / whole:.0%} | {operations / alone / 1e9:.0f}"
        notes.append(f"| {settings} x {exponents} | {shares} |")
    print("\nOf the time of the batched run (float32, householder):\n")
    print("| settings x exponents | its matrix products alone | its factorisations alone | GFLOP/s of these products |")
    print("|---|---|---|---|")
    print("\n".join(notes))


if __name__ == "__main__":
    main()
