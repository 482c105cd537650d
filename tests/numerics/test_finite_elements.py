import numpy as np
import pytest
import scipy.sparse
from scipy.interpolate import BSpline

from replica.numerics import finite_elements, quadrature

X = np.linspace(0, 1, 241)


def test_hats_are_linear_b_splines():
    n = 8
    knots = np.arange(-1, n + 2) / n
    for i, hat in enumerate(finite_elements.hats(X, n), start=1):
        spline = BSpline.basis_element(knots[i : i + 3], extrapolate=False)
        np.testing.assert_allclose(hat, np.nan_to_num(spline(X)), atol=1e-14)


def test_hats_are_second_differences_of_ramps():
    n = 8
    ramps = np.vstack([finite_elements.ramps(X, n), np.zeros_like(X)])
    np.testing.assert_allclose(finite_elements.hats(X, n), n * (ramps[:-2] - 2 * ramps[1:-1] + ramps[2:]), atol=1e-13)


@pytest.mark.parametrize("basis", ["ramp", "hat"])
def test_quadrature_converges_to_the_exact_gram_matrix_with_second_order(basis):
    n, errors = 12, []
    functions = {"ramp": finite_elements.ramps, "hat": finite_elements.hats}[basis]
    exact = {"ramp": finite_elements.ramp_gram, "hat": finite_elements.hat_gram}[basis](n)
    for per_cell in (8, 16, 32):
        x, weights = quadrature.midpoint(per_cell * n, 0.0, 1.0)
        errors.append(np.abs(finite_elements.gram(functions(x, n), weights) - exact).max())
    np.testing.assert_allclose(np.log2(np.array(errors[:-1]) / errors[1:]), 2, atol=0.01)
    # Two Gauss nodes per cell integrate the piecewise quadratic products exactly.
    rules = [quadrature.gauss_legendre(2, i / n, (i + 1) / n) for i in range(n)]
    x, weights = (np.concatenate([rule[part] for rule in rules]) for part in (0, 1))
    np.testing.assert_allclose(finite_elements.gram(functions(x, n), weights), exact, atol=1e-15)


@pytest.mark.parametrize("n", [3, 10, 64])
def test_eigenvalues_of_hats_are_the_closed_form(n):
    sparse = scipy.sparse.diags([1 / 6, 2 / 3, 1 / 6], [-1, 0, 1], shape=(n - 1, n - 1)).toarray() / n
    np.testing.assert_allclose(finite_elements.hat_gram(n), sparse, atol=1e-16)
    law = finite_elements.hat_eigenvalues(n)
    np.testing.assert_allclose(law, np.linalg.eigvalsh(sparse)[::-1], rtol=1e-13)
    assert law[0] / law[-1] < 3


def test_eigenvalues_of_ramps_follow_the_symbol():
    errors = []
    for n in (32, 64, 128):
        found = finite_elements.eigenvalues(finite_elements.ramp_gram(n))
        relative = np.abs(finite_elements.ramp_eigenvalues(n) / found - 1)
        assert relative.max() < 0.55 / n
        errors.append([relative[0], relative.max()])
    orders = np.log2(np.array(errors[:-1]) / errors[1:])
    np.testing.assert_allclose(orders[:, 0], 2, atol=0.05)  # at the low end
    np.testing.assert_allclose(orders[:, 1], 1, atol=0.05)  # in the middle


def test_low_eigenvalues_of_ramps_are_those_of_a_clamped_beam():
    beta = finite_elements.clamped_beam_roots(20)
    # Blevins, Formulas for natural frequency and mode shape, for the clamped and free beam.
    np.testing.assert_allclose(beta[:5], [1.87510407, 4.69409113, 7.85475744, 10.99554073, 14.13716839], rtol=1e-8)
    assert np.all(np.abs(np.cos(beta) + 1 / np.cosh(beta)) < 1e-12)
    found = finite_elements.eigenvalues(finite_elements.ramp_gram(512))[:8]
    np.testing.assert_allclose(found / 512, beta[:8] ** -4, rtol=0.005)


def test_condition_number_of_ramps_grows_as_the_fourth_power():
    n = 128
    found = finite_elements.eigenvalues(finite_elements.ramp_gram(n))
    beta = finite_elements.clamped_beam_roots(1)[0]
    np.testing.assert_allclose(found[0] / found[-1], 48 * (n + 0.5) ** 4 / beta**4, rtol=1e-3)
