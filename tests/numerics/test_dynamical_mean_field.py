import numpy as np
import pytest
from scipy.integrate import quad
from scipy.special import erf

from replica.numerics.dynamical_mean_field import (
    chaotic_state,
    chaotic_variance,
    erf_kernel,
    filtered_state,
    hermite_kernel,
    spectrum,
)


def _erf_transfer(x):
    return erf(np.sqrt(np.pi) / 2 * x)


@pytest.mark.parametrize(("gain", "variance"), [(2.0, 2.06408), (3.0, 5.63743), (5.0, 17.20114)])
def test_variance_of_erf_units(gain, variance):
    assert chaotic_variance(erf_kernel, gain) == pytest.approx(variance, abs=6e-6)


@pytest.mark.parametrize(("gain", "variance"), [(2.0, 1.92480), (3.0, 5.44633), (5.0, 16.964)])
def test_variance_of_tanh_units(gain, variance):
    assert chaotic_variance(hermite_kernel(np.tanh), gain) == pytest.approx(variance, rel=6e-6)


def test_onset_is_at_one():
    with pytest.raises(ValueError, match="above 1"):
        chaotic_variance(erf_kernel, 1.0)
    assert chaotic_variance(erf_kernel, 1.001) < 2e-3


def test_hermite_series_agrees_with_the_closed_form():
    closed, series = erf_kernel(3.0), hermite_kernel(_erf_transfer)(3.0)
    covariance = np.linspace(-3.0, 3.0, 7)
    assert series.response == pytest.approx(closed.response, rel=1e-10)
    np.testing.assert_allclose(series.rate_covariance(covariance), closed.rate_covariance(covariance), atol=1e-9)
    np.testing.assert_allclose(series.potential(covariance), closed.potential(covariance), atol=1e-9)


def test_tanh_response_against_quadrature():
    gaussian = quad(lambda z: np.exp(-z * z / 2) / np.sqrt(2 * np.pi) / np.cosh(4 * z) ** 2, -9, 9, points=[0])[0]
    assert hermite_kernel(np.tanh)(16.0).response == pytest.approx(gaussian, rel=1e-8)


def test_potential_is_the_integral_of_the_rate_covariance():
    kernel = erf_kernel(5.0)
    assert kernel.potential(4.0) == pytest.approx(quad(kernel.rate_covariance, 0, 4.0)[0], rel=1e-10)


def test_autocovariance_solves_the_second_order_equation():
    field = chaotic_state(erf_kernel, 3.0, 20.0, 4000)
    step = field.lags[1]
    curvature = (field.state[2:] - 2 * field.state[1:-1] + field.state[:-2]) / step**2
    residual = field.state[1:-1] - curvature - 9.0 * field.rate[1:-1]
    assert np.abs(residual).max() < 3e-4 * field.variance


def test_two_solvers_agree():
    path, iterated = chaotic_state(erf_kernel, 5.0, 100.0, 2000), filtered_state(erf_kernel, 5.0)
    np.testing.assert_allclose(iterated.state, path.state, atol=2e-3 * path.variance)
    assert iterated.response == pytest.approx(path.response, rel=1e-4)


def test_noise_without_couplings_is_an_ornstein_uhlenbeck_process():
    field = filtered_state(erf_kernel, 1e-9, noise=0.5)
    np.testing.assert_allclose(field.state, 0.5 * np.exp(-field.lags), atol=1e-12)


def test_noise_on_filters_of_second_order_is_refused():
    with pytest.raises(ValueError, match="order 1"):
        filtered_state(erf_kernel, 5.0, order=2, noise=0.1)


def test_spectrum_of_an_exponential():
    lags = 0.01 * np.arange(4001)
    frequency = np.pi / lags[-1] * np.arange(20)
    np.testing.assert_allclose(spectrum(np.exp(-lags), 0.01)[:20], 2 / (1 + frequency**2), rtol=1e-4)
