"""The vector field against loops over its indices, the budget of its energy, and the order of its integration."""

from functools import partial
from itertools import pairwise

import jax
import numpy as np
import pytest

from replica.numerics import multiscale_lorenz96, runge_kutta

SIZE = (5, 4, 6)  # K, J, I
FORCING, H, B, C, D, E, G = 18.0, 0.9, 9.0, 8.0, 7.0, 6.0, 1.3


def _state():
    generator = np.random.default_rng(3)
    return multiscale_lorenz96.random_state(generator, SIZE)


def _derivative():
    return multiscale_lorenz96.derivative_of(FORCING, H, B, C, D, E, G)


def test_against_loops():
    with jax.enable_x64(True):
        state = _state()
        got = _derivative()(state)
    x, y, z = (np.asarray(part) for part in state)
    K, J, I = SIZE  # noqa: E741
    dx, dy, dz = np.empty_like(x), np.empty_like(y), np.empty_like(z)
    for k in range(K):
        dx[k] = x[k - 1] * (x[(k + 1) % K] - x[k - 2]) - x[k] + FORCING - H * C / B * y[:, k].sum()
        for j in range(J):
            advection = y[(j + 1) % J, k] * (y[(j + 2) % J, k] - y[j - 1, k])
            dy[j, k] = -C * B * advection - C * y[j, k] + H * C / B * x[k] - H * E / D * z[:, j, k].sum()
            for i in range(I):
                advection = z[i - 1, j, k] * (z[(i + 1) % I, j, k] - z[i - 2, j, k])
                dz[i, j, k] = E * D * advection - G * E * z[i, j, k] + H * E / D * y[j, k]
    for ours, theirs in zip(got, (dx, dy, dz), strict=True):
        np.testing.assert_allclose(ours, theirs, atol=1e-11)


def test_products_keep_energy_and_couplings_exchange_it():
    """With hc/b and he/d for both directions the couplings cancel; products cancel around each ring."""
    with jax.enable_x64(True):
        state = _state()
        rate = jax.jvp(multiscale_lorenz96.energy, (state,), (_derivative()(state),))[1]
    x, y, z = (np.asarray(part) for part in state)
    budget = FORCING * x.sum() - (x**2).sum() - C * (y**2).sum() - G * E * (z**2).sum()
    assert float(rate) == pytest.approx(budget, rel=1e-12)


def test_order_of_convergence():
    step = jax.jit(partial(runge_kutta.runge_kutta_step, _derivative()))
    ends = []
    with jax.enable_x64(True):
        start = _state()
        for _ in range(200):  # onto the attractor
            start = step(start, 1e-3)
        for steps in (10, 20, 40):
            state = start
            for _ in range(steps):
                state = step(state, 0.02 / steps)
            ends.append(np.asarray(state.z))
    coarse, fine = (np.abs(a - b).max() for a, b in pairwise(ends))
    assert np.log2(coarse / fine) == pytest.approx(4, abs=0.3)
