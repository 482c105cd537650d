import jax
import jax.numpy as jnp
import numpy as np
import pytest
from scipy.integrate import solve_ivp

from replica.numerics import dynamical_mean_field, monte_carlo_mean_field, rate_networks
from replica.numerics.monte_carlo_mean_field import (
    RATES,
    autocovariance,
    exponential_fit,
    gaussian_process,
    realisations,
    response_spectrum,
)


def test_gaussian_process_has_the_covariance_it_is_given():
    step, half = 0.1, 300
    lags = step * np.arange(half + 1)
    covariance = np.exp(-(lags**2) / 2) * 2.0
    process = np.asarray(gaussian_process(jax.random.key(0), jnp.asarray(covariance), (4000,)))
    assert process.shape == (4000, 2 * half)
    for lag in (0, 5, 15, 40):
        found = np.mean(process * np.roll(process, -lag, axis=1))
        assert found == pytest.approx(covariance[lag], abs=0.03)
    # Variance at each single time, to be sure that the first and last frequency are not off.
    assert np.abs(process.var(axis=0) - 2.0).max() < 5 * 2.0 * np.sqrt(2 / 4000)


def test_autocovariance_against_direct_sums():
    traces = np.random.default_rng(1).standard_normal((50, 7))
    with jax.enable_x64(True):
        found = np.asarray(autocovariance(jnp.asarray(traces), 6))
    direct = [np.mean(traces[: 50 - lag] * traces[lag:]) for lag in range(6)]
    np.testing.assert_allclose(found, direct, rtol=1e-10)


def test_exponentials_reproduce_a_response_and_its_integral():
    lags = 0.1 * np.arange(150)
    response = 0.4 * np.exp(-lags / 1.4)
    amplitudes = exponential_fit(0.1, 150) @ response
    np.testing.assert_allclose(np.exp(-np.outer(lags, RATES)) @ amplitudes, response, atol=3e-4)
    assert response_spectrum(amplitudes, np.zeros(1))[0].real == pytest.approx(0.4 * 1.4, rel=1e-3)


def test_realisations_against_an_independent_integrator():
    """One unit with feedback, driven by a sine: rates, and the response as a difference of two solutions."""
    amplitudes = np.zeros(len(RATES))
    amplitudes[[1, 4]] = 0.5, -0.3
    period = 20.0

    def right_hand_side(t, y):
        return np.append(-y[0] + np.sin(2 * np.pi * t / period) + amplitudes @ y[1:], -RATES * y[1:] + np.tanh(y[0]))

    def solved(start, times):
        initial = np.zeros(1 + len(RATES))
        initial[0] = start
        return solve_ivp(right_hand_side, (0, 10), initial, t_eval=times, rtol=1e-11, atol=1e-11).y[0]

    errors = []
    for step in (0.1, 0.05):
        times = step * np.arange(round(period / step))
        with jax.enable_x64(True):
            drive = jnp.asarray(np.sin(2 * np.pi * times / period))[:, None]
            rate, response = realisations(drive, jnp.asarray(amplitudes), jnp.tanh, step, 10**6)
        shown = times <= 10
        plain = solved(0.0, times[shown])
        tangent = (np.tanh(solved(1e-5, times[shown])) - np.tanh(solved(-1e-5, times[shown]))) / 2e-5
        errors.append(
            [
                np.abs(np.asarray(rate)[shown, 0] - np.tanh(plain)).max(),
                np.abs(np.asarray(response)[shown, 0] - tangent).max(),
            ]
        )
    orders = np.log2(np.array(errors[0]) / np.array(errors[1]))
    assert np.all(np.array(errors[0]) < 2e-3)
    assert np.all(orders > 1.7), orders


def test_independent_couplings_give_the_gaussian_theory():
    exact = dynamical_mean_field.chaotic_state(dynamical_mean_field.erf_kernel, 3.0, 60.0, 1200)
    found = monte_carlo_mean_field.monte_carlo_mean_field(
        jax.random.key(2),
        rate_networks.erf_transfer,
        3.0,
        0.0,
        lambda lags: np.interp(lags, exact.lags, exact.rate),
        exact.response,
        count=120,
        duration=300.0,
        undamped=10,
        averaged=30,
    )
    assert found.rate[0] == pytest.approx(exact.rate[0], rel=0.01)
    assert found.response[0] == pytest.approx(exact.response, rel=0.02)
    early = found.response_lags < 4
    decay = exact.response * np.exp(-found.response_lags)
    np.testing.assert_allclose(found.response[early], decay[early], atol=0.02 * exact.response)
    assert found.fit_error < 1e-3


def test_a_duration_that_holds_no_whole_number_of_impulses_is_refused():
    with pytest.raises(ValueError, match="multiple"):
        monte_carlo_mean_field.monte_carlo_mean_field(
            jax.random.key(2), jnp.tanh, 3.0, 0.0, np.zeros_like, 0.3, count=2, duration=100.0
        )
