"""Convection modes: the eleven contain the three, the quadratic terms do no work, eigenvalues at the origin."""

from functools import partial

import jax
import jax.numpy as jnp
import numpy as np

from replica.numerics import convection_modes


def test_eleven_modes_contain_three():
    state = jnp.asarray(np.random.default_rng(0).standard_normal((3, 7)), jnp.float32)
    whole = jnp.concatenate([state, jnp.zeros((8, 7))])
    found = convection_modes.eleven(whole, 40.0, 0.1)
    np.testing.assert_allclose(found[:3], convection_modes.three(state, 40.0, 0.1), rtol=1e-5)
    # y5 alone is driven by the three: s y1 y3.
    np.testing.assert_allclose(found[4], 0.1 * state[0] * state[2], rtol=1e-5)
    assert not np.any(found[np.array([3, 5, 6, 7, 8, 9, 10])])


def test_quadratic_terms_of_temperature_do_no_work():
    """The temperature modes y2, y3, y5, y6, y8 to y11 exchange their squares by advection without loss."""
    with jax.enable_x64(True):
        state = jnp.asarray(np.random.default_rng(1).standard_normal((11, 50)))
        quadratic = convection_modes.eleven(state, 40.0, 1.0) - convection_modes.eleven(state, 40.0, 0.0)
        temperature = np.array([1, 2, 4, 5, 7, 8, 9, 10])
        work = np.sum(np.asarray(state * quadratic)[temperature], 0)
    np.testing.assert_allclose(work, 0, atol=1e-12)


def test_multipliers_and_lattice():
    with jax.enable_x64(True):
        derivative = partial(convection_modes.three, rho=40.0, scale=0.1)
        factors = convection_modes.multipliers(derivative, 3, 0.05)
    expected = np.exp(0.05 * np.array([-26, -8 / 3, (-11 + np.sqrt(121 + 4 * 390)) / 2]))
    expected[0] = np.exp(0.05 * (-11 - np.sqrt(121 + 4 * 390)) / 2)
    np.testing.assert_allclose(np.sort(factors.real), np.sort(expected), rtol=1e-12)
    lattice = convection_modes.eigenvalue_lattice(np.array([2.0, 0.5]), 2)
    np.testing.assert_allclose(np.sort(lattice.real), [0.25, 0.5, 1, 1, 2, 4])
    assert convection_modes.eigenvalue_lattice(np.array([2.0, 0.5]), 2, smallest=0.3).size == 5
