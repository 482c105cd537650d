"""Ring of oscillators: energy to second order, exact angular momentum, waves of small amplitude."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from replica.numerics import oscillator_ring


def start(size, beads=12):
    q, p = size * np.random.default_rng(0).standard_normal((2, 3, beads))
    return oscillator_ring.State(jnp.asarray(q), jnp.asarray(p))


def test_energy_error_is_of_second_order_and_angular_momentum_exact():
    with jax.enable_x64(True):
        drift = []
        for step in (0.02, 0.01):
            states, energies = oscillator_ring.trajectory(start(0.5), step, round(1 / step), 6)
            drift.append(np.abs(energies / energies[0] - 1).max())
        q, p = states
        spin = np.asarray((q[:, 0] * p[:, 1] - q[:, 1] * p[:, 0]).sum(1))
    assert 3.5 < drift[0] / drift[1] < 4.5
    np.testing.assert_allclose(spin, spin[0], rtol=1e-12)


def test_force_is_minus_the_gradient_of_the_energy():
    with jax.enable_x64(True):
        state = start(1.0)
        gradient = jax.grad(oscillator_ring.energy)(state)
        np.testing.assert_allclose(oscillator_ring.force(state.position), -gradient.position, rtol=1e-12)
        np.testing.assert_allclose(state.momentum, gradient.momentum, rtol=1e-12)


def test_small_waves_have_the_linear_frequency():
    with jax.enable_x64(True):
        wave = 1e-4 * np.cos(2 * np.pi * 3 * np.arange(12) / 12)
        q = jnp.asarray(np.stack([wave, 0 * wave, 0 * wave]))
        omega = np.sqrt(1 + 4 * np.sin(np.pi * 3 / 12) ** 2)
        states, _ = oscillator_ring.trajectory(oscillator_ring.State(q, 0 * q), 0.002, 250, 5)
        found = np.asarray(states.position)[:, 0, 0] / 1e-4
    np.testing.assert_allclose(found, np.cos(omega * 0.5 * np.arange(5)), atol=1e-5)
    assert omega == pytest.approx(np.sqrt(3))
