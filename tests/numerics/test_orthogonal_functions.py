"""Orthogonal functions against quadrature and SciPy; sizes of the index sets."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from scipy import special

from replica.numerics import orthogonal_functions, quadrature


def test_families_are_orthonormal():
    rule = quadrature.gauss_legendre(30)
    values = orthogonal_functions.legendre(rule.nodes, 20)
    np.testing.assert_allclose((values * rule.weights / 2) @ values.T, np.eye(20), atol=1e-12)
    rule = quadrature.gauss_hermite(30)
    values = orthogonal_functions.hermite(rule.nodes, 20)
    np.testing.assert_allclose((values * rule.weights) @ values.T, np.eye(20), atol=1e-11)
    rule = quadrature.trapezoid(200, -15, 15)
    values = orthogonal_functions.hermite_functions(rule.nodes, 20)
    np.testing.assert_allclose((values * rule.weights) @ values.T, np.eye(20), atol=1e-12)
    rule = quadrature.midpoint(20, -np.pi, np.pi)
    values = orthogonal_functions.fourier(rule.nodes, 5)
    np.testing.assert_allclose((values.conj() * rule.weights) @ values.T, np.eye(11), atol=1e-13)


def test_recurrences_agree_with_scipy():
    x = np.linspace(-0.9, 0.9, 7)
    found = orthogonal_functions.legendre(x, 9)[8]
    np.testing.assert_allclose(found, np.sqrt(17) * special.eval_legendre(8, x), rtol=1e-12)
    scale = np.sqrt(2.0**8 * special.factorial(8))
    np.testing.assert_allclose(
        orthogonal_functions.hermite(x, 9)[8], special.eval_hermite(8, x) / scale, rtol=1e-11, atol=1e-13
    )


@pytest.mark.parametrize(
    ("limit", "dimension", "signed", "size"),
    [
        (20, 2, 1, 152),
        (40, 2, 1, 356),
        (5, 4, 2, 166),
        (16, 3, 0, 110),
        (4, 11, 0, 89),
        (6, 11, 0, 221),
        (8, 11, 0, 518),
    ],
)
def test_sizes_of_hyperbolic_crosses(limit, dimension, signed, size):
    rows = orthogonal_functions.hyperbolic_cross(limit, dimension, signed)
    assert rows.shape == (size, dimension) and len({tuple(row) for row in rows}) == size


def test_products_are_the_same_in_numpy_and_jax():
    with jax.enable_x64(True):
        first, second = np.random.default_rng(0).standard_normal((2, 4, 6))
        places = [np.array([0, 3, 1]), np.array([2, 2, 0])]
        plain = orthogonal_functions.products([first, second], places)
        traced = orthogonal_functions.products([jnp.asarray(first), jnp.asarray(second)], places)
        np.testing.assert_allclose(plain, traced, rtol=1e-15)
        np.testing.assert_allclose(plain[1], first[3] * second[2])
