"""Quadrature rules: exactness, orders of convergence, moments of Gaussian rules."""

import numpy as np
import pytest
from scipy import special

from replica.numerics import quadrature


def test_gauss_rules_are_exact():
    rule = quadrature.gauss_legendre(5, -1, 0)
    for degree in range(10):
        assert rule.weights @ rule.nodes**degree == pytest.approx((-1) ** degree / (degree + 1), rel=1e-12)
    rule = quadrature.gauss_hermite(6)
    for degree in range(0, 12, 2):
        expected = special.gamma((degree + 1) / 2) / np.sqrt(np.pi)
        assert rule.weights @ rule.nodes**degree == pytest.approx(expected, rel=1e-12)


@pytest.mark.parametrize(("rule", "order"), [(quadrature.trapezoid, 2), (quadrature.riemann, 1)])
def test_orders_of_convergence(rule, order):
    error = [abs(r.weights @ np.exp(r.nodes) - (np.e - 1 / np.e)) for r in (rule(200), rule(400))]
    assert np.log2(error[0] / error[1]) == pytest.approx(order, abs=0.02)


def test_midpoints_integrate_fourier_modes():
    rule = quadrature.midpoint(9, -np.pi, np.pi)
    sums = [abs(rule.weights @ np.exp(1j * a * rule.nodes)) for a in range(9)]
    np.testing.assert_allclose(sums, [2 * np.pi, *[0] * 8], atol=1e-13)


def test_tensor_rule():
    first, second = quadrature.gauss_legendre(3, 0, 1), quadrature.trapezoid(4, 0, 2)
    rule = quadrature.tensor(first, second)
    assert rule.nodes.shape == (2, 12) and rule.weights.sum() == pytest.approx(2)
    assert rule.weights @ (rule.nodes[0] ** 2 * rule.nodes[1]) == pytest.approx(2 / 3)


def test_random_rules():
    rule = quadrature.sobol_normal(np.random.default_rng(0), 12, 3)
    np.testing.assert_allclose(rule.nodes**2 @ rule.weights, 0.5, atol=5e-3)
    assert abs(rule.weights @ (rule.nodes[0] * rule.nodes[1])) < 2e-3
    plain = quadrature.monte_carlo(np.random.default_rng(0), 10_000, -1, 0)
    assert plain.weights @ plain.nodes == pytest.approx(-0.5, abs=0.02)


def test_one_node_is_no_trapezoid():
    with pytest.raises(ValueError, match="two nodes"):
        quadrature.trapezoid(1)
