"""Pendulums: energy and phase-space volume are kept; small swings have the known frequencies."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from replica.numerics import flow_map, pendulums

CASES = [(pendulums.simple, pendulums.simple_energy, 2), (pendulums.double, pendulums.double_energy, 4)]


@pytest.mark.parametrize(("derivative", "energy", "dimension"), CASES)
def test_energy_is_kept_to_the_order_of_the_method(derivative, energy, dimension):
    with jax.enable_x64(True):
        start = jnp.asarray(np.random.default_rng(1).uniform(-1, 1, (dimension, 20)))
        drift = [np.abs(energy(flow_map.flow(derivative, start, 2.0, n)) - energy(start)).max() for n in (40, 80)]
    assert drift[1] < 1e-5
    assert drift[0] / drift[1] > 12


@pytest.mark.parametrize(("derivative", "energy", "dimension"), CASES)
def test_flow_keeps_the_volume(derivative, energy, dimension):
    with jax.enable_x64(True):
        start = jnp.asarray(np.random.default_rng(2).uniform(-1, 1, dimension))
        jacobian = jax.jacfwd(lambda x: flow_map.flow(derivative, x, 1.0, 100))(start)
        assert np.linalg.det(jacobian) == pytest.approx(1.0, abs=1e-7)


def test_double_pendulum_hangs_still_and_swings_slowly():
    with jax.enable_x64(True):
        assert not np.any(pendulums.double(jnp.zeros(4)))
        matrix = np.asarray(jax.jacfwd(pendulums.double)(jnp.zeros(4)))
    frequencies = np.sort(np.abs(np.linalg.eigvals(matrix)))[::2]
    kinetic, potential = np.array([[8, 3], [3, 2]]), np.diag([3.0, 1.0])  # of the energy's quadratic part
    expected = np.sort(np.sqrt(np.linalg.eigvals(np.linalg.inv(kinetic) @ potential)))
    np.testing.assert_allclose(frequencies, expected, rtol=1e-9)
