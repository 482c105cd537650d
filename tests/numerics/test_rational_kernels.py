"""Rational kernels: the first is the Poisson kernel, errors fall with the order, shifted systems are solved."""

import numpy as np
import pytest
import scipy.linalg

from replica.numerics import interval_maps, rational_kernels, spectral_moments

ANGLES = np.linspace(-3, 3, 13)


def shifted(size, rate=0.6):
    """K φ_k = φ_{k+1} and the observable with moments r^|n|."""
    return np.eye(size, k=-1), (np.sqrt(1 - rate**2) * rate ** np.arange(size))[:, None]


def test_shifted_systems_agree_with_lapack():
    stream = np.random.default_rng(0)
    triangle = np.triu(stream.standard_normal((75, 75)) + 1j * stream.standard_normal((75, 75))) / 20
    right, shifts = stream.standard_normal(75), np.array([2.0, -1.5j, 1 + 1j])
    found = rational_kernels.shifted_triangular_solve(triangle, right, shifts)
    for column, shift in zip(found.T, shifts, strict=True):
        expected = scipy.linalg.solve_triangular(triangle - shift * np.eye(75), right)
        np.testing.assert_allclose(column, expected, rtol=1e-9)


def test_first_order_is_the_poisson_kernel():
    operator, observable = shifted(200)
    found = rational_kernels.smoothed_measure(operator, observable, ANGLES, [(1, 0.2)])[0, 0]
    moments = 0.6 ** np.arange(200) / (2 * np.pi)
    np.testing.assert_allclose(found, spectral_moments.poisson_density(moments, ANGLES, 0.2), rtol=1e-10)


@pytest.mark.parametrize("order", [1, 2, 3, 4])
def test_errors_fall_with_the_order(order):
    operator, observable = shifted(300)
    cases = [(order, 0.04), (order, 0.02)]
    found = rational_kernels.smoothed_measure(operator, observable, ANGLES, cases)[:, 0]
    error = np.abs(found - interval_maps.poisson_density(ANGLES, 0.6)).max(1)
    assert order - 0.35 < np.log2(error[0] / error[1]) < order + 0.5


def test_mass_of_a_unit_observable_is_one():
    stream = np.random.default_rng(1)
    operator = np.linalg.qr(stream.standard_normal((8, 8)))[0]
    observable = stream.standard_normal((8, 1))
    observable /= np.linalg.norm(observable)
    grid = spectral_moments.angle_grid(400)
    found = rational_kernels.smoothed_measure(operator, observable, grid, [(1, 0.2), (4, 0.2)])
    np.testing.assert_allclose(found.mean(-1) * 2 * np.pi, 1, atol=1e-10)
    # A unitary matrix of finite size: sum over its eigenvalues of the Poisson kernel.
    values, vectors = scipy.linalg.schur(operator, output="complex")
    weights = np.abs(vectors.conj().T @ observable[:, 0]) ** 2
    ratio = 1 / 1.2
    kernel = (1 - ratio**2) / (2 * np.pi * np.abs(1 - ratio * np.diag(values)[:, None] / np.exp(1j * grid)) ** 2)
    np.testing.assert_allclose(found[0, 0], weights @ kernel, rtol=1e-9)


def test_order_and_width_are_checked():
    for order, width in ((0, 0.1), (1, 0.0)):
        with pytest.raises(ValueError, match="order 1 or more"):
            rational_kernels.kernel(order, width)
