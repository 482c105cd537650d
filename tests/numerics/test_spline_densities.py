"""Densities at initialisation against scipy, against each other, and against samples."""

import numpy as np
import pytest
from scipy import integrate, special, stats

from replica.numerics import spline_densities

SCALES = (1.3, 0.7, 0.4)
JOINT = spline_densities.JOINT
AT = np.array([-2.5, -0.4, 0.1, 0.9, 3.0])


def test_gaussian_marginals_are_cauchy_and_bessel():
    w, b, v = SCALES
    np.testing.assert_allclose(
        spline_densities.gaussian_breakpoint(AT, SCALES), stats.cauchy(scale=b / w).pdf(AT), rtol=1e-12
    )
    expected = special.kv(0, np.abs(AT) / (w * v)) / (np.pi * w * v)
    np.testing.assert_allclose(spline_densities.gaussian_delta_slope(AT, SCALES), expected, rtol=1e-10)


@pytest.mark.parametrize("law", ["gaussian", "uniform"])
def test_joint_law_is_the_integral_over_the_weight(law):
    w, b, v = SCALES
    if law == "gaussian":
        density = [stats.norm(scale=s).pdf for s in SCALES]
    else:
        density = [stats.uniform(-s, 2 * s).pdf for s in SCALES]
    beta, mu = 0.6, 0.15
    support = [a for a in (abs(mu) / v, min(w, b / beta))] if law == "uniform" else [0.0, 12.0]
    value, _ = integrate.quad(
        lambda x: density[0](x) * density[1](-beta * x) * density[2](mu / max(x, 1e-300)), *support, limit=200
    )
    assert JOINT[law](beta, mu, SCALES) == pytest.approx(2 * value, rel=1e-7)


@pytest.mark.parametrize("law", ["gaussian", "uniform"])
def test_marginals_are_integrals_of_the_joint_law(law):
    limit = SCALES[0] * SCALES[2] if law == "uniform" else 20.0
    for beta in (0.2, 1.5):
        value, _ = integrate.quad(lambda mu, beta=beta: JOINT[law](beta, mu, SCALES), 0, limit, limit=200)
        assert spline_densities.BREAKPOINT[law](beta, SCALES) == pytest.approx(2 * value, rel=1e-6)
    value, _ = integrate.quad(lambda beta: JOINT[law](beta, 0.1, SCALES), 0, np.inf, limit=200)
    assert spline_densities.DELTA_SLOPE[law](0.1, SCALES) == pytest.approx(2 * value, rel=1e-5)


@pytest.mark.parametrize("law", ["gaussian", "uniform"])
def test_probabilities_of_cells(law):
    beta, mu = np.linspace(-3, 3, 13), np.linspace(-0.5, 0.5, 9)
    cells = spline_densities.cell_probabilities(law, beta, mu, SCALES)
    assert cells.shape == (12, 8)
    value, _ = integrate.dblquad(lambda m, b: JOINT[law](b, m, SCALES), 0.5, 1.0, 0.125, 0.25)
    assert cells[7, 5] == pytest.approx(value, rel=1e-3)
    wide = spline_densities.cell_probabilities(law, np.linspace(-3, 3, 61), np.array([-50.0, 0.0, 50.0]), SCALES)
    of_beta = spline_densities.breakpoint_probabilities(law, np.linspace(-3, 3, 61), SCALES)
    np.testing.assert_allclose(wide.sum(1), of_beta, rtol=2e-4)
    of_mu = spline_densities.delta_slope_probabilities(law, np.array([-50.0, 0.0, 50.0]), SCALES)
    np.testing.assert_allclose(of_mu, 0.5, atol=1e-9)
    value, _ = integrate.quad(lambda m: spline_densities.DELTA_SLOPE[law](m, SCALES), 0.05, 0.3)
    assert spline_densities.delta_slope_probabilities(law, np.array([0.05, 0.3]), SCALES)[0] == pytest.approx(value)


def test_samples_follow_the_joint_law():
    n = 200_000
    w, b, v = np.random.default_rng(0).standard_normal((3, n)) * np.array(SCALES)[:, None]
    edges = np.linspace(-2, 2, 9), np.linspace(-1, 1, 9)
    p = spline_densities.cell_probabilities("gaussian", *edges, SCALES)
    counts, _, _ = np.histogram2d(-b / w, w * v, edges)
    chi2 = ((counts - n * p) ** 2 / (n * p * (1 - p))).sum()
    assert chi2 < stats.chi2(p.size).ppf(0.999)
