"""Networks and splines are two descriptions of one function."""

import numpy as np
import pytest

from replica.numerics import relu_splines as rs


@pytest.fixture
def theta():
    rng = np.random.default_rng(0)
    return rs.network(*rng.standard_normal((3, 4, 30)))._replace(offset=rng.normal(size=4), skip=rng.normal(size=4))


X = np.linspace(-3, 3, 301)


def test_the_function_is_the_sum_over_neurons(theta):
    f = rs.network_output(theta, X)
    assert f.shape == (4, 301)
    by_hand = [
        sum(v * max(w * x + b, 0.0) for w, b, v in zip(theta.weight[1], theta.bias[1], theta.readout[1], strict=True))
        for x in X
    ]
    np.testing.assert_allclose(f[1], np.array(by_hand) + theta.offset[1] + theta.skip[1] * X, atol=1e-12)


def test_both_descriptions_agree_and_rescaling_changes_neither(theta):
    spline = rs.to_spline(theta)
    np.testing.assert_allclose(rs.spline_output(spline, X), rs.network_output(theta, X), atol=1e-12)
    scale = np.exp(np.random.default_rng(1).standard_normal((4, 30)))
    other = rs.rescaled(theta, scale)
    np.testing.assert_allclose(rs.network_output(other, X), rs.network_output(theta, X), atol=1e-12)
    np.testing.assert_allclose(rs.to_spline(other).breakpoint, spline.breakpoint, rtol=1e-12)
    back = rs.to_network(spline, np.abs(theta.weight))
    for found, expected in zip(back, theta, strict=True):
        np.testing.assert_allclose(found, expected, rtol=1e-12)


def test_the_slope_changes_by_s_mu_at_a_breakpoint(theta):
    spline = rs.to_spline(theta)
    at, step = spline.breakpoint[0, 3], 1e-6
    f = rs.spline_output(spline, np.array([at - step, at, at + step]))[0]
    jump = (f[2] - 2 * f[1] + f[0]) / step
    assert jump == pytest.approx(spline.orientation[0, 3] * spline.delta_slope[0, 3], rel=1e-4)


def test_pairs_cancel(theta):
    f = rs.network_output(rs.paired(theta), X)
    np.testing.assert_allclose(f, theta.offset[:, None] + theta.skip[:, None] * X, atol=1e-12)


def test_roughness_of_he_networks_is_4_with_the_law_of_its_deviation():
    rng = np.random.default_rng(2)
    units, draws = 64, 20000
    mu = np.sqrt(2) * rng.standard_normal((draws, units)) * np.sqrt(2 / units) * rng.standard_normal((draws, units))
    rho = rs.roughness(mu)
    assert rho.mean() == pytest.approx(4, abs=4 * np.sqrt(128 / units / draws))
    assert rho.std() == pytest.approx(np.sqrt(128 / units), rel=0.05)
