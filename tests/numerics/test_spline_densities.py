"""Closed-form laws against SciPy's distributions, quadrature and samples."""

import numpy as np
import pytest
from scipy import integrate, special, stats

from replica.numerics import spline_densities as sd

SCALES = {"gaussian": (1.5, 0.7, 1.2), "uniform": (1.5, 0.7, 1.2)}


def test_gaussian_marginals_are_cauchy_and_bessel():
    w, b, v = SCALES["gaussian"]
    x = np.linspace(-3, 3, 31)
    np.testing.assert_allclose(sd.gaussian_breakpoint(x, (w, b, v)), stats.cauchy(scale=b / w).pdf(x))
    x = x[x != 0]
    np.testing.assert_allclose(sd.gaussian_delta_slope(x, (w, b, v)), special.k0(np.abs(x) / (w * v)) / (np.pi * w * v))


@pytest.mark.parametrize("law", SCALES)
def test_marginals_are_integrals_of_the_joint_density(law):
    scales = SCALES[law]
    for beta in (0.1, 1.3):
        total = 2 * integrate.quad(lambda mu, beta=beta: sd.JOINT[law](beta, mu, scales), 0, 40, limit=300)[0]
        assert total == pytest.approx(float(sd.BREAKPOINT[law](beta, scales)), rel=1e-4)
    for mu in (0.2, 0.9):
        total = 2 * integrate.quad(lambda beta, mu=mu: sd.JOINT[law](beta, mu, scales), 0, 400, limit=500)[0]
        assert total == pytest.approx(float(sd.DELTA_SLOPE[law](mu, scales)), rel=1e-3)


@pytest.mark.parametrize("law", SCALES)
def test_cells_hold_the_share_of_samples(law):
    w, b, v = scales = SCALES[law]
    rng = np.random.default_rng(0)
    draws = rng.standard_normal((3, 400_000)) if law == "gaussian" else rng.uniform(-1, 1, (3, 400_000))
    weight, bias, readout = draws * np.array([w, b, v])[:, None]
    edges = np.linspace(-2, 2, 9), np.linspace(-1.5, 1.5, 7)
    found = np.histogram2d(-bias / weight, weight * readout, edges)[0] / 400_000
    cells = sd.cell_probabilities(law, *edges, scales)
    assert np.max(np.abs(found - cells) / np.sqrt(cells / 400_000 + 1e-12)) < 4.5
    np.testing.assert_allclose(
        sd.breakpoint_probabilities(law, np.array([-1e9, 0, 1e9]), scales), [0.5, 0.5], atol=1e-6
    )
    np.testing.assert_allclose(
        sd.delta_slope_probabilities(law, np.array([-60.0, 0, 60.0]), scales), [0.5, 0.5], atol=1e-6
    )
